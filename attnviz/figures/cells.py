"""What a heat map shows: the cells of one head, exactly, in a window, or in blocks of their largest weight.

A picture with more cells than pixels would drop cells as it pleases. So a small map of a long text is pooled here, by
maximum: a strong weight is never lost, and the label of a block says which tokens it stands for.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attnviz.errors import SelectionError
from attnviz.figures.labels import block_label
from attnviz.tokens import Token
from attnviz.trace import AttentionMaps

MAX_EXACT = 512  # rows or columns that the large map draws at once
MAX_SMALL = 128  # rows or columns of a small map


@dataclass(frozen=True, eq=False)
class Cells:
    """The rows and columns of one drawn map.

    weights: float32 (row, column), NaN where the mask lets nothing be attended to.
    rows, columns: the positions that each row and each column stands for, in order.
    """

    weights: NDArray[np.float32]
    query_tokens: tuple[Token, ...]
    key_tokens: tuple[Token, ...]
    rows: tuple[range, ...]
    columns: tuple[range, ...]

    @property
    def masked(self) -> NDArray[np.bool_]:
        """Where the mask lets nothing be attended to."""
        return np.isnan(self.weights)

    @property
    def scale_end(self) -> float:
        """The weight at which the colour scale ends: the largest one that was a choice.

        A row with one cell that is not masked has the weight 1 there whatever the model computes (the first row of
        every causal map); with it, the scale would end at 1 and leave the rest of the map pale.
        """
        choices = self.weights[(~self.masked).sum(axis=1) > 1]
        return float(np.nanmax(choices, initial=0.0)) or 1.0

    @property
    def is_pooled(self) -> bool:
        """Whether a cell may stand for several weights."""
        return any(len(block) > 1 for block in self.rows + self.columns)

    @property
    def row_labels(self) -> tuple[str, ...]:
        """The token or block of every row, with its position."""
        return tuple(block_label(self.query_tokens, block.start, block.stop) for block in self.rows)

    @property
    def column_labels(self) -> tuple[str, ...]:
        """The token or block of every column, with its position."""
        return tuple(block_label(self.key_tokens, block.start, block.stop) for block in self.columns)


def exact_cells(
    maps: AttentionMaps, layer: int, head: int, *, rows: range | None = None, columns: range | None = None
) -> Cells:
    """The weights of one head as they are, for all tokens or for a window of the rows and of the columns.

    Raises SelectionError for a window that does not exist or has more than `MAX_EXACT` tokens.
    """
    rows = _check_window(rows, len(maps.query_tokens), axis="rows")
    columns = _check_window(columns, len(maps.key_tokens), axis="columns")
    weights = _masked_weights(maps, layer, head)[rows.start : rows.stop, columns.start : columns.stop]
    return Cells(weights, maps.query_tokens, maps.key_tokens, _blocks(rows, 1), _blocks(columns, 1))


def pooled_cells(maps: AttentionMaps, layer: int, head: int, *, max_size: int = MAX_SMALL) -> Cells:
    """The weights of one head in at most `max_size` rows and columns, each cell the largest weight of its block."""
    weights = _masked_weights(maps, layer, head)
    row_size, column_size = (-(-n // max_size) for n in weights.shape)
    rows, columns = (_blocks(range(n), size) for n, size in zip(weights.shape, (row_size, column_size), strict=True))
    if row_size > 1:
        weights = np.fmax.reduceat(weights, [block.start for block in rows], axis=0)
    if column_size > 1:
        weights = np.fmax.reduceat(weights, [block.start for block in columns], axis=1)
    return Cells(weights, maps.query_tokens, maps.key_tokens, rows, columns)


def window(n_tokens: int, start: int) -> range:
    """The tokens that the large map shows: all, or `MAX_EXACT` of them from `start`, moved back where they end."""
    start = max(0, min(start, n_tokens - MAX_EXACT))
    return range(start, min(start + MAX_EXACT, n_tokens))


def _masked_weights(maps: AttentionMaps, layer: int, head: int) -> NDArray[np.float32]:
    """Weights (row, column) with NaN where the mask hides the column."""
    weights: NDArray[np.float32] = maps.weights(layer, head).numpy(force=True)
    mask = maps.mask(layer, head)
    return weights if mask is None else np.where(mask.numpy(force=True), weights, np.float32("nan"))


def _blocks(positions: range, size: int) -> tuple[range, ...]:
    return tuple(range(start, min(start + size, positions.stop)) for start in positions[::size])


def _check_window(chosen: range | None, n_tokens: int, *, axis: str) -> range:
    chosen = range(n_tokens) if chosen is None else chosen
    if not (0 <= chosen.start < chosen.stop <= n_tokens and chosen.step == 1):
        raise SelectionError(
            f"The {axis} {chosen.start} to {chosen.stop - 1} do not exist; this text has {axis} 0 to {n_tokens - 1}."
        )
    if len(chosen) > MAX_EXACT:
        raise SelectionError(
            f"A map of {len(chosen)} {axis} is more than can be drawn exactly; choose at most {MAX_EXACT} of them."
        )
    return chosen
