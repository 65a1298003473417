"""Where heads look whatever the words are, by hand and against loops."""

import numpy as np
import pytest
from hypothesis import given, settings

from attnviz.analysis.habits import Habit, habits
from attnviz.analysis.regroup import hide_special
from attnviz.analysis.sinks import sinks
from attnviz.masks import causal_mask
from attnviz.tokens import special_token, word_tokens
from tests.analysis.conftest import pieces, random_stack, seeds, stored, texts

BERT = (special_token("[CLS]"), *word_tokens("a b"), special_token("[SEP]"))


def test_the_habit_of_a_small_map_by_hand():
    weights = [[0.4, 0.1, 0.1, 0.4], [0.0, 0.2, 0.0, 0.8], [0.1, 0.2, 0.3, 0.4], [0.5, 0.0, 0.1, 0.4]]
    (found,) = habits(stored(weights, BERT, BERT))
    assert found.before == pytest.approx((0.0 + 0.2 + 0.1) / 3)
    assert found.itself == pytest.approx((0.4 + 0.2 + 0.3 + 0.4) / 4)
    assert found.after == pytest.approx((0.1 + 0.0 + 0.4) / 3)
    assert found.sinks == pytest.approx(0.75)
    assert found.largest == pytest.approx((0.4 + 0.8 + 0.4 + 0.5) / 4)


def test_a_head_that_looks_one_back():
    weights = np.eye(4, k=-1)
    weights[0, 0] = 1.0
    (found,) = habits(stored(weights, BERT, BERT))
    assert (found.before, found.after, found.largest) == (1.0, 0.0, 1.0)
    assert found.itself == pytest.approx(0.25)


def test_of_a_masked_text_only_rows_with_a_choice_count_and_nobody_looks_ahead():
    words = word_tokens("a b c")
    stack = random_stack(words, words, mask=causal_mask(3, 3)[None])
    for head, found in enumerate(habits(stack)[: stack.n_heads]):
        weights = stack.weights(0, head).numpy()
        assert found.after is None
        assert found.itself == pytest.approx((weights[1, 1] + weights[2, 2]) / 2)
        assert found.before == pytest.approx((weights[1, 0] + weights[2, 1]) / 2)
        assert found.sinks == pytest.approx(weights[1:, 0].mean())
        assert found.largest == pytest.approx(weights[1:].max(axis=1).mean())


def test_a_text_that_attends_to_another_has_no_neighbours():
    stack = random_stack(word_tokens("a b"), word_tokens("c d e"))
    for found in habits(stack):
        assert (found.before, found.itself, found.after) == (None, None, None)
        assert 0 < found.sinks < found.largest + found.sinks < 2


def test_one_token_alone_has_no_choice():
    word = word_tokens("a")
    assert habits(stored([[1.0]], word, word)) == (Habit(None, None, None, 0.0, 0.0),)


def test_where_special_tokens_are_hidden_the_first_word_is_the_first_token():
    hidden = hide_special(random_stack(BERT, BERT))
    first, *_ = habits(hidden)
    assert first.sinks == pytest.approx(hidden.weights(0, 0)[:, 0].mean().item())


@given(texts, seeds)
@settings(max_examples=30, deadline=None)
def test_every_head_has_the_share_of_sinks_that_one_head_alone_is_said_to_have(text, seed):
    stack = random_stack(pieces(text), pieces(text), seed=seed)
    found = habits(stack)
    assert len(found) == stack.n_layers * stack.n_heads
    for at, habit in enumerate(found):
        layer, head = divmod(at, stack.n_heads)
        assert habit.sinks == pytest.approx(sinks(stack, layer, head).total, abs=1e-6)
        weights = stack.weights(layer, head).numpy()
        if len(weights) > 1:
            assert habit.before == pytest.approx(np.diagonal(weights, -1).mean(), abs=1e-6)
            assert habit.after == pytest.approx(np.diagonal(weights, 1).mean(), abs=1e-6)
            assert habit.largest == pytest.approx(weights.max(axis=1).mean(), abs=1e-6)
