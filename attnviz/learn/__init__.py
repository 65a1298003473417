"""The lessons: what each of them explains, and what one can play with there.

syllabus   which lessons there are, in order, each with its address
questions  a question with its answers, each of them explained
frame      what stands on every lesson: title, progress, sources, limits, the way on
parts      what several lessons are made of

Every other folder is a lesson: the page, which has the name of the folder, and the code that it shows.
"""
