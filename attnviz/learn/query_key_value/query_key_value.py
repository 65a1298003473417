"""Lesson 2: the three projections, and the way from embedding to output."""

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
                "In lesson 1 a word used one vector for everything. Now it gets three, each computed from its vector "
                "*x* by a matrix of its own.\n\n"
                "Think of a library. The **query** is what I look for. The **key** is what the spine of a book says. "
                "The **value** is what is inside. I compare my query with every spine, and I take home a mixture of "
                "contents, most from the books whose spines fit best."
            )
            st.latex(r"q_i = x_i W_Q \qquad k_j = x_j W_K \qquad v_j = x_j W_V")
            st.latex(
                r"w_{ij} = \mathrm{softmax}_j\left(\frac{q_i \cdot k_j}{\sqrt{d_k}}\right) \quad"
                r" o_i = \sum_j w_{ij} v_j"
            )
            text(
                "To multiply *x* by a matrix, take the dot product of *x* with its first column, then with its second, "
                "and so on: each gives one number of the result.\n\n"
                "The three matrices are **parameters**: they are what training changes. They are the same for every "
                "word. *d*ₖ is the length of a query and of a key; lesson 3 shows what dividing by its root does.\n\n"
                "The vectors need not keep their length: here *x* has four numbers; queries, keys and values have "
                "three."
            )
        with picture:
            from attnviz.learn.query_key_value import projections

            projections.flow()
        heading("Try it: edit the three matrices")
        text("The embeddings are those of lesson 1. The matrices were drawn at random; write your own numbers in them.")
        projections.play()
        heading("What to notice")
        text(
            "- What a word looks for and what it offers are now independent. “ate” can look for things to eat "
            "without being one of them.\n"
            "- The values decide *what* is passed on, queries and keys decide *from whom*.\n"
            "- The size of the matrices depends on the length of the vectors, not on that of the text: a longer text "
            "needs no new parameter.\n\n"
            "Three things to try: copy $W_Q$ into $W_K$, and the scores become symmetric, as in lesson 1. Set $W_Q$ to "
            "0, and every word takes home the plain average of all values. Set $W_V$ to 0, and nothing is passed on, "
            "although no weight has changed."
        )
        ask(projections.QUESTIONS)
        does_not_show(
            "These matrices were drawn at random, and of forty draws one was taken in which “ate” happens to attend "
            "to “apple”. So no word here really looks for anything, however much it looks like it. The library is a "
            "picture, too: in a trained network nobody labels the spines, and a query is a direction in space, "
            "seldom a question that you could put in words."
        )
        sources(
            f"{citations.VASWANI}: sections 3.2.1 and 3.2.2.",
            f"{citations.ALAMMAR}: queries, keys and values in pictures.",
            citations.ANNOTATED,
        )


show()
