"""Lesson 3: what the division by √d_k is for, measured on random vectors."""

import streamlit as st

from attnviz.learn.frame import does_not_show, heading, lesson_page, sources, text
from attnviz.learn.parts import citations
from attnviz.learn.questions import ask


def show() -> None:
    """Draw the page."""
    with lesson_page(__file__):
        text(
            "All of attention in one line, with the queries, keys and values of a text as the rows of *Q*, *K* and "
            "*V*, and *d*ₖ the length of a query and of a key:"
        )
        st.latex(
            r"\mathrm{Attention}(Q, K, V) = \mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right) V", width=720
        )
        text(
            "**Softmax** turns any numbers into positive ones that sum to 1. Only the differences between scores "
            "count: add 5 to all of them, and the weights stay. Multiply all of them by 5, and the differences grow: "
            "the largest weight moves towards 1 and the others towards 0. Softmax **saturates**.\n\n"
            "A dot product is a sum of *d*ₖ products, and a longer sum spreads further. If the numbers in queries and "
            "keys are independent with mean 0 and variance 1, a dot product has variance *d*ₖ, so its standard "
            "deviation is √*d*ₖ. Dividing by √*d*ₖ brings it back to 1."
        )
        heading("Try it: make the vectors longer")
        text(
            "Random queries and keys, drawn with a fixed seed, eight keys for each query. Move the slider: the vectors "
            "stay the same, but more of their numbers count."
        )
        from attnviz.learn.parts import exercise
        from attnviz.learn.scale_and_softmax import sizes

        sizes.play()
        heading("Why it matters: the derivative")
        st.latex(
            r"\begin{aligned} \frac{\partial w_i}{\partial s_j} &= w_i\,(\delta_{ij} - w_j) \\[4pt]"
            r" \frac{\partial w_i}{\partial q} &= \frac{1}{\sqrt{d_k}} \sum_j"
            r" \frac{\partial w_i}{\partial s_j}\, k_j \end{aligned}",
            width=720,
        )
        text(
            "*wᵢ* is the weight of key *i* in one row, *sⱼ* the score of key *j*; *δᵢⱼ* is 1 where *i* = *j*, else 0. "
            "The second line is the chain rule; its factor 1/√*d*ₖ stands there only where the scores are divided. "
            "Training changes a query, and the matrix that it comes from, through this derivative. Where one weight "
            "is 1 and the others are 0, all its entries are 0: the row has made its choice before anything was "
            "learned, and training can hardly take it back."
        )
        sizes.what_the_derivatives_show()
        exercise.ask_for_a_weight("with_scale", d=4, is_scaled=True)
        ask(sizes.QUESTIONS)
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
