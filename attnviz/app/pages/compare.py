"""Compare: the same head for two sentences, or for two models, side by side."""

import streamlit as st

from attnviz import AttnVizError
from attnviz.app import session
from attnviz.app.sentence import say_what_a_link_leaves_out, sentence
from attnviz.app.shared.scheme import follow_browser
from attnviz.app.shared.words import plain


def show() -> None:
    """Draw the page, from the address to the address."""
    view = session.begin("compare")
    left, right = st.columns(2, gap="medium")
    with left:
        sentence()
    with right:
        st.text_input("Second sentence", placeholder="Type a sentence and press Enter", **session.bound("other"))
    say_what_a_link_leaves_out()

    from attnviz.app import controls, languages
    from attnviz.app.components.compare import Side, compare
    from attnviz.app.engines import engine_of

    with left:
        first_options = st.container()
        controls.model()
    with right:
        second_options = st.container()
        controls.other_model()
    notes, body = st.container(), session.body()
    try:
        engine, name = engine_of(view.model, from_scratch=view.from_scratch, notes=notes, place=body)
        first = Side(engine, name, view.text, view.pair)
        with first_options:
            controls.second_text(
                engine, "pair", "Optional: a second sentence, or the target of an encoder-decoder model"
            )
            languages.check(engine, name)
            languages.boxes(engine)
        if view.other_model not in {"", view.model}:
            engine, name = engine_of(view.other_model, from_scratch=False, notes=notes, place=body)
        with second_options:
            controls.second_text(engine, "other_pair", "The same as that of the first")
        compare(first, Side(engine, name, view.other, view.other_pair or view.pair), body)
    except AttnVizError as error:
        body.error(plain(str(error)))
    if complaints := session.complaints():
        notes.warning(plain(" ".join(complaints)))
    follow_browser()
    session.end()


show()
