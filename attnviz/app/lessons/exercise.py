"""An exercise for paper: a query and three keys of small whole numbers, one weight to compute, and what went wrong."""

from math import exp, isclose

import streamlit as st

from attnviz.analysis.example import exercise
from attnviz.app.lessons import worked
from attnviz.app.lessons.matrix import read_number
from attnviz.app.lessons.page import TEXT_WIDTH, heading, text
from attnviz.app.words import plain
from attnviz.attention import Step, attention_weights

TOLERANCE = 0.006  # two decimals, rounded either way
ASKED = 1  # the key whose weight is asked for: the second


def ask_for_a_weight(key: str, *, d: int, is_scaled: bool) -> None:
    """Give the numbers, take an answer, say what is right or wrong about it, and write the way out."""
    number = st.session_state.setdefault(f"{key}_number", 0)
    step = exercise(number, d=d, scale=d**-0.5 if is_scaled else 1.0)
    heading("Your turn, on paper")
    st.latex(_given(step), width=TEXT_WIDTH)
    order = f"scores, divided by √{d}, then softmax" if is_scaled else "scores, then softmax"
    text(f"With which weight does the query *q* attend to the key *k*₂? The steps: {order}. A calculator may help.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = "The weight, to two decimals"
        typed = st.text_input(label, key=f"{key}_{number}", width=240, placeholder="such as 0.25")
        st.button("Other numbers", key=f"{key}_next", on_click=_next, args=(key,), icon=":material/refresh:")
    if typed:
        _judge(typed, step)
    with st.expander("The way to the answer"):
        _written_out(step)


def mistake(given: float, step: Step) -> str:
    """Which step was left out or mixed up, as far as the number tells."""
    raw, scores, weights = (of(0)[0] for of in (step.raw_scores, step.scaled_scores, step.weights))
    score = float(scores[ASKED])
    found = (
        ((float(raw[ASKED]), score), "That is the score. Softmax makes a weight of it."),
        ((exp(score),), "That is *e* to the power of the score. Divide it by the sum of these powers over all keys."),
        ((score / float(scores.sum()),), "Raise *e* to each score first, then divide by the sum."),
        (
            (float(attention_weights(step.raw_scores(0))[0, ASKED]),),
            "Divide the scores by the root of *d* before the softmax.",
        ),
        (tuple(weights.tolist()), "That is the weight of another key."),
    )
    for values, why in found:
        if any(isclose(given, value, abs_tol=TOLERANCE) for value in values):
            return why
    return "Take the steps one by one, or open the way to the answer."


def _judge(typed: str, step: Step) -> None:
    read, weight = read_number(typed), float(step.weights(0)[0, ASKED])
    if isinstance(read, str):
        st.warning(plain(read[0].upper() + read[1:]), icon=":material/edit_off:", width=TEXT_WIDTH)
    elif isclose(read, weight, abs_tol=TOLERANCE):
        st.success(f"**Right.** It is {weight:.3f}.", icon=":material/check_circle:", width=TEXT_WIDTH)
    else:
        st.warning(f"**Not quite.** {mistake(read, step)}", icon=":material/help:", width=TEXT_WIDTH)


def _given(step: Step) -> str:
    """The vectors, two on a line, so that they fit on a telephone."""
    vectors = [step.query[0, 0], *step.key[0]]
    names = ["q", *map(_key, range(len(vectors) - 1))]
    given = [f"{name} = {worked.row(vector)}" for name, vector in zip(names, vectors, strict=True)]
    lines = r" \\ ".join(r" \quad ".join(given[start : start + 2]) for start in range(0, len(given), 2))
    return rf"\begin{{gathered}} {lines} \end{{gathered}}"


def _written_out(step: Step) -> None:
    raw, scores, weights = (of(0)[0].tolist() for of in (step.raw_scores, step.scaled_scores, step.weights))
    for index, product in enumerate(raw):
        st.latex(worked.dot_product(rf"q \cdot {_key(index)}", step.query[0, 0], step.key[0, index], product))
    if step.scale != 1:
        st.latex(worked.scaled(raw, scores, d=step.query.shape[-1]))
    st.latex(worked.softmax("w_2", scores, ASKED, weights[ASKED]))


def _key(index: int) -> str:
    return f"k_{index + 1}"


def _next(key: str) -> None:
    st.session_state[f"{key}_number"] += 1
