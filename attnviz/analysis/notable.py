"""The link to look at first in a text of which nothing is known beforehand.

Most heads look at the token before or at the first one, whatever the words are. A link says more the more its weight is
above what its head gives at this distance on average. Looked for are links between two words, at least two places from
each other; from the first pronoun that has words before it, where there is one, because what a pronoun stands for is
what people look for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from attnviz.analysis.strongest import Truths, Weights
from attnviz.tokens import PRONOUNS, Token, reading, word_numbers

APART = 2  # places from which two words are no neighbours


@dataclass(frozen=True)
class Notable:
    """A link of one of many maps, and by how much its weight is above what the head gives at its distance."""

    above: float
    at: int
    query: int
    key: int


class Wanted:
    """Which links of a map are looked for, and the one among many maps that says most."""

    def __init__(self, queries: Sequence[Token], keys: Sequence[Token], *, is_one_text: bool, ahead: int = 0) -> None:
        words, other_words = word_numbers(queries), word_numbers(keys)
        between = np.logical_and.outer(
            *(
                [not token.is_special and any(map(str.isalnum, token.text)) for token in side]
                for side in (queries, keys)
            )
        )
        if is_one_text:
            distance = np.subtract.outer(np.arange(len(queries)), np.arange(len(keys)) + ahead)
            between &= (np.abs(distance) >= APART) & np.not_equal.outer(words, other_words)
        self._between = between
        self._rows = _rows(queries, between)

    def most(self, weights: Weights, allowed: Truths | None) -> Notable | None:
        """Of many maps the link that says most; None where there is none of those looked for.

        weights: (map, query, key). allowed: (map or one, query, key); None without a mask.
        """
        if self._rows is None:
            return None
        usual = _means_by_distance(weights, allowed)  # (map, distance)
        n_keys, rows = weights.shape[2], self._rows
        usual_there = sliding_window_view(usual, n_keys, axis=1)[:, ::-1]  # (map, query, key)
        wanted = self._between[rows]
        if allowed is not None:
            seen = allowed[:, rows]
            wanted = wanted & seen & (seen.sum(axis=-1, keepdims=True) > 1)  # (map or one, row, key)
        above = np.where(wanted, weights[:, rows] - usual_there[:, rows], -np.inf)  # (map, row, key)
        at, row, key = np.unravel_index(int(above.argmax()), above.shape)
        best = float(above[at, row, key])
        return None if best == -np.inf else Notable(best, int(at), rows.start + int(row), int(key))


def _means_by_distance(weights: Weights, allowed: Truths | None) -> NDArray[np.float32]:
    """What each map gives on average at each distance, (map, key − query + n_queries − 1)."""
    n_queries, n_keys = weights.shape[1:]
    if allowed is None:
        counts = np.convolve(np.ones(n_queries), np.ones(n_keys))  # (distance,)
    else:
        counts = np.maximum(_summed_by_distance(allowed.astype(np.float32)), 1)
    return (_summed_by_distance(weights) / counts).astype(np.float32)


def _summed_by_distance(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sums along the diagonals of each map, (map, distance)."""
    n_maps, n_queries, n_keys = cells.shape
    sums = np.zeros((n_maps, n_queries + n_keys - 1), dtype=np.float32)
    for query in range(n_queries):
        first = n_queries - 1 - query
        sums[:, first : first + n_keys] += cells[:, query]
    return sums


def _rows(queries: Sequence[Token], between: Truths) -> slice | None:
    """The rows whose links are looked for: that of the first pronoun after another word, else all; None without any."""
    rows = np.flatnonzero(between.any(axis=1)).tolist()
    typed = [place for place, token in enumerate(queries) if not token.is_special]
    pronouns = (row for row in rows if row != typed[0] and reading(queries[row]).casefold() in PRONOUNS)
    first = next(pronouns, None)
    if first is not None:
        return slice(first, first + 1)
    return slice(0, len(queries)) if rows else None
