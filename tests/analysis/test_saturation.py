import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from attnviz.analysis.saturation import (
    LONGEST,
    N_KEYS,
    N_SAMPLES,
    NOTHING,
    random_vectors,
    saturation,
    softmax_jacobian,
)


def by_hand(d_head: int, *, is_scaled: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, weights and the norm of ∂w/∂q of every query, in NumPy: `(diag(w) − w wᵀ) K · scale`."""
    query, key = (each[..., :d_head].double().numpy() for each in random_vectors())
    scale = 1 / math.sqrt(d_head) if is_scaled else 1.0
    scores = np.einsum("sqd,skd->sk", query, key) * scale
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = powers / powers.sum(axis=1, keepdims=True)
    norms = [np.linalg.norm((np.diag(w) - np.outer(w, w)) @ k * scale) for w, k in zip(weights, key, strict=True)]
    return scores, weights, np.array(norms)


@pytest.mark.parametrize("is_scaled", [True, False])
@pytest.mark.parametrize("d_head", [1, 64, 1024])
def test_what_is_measured_equals_numpy_on_the_same_vectors(d_head, is_scaled):
    scores, weights, norms = by_hand(d_head, is_scaled=is_scaled)
    (found,) = saturation([d_head], is_scaled=is_scaled)
    assert found.score_spread == pytest.approx(scores.std(ddof=1), rel=1e-5)
    # torch takes the lower of the two middle values, NumPy their mean.
    assert found.largest_weight == pytest.approx(np.sort(weights.max(axis=1))[N_SAMPLES // 2 - 1], rel=1e-5)
    assert found.gradient == pytest.approx(np.sort(norms)[N_SAMPLES // 2 - 1], rel=1e-3)
    assert found.share_without == pytest.approx(np.mean(norms < NOTHING), abs=2 / N_SAMPLES)


def test_the_derivative_by_the_query_equals_autograd():
    query, key = (each[0, :, :16].double() for each in random_vectors(1))
    expected = torch.autograd.functional.jacobian(lambda q: torch.softmax(q @ key.mT / 4, dim=-1)[0], query)[:, 0]
    weights = torch.softmax(query @ key.mT / 4, dim=-1)
    torch.testing.assert_close(softmax_jacobian(weights)[0] @ key / 4, expected, atol=1e-12, rtol=0)


def test_the_jacobian_of_softmax_equals_autograd():
    scores = torch.randn(6, generator=torch.Generator().manual_seed(0))
    expected = torch.autograd.functional.jacobian(lambda s: torch.softmax(s, dim=-1), scores)
    found = softmax_jacobian(torch.softmax(scores, dim=-1)[None])[0]
    torch.testing.assert_close(found, expected, atol=1e-7, rtol=0)


def test_scores_spread_as_the_root_of_the_length_and_by_one_with_the_scale():
    # The standard deviation of 8000 scores that share their queries is known to about 3 %.
    lengths = (16, 256, 1024)
    for d_head, found in zip(lengths, saturation(lengths, is_scaled=False), strict=True):
        assert found.score_spread == pytest.approx(math.sqrt(d_head), rel=0.1)
    assert saturation([1024], is_scaled=True)[0].score_spread == pytest.approx(1, rel=0.1)


def test_not_divided_most_derivatives_vanish_at_great_lengths_only():
    """What lesson 3 says: at d = 64 the typical derivative is no smaller than with the scale; at 1024 there is none."""
    divided, not_divided = (saturation((16, 64, 256, 1024), is_scaled=on) for on in (True, False))
    assert all(0.3 < each.gradient < 0.4 for each in divided)
    assert all(each.share_without == 0 for each in divided)
    assert not_divided[0].gradient > 2 * divided[0].gradient
    assert not_divided[1].gradient > divided[1].gradient
    assert not_divided[3].gradient < 1e-3
    assert all(one.share_without < other.share_without for one, other in pairwise(not_divided))


def test_a_mean_would_hide_what_becomes_of_most_queries():
    _, _, norms = by_hand(1024, is_scaled=False)
    assert np.mean(norms) > 1 > 1000 * np.median(norms)


def test_a_few_queries_are_the_first_of_many():
    query, key = random_vectors(1)
    assert query.shape == (1, 1, LONGEST)
    assert key.shape == (1, N_KEYS, LONGEST)
    many_queries, many_keys = random_vectors(3)
    assert torch.equal(many_queries[:1], query)
    assert torch.equal(many_keys[:1], key)
