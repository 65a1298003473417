"""The lessons: what each of them explains, and what one can play with there.

sources    where the facts of the lessons come from, each written once
syllabus   which lessons there are, in order, each with its address and its text
questions  a question with its answers, each of them explained
frame      the page of a lesson: its text with what the code draws
parts      what several lessons are made of

Every other folder is a lesson: its text and its questions as Markdown, and the code that draws.
"""
