"""Plotly figures from attention weights; nothing here knows of a page, a file or a model.

theme    colours, one set for a light page and one for a dark page
labels   a token as a label that Plotly shows as it was typed
cells    which rows, columns and weights a map shows: all, a window of them, or blocks of them
heatmap  the heat map of one head, large and small
"""
