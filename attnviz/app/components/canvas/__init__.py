"""The sentence and the overview of all heads: one drawing in two places, which answers without the server.

The overview is sent the maps of all heads once for a text and model; the sentence is sent the words, the selection and
the chosen head exactly, with every choice. They are two components because they stand in two places of the page, and
they share one store in the browser, so that a head hovered in the overview shows its arcs in the sentence at once.
"""

from attnviz.app.components.canvas.numbers import overview_columns, sentence_columns, sentence_picture, sentence_said
from attnviz.app.components.canvas.parts import Picture, overview, picture, sentence

__all__ = [
    "Picture",
    "overview",
    "overview_columns",
    "picture",
    "sentence",
    "sentence_columns",
    "sentence_picture",
    "sentence_said",
]
