"""How softmax saturates as queries and keys get longer, measured on random vectors.

Components of queries and keys are independent with mean 0 and variance 1. Then a dot product of d of them has variance
d (Vaswani et al. 2017, footnote 4), and softmax of such scores comes closer and closer to picking one key.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from attnviz.attention import attention_weights, raw_scores, scaled_scores
from attnviz.shapes import Weights

N_SAMPLES = 256
SEED = 0


@dataclass(frozen=True)
class Saturation:
    """What was measured for one size of head, as means over random queries.

    score_spread: standard deviation of the scores that softmax is given.
    largest_weight: the largest weight of a row; 1 where softmax picks one key.
    gradient: Frobenius norm of the derivative of a row's weights by its scores; 0 where nothing can be learned.
    """

    d_head: int
    score_spread: float
    largest_weight: float
    gradient: float


def random_scores(
    d_head: int, *, n_keys: int, is_scaled: bool, n_samples: int = N_SAMPLES, seed: int = SEED
) -> Float[Tensor, "sample 1 key"]:
    """Scores of random queries with random keys, times 1/√d_head or as they are."""
    generator = torch.Generator().manual_seed(seed)
    query = torch.randn(n_samples, 1, d_head, generator=generator)
    key = torch.randn(n_samples, n_keys, d_head, generator=generator)
    return scaled_scores(raw_scores(query, key), scale=d_head**-0.5 if is_scaled else 1.0)


def saturation(
    d_head: int, *, n_keys: int, is_scaled: bool, n_samples: int = N_SAMPLES, seed: int = SEED
) -> Saturation:
    """How far softmax is saturated for random queries and keys of this size."""
    scores = random_scores(d_head, n_keys=n_keys, is_scaled=is_scaled, n_samples=n_samples, seed=seed)
    weights = attention_weights(scores)
    gradients = softmax_jacobian(weights).norm(dim=(-2, -1))
    return Saturation(
        d_head=d_head,
        score_spread=float(scores.std()),
        largest_weight=float(weights.amax(dim=-1).mean()),
        gradient=float(gradients.mean()),
    )


def softmax_jacobian(weights: Weights) -> Float[Tensor, "*batch query key key"]:
    """Derivative of each row's weights by its scores: `∂w_i/∂s_j = w_i (δ_ij − w_j)`."""
    return torch.diag_embed(weights) - weights[..., :, None] * weights[..., None, :]
