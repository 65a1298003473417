"""Explore: a sentence in, the heat map of every head out."""

import streamlit as st

from attnviz import AttnVizError
from attnviz.app import session
from attnviz.app.sentence import examples, sentence
from attnviz.app.shared.scheme import follow_browser
from attnviz.app.shared.words import plain


def show() -> None:
    """Draw the page, from the address to the address."""
    view = session.begin()
    text, model = st.columns([2, 1], gap="medium")
    with text:
        sentence()
        examples()

    from attnviz.app import controls
    from attnviz.app.components.attention import attention
    from attnviz.app.engines import engine_of

    with model:
        controls.model()
        options = st.container()
    notes, body = st.container(), session.body()
    try:
        engine, name = engine_of(view.model, from_scratch=view.from_scratch, notes=notes)
        with options:
            controls.options(engine, name)
        attention(engine, name, body)
    except AttnVizError as error:
        body.error(plain(str(error)))
    if complaints := session.complaints():
        notes.warning(plain(" ".join(complaints)))
    follow_browser()
    session.end()


show()
