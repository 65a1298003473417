"""The strongest link of a map, and the word that goes best with another one: the one definition.

A link says something where it was a choice between words: from a word that was typed to another one, in a row in which
the mask leaves more than one key. Only where a map has none do others count: first those between two different tokens,
then any. The browser's rule is held to this one by a test.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attnviz.tokens import Token

Weights = NDArray[np.float32]
Truths = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Ends:
    """Between which tokens a link says something, (query, key): between typed ones, and between different ones."""

    typed: Truths
    different: Truths

    @classmethod
    def of(cls, queries: Sequence[Token], keys: Sequence[Token], *, is_one_text: bool, ahead: int = 0) -> "Ends":
        """Of the rows and the columns of a map.

        ahead: by how much the first column stands behind the first row, where a window cuts one text.
        """
        sides = (np.array([not token.is_special for token in side], dtype=bool) for side in (queries, keys))
        typed = np.logical_and.outer(*sides)
        if not is_one_text:
            return cls(typed, np.ones_like(typed))
        return cls(typed, ~np.eye(typed.shape[0], typed.shape[1], k=-ahead, dtype=bool))


def strongest_links(
    weights: Weights, allowed: Truths | None, ends: Ends
) -> tuple[Weights, NDArray[np.intp], NDArray[np.intp]]:
    """Weight, query and key of the strongest link of each of many maps; 0 for all three where everything is masked.

    weights: (map, query, key). allowed: where the mask allows them, (map or one, query, key); None without a mask.
    """
    n_maps, _, n_keys = weights.shape
    place = np.zeros(n_maps, dtype=np.intp)
    left = np.ones(n_maps, dtype=bool)
    for candidates in _tiers(allowed, ends):
        flat = np.where(candidates, weights, -1.0).reshape(n_maps, -1)  # (map, query · key)
        flat = flat if left.all() else flat[left]  # (map that has none yet, query · key)
        best = flat.argmax(axis=1)
        found = flat[np.arange(len(flat)), best] >= 0
        at = np.flatnonzero(left)[found]
        place[at], left[at] = best[found], False
        if not left.any():
            break
    query, key = np.divmod(place, n_keys)
    return np.where(left, np.float32(0), weights[np.arange(n_maps), query, key]), query, key


def strongest_in(
    cells: Weights,
    queries: Sequence[Token],
    keys: Sequence[Token],
    *,
    is_one_text: bool,
    row: int | None = None,
    column: int | None = None,
) -> tuple[int, int] | None:
    """Row and column of the strongest link of a map, or of one row or column of it; None where all is masked.

    cells: (row, column), NaN where masked. Of a row, that is the word that goes best with it.
    """
    line = (slice(None) if row is None else row, slice(None) if column is None else column)
    allowed = ~np.isnan(cells)
    for candidates in _tiers(allowed, Ends.of(queries, keys, is_one_text=is_one_text)):
        within = np.zeros_like(allowed)
        within[line] = candidates[line]
        if within.any():
            return divmod(int(np.where(within, cells, -1.0).argmax()), len(keys))
    return None


def _tiers(allowed: Truths | None, ends: Ends) -> tuple[Truths, Truths, Truths]:
    """What may be the strongest link, what may where there is none of these, and what may at all."""
    if allowed is None:
        everything = np.ones_like(ends.different)
        has_choice = everything.shape[-1] > 1
        return ends.typed & ends.different & has_choice, ends.different, everything
    has_choice = allowed.sum(axis=-1, keepdims=True) > 1
    return allowed & ends.typed & ends.different & has_choice, allowed & ends.different, allowed
