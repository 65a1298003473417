"""How one weight came about: every number between a query and its head's output, for one query and one key.

    products      q_i · k_i
    raw score     Σ products
    scaled        raw · scale
    biased        scaled + bias                     where the model adds one
    score         softcap · tanh(biased / softcap)  where the model has one; −∞ where the mask hides the key
    exponential   exp(score − largest score of the row)
    weight        exponential / Σ exponentials of the row
    output        Σ over the keys  weight · value

The numbers are the recorded inputs and the stages of `attnviz.attention`, in double precision, so that what is shown
of them can be computed again by hand. Vaswani et al. 2017, eq. 1, arXiv:1706.03762.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from attnviz.attention import Step, attention_weights, head_outputs, masked_scores, raw_scores, scaled_scores
from attnviz.errors import SelectionError


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """The numbers behind one weight, float64.

    raw, scaled, bias, biased, score: of the chosen key; bias and softcap are None where the model has none.
    scores, exponentials, weights: of the query's whole row; a masked key has the score −∞.
    values (key, d_value), output (d_value): what the weights are multiplied with, and what comes out.
    """

    key: int
    query_vector: Float[Tensor, " d_head"]
    key_vector: Float[Tensor, " d_head"]
    scale: float
    bias: float | None
    softcap: float | None
    has_mask: bool
    scores: Float[Tensor, " key"]
    weights: Float[Tensor, " key"]
    values: Float[Tensor, "key d_value"]
    output: Float[Tensor, " d_value"]

    @property
    def products(self) -> Float[Tensor, " d_head"]:
        """Query times key, dimension by dimension."""
        return self.query_vector * self.key_vector

    @property
    def raw(self) -> float:
        """The raw score: all products added up."""
        return float(raw_scores(self.query_vector[None], self.key_vector[None]))

    @property
    def scaled(self) -> float:
        """The raw score times the scale."""
        return self.raw * self.scale

    @property
    def biased(self) -> float:
        """The scaled score with its bias."""
        return self.scaled + (self.bias or 0.0)

    @property
    def is_allowed(self) -> bool:
        """Whether the mask lets the query attend to the key."""
        return not bool(torch.isneginf(self.scores[self.key]))

    @property
    def exponentials(self) -> Float[Tensor, " key"]:
        """`exp(score − largest score)`, 0 where masked."""
        return torch.exp(self.scores - self.scores.max())

    @property
    def total(self) -> float:
        """All exponentials of the row added up."""
        return float(self.exponentials.sum())


def arithmetic(step: Step, head: int, *, query: int, key: int) -> Arithmetic:
    """How the weight of one query on one key came about.

    Raises SelectionError for a head, a query or a key that does not exist.
    """
    inputs = step.of_head(head)
    q, k, v = (tensor[0].double() for tensor in (inputs.query, inputs.key, inputs.value))  # (position, d_head)
    for name, position, n_tokens in (("query", query, len(q)), ("key", key, len(k))):
        if not 0 <= position < n_tokens:
            raise SelectionError(f"There is no {name} {position}: this text has tokens 0 to {n_tokens - 1}.")
    bias = None if inputs.bias is None else _row(inputs.bias.double(), query, len(k))
    mask = None if inputs.mask is None else _row(inputs.mask, query, len(k))
    scaled = scaled_scores(raw_scores(q[query : query + 1], k), scale=inputs.scale)  # (1, key)
    scores = masked_scores(scaled, bias=bias, softcap=inputs.softcap, mask=mask)
    weights = attention_weights(scores)
    return Arithmetic(
        key=key,
        query_vector=q[query],
        key_vector=k[key],
        scale=float(inputs.scale),
        bias=None if bias is None else float(bias[0, key]),
        softcap=inputs.softcap,
        has_mask=mask is not None,
        scores=scores[0],
        weights=weights[0],
        values=v,
        output=head_outputs(weights, v)[0],
    )


def _row(tensor: Tensor, query: int, n_keys: int) -> Tensor:
    """One query's row of a bias or mask of one head, (1, key)."""
    rows = tensor[0]  # (query or 1, key or 1)
    return rows[query if rows.shape[0] > 1 else 0][None].expand(1, n_keys)
