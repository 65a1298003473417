"""Scores that grow, softmax that saturates, gradients that die: measured for the chosen size of a head."""

import streamlit as st

from attnviz.analysis.saturation import Saturation, random_scores, saturation
from attnviz.app.components.scheme import theme
from attnviz.app.lessons import pictures
from attnviz.app.lessons.page import heading, text
from attnviz.app.lessons.questions import Answer, Question
from attnviz.attention import attention_weights
from attnviz.figures.charts import Series, bars, lines

SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
N_KEYS = 8

QUESTIONS = (
    Question(
        "scale_why",
        "Why is it √d that one divides by, and not d?",
        (
            Answer(
                "The spread of a sum of d independent terms grows as √d.",
                "Variances add up: d terms of variance 1 have variance d, and a standard deviation of √d. Dividing by "
                "it brings the spread back to 1.",
                is_right=True,
            ),
            Answer("To make the weights sum to 1.", "Softmax sees to that, whatever the scale."),
            Answer(
                "A number so large as d would overflow.",
                "Overflow is not the point. Dividing by d would make the scores of a large head almost equal, and "
                "the weights almost uniform.",
            ),
        ),
    ),
    Question(
        "scale_saturated",
        "A row of weights is (1.000, 0.000, 0.000). Why is that bad while a network is being trained?",
        (
            Answer(
                "Because one word gets all the attention.",
                "That can be exactly what is needed. A trained head may do it.",
            ),
            Answer(
                "Because the derivative of the weights is almost 0, so training cannot change the choice.",
                "The derivative is wᵢ(δᵢⱼ − wⱼ). With one weight near 1 and all others near 0, all its entries vanish.",
                is_right=True,
            ),
            Answer("Because the row no longer sums to 1.", "It does. Softmax always gives rows that sum to 1."),
        ),
    ),
)


@st.cache_data(max_entries=1)
def measured() -> dict[bool, tuple[Saturation, ...]]:
    """Every size, with the scale and without."""
    return {on: tuple(saturation(size, n_keys=N_KEYS, is_scaled=on) for size in SIZES) for on in (True, False)}


def play() -> None:
    """The slider, the weights of one query at the chosen size, and what was measured for all sizes."""
    size = st.select_slider("d, the length of queries and keys", SIZES, value=64, key="d_head", width=720)
    index = SIZES.index(size)
    with_scale, without = measured()[True], measured()[False]
    series = []
    for name, on in (("divided by √d", True), ("not divided", False)):
        scores = random_scores(size, n_keys=N_KEYS, is_scaled=on, n_samples=1)
        series.append(Series(name, attention_weights(scores)[0, 0].tolist()))
    keys = [f"key {position}" for position in range(N_KEYS)]
    figure = bars(series, groups=keys, x_title="", y_title="weight", theme=theme(), y_end=1)
    numbers = {"": keys} | {each.name: list(each.values) for each in series}
    heading(f"One random query of length {size}")
    pictures.show(pictures.Picture("Weights of one random query", figure, numbers), key="scale_row")
    yes, no = with_scale[index], without[index]
    text(
        f"At d = {size}, over many random queries: without the scale the scores spread by **{no.score_spread:.3g}**, "
        f"the largest weight is **{no.largest_weight:.3f}** on average, and the derivative of the weights has a norm "
        f"of **{no.gradient:.2g}**. With the scale it is {yes.score_spread:.3g}, {yes.largest_weight:.3f} and "
        f"{yes.gradient:.2g}."
    )
    heading("All lengths")
    left, right = st.columns(2, gap="medium")
    with left:
        _curve("largest_weight", "largest weight of a row", size, key="scale_largest")
    with right:
        _curve("gradient", "norm of the derivative", size, key="scale_gradient")


def _curve(quantity: str, title: str, size: int, *, key: str) -> None:
    series = [
        Series(name, [getattr(each, quantity) for each in measured()[on]])
        for name, on in (("divided by √d", True), ("not divided", False))
    ]
    figure = lines(series, x=SIZES, x_title="d", y_title=title, theme=theme(), log_x=True, mark=size)
    numbers = {"d": list(SIZES)} | {each.name: list(each.values) for each in series}
    pictures.show(pictures.Picture(f"The {title}, by d", figure, numbers), key=key)
