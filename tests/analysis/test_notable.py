"""The link to look at first: by hand, against loops, and the one that a real model opens with."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import attnviz
from attnviz.analysis.notable import Wanted
from attnviz.engine import minilm
from attnviz.survey import survey
from attnviz.tokens import Token, special_token, word_tokens

CLS, SEP = special_token("[CLS]"), special_token("[SEP]")


def by_loops(weights, allowed, rows, may):
    """Weight less the mean at its distance, link by link; the first one of those that say most."""
    n_maps, n_queries, n_keys = weights.shape
    best = None
    for at in range(n_maps):
        free = np.broadcast_to(True if allowed is None else allowed[at % len(allowed)], (n_queries, n_keys))
        for row in rows:
            for key in range(n_keys):
                if not (may(row, key) and free[row, key] and free[row].sum() > 1):
                    continue
                same = [
                    weights[at, other, other + key - row]
                    for other in range(n_queries)
                    if 0 <= other + key - row < n_keys and free[other, other + key - row]
                ]
                above = float(weights[at, row, key]) - float(np.mean(np.float64(same)))
                if best is None or above > best[0] + 1e-6:
                    best = (above, at, row, key)
    return best


def test_by_hand():
    words = word_tokens("a b c d")
    weights = np.float32([[[0, 0, 0.9, 0.1], [0, 0, 0, 0.9], [0.5, 0, 0, 0.5], [0.1, 0.1, 0.8, 0]]])
    # two ahead, .9 and .9: nothing above the average; two back, .5 and .1: .2 above; three ahead and back, one each
    found = Wanted(words, words, is_one_text=True).most(weights, None)
    assert (found.at, found.query, found.key) == (0, 2, 0)
    assert found.above == pytest.approx(0.2)


def test_a_pronoun_that_has_words_before_it_goes_first():
    words = word_tokens("It saw a dog and it ran")
    weights = np.random.default_rng(0).dirichlet(np.ones(7), (3, 7)).astype(np.float32)
    assert Wanted(words, words, is_one_text=True).most(weights, None).query == 5
    assert Wanted((CLS, *words[:6]), (CLS, *words[:6]), is_one_text=True).most(weights, None).query == 6
    without = word_tokens("It saw a dog and we ran")
    found = Wanted(without, without, is_one_text=True).most(weights, None)
    assert (found.at, found.query, found.key) == by_loops(weights, None, range(7), lambda q, k: abs(q - k) > 1)[1:]


def test_neither_marks_nor_special_tokens_nor_pieces_of_one_word_are_looked_for():
    typed = word_tokens("playing , dogs")
    pieces = (Token("pl", 0, 2, 0), Token("ay", 2, 4, 0), Token("ing", 4, 7, 0))
    tokens = (CLS, *pieces, *typed[1:], SEP)
    weights = np.full((1, 7, 7), 0.01, dtype=np.float32)
    for row, key in ((0, 3), (1, 3), (3, 1), (4, 1), (5, 0), (6, 2)):
        weights[0, row, key] = 0.9
    weights[0, 1, 5] = 0.2
    found = Wanted(tokens, tokens, is_one_text=True).most(weights, None)
    assert (found.query, found.key) in {(1, 5), (2, 5), (3, 5), (5, 1), (5, 2), (5, 3)}


def test_words_of_two_texts_with_one_number_are_two_words():
    tokens = (CLS, *word_tokens("dogs"), SEP, SEP, *word_tokens("cats"), SEP)
    weights = np.full((1, 6, 6), 0.1, dtype=np.float32)
    found = Wanted(tokens, tokens, is_one_text=True).most(weights, None)
    assert {found.query, found.key} == {1, 4}


def test_a_text_of_one_word_has_none():
    tokens = (CLS, *word_tokens("dogs"), SEP)
    weights = np.full((2, 3, 3), 1 / 3, dtype=np.float32)
    assert Wanted(tokens, tokens, is_one_text=True).most(weights, None) is None
    tokens = word_tokens("a b c")
    free = np.eye(3, dtype=bool)[None]
    assert Wanted(tokens, tokens, is_one_text=True).most(weights, free) is None


@given(
    n=some.integers(2, 6),
    m=some.integers(2, 6),
    is_one_text=some.booleans(),
    seed=some.integers(0, 10_000),
    how=some.sampled_from(["none", "one for all", "one each"]),
)
@settings(max_examples=60, deadline=None)
def test_the_most_is_that_of_the_loops(n, m, is_one_text, seed, how):
    m = n if is_one_text else m
    words = word_tokens("a b c d e f")
    generator = np.random.default_rng(seed)
    weights = generator.random((3, n, m)).astype(np.float32)
    n_masks = {"none": 0, "one for all": 1, "one each": 3}[how]
    allowed = generator.random((n_masks, n, m)) < 0.7 if n_masks else None
    if allowed is not None:
        weights = np.where(allowed, weights, np.float32(0))
    found = Wanted(words[:n], words[:m], is_one_text=is_one_text).most(weights, allowed)
    expected = by_loops(weights, allowed, range(n), lambda q, k: not is_one_text or abs(q - k) > 1)
    if expected is None:
        assert found is None
    else:
        assert found.above == pytest.approx(expected[0], abs=1e-5)
        assert weights[found.at, found.query, found.key] >= found.above - 1e-6


@pytest.mark.skipif(minilm.folder() is None, reason="MiniLM is not installed")
def test_a_real_model_opens_where_it_looks_at_what_it_stands_for():
    maps = attnviz.load(minilm.NAME).run("The animal didn't cross the street because it was too tired").encoder
    found = survey(maps)
    layer, head, query, key = found.notable
    assert (maps.query_tokens[query].text, maps.key_tokens[key].text) == ("it", "tired")
    assert (layer, head) == (2, 1)
    assert maps.weights(layer, head)[query, key] == pytest.approx(0.69, abs=0.005)
