"""Scores that grow, softmax that saturates, gradients that die: measured for the chosen size of a head."""

from math import ceil

import streamlit as st

from attnviz.analysis.saturation import (
    N_KEYS,
    N_SAMPLES,
    NOTHING,
    Saturation,
    random_vectors,
    saturation,
    scale_of,
)
from attnviz.attention import Stages
from attnviz.learn.frame import heading, text
from attnviz.learn.parts import exercise, pictures, worked
from attnviz.numbers import percent_text, weight_text

SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
SCALES = {"divided by √dₖ": True, "not divided": False}


@st.cache_data(max_entries=1, show_spinner="Measuring random vectors")
def measured() -> dict[str, tuple[Saturation, ...]]:
    """Every size, with the scale and without."""
    return {name: saturation(SIZES, is_scaled=on) for name, on in SCALES.items()}


def one_query(size: int) -> dict[str, Stages]:
    """The attention of one query with the scale and without: the same query, cut off after so many numbers."""
    query, key = (each[0, :, :size] for each in random_vectors(1))
    return {name: Stages(query, key, key, scale_of(size, is_scaled=on)) for name, on in SCALES.items()}


def at(size: int) -> tuple[Saturation, Saturation]:
    """What was measured at this size: with the scale, and without."""
    with_scale, without = (of_sizes[SIZES.index(size)] for of_sizes in measured().values())
    return with_scale, without


def play() -> None:
    """The slider, scores and weights of one query at the chosen size, and what was measured for all sizes."""
    size = st.select_slider("dₖ, the length of queries and keys", SIZES, value=64, key="d_head", width=720)
    heading(f"One random query, its first {size} numbers" if size > 1 else "One random query, its first number")
    both = one_query(size)
    end = ceil(max(float(each.scaled_scores.abs().max()) for length in SIZES for each in one_query(length).values()))
    left, right = st.columns(2, gap="medium")
    with left:
        scores = {name: each.scaled_scores[0].tolist() for name, each in both.items()}
        _row("score", scores, key="scale_scores", y_range=(-end, end))
    with right:
        weights = {name: each.weights[0].tolist() for name, each in both.items()}
        _row("weight", weights, key="scale_row", y_range=(0, 1))
    text(
        f"The axes stay as they are when you move the slider. Over {N_SAMPLES:,} random queries with dₖ = {size}:\n\n"
        + "\n".join(f"- {name}: {_said(each)}" for name, each in zip(SCALES, at(size), strict=True))
    )
    heading("All lengths")
    curves = {
        "scale_spread": ("score_spread", "standard deviation of scores"),
        "scale_largest": ("largest_weight", "largest weight (median)"),
        "scale_gradient": ("gradient", "norm of ∂w/∂q (median)"),
    }
    for column, (key, (quantity, title)) in zip(st.columns(3, gap="medium"), curves.items(), strict=True):
        with column:
            _curve(quantity, title, size, key=key)


def _said(each: Saturation) -> str:
    return (
        f"the scores have a standard deviation of **{each.score_spread:.3g}**, the largest weight of a row is "
        f"**{weight_text(each.largest_weight)}**, and the derivative of the weights by the query has a norm of "
        f"**{_short(each.gradient)}** (both medians); in {percent_text(each.share_without)} of the rows this norm is "
        f"below {NOTHING:g}."
    )


def _short(number: float) -> str:
    return f"{number:.2f}" if number >= 0.01 else f"${worked.value(number)}$"


def what_the_derivatives_show() -> None:
    """The third picture in words, with its numbers."""
    (yes_short, _), (yes, no), (yes_long, no_long) = at(SIZES[0]), at(64), at(SIZES[-1])
    text(
        "The **norm** is the root of the sum of the squares of all entries. The third picture shows its median over "
        f"many queries. Divided by √*d*ₖ, it hardly changes with the length: {yes_short.gradient:.2f} at {SIZES[0]}, "
        f"{yes.gradient:.2f} at 64, {yes_long.gradient:.2f} at {SIZES[-1]:,}. Not divided, it grows at first, because "
        f"the keys get longer and nothing makes up for it: at 64, the length in Vaswani et al., it is "
        f"{no.gradient:.2f}, no smaller than with the division. "
        f"It vanishes at great lengths only: at {SIZES[-1]:,} it is {_short(no_long.gradient)}.\n\n"
        "A median says what becomes of the row in the middle. Some rows are lost long before: at 64, "
        f"{percent_text(no.share_without)} of those that were not divided have a norm below {NOTHING:g}, and "
        f"{percent_text(no_long.share_without)} at {SIZES[-1]:,}; of those that were divided, none has. "
        "And a few rows, whose two best keys "
        "are almost equally good, have an enormous one: a mean would show these few and hide all the others."
    )


def on_paper() -> None:
    """The same with small numbers."""
    exercise.ask_for_a_weight("with_scale", d=4, is_scaled=True)


def _row(title: str, rows: dict[str, list[float]], *, key: str, y_range: tuple[int, int]) -> None:
    keys = [f"key {position}" for position in range(N_KEYS)]
    name = f"Each {title} of one random query"
    pictures.show(pictures.bars_picture(name, rows, groups=keys, y_title=title, y_range=y_range), key=key)


def _curve(quantity: str, title: str, size: int, *, key: str) -> None:
    picture = pictures.lines_picture(
        f"The {title}, by dₖ",
        {name: [getattr(each, quantity) for each in of_sizes] for name, of_sizes in measured().items()},
        x=SIZES,
        x_title="dₖ",
        y_title=title,
        log_x=True,
        log_y=quantity == "score_spread",
        mark=size,
    )
    pictures.show(picture, key=key)
