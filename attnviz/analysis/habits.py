"""Where a head looks whatever the words are: the token before, the token itself, the one after, special tokens.

Many heads of pretrained models do little else (Clark et al. 2019, sections 3.1 and 3.2, arXiv:1906.04341; "positional
heads": Voita et al. 2019, arXiv:1905.09418). It says where the weight goes, which is not yet why the model answers as
it does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attnviz.tokens import Token

_OFFSETS = (-1, 0, 1)


@dataclass(frozen=True)
class Habit:
    """Where the weight of one head goes in one text, as means over the rows that have a choice.

    before, itself, after: the weight on the token one before the query, on the query itself, on the one after it, over
        the rows that may attend there; None where there is none, or where a text attends to another one.
    sinks: the weight on special tokens and on the first one, over the rows that may attend to another one.
    largest: the largest weight of a row.
    """

    before: float | None
    itself: float | None
    after: float | None
    sinks: float
    largest: float


class Tally:
    """The habits of some heads, counted over rows that come some at a time, each with all of its keys."""

    def __init__(self, keys: Sequence[Token], *, n_queries: int, is_one_text: bool) -> None:
        self._sink = np.array([token.is_special or place == 0 for place, token in enumerate(keys)], dtype=bool)
        self._neighbours = min(len(keys), n_queries) if is_one_text else 0  # a sink is nobody's neighbour
        self._sums: list[NDArray[np.float64]] = []
        self._counts: list[NDArray[np.intp]] = []

    def add(self, weights: NDArray[np.float32], allowed: NDArray[np.bool_] | None, *, first: int) -> None:
        """Count some rows, the first of which is `first`.

        weights: (head, row, key). allowed: (head or one, row, key); None where nothing is hidden.
        """
        if allowed is None:
            allowed = np.ones((1, *weights.shape[1:]), dtype=bool)
        has_choice = allowed.sum(axis=-1) > 1  # (head or one, row)
        chooses = (allowed & ~self._sink).any(axis=-1)
        columns = [
            self._beside(weights, allowed & has_choice[..., None], first=first, offset=offset) for offset in _OFFSETS
        ]
        columns.append((weights[..., self._sink].sum(axis=-1), chooses))
        columns.append((weights.max(axis=-1), has_choice))
        self._sums.append(np.stack([(values * counts).sum(axis=-1) for values, counts in columns], axis=-1))
        counted = [np.broadcast_to(counts.sum(axis=-1), len(weights)) for _, counts in columns]
        self._counts.append(np.stack(counted, axis=-1))

    def habits(self) -> list[Habit]:
        """The means, for every head."""
        counts = np.sum(self._counts, axis=0)  # (head, share)
        means = (np.sum(self._sums, axis=0) / np.maximum(counts, 1)).tolist()
        seen = (counts > 0).tolist()
        found = []
        for shares, where in zip(means, seen, strict=True):
            before, itself, after = (
                share if there else None for share, there in zip(shares[:3], where[:3], strict=True)
            )
            found.append(Habit(before, itself, after, sinks=shares[3], largest=shares[4]))
        return found

    def _beside(
        self, weights: NDArray[np.float32], counts: NDArray[np.bool_], *, first: int, offset: int
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The weights on the key so many places from the query, and which of them count."""
        rows = np.arange(weights.shape[1])
        keys = rows + (first + offset)
        there = (keys >= 0) & (keys < self._neighbours)
        rows, keys = rows[there], keys[there]
        return weights[:, rows, keys], counts[:, rows, keys]  # (head, row), (head or one, row)
