from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attnviz.analysis.regroup import hide_special, merge_words
from attnviz.errors import SelectionError
from attnviz.masks import causal_mask
from attnviz.tokens import Token, labels, special_token, word_tokens
from attnviz.trace import AttentionMaps
from tests.analysis.conftest import pieces, random_stack, seeds, stored, texts


def merged_by_hand(weights: np.ndarray, queries, keys) -> np.ndarray:
    """Reference: loops over words, in the words of the definition."""

    def groups(tokens):
        found = []
        for position, token in enumerate(tokens):
            if token.word is not None and found and tokens[found[-1][-1]].word == token.word:
                found[-1].append(position)
            else:
                found.append([position])
        return found

    return np.array([[weights[q][:, k].sum(axis=1).mean() for k in groups(keys)] for q in groups(queries)])


def test_two_pieces_of_a_word_are_summed_as_keys_and_averaged_as_queries():
    tokens = (Token("play", 0, 4, 0), Token("ing", 4, 7, 0), Token("cards", 8, 13, 1))
    maps = merge_words(stored([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.25, 0.25, 0.5]], tokens, tokens))
    assert labels(maps.query_tokens) == labels(maps.key_tokens) == ("playing", "cards")
    assert [(token.start, token.end, token.word) for token in maps.key_tokens] == [(0, 7, 0), (8, 13, 1)]
    torch.testing.assert_close(maps.weights(0, 0), torch.tensor([[0.5, 0.5], [0.5, 0.5]]))


@given(texts, texts, seeds)
@settings(max_examples=25, deadline=None)
def test_merging_agrees_with_loops_and_rows_sum_to_one(text, other, seed):
    stack = random_stack(pieces(text), pieces(other, size=2), seed=seed)
    maps = merge_words(stack)
    for layer in range(stack.n_layers):
        torch.testing.assert_close(maps.weights(layer, 1), maps.weights(layer)[1])
        for head in range(stack.n_heads):
            expected = merged_by_hand(stack.weights(layer, head).numpy(), stack.query_tokens, stack.key_tokens)
            np.testing.assert_allclose(maps.weights(layer, head), expected, atol=1e-6)  # float32, another order
        torch.testing.assert_close(maps.weights(layer).sum(dim=-1), torch.ones(3, len(maps.query_tokens)))
    assert [token.text for token in maps.query_tokens] == ["[CLS]", *text.split(), "[SEP]"]


@given(texts, seeds)
@settings(max_examples=15, deadline=None)
def test_whole_words_stay_to_the_bit_and_merging_twice_changes_nothing(text, seed):
    words = word_tokens(text)
    stack = random_stack(words, words, seed=seed)
    assert torch.equal(merge_words(stack).weights(1), stack.weights(1))
    once = merge_words(random_stack(pieces(text), pieces(text), seed=seed))
    twice = merge_words(once)
    assert twice.query_tokens == once.query_tokens
    assert torch.equal(twice.weights(0), once.weights(0))


def test_the_texts_of_a_pair_are_not_merged_into_one_another():
    pair = (special_token("[CLS]"), *word_tokens("one two"), special_token("[SEP]"), *word_tokens("one"))
    assert labels(merge_words(random_stack(pair, pair)).query_tokens) == ("[CLS]", "one", "two", "[SEP]", "one")
    touching = (Token("b", 4, 5, 0), Token("a", 0, 1, 0))
    assert len(merge_words(random_stack(touching, touching)).query_tokens) == 2


def test_pieces_of_one_character_show_it_once():
    emoji = tuple(Token("🙂", 0, 1, 0) for _ in range(4))
    assert labels(merge_words(random_stack(emoji, emoji)).key_tokens) == ("🙂",)


def test_what_was_dropped_behind_a_word_is_that_of_the_piece_that_ends_last():
    of_one_character = (Token("e", 0, 1, 0), Token("e", 0, 1, 0, dropped="\u0301"))
    within = (Token("ab", 0, 2, 0, dropped="x"), Token("a", 0, 1, 0, dropped="y"))
    for tokens, typed in ((of_one_character, "e\u0301"), (within, "abx")):
        (word,) = merge_words(random_stack(tokens, tokens)).key_tokens
        assert (word.text, word.end) == (typed, len(typed))


def test_blanks_and_special_tokens_keep_their_own_place():
    tokens = (special_token("<s>"), Token("␣", 0, 1, None), Token("a", 1, 2, 0), Token("␣", 2, 3, None))
    assert labels(merge_words(random_stack(tokens, tokens)).query_tokens) == ("<s>", "␣", "a", "␣")


@given(texts, seeds)
@settings(max_examples=15, deadline=None)
def test_hidden_and_shown_weight_make_up_each_row(text, seed):
    tokens = pieces(text)
    stack = random_stack(tokens, tokens, seed=seed)
    shown = hide_special(stack)
    torch.testing.assert_close(shown.weights(0, 1), stack.weights(0, 1)[1:-1, 1:-1])
    hidden = stack.weights(0, 1)[1:-1][:, [0, -1]].sum(dim=-1)
    torch.testing.assert_close(shown.weights(0, 1).sum(dim=-1) + hidden, torch.ones(len(tokens) - 2))
    again = hide_special(stack, renormalise=True).weights(0)
    torch.testing.assert_close(again.sum(dim=-1), torch.ones(3, len(tokens) - 2))
    torch.testing.assert_close(again[1], shown.weights(0, 1) / shown.weights(0, 1).sum(dim=-1, keepdim=True))


def test_words_are_merged_and_special_tokens_hidden_in_either_order():
    stack = random_stack(pieces("several pieces here"), pieces("several pieces here"))
    one, other = hide_special(merge_words(stack)), merge_words(hide_special(stack))
    assert one.query_tokens == other.query_tokens
    torch.testing.assert_close(one.weights(1), other.weights(1))


@given(texts, texts, seeds, st.data())
@settings(max_examples=25)
def test_some_rows_of_regrouped_maps_are_these_rows_of_all_of_them(text, other, seed, data):
    queries, keys = pieces(text), pieces(other, size=2)
    mask = torch.rand(1, len(queries), len(keys), generator=torch.Generator().manual_seed(seed)) < 0.5
    mask[..., 0] = True
    stack = random_stack(queries, keys, seed=seed, mask=mask)
    for maps in (merge_words(stack), hide_special(stack), hide_special(merge_words(stack), renormalise=True)):
        n_rows = len(maps.query_tokens)
        start, stop = sorted((data.draw(st.integers(0, n_rows)), data.draw(st.integers(0, n_rows))))
        rows = range(start, stop)
        weights = maps.weights(1)
        torch.testing.assert_close(maps.weights(1, rows=rows), weights[:, start:stop], atol=1e-6, rtol=0)
        torch.testing.assert_close(maps.weights(1, 2, rows=rows), weights[2, start:stop], atol=1e-6, rtol=0)
        assert torch.equal(maps.mask(1, rows=rows), maps.mask(1)[:, start:stop])
        with pytest.raises(SelectionError, match="rows is a range of the rows"):
            maps.weights(1, rows=range(n_rows + 1))


def test_regrouped_maps_are_of_one_text_where_their_source_is():
    tokens = pieces("one two")
    for is_one_text in (True, False):
        stack = replace(random_stack(tokens, tokens), is_one_text=is_one_text)
        assert merge_words(stack).is_one_text is hide_special(stack).is_one_text is is_one_text


def test_regrouped_maps_say_in_one_line_how_much_there_is():
    tokens = (special_token("[CLS]"), Token("play", 0, 4, 0), Token("ing", 4, 7, 0))
    said = repr(hide_special(merge_words(random_stack(tokens, tokens))))
    assert said == "RegroupedMaps(layers × heads: 2 × 3, tokens: 1 × 1)"


def test_regrouped_maps_cannot_be_changed_and_equal_themselves_alone():
    tokens = word_tokens("a b")
    maps = merge_words(random_stack(tokens, tokens))
    with pytest.raises(FrozenInstanceError):
        maps.is_renormalised = True
    assert maps != replace(maps)
    assert len({maps, replace(maps)}) == 2


def test_a_row_with_nothing_left_stays_zero():
    tokens = (special_token("[CLS]"), *word_tokens("a"))
    shown = hide_special(stored([[1.0, 0.0], [1.0, 0.0]], tokens, tokens), renormalise=True)
    assert shown.weights(0, 0).tolist() == [[0.0]]


def test_a_text_of_special_tokens_alone_is_one_sentence():
    tokens = (special_token("[CLS]"), special_token("[SEP]"))
    with pytest.raises(SelectionError, match="nothing is left to show"):
        hide_special(random_stack(tokens, tokens))


def test_masked_cells_stay_masked():
    tokens = pieces("abcdef gh", size=3)
    stack = random_stack(tokens, tokens, mask=causal_mask(len(tokens), len(tokens))[None])
    maps = merge_words(stack)
    assert torch.equal(maps.mask(0, 2), causal_mask(4, 4))
    np.testing.assert_array_equal(maps.mask(0, 0).numpy(), causal_mask(4, 4).numpy())
    assert torch.equal(hide_special(maps).mask(0, 2), causal_mask(2, 2))
    assert merge_words(random_stack(tokens, tokens)).mask(0, 0) is None
    assert isinstance(maps, AttentionMaps)
