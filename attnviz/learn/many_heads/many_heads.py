"""Lesson 4: split, attend, concatenate, project; our module beside torch's; what heads do."""

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
                "One attention gives each word one row of weights. But a verb may want its subject and its object, "
                "and for different reasons. So several attentions run side by side, the **heads**, each with "
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
                "costs about as much as one wide head. (The modules below also add a bias, a vector of learned "
                "numbers, after each of the four matrices.)"
            )
        with picture:
            from attnviz.learn.many_heads import side_by_side

            side_by_side.flow()
        heading("Our module beside PyTorch’s")
        text(
            "Both get the same weights and the same input of 10 positions, 1 text and 512 dimensions. The lines are "
            "run as they stand here. Change the number of heads and watch the shapes."
        )
        side_by_side.side_by_side()
        heading("Try it: what the heads of a model attend to")
        side_by_side.heads_of_the_model()
        ask(side_by_side.QUESTIONS)
        does_not_show(
            "A head has no job description. What it does was measured on some sentences and may differ on others; "
            "and a name such as “previous word” says where it looks, not what that is good for. Many heads can be "
            "removed from a trained model with little loss (Michel et al. 2019). Much weight on a special token may "
            "mean that there is nothing to fetch (Clark et al. 2019 on BERT); the heads here were trained to name "
            "[CLS] in that case."
        )
        sources(
            f"{citations.VASWANI}: section 3.2.2.",
            f"{citations.ALAMMAR}: several heads in pictures.",
            citations.MICHEL,
            citations.CLARK,
            citations.WIEGREFFE_PINTER,
        )


show()
