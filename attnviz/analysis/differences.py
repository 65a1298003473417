"""The same head for two texts, or for two models: words side by side, differences, and how much a row changed.

The change of a row is the Jensen–Shannon divergence of its weights in bits,

    JSD(p, q) = ½ KL(p ‖ m) + ½ KL(q ‖ m),   m = ½ (p + q)

0 for equal rows, 1 for rows that share no key. Lin 1991, doi:10.1109/18.61115.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from attnviz.errors import SelectionError
from attnviz.tokens import Token
from attnviz.trace import AttentionMaps, attending

Weights: TypeAlias = NDArray[np.float32]  # (…, row, column), NaN or 0 where masked


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
class Part:
    """A key of one row, and its weight in the first text and in the second; None in one that does not have it."""

    token: Token
    before: float | None
    after: float | None

    @property
    def change(self) -> float:
        """Second minus first."""
        return (self.after or 0.0) - (self.before or 0.0)


@dataclass(frozen=True)
class Move:
    """Of one row, the keys that lost and won most weight.

    is_turn: whether the row looked most at the one in the first text, and looks most at the other in the second.
    """

    lost: Part
    won: Part
    is_turn: bool


def align(first: Sequence[Token], second: Sequence[Token]) -> Alignment:
    """The places that two token sequences share: equal tokens, and as many replaced by as many.

    Equal means the same text without regard to case. A token that only one text has stands in no place.
    Raises SelectionError where no typed token is equal: then nothing says which word is which.
    """
    names = [[(token.text.casefold(), token.is_special) for token in tokens] for tokens in (first, second)]
    places: list[tuple[int, int, bool]] = []
    matcher = SequenceMatcher(None, names[0], names[1], autojunk=False)
    for tag, start, stop, other_start, other_stop in matcher.get_opcodes():
        if tag == "equal" or (tag == "replace" and stop - start == other_stop - other_start):
            pairs = zip(range(start, stop), range(other_start, other_stop), strict=True)
            places += [(mine, other, tag == "equal") for mine, other in pairs]
    if not any(same and not first[mine].is_special for mine, _, same in places):
        raise SelectionError("The two texts have no word in common, so there is nothing to lay side by side.")
    mine, theirs, same = zip(*places, strict=True)
    return Alignment(mine, theirs, same)


def picked(first: Weights, second: Weights, *, queries: Alignment, keys: Alignment) -> tuple[Weights, Weights]:
    """The weights of both, (…, row, column), for the places that the texts share."""
    return (
        first[..., queries.first, :][..., keys.first],
        second[..., queries.second, :][..., keys.second],
    )


def divergences(first: Weights, second: Weights, *, queries: Alignment, keys: Alignment) -> NDArray[np.float64]:
    """Jensen–Shannon divergence of every shared row (…, row), in bits, over the words of both texts together.

    A key that only one text has is a key to which the other gives no weight. What a row gives to keys that are not
    drawn at all, outside of a window or hidden, counts as one key of both.
    """
    p, only_p, outside_p = _shared(first, queries.first, keys.first)
    q, only_q, outside_q = _shared(second, queries.second, keys.second)
    nothing = np.zeros_like(only_p)
    return jensen_shannon(
        np.concatenate([p, only_p, nothing, outside_p], axis=-1),
        np.concatenate([q, nothing, only_q, outside_q], axis=-1),
    )


def jensen_shannon(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Jensen–Shannon divergence of rows (…, key) that sum to 1, in bits, from 0 to 1."""
    middle = (p + q) / 2
    bits: NDArray[np.float64] = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    return np.clip(bits, 0.0, 1.0)


def moved(first: tuple[Weights, Sequence[Token]], second: tuple[Weights, Sequence[Token]], keys: Alignment) -> Move:
    """Where the weight of one row went: its weights (key,) and its keys in both texts, and which keys are the same."""
    (before, tokens), (after, others) = ((np.nan_to_num(row).tolist(), words) for row, words in (first, second))
    places = zip(keys.first, keys.second, strict=True)
    parts = [Part(others[theirs], before[mine], after[theirs]) for mine, theirs in places]
    parts += [Part(token, before[at], None) for at, token in enumerate(tokens) if at not in keys.first]
    parts += [Part(token, None, after[at]) for at, token in enumerate(others) if at not in keys.second]
    lost, won = min(parts, key=lambda part: part.change), max(parts, key=lambda part: part.change)
    is_turn = lost.before == max(part.before or 0.0 for part in parts)
    return Move(lost, won, is_turn and won.after == max(part.after or 0.0 for part in parts))


def check_same_heads(first: AttentionMaps, second: AttentionMaps) -> None:
    """Raise SelectionError where the two have other layers or other numbers of heads: then no head is the same head."""
    if (first.layers, first.n_heads) != (second.layers, second.n_heads):
        one, other = (f"{attending(maps.layers)} (heads: {maps.n_heads})" for maps in (first, second))
        raise SelectionError(
            f"Of the first {one}, of the second {other}: "
            "no head of one is the same head of the other, so none can be ranked by how much it changed."
        )


def changes(
    layers: Sequence[int],
    first: Callable[[int], Weights],
    second: Callable[[int], Weights],
    *,
    queries: Alignment,
    keys: Alignment,
) -> NDArray[np.float64]:
    """How much every head changed, (layer, head), in bits: the mean over the shared rows.

    first, second: the maps of a layer, (head, row, column).
    """
    rows = (divergences(first(layer), second(layer), queries=queries, keys=keys) for layer in layers)
    return np.stack([each.mean(axis=-1) for each in rows])


def _relative_entropy(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kullback–Leibler divergence of each row in bits; where p is 0, nothing is added."""
    is_some = p > 0
    shares = np.divide(p, q, out=np.ones_like(p), where=is_some)
    return np.where(is_some, p * np.log2(shares), 0.0).sum(axis=-1)


def _shared(
    weights: Weights, rows: Sequence[int], columns: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Some rows: their weights in some columns (…, row, column), in all others that are drawn, and what lacks of 1."""
    drawn = np.nan_to_num(weights[..., rows, :].astype(np.float64))
    chosen = np.zeros(drawn.shape[-1], dtype=bool)
    chosen[list(columns)] = True
    others = drawn[..., ~chosen].sum(axis=-1, keepdims=True)
    outside = np.clip(1 - drawn.sum(axis=-1, keepdims=True), 0, 1)
    return drawn[..., columns], others, outside
