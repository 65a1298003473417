"""The web app: what a person sees, and what they can change.

visit     the view of one browser, its address, and what is kept beside it
boxes     what a person types and chooses above the picture
host      the picture on a page of Streamlit
loading   engines, traces and what was found in them, each loaded or computed once
models    the models that the page offers, and those that need a click
engines   the engine of a view, with progress and with what stands in for it
picture   the picture of one text, and every head below it; explore: what stands on that page
sides     two sides that are compared; compared: what stands on that page
dialogs   what opens over the page
shared    what the lessons use too: typed text, light or dark, charts, tables
pages     the scripts that Streamlit runs
"""
