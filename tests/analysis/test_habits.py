"""Where heads look whatever the words are, by hand and against loops."""

import numpy as np
import pytest
from hypothesis import given, settings

from attnviz.analysis.habits import Habit, Tally
from attnviz.analysis.regroup import hide_special
from attnviz.masks import causal_mask
from attnviz.survey import survey
from attnviz.tokens import special_token, word_tokens
from tests.analysis.conftest import pieces, random_stack, seeds, stored, texts

BERT = (special_token("[CLS]"), *word_tokens("a b"), special_token("[SEP]"))


def habits_of(maps):
    return survey(maps).habits


def test_the_habit_of_a_small_map_by_hand():
    weights = [[0.4, 0.1, 0.1, 0.4], [0.0, 0.2, 0.0, 0.8], [0.1, 0.2, 0.3, 0.4], [0.5, 0.0, 0.1, 0.4]]
    (found,) = habits_of(stored(weights, BERT, BERT))
    assert found.before == pytest.approx((0.0 + 0.2 + 0.1) / 3)
    assert found.itself == pytest.approx((0.4 + 0.2 + 0.3 + 0.4) / 4)
    assert found.after == pytest.approx((0.1 + 0.0 + 0.4) / 3)
    assert found.sinks == pytest.approx(0.75)
    assert found.largest == pytest.approx((0.4 + 0.8 + 0.4 + 0.5) / 4)


def test_a_head_that_looks_one_back():
    weights = np.eye(4, k=-1)
    weights[0, 0] = 1.0
    (found,) = habits_of(stored(weights, BERT, BERT))
    assert (found.before, found.after, found.largest) == (1.0, 0.0, 1.0)
    assert found.itself == pytest.approx(0.25)


def test_of_a_masked_text_only_rows_with_a_choice_count_and_nobody_looks_ahead():
    words = word_tokens("a b c")
    stack = random_stack(words, words, mask=causal_mask(3, 3)[None])
    for head, found in enumerate(habits_of(stack)[: stack.n_heads]):
        weights = stack.weights(0, head).numpy()
        assert found.after is None
        assert found.itself == pytest.approx((weights[1, 1] + weights[2, 2]) / 2)
        assert found.before == pytest.approx((weights[1, 0] + weights[2, 1]) / 2)
        assert found.sinks == pytest.approx(weights[1:, 0].mean())
        assert found.largest == pytest.approx(weights[1:].max(axis=1).mean())


def test_a_text_that_attends_to_another_has_no_neighbours():
    stack = random_stack(word_tokens("a b"), word_tokens("c d e"))
    for found in habits_of(stack):
        assert (found.before, found.itself, found.after) == (None, None, None)
        assert 0 < found.sinks < found.largest + found.sinks < 2


def test_one_token_alone_has_no_choice():
    word = word_tokens("a")
    assert habits_of(stored([[1.0]], word, word)) == (Habit(None, None, None, 0.0, 0.0),)


def test_where_special_tokens_are_hidden_the_first_word_is_the_first_token():
    hidden = hide_special(random_stack(BERT, BERT))
    first, *_ = habits_of(hidden)
    assert first.sinks == pytest.approx(hidden.weights(0, 0)[:, 0].mean().item())


@given(texts, seeds)
@settings(max_examples=30, deadline=None)
def test_every_head_has_the_means_of_its_own_map(text, seed):
    stack = random_stack(pieces(text), pieces(text), seed=seed)
    found = habits_of(stack)
    assert len(found) == stack.n_layers * stack.n_heads
    for at, habit in enumerate(found):
        layer, head = divmod(at, stack.n_heads)
        weights = stack.weights(layer, head).numpy()
        is_sink = [token.is_special or place == 0 for place, token in enumerate(stack.key_tokens)]
        others = len(weights) > sum(is_sink)
        share = weights[:, is_sink].sum(axis=1).mean() if others else 0.0
        assert habit.sinks == pytest.approx(share, abs=1e-6)
        if len(weights) > 1:
            assert habit.before == pytest.approx(np.diagonal(weights, -1).mean(), abs=1e-6)
            assert habit.after == pytest.approx(np.diagonal(weights, 1).mean(), abs=1e-6)
            assert habit.largest == pytest.approx(weights.max(axis=1).mean(), abs=1e-6)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_rows_that_come_some_at_a_time_count_as_all_at_once(size):
    words = word_tokens("a b c d e f g")
    for mask in (None, causal_mask(7, 7)[None]):
        stack = random_stack(words, words, mask=mask)
        weights, allowed = stack.weights(1).numpy(), None if mask is None else mask.numpy()
        tally = Tally(words, n_queries=7, is_one_text=True)
        for start in range(0, 7, size):
            part = None if allowed is None else allowed[:, start : start + size]
            tally.add(weights[:, start : start + size], part, first=start)
        for found, habit in zip(tally.habits(), habits_of(stack)[stack.n_heads :], strict=True):
            for share in ("before", "itself", "after", "sinks", "largest"):
                assert getattr(found, share) == pytest.approx(getattr(habit, share), abs=1e-6)
