"""The strongest links of a head, and how much it spreads its weight."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnviz.trace import AttentionMaps


@dataclass(frozen=True)
class Link:
    """One query, one key, and the weight between them."""

    query: int
    key: int
    weight: float


def strongest_link(maps: AttentionMaps, layer: int, head: int) -> Link:
    """The largest weight between two different tokens that were typed; of all weights where there is none.

    Special tokens and a token's look at itself would else be the answer for most heads.
    """
    weights = maps.weights(layer, head)
    left_out = _trivial(maps)
    candidates = weights if left_out.all() else weights.masked_fill(left_out, -1.0)
    query, key = divmod(int(candidates.argmax()), len(maps.key_tokens))
    return Link(query, key, float(weights[query, key]))


def strongest_key(maps: AttentionMaps, layer: int, head: int, query: int) -> int:
    """The key to which one query gives most, itself and special tokens left out where there are others."""
    row, left_out = maps.weights(layer, head)[query], _trivial(maps)[query]
    return int((row if left_out.all() else row.masked_fill(left_out, -1.0)).argmax())


def strongest_query(maps: AttentionMaps, layer: int, head: int, key: int) -> int:
    """The query that gives most to one key, the key itself and special tokens left out where there are others."""
    column, left_out = maps.weights(layer, head)[:, key], _trivial(maps)[:, key]
    return int((column if left_out.all() else column.masked_fill(left_out, -1.0)).argmax())


def entropy(weights: Float[Tensor, "*head query key"]) -> Float[Tensor, "*head"]:
    """Mean over the queries of `−Σ w log2 w`, in bits: 0 for one key alone, log2(n) for n keys alike."""
    return -torch.special.xlogy(weights, weights).sum(dim=-1).mean(dim=-1) / torch.log(torch.tensor(2.0))


def _trivial(maps: AttentionMaps) -> Bool[Tensor, "query key"]:
    """Links from or to a special token, and of a token with itself."""
    queries = torch.tensor([token.is_special for token in maps.query_tokens])
    keys = torch.tensor([token.is_special for token in maps.key_tokens])
    trivial = queries[:, None] | keys[None, :]
    return trivial | torch.eye(*trivial.shape, dtype=torch.bool) if maps.is_one_text else trivial
