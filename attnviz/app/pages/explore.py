"""Explore: a sentence in, and what every head does with it."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from attnviz import AttnVizError
from attnviz.app import boxes
from attnviz.app.shared.words import plain
from attnviz.app.visit import begin, end

PURPOSE = "Which words does each word look at?"
HOW = "Type a sentence, then point at a word: the arcs show what it takes from the others."


def show() -> None:
    """Draw the page, from the address to the address."""
    begin("explore")
    with st.container(gap="xsmall"):
        boxes.titled(PURPOSE, HOW)
        text, model = st.columns([53, 21])
        with model:
            boxes.model()
        _text(text.container(horizontal=True, vertical_alignment="center"))


@st.fragment(key="text")
def _text(place: DeltaGenerator) -> None:
    """The text box at its place, and all that is made of a text: another text sends nothing else again."""
    with place:
        boxes.sentence()
    boxes.say_what_a_link_leaves_out()
    notes = st.container(gap="xsmall")

    from attnviz.app import explore

    try:
        explore.explore(notes, beside=place)
    except AttnVizError as error:
        notes.error(plain(str(error)))
    end()


show()
