"""The same head for two texts, or for two models: tokens aligned, differences, and how much a row changed.

The change of a row is the Jensen–Shannon divergence of its weights in bits,

    JSD(p, q) = ½ KL(p ‖ m) + ½ KL(q ‖ m),   m = ½ (p + q)

0 for equal rows, 1 for rows that share no key. Lin 1991, doi:10.1109/18.61115.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import torch
from jaxtyping import Float
from torch import Tensor

from attnviz.errors import SelectionError
from attnviz.tokens import Token
from attnviz.trace import AttentionMaps, attending


@dataclass(frozen=True)
class Alignment:
    """Which token of one text is which token of the other.

    first, second: positions, pairwise the same place. Tokens that were replaced one for one are a place as well.
    is_same: whether the two tokens of a place read the same.
    """

    first: tuple[int, ...]
    second: tuple[int, ...]
    is_same: tuple[bool, ...]

    def __len__(self) -> int:
        """How many places the texts share."""
        return len(self.first)


@dataclass(frozen=True)
class Change:
    """How much one head changed between two texts, in bits."""

    layer: int
    head: int
    divergence: float


def align(first: Sequence[Token], second: Sequence[Token]) -> Alignment:
    """The places that two token sequences share: equal tokens, and as many replaced by as many.

    Equal means the same text without regard to case. A token that only one text has stands in no place.
    """
    names = [[(token.text.casefold(), token.is_special) for token in tokens] for tokens in (first, second)]
    places: list[tuple[int, int, bool]] = []
    for tag, start, stop, other_start, other_stop in SequenceMatcher(
        None, names[0], names[1], autojunk=False
    ).get_opcodes():
        if tag == "equal" or (tag == "replace" and stop - start == other_stop - other_start):
            pairs = zip(range(start, stop), range(other_start, other_stop), strict=True)
            places += [(mine, other, tag == "equal") for mine, other in pairs]
    if not places:
        raise SelectionError("The two texts have no word in common, so there is nothing to lay side by side.")
    mine, theirs, same = zip(*places, strict=True)
    return Alignment(mine, theirs, same)


def difference(
    first: Float[Tensor, "*head query_1 key_1"],
    second: Float[Tensor, "*head query_2 key_2"],
    *,
    queries: Alignment,
    keys: Alignment,
) -> Float[Tensor, "*head place_query place_key"]:
    """Second minus first, for the places that the texts share."""
    return _picked(second, queries.second, keys.second) - _picked(first, queries.first, keys.first)


def divergences(
    first: Float[Tensor, "*head query_1 key_1"],
    second: Float[Tensor, "*head query_2 key_2"],
    *,
    queries: Alignment,
    keys: Alignment,
) -> Float[Tensor, "*head place_query"]:
    """Jensen–Shannon divergence of every shared row, in bits, over the words of both texts together.

    A key that only one text has is a key to which the other gives no weight.
    """
    p, q = (
        _with_rest(_rows(weights, rows), columns)
        for weights, rows, columns in ((first, queries.first, keys.first), (second, queries.second, keys.second))
    )
    nothing = torch.zeros_like(p[..., -1:])
    p = torch.cat([p, nothing], dim=-1)  # (*head, place_query, place_key + 2): rest of the first, rest of the second
    q = torch.cat([q[..., :-1], nothing, q[..., -1:]], dim=-1)
    return jensen_shannon(p, q)


def jensen_shannon(p: Float[Tensor, "*rows key"], q: Float[Tensor, "*rows key"]) -> Float[Tensor, "*rows"]:
    """Jensen–Shannon divergence of rows that sum to 1, in bits, from 0 to 1."""
    p, q = p.double(), q.double()
    middle = (p + q) / 2
    nats = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    return (nats / torch.log(torch.tensor(2.0, dtype=torch.float64))).clamp(0.0, 1.0).float()


def changes(first: AttentionMaps, second: AttentionMaps) -> tuple[Change, ...]:
    """Every head with how much it changed (the mean over the shared rows), the most changed first.

    Raises SelectionError where the two have other layers or other numbers of heads: then no head is the same head.
    """
    if (first.layers, first.n_heads) != (second.layers, second.n_heads):
        one, other = (f"{attending(maps.layers)} (heads: {maps.n_heads})" for maps in (first, second))
        raise SelectionError(
            f"Of the first {one}, of the second {other}: "
            "no head of one is the same head of the other, so none can be ranked by how much it changed."
        )
    queries = align(first.query_tokens, second.query_tokens)
    keys = align(first.key_tokens, second.key_tokens)
    ranked = []
    for layer in first.layers:
        rows = divergences(first.weights(layer), second.weights(layer), queries=queries, keys=keys)
        ranked += [Change(layer, head, bits) for head, bits in enumerate(rows.mean(dim=-1).tolist())]
    return tuple(sorted(ranked, key=lambda change: (-change.divergence, change.layer, change.head)))


def _relative_entropy(p: Tensor, q: Tensor) -> Tensor:
    """Kullback–Leibler divergence of each row in nats; where p is 0, nothing is added."""
    return (torch.special.xlogy(p, p) - torch.special.xlogy(p, q)).sum(dim=-1)


def _rows(weights: Tensor, positions: Sequence[int]) -> Tensor:
    return weights[..., torch.tensor(positions), :]


def _picked(weights: Tensor, rows: Sequence[int], columns: Sequence[int]) -> Tensor:
    return _rows(weights, rows)[..., torch.tensor(columns)]


def _with_rest(rows: Tensor, columns: Sequence[int]) -> Tensor:
    """The chosen columns, and the sum of all others in one more, (*head, place_query, place_key + 1)."""
    rest = torch.ones(rows.shape[-1], dtype=torch.bool)
    rest[torch.tensor(columns)] = False
    return torch.cat([rows[..., torch.tensor(columns)], rows[..., rest].sum(dim=-1, keepdim=True)], dim=-1)
