import numpy as np
import pytest
import torch
from hypothesis import given, settings

from attnviz.analysis.compare import align, changes, difference, divergences, jensen_shannon
from attnviz.errors import SelectionError
from attnviz.tokens import labels, word_tokens
from attnviz.trace import Stack
from tests.analysis.conftest import pieces, random_stack, seeds, stored, texts

TIRED = word_tokens("it was too tired")
WIDE = word_tokens("it was too wide")


def reference(p: np.ndarray, q: np.ndarray) -> float:
    """Jensen–Shannon divergence in bits, by entropies instead of relative entropies: H(m) − ½ H(p) − ½ H(q)."""

    def entropy(r: np.ndarray) -> float:
        return -sum(x * np.log2(x) for x in r.astype(float) if x > 0)

    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


def test_replaced_words_take_the_same_place():
    found = align(TIRED, WIDE)
    assert found.first == found.second == (0, 1, 2, 3)
    assert found.is_same == (True, True, True, False)


def test_words_that_one_text_lacks_stand_in_no_place():
    found = align(word_tokens("The cat sat"), word_tokens("yesterday the old cat sat"))
    assert found.first == (0, 1, 2)
    assert found.second == (1, 3, 4)
    assert all(found.is_same)


def test_texts_without_a_word_in_common_are_one_sentence():
    with pytest.raises(SelectionError, match="no word in common"):
        align(word_tokens("a b"), word_tokens("c d e"))


@given(texts, texts)
@settings(max_examples=25, deadline=None)
def test_places_are_in_order_and_equal_where_they_say_so(text, other):
    first, second = pieces(text), pieces(other)
    found = align(first, second)
    assert list(found.first) == sorted(set(found.first))
    assert list(found.second) == sorted(set(found.second))
    for mine, theirs, same in zip(found.first, found.second, found.is_same, strict=True):
        assert same == (labels(first)[mine] == labels(second)[theirs])


def test_closed_forms_of_the_divergence():
    rows = torch.tensor([[1.0, 0.0], [0.5, 0.5], [1.0, 0.0]])
    others = torch.tensor([[0.0, 1.0], [0.5, 0.5], [0.5, 0.5]])
    expected = [1.0, 0.0, reference(np.array([1.0, 0.0]), np.array([0.5, 0.5]))]
    assert jensen_shannon(rows, others).tolist() == pytest.approx(expected)
    assert expected[2] == pytest.approx(0.311278, abs=1e-6)


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_the_divergence_agrees_with_entropies_is_symmetric_and_at_most_one_bit(seed):
    generator = np.random.default_rng(seed)
    p, q = (generator.dirichlet(np.full(7, 0.3), size=3) for _ in range(2))
    found = jensen_shannon(torch.tensor(p), torch.tensor(q))
    np.testing.assert_allclose(found, [reference(*rows) for rows in zip(p, q, strict=True)], atol=1e-6)
    assert torch.equal(found, jensen_shannon(torch.tensor(q), torch.tensor(p)))
    assert ((found >= 0) & (found <= 1)).all()
    assert jensen_shannon(torch.tensor(p), torch.tensor(p)).tolist() == [0.0, 0.0, 0.0]


def test_the_weight_on_words_of_one_text_alone_counts_as_changed():
    first, second = word_tokens("a b"), word_tokens("a x y b")
    found = align(first, second)
    p = torch.tensor([[0.5, 0.5], [0.2, 0.8]])
    q = torch.tensor([[0.1, 0.2, 0.3, 0.4]] * 4)
    expected = [
        reference(np.array([0.5, 0.5, 0.0]), np.array([0.1, 0.4, 0.5])),
        reference(np.array([0.2, 0.8, 0.0]), np.array([0.1, 0.4, 0.5])),
    ]
    assert divergences(p, q, queries=found, keys=found).tolist() == pytest.approx(expected, abs=1e-6)
    torch.testing.assert_close(difference(p, q, queries=found, keys=found), torch.tensor([[-0.4, -0.1], [-0.1, -0.4]]))


def test_both_texts_may_have_words_of_their_own():
    found = align(word_tokens("same mine mine too"), word_tokens("same yours"))
    p, q = torch.tensor([[0.5, 0.2, 0.2, 0.1]] * 4), torch.tensor([[0.5, 0.5]] * 2)
    assert len(found) == 1
    expected = reference(np.array([0.5, 0.5, 0.0]), np.array([0.5, 0.0, 0.5]))
    assert divergences(p, q, queries=found, keys=found).tolist() == pytest.approx([expected])


def test_heads_are_ranked_by_how_much_they_changed():
    first = random_stack(TIRED, TIRED, seed=1)
    same = random_stack(WIDE, WIDE, seed=1)
    assert {change.divergence for change in changes(first, same)} == {0.0}
    ranked = changes(first, random_stack(WIDE, WIDE, seed=2))
    assert len(ranked) == 6
    assert [change.divergence for change in ranked] == sorted((c.divergence for c in ranked), reverse=True)
    top = ranked[0]
    rows = first.weights(top.layer, top.head).numpy()
    others = random_stack(WIDE, WIDE, seed=2).weights(top.layer, top.head).numpy()
    expected = np.mean([reference(p, q) for p, q in zip(rows, others, strict=True)])
    assert top.divergence == pytest.approx(expected, abs=1e-5)


def test_models_of_another_size_are_one_sentence():
    with pytest.raises(
        SelectionError,
        match=r"layers 0 to 1 attend \(heads: 3\), of the second layer 0 attends \(heads: 1\)",
    ):
        changes(random_stack(TIRED, TIRED), stored(np.eye(4), WIDE, WIDE))
    whole = random_stack(TIRED, TIRED)
    hybrid = Stack(whole.query_tokens, whole.key_tokens, whole.steps, (2, 4))
    with pytest.raises(SelectionError, match=r"of the second layers 2 and 4 attend"):
        changes(whole, hybrid)
    assert {change.layer for change in changes(hybrid, hybrid)} == {2, 4}
