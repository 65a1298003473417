"""Plotly figures from arrays, as plain dictionaries; nothing here knows of a page, a file or a model.

base        letters, colours and quiet axes, which all figures have in common
theme       colours, one set for a light page and one for a dark page
labels      a token as a label that Plotly shows as it was typed
letters     the numbers in cells, each in black or white
panels      cells with the tokens of their rows and columns on both axes
heads       every head of a layer; difference: of two texts; ranking: one number for every head
charts, strips, matrices   what the lessons draw
"""
