"""The strongest link: by hand, against loops that say the rule in words, and for many maps at once as for one."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from attnviz.analysis.strongest import Ends, strongest_in, strongest_links
from attnviz.tokens import special_token, word_tokens

CLS, SEP = special_token("[CLS]"), special_token("[SEP]")
BERT = (CLS, *word_tokens("a b c"), SEP)
NAN = float("nan")


def looked_for(cells, queries, keys, *, is_one_text, lines):
    """The rule in words, one cell after the other."""
    free = {(row, key) for row, key in np.ndindex(*cells.shape) if not np.isnan(cells[row, key])}
    crowded = {row for row in range(len(cells)) if sum((row, key) in free for key in range(len(keys))) > 1}
    other = {(row, key) for row, key in free if not (is_one_text and row == key)}
    typed = {(row, key) for row, key in other if not (queries[row].is_special or keys[key].is_special)}
    for tier in ({place for place in typed if place[0] in crowded}, other, free):
        places = sorted(place for place in tier if place in lines)
        if places:
            return max(places, key=lambda place: cells[place])  # of two alike, the first
    return None


def test_by_hand():
    cells = np.float32(
        [
            [0.0, 0.9, 0.1, 0.0, 0.0],  # [CLS] is no word
            [0.2, 0.7, 0.1, 0.0, 0.0],  # a itself is not another word
            [0.0, 0.3, 0.3, 0.0, 0.4],
            [0.5, 0.0, 0.2, 0.1, 0.2],
            [0.0, 0.0, 1.0, 0.0, 0.0],
        ]
    )
    assert strongest_in(cells, BERT, BERT, is_one_text=True) == (2, 1)
    assert strongest_in(cells, BERT, BERT, is_one_text=False) == (1, 1)
    assert strongest_in(cells, BERT, BERT, is_one_text=True, row=1) == (1, 2)
    assert strongest_in(cells, BERT, BERT, is_one_text=True, row=3) == (3, 2)
    assert strongest_in(cells, BERT, BERT, is_one_text=True, column=2) == (3, 2)
    assert strongest_in(cells, BERT, BERT, is_one_text=True, row=0) == (0, 1), "[CLS] looks at no typed word from one"


def test_the_first_row_of_a_text_that_is_read_from_left_to_right_is_no_choice():
    words = word_tokens("a b")
    cells = np.float32([[1.0, NAN], [0.2, 0.8]])
    assert strongest_in(cells, words, words, is_one_text=True) == (1, 0)
    assert strongest_in(cells, words, words, is_one_text=False) == (1, 1)
    assert strongest_in(cells, words, words, is_one_text=True, row=0) == (0, 0), "itself, where there is nothing else"


def test_in_a_row_of_one_key_there_is_no_choice_without_a_mask_either():
    words = word_tokens("a b c")
    one_key = np.float32([[[0.2], [0.3], [0.9]]])
    ends = Ends.of(words, words[:1], is_one_text=True)
    weight, query, key = strongest_links(one_key, None, ends)
    assert (weight.tolist(), query.tolist(), key.tolist()) == ([pytest.approx(0.9)], [2], [0])
    with_special = Ends.of((words[0], SEP), (SEP,), is_one_text=False)
    assert strongest_links(np.float32([[[0.1], [0.2]]]), None, with_special)[1].tolist() == [1]


def test_the_ends_of_links_cannot_be_changed_and_equal_themselves_alone():
    ends = Ends.of(BERT, BERT, is_one_text=True)
    with pytest.raises(FrozenInstanceError):
        ends.typed = ends.different
    assert ends != replace(ends)


def test_where_all_is_masked_there_is_none():
    cells = np.full((2, 2), NAN, dtype=np.float32)
    assert strongest_in(cells, BERT[:2], BERT[:2], is_one_text=True) is None
    none = np.zeros((1, 2, 2), dtype=bool)
    ends = Ends.of(BERT[:2], BERT[:2], is_one_text=True)
    assert [array.tolist() for array in strongest_links(np.float32([[[0, 0], [0, 0]]]), none, ends)] == [[0], [0], [0]]


def test_in_a_window_a_word_is_known_again():
    words = word_tokens("a b c d")
    weights = np.float32([[[0.1, 0.9], [0.3, 0.2]]])  # from b and c to c and d
    ends = Ends.of(words[1:3], words[2:4], is_one_text=True, ahead=1)
    weight, query, key = strongest_links(weights, None, ends)
    assert (query.tolist(), key.tolist()) == ([0], [1])
    weight, query, key = strongest_links(np.float32([[[0.1, 0.2], [0.9, 0.3]]]), None, ends)
    assert (query.tolist(), key.tolist(), weight.tolist()) == ([1], [1], [pytest.approx(0.3)]), "not from c to c"


@given(
    n_queries=some.integers(1, 5),
    n_keys=some.integers(1, 5),
    is_one_text=some.booleans(),
    specials=some.sets(some.integers(0, 4)),
    seed=some.integers(0, 10_000),
    how=some.sampled_from(["none", "one for all", "one each"]),
)
@settings(max_examples=60, deadline=None)
def test_of_many_maps_at_once_each_has_the_link_that_the_rule_says(n_queries, n_keys, is_one_text, specials, seed, how):
    if is_one_text:
        n_keys = n_queries
    words = word_tokens("a b c d e")
    tokens = [SEP if place in specials else word for place, word in enumerate(words)]
    queries, keys = tuple(tokens[:n_queries]), tuple(tokens[:n_keys])
    generator = np.random.default_rng(seed)
    weights = generator.integers(0, 4, (3, n_queries, n_keys)).astype(np.float32) / 4  # many alike
    allowed = {
        "none": None,
        "one for all": generator.random((1, n_queries, n_keys)) < 0.6,
        "one each": generator.random((3, n_queries, n_keys)) < 0.6,
    }[how]
    cells = weights if allowed is None else np.where(allowed, weights, np.float32(NAN))
    everywhere = set(np.ndindex(n_queries, n_keys))
    found = strongest_links(weights, allowed, Ends.of(queries, keys, is_one_text=is_one_text))
    for at, (weight, query, key) in enumerate(zip(*(array.tolist() for array in found), strict=True)):
        sides = {"is_one_text": is_one_text}
        expected = looked_for(cells[at], queries, keys, **sides, lines=everywhere)
        assert strongest_in(cells[at], queries, keys, **sides) == expected
        assert (query, key) == (expected or (0, 0))
        assert weight == (0 if expected is None else cells[at][expected])
        for row in range(n_queries):
            lines = {(row, column) for column in range(n_keys)}
            expected = looked_for(cells[at], queries, keys, **sides, lines=lines)
            assert strongest_in(cells[at], queries, keys, **sides, row=row) == expected
        for column in range(n_keys):
            lines = {(row, column) for row in range(n_queries)}
            expected = looked_for(cells[at], queries, keys, **sides, lines=lines)
            assert strongest_in(cells[at], queries, keys, **sides, column=column) == expected
