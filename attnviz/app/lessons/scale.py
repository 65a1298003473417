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
SCALES = {"divided by √dₖ": True, "not divided": False}

QUESTIONS = (
    Question(
        "scale_why",
        "Why does one divide by √dₖ, and not by dₖ?",
        (
            Answer(
                "The standard deviation of a sum of dₖ independent terms grows as √dₖ.",
                "Variances add up: a sum of dₖ terms of variance 1 has variance dₖ, and a standard deviation of √dₖ. "
                "Dividing by it brings the standard deviation back to 1.",
                is_right=True,
            ),
            Answer("To make the weights sum to 1.", "Softmax sees to that, whatever the scale."),
            Answer(
                "A number as large as dₖ would overflow.",
                "Overflow is not the point. Dividing by dₖ would make the scores of a large head almost equal, and "
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
    """The slider, scores and weights of one query at the chosen size, and what was measured for all sizes."""
    size = st.select_slider("dₖ, the length of queries and keys", SIZES, value=64, key="d_head", width=720)
    heading(f"One random query of length {size}")
    scores, weights = {}, {}
    for name, on in SCALES.items():
        row = random_scores(size, n_keys=N_KEYS, is_scaled=on, n_samples=1)
        scores[name], weights[name] = row[0, 0].tolist(), attention_weights(row)[0, 0].tolist()
    pair = st.columns(2, gap="medium")
    with pair[0]:
        _row("score", scores, key="scale_scores")
    with pair[1]:
        _row("weight", weights, key="scale_row", y_end=1)
    yes, no = (measured()[on][SIZES.index(size)] for on in SCALES.values())
    text(
        f"Over many random queries of length {size}, not divided, the scores have a standard deviation of "
        f"**{no.score_spread:.3g}**, the largest weight of a row is **{no.largest_weight:.3f}** on average, and the "
        f"derivative of the weights has a norm of **{no.gradient:.2g}**. Divided by √*d*ₖ, these are "
        f"{yes.score_spread:.3g}, {yes.largest_weight:.3f} and {yes.gradient:.2g}."
    )
    heading("All lengths")
    curves = {
        "scale_spread": ("score_spread", "standard deviation of scores"),
        "scale_largest": ("largest_weight", "largest weight of a row"),
        "scale_gradient": ("gradient", "norm of the derivative"),
    }
    for column, (key, (quantity, title)) in zip(st.columns(3, gap="medium"), curves.items(), strict=True):
        with column:
            _curve(quantity, title, size, key=key)


def _row(title: str, rows: dict[str, list[float]], *, key: str, y_end: int | None = None) -> None:
    keys = [f"key {position}" for position in range(N_KEYS)]
    series = [Series(name, values) for name, values in rows.items()]
    figure = bars(series, groups=keys, x_title="", y_title=title, theme=theme(), y_end=y_end)
    numbers = {"": keys} | {each.name: list(each.values) for each in series}
    pictures.show(pictures.Picture(f"Each {title} of one random query", figure, numbers), key=key)


def _curve(quantity: str, title: str, size: int, *, key: str) -> None:
    series = [Series(name, [getattr(each, quantity) for each in measured()[on]]) for name, on in SCALES.items()]
    figure = lines(
        series,
        x=SIZES,
        x_title="dₖ",
        y_title=title,
        theme=theme(),
        log_x=True,
        log_y=quantity == "score_spread",
        mark=size,
    )
    numbers = {"dₖ": list(SIZES)} | {each.name: list(each.values) for each in series}
    pictures.show(pictures.Picture(f"The {title}, by dₖ", figure, numbers), key=key)
