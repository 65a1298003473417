"""Compare: the same head for two sentences, or for two models, and what changed."""

import streamlit as st

from attnviz import AttnVizError
from attnviz.app import boxes
from attnviz.app.shared.words import plain
from attnviz.app.visit import begin, end

PURPOSE = "What does a changed word do?"
HOW = "Change a word of the second sentence, or take another model for it."


def show() -> None:
    """Draw the page, from the address to the address."""
    begin("compare")
    with st.container(gap="xsmall"):
        boxes.titled(PURPOSE, HOW)
        places = []
        for field, label, model in (
            ("text", "First sentence", ("model", "Model")),
            ("other", "Second sentence", ("other_model", "Second model")),
        ):
            text, beside = st.columns([53, 21])
            with text:
                boxes.sentence(field, label)
            with beside:
                boxes.model(*model)
            places.append(st.container(gap="xsmall"))
        boxes.say_what_a_link_leaves_out()
        notes = st.container(gap="xsmall")

        from attnviz.app import compared

        try:
            compared.compare(places, notes)
        except AttnVizError as error:
            notes.error(plain(str(error)))
    end()


show()
