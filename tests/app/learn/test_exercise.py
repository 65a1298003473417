"""The exercises for paper: their numbers, what is said to an answer, and what becomes of what is no number."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from attnviz.analysis.example import exercise
from attnviz.app.lessons.exercise import mistake
from tests.app.learn.conftest import Open, written

PLACES = [("what_is_self_attention", "without_parameters", 2, False), ("scale_and_softmax", "with_scale", 4, True)]


def vectors(number: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    step = exercise(number, d=d, scale=1.0)
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
    [("a", "“a” is not a number"), ("1e308", "1e308 is out of range"), ("-3", "Take the steps one by one")],
)
def test_an_answer_that_is_none_is_named_and_the_page_goes_on(lesson: Open, typed, sentence):
    page = lesson("what_is_self_attention")
    assert sentence in answer(page, "without_parameters", typed)
    assert len(page.radio) == 3
    assert "It is 0" not in written(page)


@pytest.mark.parametrize("number", range(20))
def test_every_step_that_is_left_out_is_named(number: int):
    step = exercise(number, d=4, scale=0.5)
    scores, weights = by_hand(number, 4, is_scaled=True)
    raw = vectors(number, 4)[1] @ vectors(number, 4)[0]
    assert "That is the score" in mistake(scores[1], step)
    assert "That is the score" in mistake(raw[1], step)
    others = [mistake(value, step) for value in (np.exp(scores[1]), scores[1] / scores.sum(), weights[0])]
    assert all("one by one" not in said for said in others)
    assert "one by one" in mistake(-1.0, step)
    assert len(set(scores)) == 3


def test_a_weight_without_the_scale_is_told_from_one_with_it():
    step = exercise(0, d=4, scale=0.5)
    unscaled = by_hand(0, 4, is_scaled=False)[1][1]
    assert "root of *d*" in mistake(unscaled, step)
