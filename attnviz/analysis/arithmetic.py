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

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from attnviz.attention import Stages, Step, raw_scores
from attnviz.errors import SelectionError


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """The numbers behind one weight, float64.

    raw, scaled, bias, biased, score: of the chosen key; bias and softcap are None where the model has none.
    scores, exponentials, weights: of the query's whole row; a masked key has the score −∞.
    used: the weights that the head used: others where an edit set them. is_set: whether one did for this key, and for
    the output.
    values (key, d_value), output (d_value): what these are multiplied with, and what comes out.
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
    used: Float[Tensor, " key"]
    is_set: tuple[bool, bool]
    values: Float[Tensor, "key d_value"]
    output: Float[Tensor, " d_value"]

    @cached_property
    def products(self) -> Float[Tensor, " d_head"]:
        """Query times key, dimension by dimension."""
        return self.query_vector * self.key_vector

    @cached_property
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

    @cached_property
    def exponentials(self) -> Float[Tensor, " key"]:
        """`exp(score − largest score)`, 0 where masked."""
        return torch.exp(self.scores - self.scores.max())

    @cached_property
    def total(self) -> float:
        """All exponentials of the row added up."""
        return float(self.exponentials.sum())


def arithmetic(step: Step, head: int, *, query: int, key: int) -> Arithmetic:
    """How the weight of one query on one key came about.

    Raises SelectionError for a head, a query or a key that does not exist.
    """
    n_queries, n_keys = step.query.shape[-2], step.key.shape[-2]
    for name, position, n_tokens in (("query", query, n_queries), ("key", key, n_keys)):
        if not 0 <= position < n_tokens:
            raise SelectionError(f"There is no {name} {position}: this text has tokens 0 to {n_tokens - 1}.")
    of_row = step.of_rows(range(query, query + 1)).stages(head)
    q, k, v = (tensor.double() for tensor in (of_row.query, of_row.key, of_row.value))  # (position, d_head)
    bias = None if of_row.bias is None else of_row.bias.double().expand(1, n_keys)
    stages = Stages(q, k, v, of_row.scale, bias, of_row.mask, of_row.softcap)
    weights, outputs = of_row.set_weights, of_row.set_outputs
    put = (None if weights is None else weights[0, key], outputs)
    is_edited = weights is not None or outputs is not None  # else the row is derived once
    edited = replace(stages, set_weights=weights, set_outputs=outputs) if is_edited else stages
    return Arithmetic(
        key=key,
        query_vector=q[0],
        key_vector=k[key],
        scale=float(of_row.scale),
        bias=None if bias is None else float(bias[0, key]),
        softcap=of_row.softcap,
        has_mask=of_row.mask is not None,
        scores=stages.masked_scores[0],
        weights=stages.weights[0],
        used=edited.weights[0],
        is_set=(_is_set(put[0]), _is_set(put[1])),
        values=v,
        output=edited.head_output[0],
    )


def _is_set(put: Tensor | None) -> bool:
    return put is not None and not bool(put.isnan().all())
