import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from attnviz.analysis.scores import entropy, strongest_link
from attnviz.analysis.sinks import sinks
from attnviz.masks import causal_mask
from attnviz.tokens import special_token, word_tokens
from tests.analysis.conftest import pieces, random_stack, seeds, stored, texts

BERT = (special_token("[CLS]"), *word_tokens("a b"), special_token("[SEP]"))


def test_the_shares_of_a_small_map_by_hand():
    weights = [[0.4, 0.1, 0.1, 0.4], [0.0, 0.2, 0.0, 0.8], [0.1, 0.2, 0.3, 0.4], [0.5, 0.0, 0.1, 0.4]]
    found = sinks(stored(weights, BERT, BERT), 0, 0)
    assert [name for name, _ in found.shares] == ["[SEP]", "[CLS]"]
    assert [share for _, share in found.shares] == pytest.approx([0.5, 0.25])
    assert found.total == pytest.approx(0.75)
    assert found.even == pytest.approx(0.5)
    assert found.is_notable


def test_two_separators_share_one_name():
    pair = (*BERT, *word_tokens("c"), special_token("[SEP]"))
    found = sinks(stored(np.full((6, 6), 1 / 6), pair, pair), 0, 0)
    assert dict(found.shares) == pytest.approx({"[SEP]": 2 / 6, "[CLS]": 1 / 6})
    assert not found.is_notable, "half is not more than half"


def test_rows_that_see_only_the_first_token_do_not_count():
    words = word_tokens("a b c")
    stack = random_stack(words, words, mask=causal_mask(3, 3)[None])
    found = sinks(stack, 0, 0)
    assert found.total == pytest.approx(float(stack.weights(0, 0)[1:, 0].mean()))
    assert found.even == pytest.approx((1 / 2 + 1 / 3) / 2)


def test_a_text_of_special_tokens_alone_has_no_sinks():
    tokens = (special_token("[CLS]"), special_token("[SEP]"))
    assert sinks(random_stack(tokens, tokens), 0, 0).total == 0.0


@given(texts, seeds)
@settings(max_examples=30, deadline=None)
def test_the_total_is_the_sum_of_the_shares(text, seed):
    found = sinks(random_stack(pieces(text), pieces(text), seed=seed), 1, 2)
    assert found.total == pytest.approx(sum(share for _, share in found.shares), abs=1e-6)
    assert 0 <= found.total <= 1.000001


def test_the_strongest_link_is_between_different_typed_tokens():
    weights = [[0.1, 0.0, 0.0, 0.9], [0.0, 0.7, 0.2, 0.1], [0.0, 0.3, 0.4, 0.3], [0.9, 0.0, 0.1, 0.0]]
    link = strongest_link(stored(weights, BERT, BERT), 0, 0)
    assert (link.query, link.key) == (2, 1)
    assert link.weight == pytest.approx(0.3)


def test_the_strongest_link_of_one_word_is_among_all_weights():
    one = (special_token("[CLS]"), *word_tokens("a"))
    link = strongest_link(stored([[0.1, 0.9], [0.5, 0.5]], one, one), 0, 0)
    assert (link.query, link.key) == (0, 1)


def test_entropy_is_zero_for_one_key_and_log_n_for_all_alike():
    assert entropy(torch.eye(4)[None]).tolist() == [0.0]
    assert entropy(torch.full((8, 8), 1 / 8)).item() == pytest.approx(3.0)
    row = torch.tensor([[0.5, 0.25, 0.25]])
    assert entropy(row).item() == pytest.approx(-(0.5 * math.log2(0.5) + 0.5 * math.log2(0.25)))
