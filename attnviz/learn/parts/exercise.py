"""An exercise for paper: a query and three keys of small whole numbers, one weight to compute, and what went wrong."""

from collections.abc import Iterator
from itertools import count
from math import exp, isclose

import streamlit as st

from attnviz.analysis.example import exercise
from attnviz.app.shared.words import plain
from attnviz.attention import Step, attention_weights
from attnviz.learn.frame import TEXT_WIDTH, heading, text
from attnviz.learn.parts import worked
from attnviz.learn.parts.matrix import read_number
from attnviz.learn.questions import verdict

TOLERANCE = 0.006  # two decimals, rounded either way
ASKED = 1  # the key whose weight is asked for: the second


def ask_for_a_weight(key: str, *, d: int, is_scaled: bool) -> None:
    """Give the numbers, take an answer, say what is right or wrong about it, and write the way out."""
    number = st.session_state.setdefault(f"{key}_number", 0)
    step = drawn(number, d=d, is_scaled=is_scaled)
    heading("Your turn, on paper")
    st.latex(_given(step), width=TEXT_WIDTH)
    order = f"scores, divided by √{d}, then softmax" if is_scaled else "scores, then softmax"
    text(
        f"With which weight does the query *q* attend to the key *k*₂? The steps: {order}. A calculator may help. "
        "Write the weight as you like: .25, 0,25, 25 % or 1/4."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = "The weight, to two decimals"
        typed = st.text_input(label, key=f"{key}_{number}", width=240, placeholder="such as .25")
        st.button("Other numbers", key=f"{key}_next", on_click=_next, args=(key,), icon=":material/refresh:")
    if typed:
        _judge(typed, step)
    with st.expander("The way to the answer"):
        _written_out(step)


def drawn(number: int, *, d: int, is_scaled: bool) -> Step:
    """The exercise of this number: one whose weight cannot be taken for 0, for 1, or for what a slip gives."""
    tries = (exercise(1000 * number + again, d=d, scale=d**-0.5 if is_scaled else 1.0) for again in count())
    return next(step for step in tries if is_clear(step))


def is_clear(step: Step) -> bool:
    """Whether an answer to two decimals is either right or a slip, and never both."""
    weight = float(step.weights(0)[0, ASKED])
    others = (0.0, 1.0, *(value for value, _ in _slips(step)))
    return all(abs(other - weight) > 2 * TOLERANCE for other in others)


def is_right(given: float, step: Step) -> bool:
    """Whether a number is the weight, to two decimals; 0 is none, however small the weight is."""
    return given > 0 and isclose(given, float(step.weights(0)[0, ASKED]), abs_tol=TOLERANCE)


def mistake(given: float, step: Step) -> str:
    """Which step was left out or mixed up, as far as the number tells."""
    for value, why in _slips(step):
        if isclose(given, value, abs_tol=TOLERANCE):
            return why
    if given <= 0:
        return "A weight is greater than 0: it is a power of *e*, divided by a sum of such powers."
    return "Take the steps one by one, or open the way to the answer."


def _slips(step: Step) -> Iterator[tuple[float, str]]:
    """What one gets who leaves out or mixes up a step, and what to say to it."""
    raw, scores, weights = (of(0)[0].tolist() for of in (step.raw_scores, step.scaled_scores, step.weights))
    score = scores[ASKED]
    yield from ((each, "That is the score. Softmax makes a weight of it.") for each in (raw[ASKED], score))
    yield exp(score), "That is *e* to the power of the score. Divide it by the sum of these powers over all keys."
    if sum(scores):
        yield score / sum(scores), "Raise *e* to each score first, then divide by the sum."
    if step.scale != 1:
        unscaled = float(attention_weights(step.raw_scores(0))[0, ASKED])
        yield unscaled, "Divide the scores by the root of *d* before the softmax."
    yield from ((weight, "That is the weight of another key.") for at, weight in enumerate(weights) if at != ASKED)


def _judge(typed: str, step: Step) -> None:
    read, weight = read_number(typed), float(step.weights(0)[0, ASKED])
    if isinstance(read, str):
        st.warning(plain(read[0].upper() + read[1:]), icon=":material/edit_off:", width=TEXT_WIDTH)
    else:
        right = is_right(read, step)
        verdict(f"It is {weight:.3f}." if right else mistake(read, step), is_right=right)


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
