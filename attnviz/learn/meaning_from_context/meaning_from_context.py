"""Lesson 7: the vector of one word in two sentences."""

import streamlit as st

from attnviz.learn.frame import does_not_show, heading, lesson_page, sources, text
from attnviz.learn.parts import citations
from attnviz.learn.questions import ask


def show() -> None:
    """Draw the page."""
    with lesson_page(__file__):
        text(
            "A river has a bank, and money is kept in one. A dictionary lists both under the same spelling, and a "
            "table of **embeddings** does too: it has one vector for “bank”.\n\n"
            "Layer by layer, attention adds something of the other words to it: the vector becomes **contextual**. "
            "If the other words differ, the two vectors of “bank” part. To measure how far they have parted, take "
            "the **cosine** of the angle between them: 1 if they point the same way, 0 if they are at right angles."
        )
        st.latex(r"\cos(a, b) = \frac{a \cdot b}{|a|\,|b|}", width=720)
        heading("Try it: one word, two sentences")
        text("Change the sentences, or choose another word that stands in both.")
        from attnviz.learn.meaning_from_context import context

        context.play()
        ask(context.QUESTIONS)
        does_not_show(
            "A falling cosine shows that context has come in. It does not show that the model knows two meanings: the "
            "vectors of any word part between two sentences, which is why a second word is drawn to compare with, and "
            "in large models even the vectors of unrelated words have a high cosine (Ethayarajh 2019). Nor does the "
            "word that was attended to most explain the difference: many words were mixed in, in every layer."
        )
        sources(
            citations.ETHAYARAJH,
            f"{citations.ALAMMAR}: how the encoding of a word takes in others.",
            citations.JAIN_WALLACE,
            citations.WIEGREFFE_PINTER,
        )


show()
