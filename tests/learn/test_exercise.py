"""The exercises for paper: their numbers, what is said to an answer, and what becomes of what is no number."""

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from attnviz.attention import Step
from attnviz.learn.parts.exercise import ASKED, TOLERANCE, drawn, is_right, mistake
from tests.learn.conftest import Open, written

PLACES = [("what_is_self_attention", "without_parameters", 2, False), ("scale_and_softmax", "with_scale", 4, True)]


def vectors(number: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    step = drawn(number, d=d, is_scaled=d == 4)
    return step.query[0, 0].double().numpy(), step.key[0].double().numpy()


def by_hand(number: int, d: int, *, is_scaled: bool) -> tuple[np.ndarray, np.ndarray]:
    query, keys = vectors(number, d)
    scores = keys @ query / (np.sqrt(d) if is_scaled else 1)
    return scores, np.exp(scores) / np.exp(scores).sum()


def answer(page: AppTest, key: str, typed: str, number: int = 0) -> str:
    page.text_input(key=f"{key}_{number}").set_value(typed).run()
    assert not page.exception
    return written(page)


@pytest.mark.parametrize(("file", "key", "d", "is_scaled"), PLACES)
def test_the_weight_of_an_exercise_equals_numpy_and_other_numbers_can_be_had(lesson: Open, file, key, d, is_scaled):
    page = lesson(file)
    for number in range(2):
        scores, weights = by_hand(number, d, is_scaled=is_scaled)
        said = answer(page, key, f"{weights[1]:.2f}", number)
        assert f"It is {weights[1]:.3f}" in said
        assert rf"w_2 &= \frac{{e^{{{scores[1]:g}}}}}" in "".join(each.value for each in page.latex)
        if number == 0:
            page.button(key=f"{key}_next").click().run()
            assert not page.success
            assert page.text_input(key=f"{key}_1").value == ""


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("a", "“a” is not a number"),
        ("1e308", "1e308 is out of range"),
        ("-3", "A weight is greater than 0"),
        ("1/0", "“1/0” is not a number"),
        ("0,0,9", "is not a number"),
    ],
)
def test_an_answer_that_is_none_is_named_and_the_page_goes_on(lesson: Open, typed, sentence):
    page = lesson("what_is_self_attention")
    assert sentence in answer(page, "without_parameters", typed)
    assert len(page.radio) == 3
    assert "It is 0" not in written(page)


@pytest.mark.parametrize("number", range(20))
def test_every_step_that_is_left_out_is_named(number: int):
    step = drawn(number, d=4, is_scaled=True)
    scores, weights = by_hand(number, 4, is_scaled=True)
    raw = vectors(number, 4)[1] @ vectors(number, 4)[0]
    assert "That is the score" in mistake(scores[1], step)
    assert "That is the score" in mistake(raw[1], step)
    others = [mistake(value, step) for value in (np.exp(scores[1]), scores[1] / scores.sum(), weights[0])]
    assert all("one by one" not in said for said in others)
    assert "one by one" in mistake(12345.0, step)
    assert len(set(scores)) == 3


def test_a_weight_without_the_scale_is_told_from_one_with_it():
    step = drawn(0, d=4, is_scaled=True)
    unscaled = by_hand(0, 4, is_scaled=False)[1][1]
    assert "root of *d*" in mistake(unscaled, step)


def asked_of(*scores: float) -> Step:
    """An exercise with these scores."""
    keys = torch.tensor([[[score] for score in scores]])
    return Step(torch.ones(1, 1, 1), keys, torch.ones_like(keys), 1.0)


def test_the_score_0_is_no_answer_where_the_weight_is_small():
    step = asked_of(5.3, 0.0, 0.1)
    weight = float(step.weights(0)[0, ASKED])
    assert weight == pytest.approx(0.005, abs=5e-4)
    assert not is_right(0.0, step)
    assert "That is the score" in mistake(0.0, step)
    assert is_right(0.005, step)
    assert is_right(0.01, step)
    assert "greater than 0" in mistake(0.0, asked_of(1.0, 1.0, 1.0))


@pytest.mark.parametrize(("d", "is_scaled"), [(2, False), (4, True)])
@pytest.mark.parametrize("number", range(50))
def test_no_slip_gives_what_counts_as_right(number, d, is_scaled):
    scores, weights = by_hand(number, d, is_scaled=is_scaled)
    raw = vectors(number, d)[1] @ vectors(number, d)[0]
    slips = [0, 1, raw[1], scores[1], np.exp(scores[1]), weights[0], weights[2]]
    slips += [scores[1] / scores.sum()] if scores.sum() else []
    slips += [by_hand(number, d, is_scaled=False)[1][1]] if is_scaled else []
    assert min(abs(slip - weights[1]) for slip in slips) > 2 * TOLERANCE


@pytest.mark.parametrize("written_as", ["{0:.2f}", "{comma}", "{short}", "{1} %", "{1}%", "{1}/100", " {1} / 100 "])
def test_an_answer_may_be_written_as_people_write_it(lesson: Open, written_as):
    weight = by_hand(0, 2, is_scaled=False)[1][1]
    text = f"{weight:.2f}"
    typed = written_as.format(weight, round(100 * weight), comma=text.replace(".", ","), short=text[1:])
    assert f"It is {weight:.3f}" in answer(lesson("what_is_self_attention"), "without_parameters", typed)
