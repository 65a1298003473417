"""The web app: what a person sees, and what they can change.

state     the view, as it stands in the address
session   the view of one browser session: address in, address out
sent      what a part of the page sends, checked before anything is done with it
shared    what the lessons use too: typed text, light or dark, charts, tables
loading   engines and traces, each loaded or computed once
models    the models that the page offers, and those that need a click
engines   the engine of a view, with progress and with what stands in for it
selection the stack, layer and head on screen
sentence  the sentence, first of all
controls  what else a person changes
components, pages   the pictures, and the pages that they stand on
"""
