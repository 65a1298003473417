"""What several lessons are made of.

code       lines that are run and shown as they were run
exercise   a weight to compute on paper
matrix     a table of numbers that can be edited, read with care
model      the model of the lessons, and what it did with a text
pictures   figures side by side, with their numbers as tables
trained    what the built-in model brings beyond its attention
worked     how one number came about, written out
"""
