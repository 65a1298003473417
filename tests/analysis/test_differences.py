import numpy as np
import pytest
from hypothesis import given, settings

from attnviz.analysis.differences import (
    Part,
    align,
    changes,
    check_same_heads,
    divergences,
    jensen_shannon,
    moved,
    picked,
)
from attnviz.errors import SelectionError
from attnviz.tokens import Token, labels, special_token, word_tokens
from attnviz.trace import Stack
from tests.analysis.conftest import pieces, random_stack, seeds, stored, texts

TIRED = word_tokens("it was too tired")
WIDE = word_tokens("it was too wide")


def reference(p: np.ndarray, q: np.ndarray) -> float:
    """Jensen–Shannon divergence in bits, by entropies instead of relative entropies: H(m) − ½ H(p) − ½ H(q)."""

    def entropy(r: np.ndarray) -> float:
        return -sum(x * np.log2(x) for x in r.astype(float) if x > 0)

    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


def special(words: tuple[Token, ...]) -> tuple[Token, ...]:
    return (special_token("[CLS]"), *words, special_token("[SEP]"))


def test_replaced_words_take_the_same_place():
    found = align(TIRED, WIDE)
    assert found.first == found.second == (0, 1, 2, 3)
    assert found.is_same == (True, True, True, False)


def test_words_that_one_text_lacks_stand_in_no_place():
    found = align(word_tokens("The cat sat"), word_tokens("yesterday the old cat sat"))
    assert found.first == (0, 1, 2)
    assert found.second == (1, 3, 4)
    assert all(found.is_same)


@pytest.mark.parametrize("other", ["c d e", "c d"])
def test_texts_without_a_word_in_common_are_one_sentence(other):
    with pytest.raises(SelectionError, match="no word in common"):
        align(special(word_tokens("a b")), special(word_tokens(other)))


@given(texts, texts)
@settings(max_examples=25, deadline=None)
def test_places_are_in_order_and_equal_where_they_say_so(text, other):
    first, second = pieces(f"{text} same"), pieces(f"{other} same")
    found = align(first, second)
    assert list(found.first) == sorted(set(found.first))
    assert list(found.second) == sorted(set(found.second))
    for mine, theirs, same in zip(found.first, found.second, found.is_same, strict=True):
        assert same == (labels(first)[mine] == labels(second)[theirs])


def test_closed_forms_of_the_divergence():
    rows = np.array([[1.0, 0.0], [0.5, 0.5], [1.0, 0.0]])
    others = np.array([[0.0, 1.0], [0.5, 0.5], [0.5, 0.5]])
    expected = [1.0, 0.0, reference(np.array([1.0, 0.0]), np.array([0.5, 0.5]))]
    assert jensen_shannon(rows, others).tolist() == pytest.approx(expected)
    assert expected[2] == pytest.approx(0.311278, abs=1e-6)


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_the_divergence_agrees_with_entropies_is_symmetric_and_at_most_one_bit(seed):
    generator = np.random.default_rng(seed)
    p, q = (generator.dirichlet(np.full(7, 0.3), size=3) for _ in range(2))
    found = jensen_shannon(p, q)
    np.testing.assert_allclose(found, [reference(*rows) for rows in zip(p, q, strict=True)], atol=1e-6)
    np.testing.assert_array_equal(found, jensen_shannon(q, p))
    assert ((found >= 0) & (found <= 1)).all()
    assert jensen_shannon(p, p).tolist() == [0.0, 0.0, 0.0]


def test_the_weight_on_words_of_one_text_alone_counts_as_changed():
    first, second = word_tokens("a b"), word_tokens("a x y b")
    found = align(first, second)
    p = np.array([[0.5, 0.5], [0.2, 0.8]], dtype=np.float32)
    q = np.array([[0.1, 0.2, 0.3, 0.4]] * 4, dtype=np.float32)
    expected = [
        reference(np.array([0.5, 0.5, 0.0]), np.array([0.1, 0.4, 0.5])),
        reference(np.array([0.2, 0.8, 0.0]), np.array([0.1, 0.4, 0.5])),
    ]
    assert divergences(p, q, queries=found, keys=found).tolist() == pytest.approx(expected, abs=1e-6)
    one, other = picked(p, q, queries=found, keys=found)
    np.testing.assert_allclose(other - one, [[-0.4, -0.1], [-0.1, -0.4]], atol=1e-7)


def test_both_texts_may_have_words_of_their_own():
    found = align(word_tokens("same mine mine too"), word_tokens("same yours"))
    p, q = (np.array(rows, dtype=np.float32) for rows in ([[0.5, 0.2, 0.2, 0.1]] * 4, [[0.5, 0.5]] * 2))
    assert len(found) == 1
    expected = reference(np.array([0.5, 0.5, 0.0]), np.array([0.5, 0.0, 0.5]))
    assert divergences(p, q, queries=found, keys=found).tolist() == pytest.approx([expected])


def test_what_is_not_drawn_counts_as_one_word_of_both_and_what_is_masked_as_nothing():
    found = align(word_tokens("a b"), word_tokens("a b"))
    p = np.array([[0.5, 0.2], [1.0, np.nan]], dtype=np.float32)  # a window: .3 of the first row lies outside of it
    q = np.array([[0.5, 0.4], [0.5, 0.5]], dtype=np.float32)
    expected = [
        reference(np.array([0.5, 0.2, 0.3]), np.array([0.5, 0.4, 0.1])),
        reference(np.array([1.0, 0.0]), np.array([0.5, 0.5])),
    ]
    assert divergences(p, q, queries=found, keys=found).tolist() == pytest.approx(expected, abs=1e-6)


def row(text: str, *weights: float) -> tuple[np.ndarray, tuple[Token, ...]]:
    return np.array(weights, dtype=np.float32), word_tokens(text)


def parts(move) -> list[tuple[str, float | None, float | None]]:
    return [(part.token.text, part.before, part.after) for part in (move.lost, move.won)]


def test_a_move_names_what_lost_and_what_won_most():
    first, second = row("it was too tired", 0.75, 0.25, 0.0, 0.0), row("it was too wide", 0.25, 0.0, 0.125, 0.625)
    assert parts(moved(first, second, align(TIRED, WIDE))) == [("it", 0.75, 0.25), ("wide", 0.0, 0.625)]


def test_a_row_turns_only_where_what_it_looks_at_most_is_another_word():
    first = row("it was too tired", 0.625, 0.375, 0.0, 0.0)
    for weights, is_turn in (
        ((0.25, 0.75, 0.0, 0.0), True),
        ((0.5, 0.25, 0.0, 0.25), False),  # still looks most at the first word
        ((0.125, 0.5, 0.0, 0.375), False),  # looks most at a word that won less than another one
    ):
        assert moved(first, row("it was too wide", *weights), align(TIRED, WIDE)).is_turn is is_turn
    looks_elsewhere = row("it was too tired", 0.375, 0.625, 0.0, 0.0)
    assert not moved(looks_elsewhere, row("it was too wide", 0.0, 0.625, 0.375, 0.0), align(TIRED, WIDE)).is_turn


def test_a_move_may_come_from_or_go_to_a_word_of_one_text():
    first, second = row("a old cat", 0.25, 0.5, 0.25), row("a cat new", 0.25, np.nan, 0.75)
    assert parts(moved(first, second, align(first[1], second[1]))) == [("old", 0.5, None), ("new", None, 0.75)]
    assert Part(TIRED[0], None, 0.75).change == 0.75


def changed(first: Stack, second: Stack):
    places = align(first.query_tokens, second.query_tokens)
    one, other = (lambda layer, maps=maps: maps.weights(layer).numpy() for maps in (first, second))
    return changes(first.layers, one, other, queries=places, keys=places)


def test_how_much_a_head_changed_is_the_mean_of_its_rows():
    first, other = random_stack(TIRED, TIRED, seed=1), random_stack(WIDE, WIDE, seed=2)
    assert not changed(first, random_stack(WIDE, WIDE, seed=1)).any()
    found = changed(first, other)
    assert found.shape == (2, 3)
    for (layer, head), bits in np.ndenumerate(found):
        rows, others = (maps.weights(layer, head).numpy() for maps in (first, other))
        expected = np.mean([reference(p, q) for p, q in zip(rows, others, strict=True)])
        assert bits == pytest.approx(expected, abs=1e-5)


def test_models_of_another_size_are_one_sentence():
    with pytest.raises(
        SelectionError,
        match=r"layers 0 to 1 attend \(heads: 3\), of the second layer 0 attends \(heads: 1\)",
    ):
        check_same_heads(random_stack(TIRED, TIRED), stored(np.eye(4), WIDE, WIDE))
    whole = random_stack(TIRED, TIRED)
    hybrid = Stack(whole.query_tokens, whole.key_tokens, whole.steps, (2, 4))
    with pytest.raises(SelectionError, match=r"of the second layers 2 and 4 attend"):
        check_same_heads(whole, hybrid)
    check_same_heads(hybrid, hybrid)
    assert changed(hybrid, hybrid).shape == (2, 3)
