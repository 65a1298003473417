"""Lesson 3: what the division by √d is for, measured on random vectors."""

import streamlit as st

from attnviz.app.lessons import citations, scale
from attnviz.app.lessons.page import does_not_show, heading, lesson_page, sources, text
from attnviz.app.lessons.questions import ask


def show() -> None:
    """Draw the page."""
    with lesson_page(__file__):
        text("All of attention in one line, with the queries, keys and values of a text as the rows of Q, K and V:")
        st.latex(
            r"\mathrm{Attention}(Q, K, V) = \mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right) V", width=720
        )
        text(
            "**Softmax** turns any numbers into positive ones that sum to 1. It looks at differences only: add 5 to "
            "all scores, and the weights stay. Multiply all scores by 5, and the largest wins by more: softmax "
            "**saturates**, one weight goes to 1 and the others to 0.\n\n"
            "A score is a sum of *d* products, and a longer sum spreads further. If the numbers in queries and keys "
            "are independent with mean 0 and variance 1, a score has variance *d*. Dividing by √*d* undoes just that."
        )
        heading("Try it: make the vectors longer")
        text("Random queries and keys, drawn with a fixed seed, eight keys for each query. Move the slider.")
        scale.play()
        heading("Why it matters: the derivative")
        st.latex(r"\frac{\partial w_i}{\partial s_j} = w_i\,(\delta_{ij} - w_j)", width=720)
        text(
            "Training moves the scores by the derivative of the weights. Where one weight is 1 and the others are 0, "
            "every entry of the derivative is 0: the network has made its choice before it has learned anything, and "
            "training cannot take it back. Divided by √*d*, the derivative stays where it was for short vectors."
        )
        ask(scale.QUESTIONS)
        does_not_show(
            "The vectors here are random. In a trained network queries and keys are not independent, and a head may "
            "have learned large scores on purpose: then it is sharp in spite of the scale. A sharp row is no fault, "
            "and a flat row is no sign of a useless head."
        )
        sources(
            f"{citations.VASWANI}: section 3.2.1, with the variance of a dot product in footnote 4.",
            f"{citations.ANNOTATED}: the same in code.",
        )


show()
