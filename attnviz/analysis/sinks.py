"""How much of a head's weight sits where it often says nothing: on special tokens and on the first token.

Heads put most of their weight on [SEP], [CLS] or the first token where they have nothing to say
(Clark et al. 2019, section 3.2, arXiv:1906.04341; "attention sinks": Xiao et al. 2023, arXiv:2309.17453), and the
values there tend to be short vectors, so that the weight moves little (Kobayashi et al. 2020, arXiv:2004.10102).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from attnviz.tokens import Token
from attnviz.trace import AttentionMaps

NOTABLE = 0.5  # share of the weight from which a page speaks of it


@dataclass(frozen=True)
class Sinks:
    """Where the weight of one head sits, as means over its rows.

    shares: by the text of the token ("[CLS]", "[SEP]", the first word), largest first.
    total: all of them together.
    even: what they would get if every row spread its weight evenly over the keys that it may attend to.
    """

    shares: tuple[tuple[str, float], ...]
    total: float
    even: float

    @property
    def is_notable(self) -> bool:
        """Whether more than half of the weight sits there."""
        return self.total > NOTABLE


def sinks(maps: AttentionMaps, layer: int, head: int) -> Sinks:
    """The share of a head's weight on special tokens and on the first token.

    Rows that may attend to nothing else are left out: their weight is no choice of the head. Where no row is left
    (a text of special tokens alone), the shares are 0.
    """
    weights = maps.weights(layer, head)
    allowed = allowed_cells(maps, layer, head)
    sink = torch.tensor(is_sink(maps.key_tokens))
    chooses = (allowed & ~sink).any(dim=-1)  # (query,)
    if not chooses.any():
        return Sinks((), 0.0, 0.0)
    columns = weights[chooses].mean(dim=0)  # (key,)
    even = allowed[chooses].float()
    even = (even / even.sum(dim=-1, keepdim=True)).mean(dim=0)
    shares: dict[str, float] = {}
    for position in sink.nonzero().flatten().tolist():
        name = maps.key_tokens[position].text
        shares[name] = shares.get(name, 0.0) + float(columns[position])
    ranked = sorted(shares.items(), key=lambda share: -share[1])
    return Sinks(tuple(ranked), float(columns[sink].sum()), float(even[sink].sum()))


def is_sink(tokens: Sequence[Token]) -> list[bool]:
    """Of every token whether it is special or the first one."""
    return [token.is_special or position == 0 for position, token in enumerate(tokens)]


def allowed_cells(maps: AttentionMaps, layer: int, head: int | None = None) -> Bool[Tensor, "*head_or_one query key"]:
    """Where one head may attend, or the heads of a layer, of which one may stand for all; everywhere without a mask."""
    mask = maps.mask(layer, head)
    return torch.ones(len(maps.query_tokens), len(maps.key_tokens), dtype=torch.bool) if mask is None else mask
