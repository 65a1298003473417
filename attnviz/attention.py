"""Attention from scratch, one stage a function; `Stages` has them in order, `Step` holds the inputs of one call.

    raw_scores     Q Kᵀ
    scaled_scores  Q Kᵀ · scale                          scale = 1/√d_head in the paper
    masked_scores  softcap(scaled + bias), −∞ where masked
    weights        softmax over the keys
    head_outputs   weights · V

Vaswani et al. 2017, eq. 1, arXiv:1706.03762. The stages are the maths of the lessons, of the built-in model and
of every picture: a trace stores the inputs of attention, and whatever is shown is derived from them here.
All functions take any leading axes (batch, head).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from attnviz.errors import AttentionError
from attnviz.selection import check_head, check_rows
from attnviz.shapes import Bias, HeadOutputs, Key, Mask, Query, Scores, SetOutputs, Value, Weights


def raw_scores(query: Query, key: Key) -> Scores:
    """Dot product of every query with every key: `Q Kᵀ`."""
    return query @ key.transpose(-2, -1)  # (*batch, query, key)


def scaled_scores(raw: Scores, *, scale: float) -> Scores:
    """Raw scores times `scale`, which keeps the softmax from saturating as d_head grows."""
    return raw * scale


def masked_scores(
    scaled: Scores, *, bias: Bias | None = None, softcap: float | None = None, mask: Mask | None = None
) -> Scores:
    """What the softmax is given: bias added, then soft-capped, then −∞ where the mask is `False`.

    bias: added to the scores, such as T5's relative position bias (Raffel et al. 2020, arXiv:1910.10683).
    softcap: scores become `softcap · tanh(scores / softcap)` (Gemma 2, arXiv:2408.00118, section 2).
    """
    scores = scaled if bias is None else scaled + bias
    if softcap is not None:
        scores = softcap * torch.tanh(scores / softcap)
    return scores if mask is None else scores.masked_fill(~mask, float("-inf"))


def attention_weights(masked: Scores) -> Weights:
    """Softmax over the keys: every row is positive and sums to 1.

    Raises AttentionError, naming the row, where a query has no key left: its weights would be 0/0.
    """
    empty = torch.isneginf(masked.amax(dim=-1))  # (*batch, query)
    if empty.any():
        row = int(empty.nonzero()[0, -1])
        raise AttentionError(
            f"Query {row} has nothing to attend to: the mask hides all {masked.shape[-1]} keys. Leave it at least one."
        )
    return torch.softmax(masked, dim=-1)


def head_outputs(weights: Weights, value: Value) -> HeadOutputs:
    """Weighted sum of the values, for every query."""
    return weights @ value  # (*batch, query, d_value)


@dataclass(frozen=True, eq=False)
class Stages:
    """All stages of one attention in their order, each derived from the one before when it is first asked for.

    Any leading axes; key and value have the heads of the query here (`share_heads`).
    set_weights, set_outputs: what somebody put in the place of weights and outputs; NaN where nobody did.
    """

    query: Query
    key: Key
    value: Value
    scale: float
    bias: Bias | None = None
    mask: Mask | None = None
    softcap: float | None = None
    set_weights: Bias | None = None
    set_outputs: SetOutputs | None = None

    @cached_property
    def raw_scores(self) -> Scores:
        """`Q Kᵀ`."""
        return raw_scores(self.query, self.key)

    @cached_property
    def scaled_scores(self) -> Scores:
        """Raw scores times the scale that the model used."""
        return scaled_scores(self.raw_scores, scale=self.scale)

    @cached_property
    def masked_scores(self) -> Scores:
        """Scaled scores with bias, soft cap and mask: what the softmax is given."""
        return masked_scores(self.scaled_scores, bias=self.bias, softcap=self.softcap, mask=self.mask)

    @cached_property
    def weights(self) -> Weights:
        """Softmax of the masked scores over the keys, or what was set."""
        return _unless_set(attention_weights(self.masked_scores), self.set_weights)

    @cached_property
    def head_output(self) -> HeadOutputs:
        """Weights times values, before heads are joined and projected, or what was set."""
        return _unless_set(head_outputs(self.weights, self.value), self.set_outputs)


def attend(
    query: Query,
    key: Key,
    value: Value,
    *,
    scale: float | None = None,
    bias: Bias | None = None,
    mask: Mask | None = None,
    softcap: float | None = None,
) -> tuple[HeadOutputs, Weights]:
    """Head outputs and weights of one attention, all stages in order; `scale` is 1/√d_head unless given."""
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    stages = Stages(query, key, value, scale, bias, mask, softcap)
    return stages.head_output, stages.weights


def share_heads(
    keys_or_values: Float[Tensor, "*batch kv_head key d_head"], *, n_heads: int
) -> Float[Tensor, "*batch head key d_head"]:
    """Each key/value head repeated for the query heads that share it.

    Grouped-query attention: Ainslie et al. 2023, arXiv:2305.13245. Query head `h` reads key/value head
    `h // (n_heads / n_kv_heads)`.
    """
    n_kv_heads = keys_or_values.shape[-3]
    if n_heads % n_kv_heads:
        raise AttentionError(f"{n_heads} query heads cannot share {n_kv_heads} key/value heads evenly.")
    return keys_or_values if n_heads == n_kv_heads else keys_or_values.repeat_interleave(n_heads // n_kv_heads, dim=-3)


@dataclass(frozen=True, eq=False)
class Step:
    """The inputs of one attention call, and the stages derived from them.

    query (head, query, d_head), key (kv_head, key, d_head), value (kv_head, key, d_value);
    bias, mask and set_weights broadcast to (head, query, key), set_outputs to (head, query, d_value); of what was set,
    NaN is what was not. Batch axes may stand in front of all; a trace has none. Every stage takes a head, or `None` for
    all heads, and `rows`, or `None` for all queries, and is computed in float32; `stages` has them all at once.
    """

    query: Float[Tensor, "*batch head query d_head"]
    key: Float[Tensor, "*batch kv_head key d_head"]
    value: Float[Tensor, "*batch kv_head key d_value"]
    scale: float
    bias: Float[Tensor, "*#batch #head #query #key"] | None = None
    mask: Bool[Tensor, "*#batch #head #query #key"] | None = None
    softcap: float | None = None
    set_weights: Float[Tensor, "*#batch #head #query #key"] | None = None
    set_outputs: Float[Tensor, "*#batch #head #query #d_value"] | None = None

    def __repr__(self) -> str:
        """The step in one line: names and shapes, not numbers."""
        tensors = {name: tensor for name, tensor in vars(self).items() if isinstance(tensor, Tensor)}
        shapes = [f"{name} {tuple(tensor.shape)}" for name, tensor in tensors.items()]
        softcap = [] if self.softcap is None else [f"softcap {self.softcap:.4g}"]
        return f"Step({', '.join([*shapes, f'scale {self.scale:.4g}', *softcap])})"

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: a tensor that is a part of a larger one goes alone.

        GPT-2 computes query, key and value as one tensor, and each of them would take all three along.
        """
        return {name: _alone(value) if isinstance(value, Tensor) else value for name, value in vars(self).items()}

    @property
    def n_heads(self) -> int:
        """Number of query heads."""
        return self.query.shape[-3]

    def with_sink(self, scores: Float[Tensor, " head"] | None) -> "Step":
        """The same call with an attention sink, one more key at the end whose weight goes nowhere.

        A sink is a score of each head that takes part in the softmax and whose weight is dropped (gpt-oss,
        arXiv:2508.10925, section 2.2). That is a key of zeros, with a bias of this score, whose value is zeros.
        None: the key is there and hidden, as in the layers without a sink of a model that has some with one.
        """
        *batch, n_heads, _, _ = self.query.shape
        n_keys = self.key.shape[-2]
        mask = torch.ones(1, 1, n_keys, dtype=torch.bool) if self.mask is None else self.mask
        bias = self.query.new_zeros(*[1] * len(batch), 1, 1, n_keys) if self.bias is None else self.bias
        bias = F.pad(bias.expand(*bias.shape[:-3], n_heads, *bias.shape[-2:]), (0, 1))
        if scores is not None:
            bias[..., -1] = scores.to(bias.dtype)[:, None]
        is_open = self.mask is None and scores is not None
        return replace(
            self,
            key=F.pad(self.key, (0, 0, 0, 1)),
            value=F.pad(self.value, (0, 0, 0, 1)),
            bias=self.bias if scores is None and self.bias is None else bias,
            mask=None if is_open else F.pad(mask.expand(*mask.shape[:-1], n_keys), (0, 1), value=scores is not None),
            set_weights=None if self.set_weights is None else F.pad(self.set_weights, (0, 1), value=torch.nan),
        )

    def with_batch(self) -> "Step":
        """The same call as that of a batch of one text."""
        query, key, value = (each[None] for each in (self.query, self.key, self.value))
        return replace(self, query=query, key=key, value=value, **self._each(lambda shared: shared[None]))

    def of_text(self, index: int) -> "Step":
        """The inputs of one text of a batch, without the batch axis."""
        query, key, value = (each[index] for each in (self.query, self.key, self.value))
        shared = self._each(lambda shared: shared[index if len(shared) > 1 else 0])
        return replace(self, query=query, key=key, value=value, **shared)

    def of_head(self, head: int) -> "Step":
        """The inputs that one head reads, with head axes of 1: its own query, and the key and value that it shares."""
        check_head(head, self.n_heads)
        key, value = (each.narrow(-3, head // (self.n_heads // each.shape[-3]), 1) for each in (self.key, self.value))
        shared = self._each(lambda shared: _part(shared, -3, head))
        return replace(self, query=self.query.narrow(-3, head, 1), key=key, value=value, **shared)

    def of_rows(self, rows: range) -> "Step":
        """The inputs of some queries, which stand beside each other."""
        check_rows(rows, self.query.shape[-2])
        shared = self._each(lambda shared: _part(shared, -2, rows.start, len(rows)))
        return replace(self, query=self.query.narrow(-2, rows.start, len(rows)), **shared)

    def stages(self, head: int | None = None, *, rows: range | None = None) -> Stages:
        """All stages of one head, (query, key), or of all heads, (head, query, key); of some rows or of all.

        Rows of a part may differ from those of the whole in the last bit: products are added in another order.
        """
        step = self if rows is None else self.of_rows(rows)
        step = step if head is None else step.of_head(head)

        def pick(tensor: Tensor) -> Tensor:
            return tensor if head is None else tensor.select(-3, 0)

        return Stages(
            query=pick(step.query).float(),
            key=pick(share_heads(step.key, n_heads=step.n_heads)).float(),
            value=pick(share_heads(step.value, n_heads=step.n_heads)).float(),
            scale=step.scale,
            softcap=step.softcap,
            **step._each(pick),
        )

    def _each(self, change: Callable[[Tensor], Tensor]) -> dict[str, Any]:
        """Bias, mask and what was set, in which one text, head or query may stand for all: each of them changed."""
        shared = {name: getattr(self, name) for name in ("bias", "mask", "set_weights", "set_outputs")}
        return {name: None if tensor is None else change(tensor) for name, tensor in shared.items()}

    def raw_scores(self, head: int | None = None, *, rows: range | None = None) -> Scores:
        """`Q Kᵀ`, (query, key) for one head, (head, query, key) for all."""
        return self.stages(head, rows=rows).raw_scores

    def scaled_scores(self, head: int | None = None, *, rows: range | None = None) -> Scores:
        """Raw scores times the scale that the model used."""
        return self.stages(head, rows=rows).scaled_scores

    def masked_scores(self, head: int | None = None, *, rows: range | None = None) -> Scores:
        """Scaled scores with bias, soft cap and mask: what the softmax is given."""
        return self.stages(head, rows=rows).masked_scores

    def weights(self, head: int | None = None, *, rows: range | None = None) -> Weights:
        """Softmax of the masked scores over the keys."""
        return self.stages(head, rows=rows).weights

    def head_output(self, head: int | None = None, *, rows: range | None = None) -> HeadOutputs:
        """Weights times values, before heads are joined and projected."""
        return self.stages(head, rows=rows).head_output


def _alone(tensor: Tensor) -> Tensor:
    return tensor.clone() if tensor.untyped_storage().nbytes() > tensor.nbytes else tensor


def _part(shared: Tensor, axis: int, start: int, size: int = 1) -> Tensor:
    """Some of a tensor along an axis, in which one may stand for all."""
    return shared if shared.shape[axis] == 1 else shared.narrow(axis, start, size)


def _unless_set(derived: Tensor, set_by_hand: Tensor | None) -> Tensor:
    return derived if set_by_hand is None else torch.where(set_by_hand.isnan(), derived, set_by_hand)
