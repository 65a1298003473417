"""Lesson 4: split, attend, concatenate, project; our module beside torch's; what heads do."""

import streamlit as st

from attnviz.app.lessons import citations, heads
from attnviz.app.lessons.page import does_not_show, heading, lesson_page, sources, text
from attnviz.app.lessons.questions import ask


def show() -> None:
    """Draw the page."""
    with lesson_page(__file__):
        prose, picture = st.columns([5, 4], gap="large")
        with prose:
            text(
                "One attention gives each word one row of weights. But a verb may want its subject and its object, "
                "and for different reasons. So one runs several attentions side by side, the **heads**, each with "
                "matrices of its own.\n\n"
                "**Split**: queries, keys and values are cut into as many parts as there are heads. **Attend**: each "
                "head computes its own weights. **Concatenate**: the outputs of the heads are put side by side again. "
                "**Project**: a last matrix mixes them."
            )
            st.latex(
                r"\begin{aligned} \mathrm{head}_h &= \mathrm{Attention}(x W_Q^h,\, x W_K^h,\, x W_V^h) \\"
                r" \mathrm{output} &= \mathrm{Concat}(\mathrm{head}_0, \ldots, \mathrm{head}_{H-1})\, W_O"
                r" \end{aligned}"
            )
            text(
                "The heads share the width of the model: with 512 dimensions and 8 heads, each works in 64. That "
                "costs as much as one wide head."
            )
        with picture:
            heads.flow()
        heading("Try it: our module beside PyTorch’s")
        text(
            "Both get the same weights and the same input of 10 positions, 1 text and 512 dimensions. These lines are "
            "run as they stand here."
        )
        heads.side_by_side()
        heading("What the heads of a model attend to")
        text(
            "For every word of a sentence: how much weight goes to the word before, to the word itself, to the next, "
            "and to the special tokens? The rest goes to other words. Beside it stands to how many tokens a word "
            "attends: the exponential of the entropy of its weights, which is n if n tokens get equal weights."
        )
        heads.heads_of_the_model()
        ask(heads.QUESTIONS)
        does_not_show(
            "A head has no job description. What it does was measured on some sentences and may differ on others; and "
            "a name such as “previous word” says where it looks, not what that is good for. Many heads can be removed "
            "from a trained model with little loss (Michel et al. 2019). Weight on a special token often means "
            "“nothing to fetch here”."
        )
        sources(
            f"{citations.VASWANI}: section 3.2.2.",
            f"{citations.ALAMMAR}: several heads in pictures.",
            citations.MICHEL,
            citations.WIEGREFFE_PINTER,
        )


show()
