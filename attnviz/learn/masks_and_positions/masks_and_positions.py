"""Lesson 5: what attention may see, what it knows of order, and how it reads another text."""

import streamlit as st

from attnviz.learn.frame import does_not_show, heading, lesson_page, sources, text
from attnviz.learn.parts import citations
from attnviz.learn.questions import ask


def show() -> None:
    """Draw the page."""
    with lesson_page(__file__):
        text(
            "A **mask** says which key a query may attend to. The score of a hidden key becomes −∞, so that its "
            "weight is 0 and the rest of the row still sums to 1.\n\n"
            "- A **causal** mask hides what comes later. A model that predicts the next word must not see it.\n"
            "- A **sliding window** hides what is too long ago as well.\n"
            "- A **padding** mask hides the filler that brings texts which are read together to one length.\n\n"
            "**Positions** are another matter. A weighted sum has no order: put the words in another order, and each "
            "gets the vector it had before. So the position must be in the vectors. Vaswani et al. add sines and "
            "cosines of many frequencies to them:"
        )
        st.latex(
            r"\begin{aligned} p_{t,2i} &= \sin\!\left(t / 10000^{2i/d}\right) \\"
            r" p_{t,2i+1} &= \cos\!\left(t / 10000^{2i/d}\right) \end{aligned}",
            width=720,
        )
        text("Here *t* is the position, *d* the length of the vectors, and 2*i* and 2*i* + 1 are places in the vector.")
        heading("Try it: hide and permute")
        text("One self-attention with random weights. Rows are queries, columns are keys, grey cells are masked.")
        from attnviz.learn.masks_and_positions import hiding

        hiding.masks_and_order()
        heading("Looking at another text")
        text(
            "In **cross-attention** the queries come from one text, the keys and values from another. A translator "
            "asks with the words that it has written, and reads in the source. Attention was invented for this "
            "(Bahdanau et al. 2015), before there were transformers.\n\n"
            "The formula is the old one. Only the vectors *yᵢ* of the target and *xⱼ* of the source are of two texts:"
        )
        st.latex(r"q_i = y_i W_Q \qquad k_j = x_j W_K \qquad v_j = x_j W_V", width=720)
        text(
            "This small translator has just been trained on sentences of a tiny grammar. It was told the right French "
            "words, but never which English word they belong to. Choose a sentence, and compare random starts."
        )
        hiding.cross_attention()
        ask(hiding.QUESTIONS)
        does_not_show(
            "An alignment is what helped to name the next word, not what a linguist would draw. A word can be named "
            "right although the largest weight is on a neighbour of its counterpart: compare the two percentages, "
            "and see Jain and Wallace (2019). The grammar has four kinds of words and no exceptions; real "
            "translation needs more than one cross-attention."
        )
        sources(
            f"{citations.BAHDANAU}: figure 3 shows alignments of English and French.",
            f"{citations.VASWANI}: masks in section 3.2.3, positions in section 3.5.",
            f"{citations.ANNOTATED}: masks and positions in code.",
            citations.JAIN_WALLACE,
        )


show()
