"""The lessons: one page each, in the order of `attnviz/app/lessons/syllabus.py`."""
