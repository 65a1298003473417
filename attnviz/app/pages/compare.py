"""Compare: the same head for two sentences, or for two models, side by side."""

import streamlit as st

from attnviz import AttnVizError
from attnviz.app import controls, session
from attnviz.app.components.compare import Side, compare
from attnviz.app.components.scheme import follow_browser
from attnviz.app.engines import engine_of
from attnviz.app.words import plain


def show() -> None:
    """Draw the page, from the address to the address."""
    view = session.begin("compare")
    first, second = st.columns(2, gap="medium")
    with first:
        controls.sentence()
        controls.model()
    with second:
        st.text_input("Second sentence", placeholder="Type a sentence and press Enter", **session.bound("other"))
        controls.other_model()
    notes, body = st.container(), session.body()
    try:
        engine, name = engine_of(view.model, from_scratch=view.from_scratch, notes=notes, place=body)
        sides = [Side(engine, name, view.text, view.from_scratch and name == view.model)]
        if view.other_model in {"", view.model}:
            sides.append(Side(engine, name, view.other, sides[0].from_scratch))
        else:
            engine, name = engine_of(view.other_model, from_scratch=False, notes=notes, place=body)
            sides.append(Side(engine, name, view.other, from_scratch=False))
        compare(sides[0], sides[1], body)
    except AttnVizError as error:
        body.error(plain(str(error)))
    if complaints := session.complaints():
        notes.warning(plain(" ".join(complaints)))
    follow_browser()
    session.end()


show()
