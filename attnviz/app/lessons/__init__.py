"""What the pages of Learn share, and the parts of them that one can play with.

syllabus   which lessons there are, in order, each with its address
page       what stands on every lesson: title, progress, sources, limits, the way on
questions  a question with its answers, each of them explained
matrix     a table of numbers that can be edited, read with care
pictures   figures side by side, with their numbers as tables
code       lines that are run and shown as they were run

The other modules are each named after the page that they belong to.
"""
