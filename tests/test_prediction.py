"""A prediction against formulas in NumPy and by hand."""

import math

import numpy as np
import pytest
import torch

from attnviz.errors import SelectionError
from attnviz.prediction import Prediction

WORDS = ("cat", "dog", "mat", "street")


def answering(values, kind="next token", **others):
    return Prediction("tiny", kind, "what comes next", torch.tensor(values), WORDS.__getitem__, **others)


def by_hand(values):
    powers = np.exp(np.array(values, dtype=np.float64))
    return powers / powers.sum()


def test_the_likeliest_answers_come_first_with_the_softmax_of_their_scores():
    expected = by_hand([0.5, 2.0, -1.0, 1.0])
    top = answering([0.5, 2.0, -1.0, 1.0]).top(3)
    assert [name for name, _ in top] == ["dog", "street", "cat"]
    np.testing.assert_allclose([probability for _, probability in top], expected[[1, 3, 0]], atol=1e-6)
    assert len(answering([0.5, 2.0, -1.0, 1.0]).top(9)) == 4
    assert answering([0.5, 2.0, -1.0, 1.0]).top(0) == ()


def test_only_the_names_that_are_asked_for_are_looked_up():
    looked_up = []
    values = torch.arange(30_000.0)
    Prediction("tiny", "next token", "", values, lambda answer: looked_up.append(answer) or str(answer)).top(2)
    assert looked_up == [29_999, 29_998]


def test_log_odds_are_those_of_the_probability_and_exact_where_it_is_next_to_one():
    chances = by_hand([0.5, 2.0, -1.0, 1.0])
    for answer, chance in enumerate(chances):
        odds = math.log(chance / (1 - chance))
        assert answering([0.5, 2.0, -1.0, 1.0]).log_odds(answer) == pytest.approx(odds, abs=1e-6)
    # The others together have 3 of e^0: 60 − ln 3, though the probability itself is 1 in any floating-point number.
    assert answering([60.0, 0.0, 0.0, 0.0]).log_odds(0) == pytest.approx(60 - math.log(3), abs=1e-9)
    assert answering([60.0, 0.0, 0.0, 0.0]).log_odds(1) == pytest.approx(-math.log(math.exp(60) + 2), abs=1e-9)


def test_classes_that_do_not_exclude_each_other_have_a_probability_each():
    found = answering([0.0, 2.0, -1.0, 1.0], "class", is_one_of_many=False)
    np.testing.assert_allclose(found.probabilities(), 1 / (1 + np.exp([0.0, -2.0, 1.0, -1.0])), atol=1e-6)
    assert found.log_odds(1) == 2.0


def test_an_effect_is_the_change_in_the_log_odds_of_the_answer_that_was_likeliest_before():
    before, after = answering([0.0, 2.0, 0.0, 0.0]), answering([0.0, 1.0, 3.0, 0.0])
    odds = [math.log(chance / (1 - chance)) for chance in (by_hand([0, 2, 0, 0])[1], by_hand([0, 1, 3, 0])[1])]
    assert before.effect(after) == pytest.approx(odds[1] - odds[0], abs=1e-9)
    assert before.effect(after) < 0, "it became less likely"
    assert before.effect(before) == 0
    assert before.effect(after, answer=2) == -after.effect(before, answer=2) > 0


def test_an_effect_on_vectors_is_one_minus_their_cosine():
    one, other = answering([3.0, 0.0, 4.0], "vectors"), answering([4.0, 0.0, 3.0], "vectors")
    assert one.effect(other) == pytest.approx(1 - 24 / 25, abs=1e-12)
    for numbers in ([3.0, 0.0, 4.0], [0.1, 0.7, 0.3], [1e-3, 2.0, 5.0]):
        same = answering(numbers, "vectors")
        assert 0 <= same.effect(same) < 1e-12, "never below 0, however the last bit is rounded"
    assert one.effect(answering([-3.0, 0.0, -4.0], "vectors")) == pytest.approx(2, abs=1e-12)


def test_vectors_are_no_prediction():
    found = answering([3.0, 0.0, 4.0], "vectors")
    assert found.top(5) == ()
    for asked in (found.probabilities, lambda: found.best, lambda: found.log_odds(0)):
        with pytest.raises(SelectionError, match="tiny names no answers: what is here are its final vectors"):
            asked()


def test_different_questions_are_not_compared():
    with pytest.raises(SelectionError, match="class of tiny cannot be compared with next token of tiny"):
        answering([0.0, 1.0], "class").effect(answering([0.0, 1.0]))
    with pytest.raises(SelectionError, match="no answer 4; this model has answers 0 to 1"):
        answering([0.0, 1.0]).log_odds(4)


def test_it_reads_as_one_line():
    assert repr(answering([0.0, 0.0, 0.0, math.log(7)])).startswith("Prediction('tiny', next token: 'street' 0.70, ")
    assert repr(answering([1.0, 2.0], "vectors")) == "Prediction('tiny', vectors: 2 numbers)"
