import math

import numpy as np
import pytest
import torch

from attnviz.analysis.saturation import N_SAMPLES, random_scores, saturation, softmax_jacobian


@pytest.mark.parametrize("is_scaled", [True, False])
@pytest.mark.parametrize("d_head", [1, 64])
def test_what_is_measured_equals_numpy_on_the_same_vectors(d_head, is_scaled):
    generator = torch.Generator().manual_seed(3)
    query = torch.randn(20, 1, d_head, generator=generator).double().numpy()
    key = torch.randn(20, 5, d_head, generator=generator).double().numpy()
    scores = np.einsum("sqd,skd->sk", query, key) / (math.sqrt(d_head) if is_scaled else 1)
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = powers / powers.sum(axis=1, keepdims=True)
    jacobians = [np.diag(w) - np.outer(w, w) for w in weights]
    found = saturation(d_head, n_keys=5, is_scaled=is_scaled, n_samples=20, seed=3)
    assert found.score_spread == pytest.approx(scores.std(ddof=1), rel=1e-5)
    assert found.largest_weight == pytest.approx(weights.max(axis=1).mean(), rel=1e-5)
    assert found.gradient == pytest.approx(np.mean([np.linalg.norm(each) for each in jacobians]), rel=1e-4)


def test_the_jacobian_of_softmax_equals_autograd():
    scores = torch.randn(6, generator=torch.Generator().manual_seed(0))
    expected = torch.autograd.functional.jacobian(lambda s: torch.softmax(s, dim=-1), scores)
    found = softmax_jacobian(torch.softmax(scores, dim=-1)[None])[0]
    torch.testing.assert_close(found, expected, atol=1e-7, rtol=0)


def test_scores_spread_as_the_root_of_the_size_and_by_one_with_the_scale():
    spread = {size: float(random_scores(size, n_keys=8, is_scaled=False).std()) for size in (16, 1024)}
    # The standard deviation of 2048 scores that share their queries is known to about 5 %.
    assert spread[16] == pytest.approx(4, rel=0.15)
    assert spread[1024] == pytest.approx(32, rel=0.15)
    assert float(random_scores(1024, n_keys=8, is_scaled=True).std()) == pytest.approx(1, rel=0.15)


def test_without_the_scale_softmax_saturates_and_its_gradient_dies():
    without = [saturation(size, n_keys=8, is_scaled=False) for size in (1, 16, 256)]
    assert without[0].largest_weight < without[1].largest_weight < without[2].largest_weight
    assert without[0].gradient > without[1].gradient > without[2].gradient
    assert random_scores(4, n_keys=8, is_scaled=True).shape == (N_SAMPLES, 1, 8)
