"""Lesson 1: self-attention without parameters, on four vectors of four numbers."""

import streamlit as st

from attnviz.learn.frame import does_not_show, heading, lesson_page, sources, text
from attnviz.learn.parts import citations
from attnviz.learn.questions import ask


def show() -> None:
    """Draw the page."""
    with lesson_page(__file__):
        text(
            "A network that reads text turns every word into a **vector**, a list of numbers. At first the vector of a "
            "word is the same in every sentence. Self-attention changes that: it gives each word a **new vector that "
            "takes the other words into account**.\n\n"
            "It takes three steps.\n\n"
            "1. **Scores.** Compare every word with every word by the **dot product** of their vectors: multiply them "
            "number by number, and add up. It is large when both are large at the same places, with the same sign.\n"
            "2. **Weights.** Raise *e* ≈ 2.718 to each score of a word, and divide by the sum of these powers. The "
            "results are positive and sum to 1. This is called **softmax**.\n"
            "3. **Outputs.** Multiply every vector by its weight, and add up: a weighted average."
        )
        st.latex(
            r"s_{ij} = x_i \cdot x_j \quad w_{ij} = \frac{e^{s_{ij}}}{\sum_k e^{s_{ik}}} \quad o_i = \sum_j w_{ij} x_j",
            width=720,
        )
        text(
            "In these formulas word *i* is the one that attends, the **query**, and word *j* is attended to, the "
            "**key**. Queries are rows and keys are columns, here and everywhere else."
        )
        heading("Try it: “She ate the apple”")
        from attnviz.learn.what_is_self_attention import self_attention

        self_attention.play()
        heading("What to notice")
        text(
            "- The scores are symmetric, because *xᵢ · xⱼ = xⱼ · xᵢ*. The weights need not be: each row is divided by "
            "a sum of its own.\n"
            "- A word usually attends much to itself: with one vector in all roles, a word resembles itself, and only "
            "a longer vector of much the same direction scores as high or higher. The next "
            "lesson gives a word three vectors, and with them the freedom to look elsewhere.\n"
            "- Nothing was learned. These three steps have no parameters: the vectors decide everything."
        )
        ask(self_attention.QUESTIONS)
        does_not_show(
            "The numbers in the table were chosen so that you can compute with them on paper. They mean nothing, and "
            "so do the weights: nobody trained these vectors to make “ate” attend to “apple”. And a large weight is "
            "not by itself the reason for what a network answers. Whether weights can serve as explanations is "
            "disputed (Jain and Wallace 2019; Wiegreffe and Pinter 2019)."
        )
        sources(
            f"{citations.VASWANI}: section 3.2.",
            f"{citations.ALAMMAR}: the steps of self-attention in pictures.",
            citations.JAIN_WALLACE,
            citations.WIEGREFFE_PINTER,
        )


show()
