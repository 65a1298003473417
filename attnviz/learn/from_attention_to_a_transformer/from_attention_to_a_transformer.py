"""Lesson 9: residual connections, layer norm, feed-forward, and how much attention contributes."""

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
                "Attention alone is not yet a transformer. Three more parts make a **block**, and blocks are "
                "stacked.\n\n"
                "A **residual connection** adds what a sublayer computes to what came in (He et al. 2016). The vector "
                "of a token is never replaced; every sublayer writes something into it. It is often called the "
                "residual stream.\n\n"
                "**Layer norm** brings the numbers of a vector to mean 0 and standard deviation 1, then stretches and "
                "shifts them by learned amounts (Ba et al. 2016). Vaswani et al. put it after the sum. Before the "
                "sublayer, as here, it makes training more stable (Xiong et al. 2020).\n\n"
                "The **feed-forward** layer works on each position by itself: a wide linear map, a non-linearity, and "
                "a linear map back. Attention moves information between positions, feed-forward works on it there.\n\n"
                "**Stacking**: what comes out of a block has the shape of what went in, so the next block can read it. "
                "There a word attends to vectors that already hold something of other words, and what one block "
                "gathered travels on with the next."
            )
            st.latex(
                r"\begin{aligned} x' &= x + \mathrm{Attention}(\mathrm{norm}(x)) \\"
                r" x'' &= x' + \mathrm{FeedForward}(\mathrm{norm}(x')) \end{aligned}"
            )
        with picture:
            from attnviz.learn.from_attention_to_a_transformer import blocks

            blocks.flow()
        heading("Try it: what does attention contribute?")
        text(
            "The new vector of a token is a sum of three parts: what was there, what attention adds, what feed-forward "
            "adds. The **share** of a part says how far it reaches along the new vector. The three shares sum to 1, "
            "and a part that points against the new vector has a negative share."
        )
        st.latex(
            r"\mathrm{share}(\mathrm{part}) = \frac{\mathrm{part} \cdot x''}{x'' \cdot x''}",
            width=720,
        )
        blocks.play()
        ask(blocks.QUESTIONS)
        does_not_show(
            "A share measures length and direction, not importance. A small part can carry just what a later layer "
            "reads, and layer norm rescales everything before it is read. To find out what a part is for, change it "
            "and see what becomes of the answer, as lesson 8 does with a link. And attention weights alone do not "
            "tell how much is added: the length of the values counts too (Kobayashi et al. 2020)."
        )
        sources(
            f"{citations.VASWANI}: section 3.1 and figure 1.",
            f"{citations.ANNOTATED}: all sublayers in code.",
            citations.HE,
            citations.BA,
            citations.XIONG,
            citations.KOBAYASHI,
            citations.WIEGREFFE_PINTER,
        )


show()
