"""How softmax saturates as queries and keys get longer, measured on random vectors.

Components of queries and keys are independent with mean 0 and variance 1. Then a dot product of d of them has variance
d (Vaswani et al. 2017, footnote 4), and softmax of such scores comes closer and closer to picking one key. A longer
query begins with the numbers of a shorter one, so that what changes with d is d alone.

What a network learns by is the derivative of the weights by the query, `∂w/∂q = J K · scale` with the rows of K the
keys and `J_ij = w_i (δ_ij − w_j)`. A few queries have an enormous one where most have almost none: hence medians.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from attnviz.attention import attention_weights, raw_scores, scaled_scores
from attnviz.shapes import Weights

N_SAMPLES, N_KEYS = 1000, 8
LONGEST = 1024  # numbers of the longest query
SEED = 0
NOTHING = 0.01  # a derivative below this is called almost none


@dataclass(frozen=True)
class Saturation:
    """What was measured for one length of query, over many random queries.

    score_spread: standard deviation of the scores that softmax is given.
    largest_weight: median of the largest weight of a row; 1 where softmax picks one key.
    gradient: median of the Frobenius norm of the derivative of a row's weights by its query.
    share_without: share of the queries where this norm is below `NOTHING`.
    """

    score_spread: float
    largest_weight: float
    gradient: float
    share_without: float


def random_vectors(
    n_samples: int = N_SAMPLES,
) -> tuple[Float[Tensor, "sample 1 d_head"], Float[Tensor, "sample key d_head"]]:
    """Random queries and for each some random keys, all of the greatest length; the first is always the same."""
    generator = torch.Generator().manual_seed(SEED)
    drawn = torch.stack([torch.randn(1 + N_KEYS, LONGEST, generator=generator) for _ in range(n_samples)])
    return drawn[:, :1], drawn[:, 1:]


def scale_of(d_head: int, *, is_scaled: bool) -> float:
    """1/√d_head, or 1 where the scores stay as they are."""
    return d_head**-0.5 if is_scaled else 1.0


def saturation(d_heads: Sequence[int], *, is_scaled: bool) -> tuple[Saturation, ...]:
    """How far softmax is saturated for random queries and keys of each of these lengths."""
    query, key = random_vectors()
    return tuple(
        _measured(query[..., :d_head], key[..., :d_head], scale_of(d_head, is_scaled=is_scaled)) for d_head in d_heads
    )


def _measured(query: Tensor, key: Tensor, scale: float) -> Saturation:
    scores = scaled_scores(raw_scores(query, key), scale=scale).double()  # 1 − w is small: it needs the digits
    weights = attention_weights(scores)
    by_score = softmax_jacobian(weights)[:, 0].float()  # (sample, key, key)
    gradients = (by_score @ key * scale).norm(dim=(-2, -1))  # (sample)
    return Saturation(
        score_spread=float(scores.std()),
        largest_weight=float(weights.amax(dim=-1).median()),
        gradient=float(gradients.median()),
        share_without=float((gradients < NOTHING).double().mean()),
    )


def softmax_jacobian(weights: Weights) -> Float[Tensor, "*batch query key key"]:
    """Derivative of each row's weights by its scores: `∂w_i/∂s_j = w_i (δ_ij − w_j)`."""
    return torch.diag_embed(weights) - weights[..., :, None] * weights[..., None, :]
