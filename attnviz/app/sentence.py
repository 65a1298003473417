"""The sentence: what a person sees and types first.

It is on screen before the rest is imported: that brings torch, which takes a second, once.
"""

import streamlit as st

from attnviz.app import real_bert, session
from attnviz.app.state import EXAMPLES, fits_address


def sentence() -> None:
    """The sentence."""
    st.text_input("Sentence", placeholder="Type a sentence and press Enter", **session.bound("text"))


def examples() -> None:
    """Sentences to begin with, the way to a real BERT, and a word where a text is too long for a link."""
    view = session.view()
    shown = view.text if view.text in EXAMPLES else None
    with st.container(key="examples", horizontal=True, gap="small"):
        st.pills(
            "Examples",
            EXAMPLES,
            format_func=EXAMPLES.__getitem__,
            default=shown,
            key=session.offer("example", shown),
            on_change=lambda: session.change(text=st.session_state["example"] or session.view().text),
            label_visibility="collapsed",
            wrap=True,
        )
        real_bert.chip()
    say_what_a_link_leaves_out()


def say_what_a_link_leaves_out() -> None:
    """Say so where the texts are too long for a link."""
    if not fits_address(session.view()):
        st.caption("The texts are too long for an address: a link to this page leaves them out.")
