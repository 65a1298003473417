"""Lesson 6: how far a word reaches in a recurrent network, and with attention."""

import streamlit as st

from attnviz.learn.frame import does_not_show, heading, lesson_page, sources, text
from attnviz.learn.parts import citations
from attnviz.learn.questions import ask


def show() -> None:
    """Draw the page."""
    with lesson_page(__file__):
        prose, picture = st.columns([5, 4], gap="large")
        with prose:
            text(
                "A **recurrent network** reads word by word and keeps a state, *h*. Whatever the last word is to know "
                "of the first has to pass through every state between them."
            )
            st.latex(r"h_t = \tanh(W x_t + U h_{t-1} + b)")
            text(
                "How much does a word at position *t* change what the network knows at the end, at position *n*? The "
                "**Jacobian** answers: by the chain rule it is a product with one factor for each step."
            )
            st.latex(
                r"\begin{aligned} \frac{\partial h_n}{\partial x_t} &="
                r" \left( \prod_{k=n}^{t+1} D_k\, U \right) D_t\, W \\ D_k &= \mathrm{diag}(1 - h_k^2) \end{aligned}"
            )
            text(
                "A product of many matrices tends to vanish or to explode, as the powers of a number do. Two things "
                "decide which: the **spectral radius** of *U*, the size of its largest eigenvalue, and the factor "
                "1 − *h*² of tanh, which is at most 1 and shrinks the product at every step.\n\n"
                "In self-attention the last word attends to the first as it does to its neighbour: the path has "
                "length 1, in a recurrent network *n* − 1."
            )
        with picture:
            from attnviz.learn.why_not_a_recurrent_network import recurrent

            recurrent.paths()
        heading("Try it: measure the influence")
        text(
            "The influence is the Frobenius norm of the Jacobian, the root of the sum of the squares of its entries, "
            "averaged over random texts."
        )
        recurrent.play()
        ask(recurrent.QUESTIONS)
        does_not_show(
            "A small derivative does not mean that a word is forgotten. A tanh that was driven to its ends holds a "
            "value and hardly reacts: such a network may name the first word although its influence is small. What the "
            "derivative decides is how well a network *learns* over a distance.\n\n"
            "The network here is the simplest one. LSTM cells were made for this very problem and reach much further "
            "(Hochreiter and Schmidhuber 1997). And attention pays for its short path with n² scores."
        )
        sources(
            f"{citations.PASCANU}: why gradients vanish and explode.",
            f"{citations.VASWANI}: table 1 and section 4, path lengths and costs.",
            f"{citations.BAHDANAU}: attention as the way around one fixed state.",
            citations.HOCHREITER,
        )


show()
