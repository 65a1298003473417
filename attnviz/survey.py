"""All maps of a stack in one pass: their codes, where their scales end, the strongest link and the habit of every head.

`survey` derives every weight once, layer by layer, and whatever else is asked about all heads is answered from what it
found. Small layers are derived several at a time; a layer of a long text some rows at a time, so that never more than
one layer's maps are in memory, and of 4,096 tokens only a part of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from attnviz.analysis.habits import Habit, Tally
from attnviz.analysis.notable import Notable, Wanted
from attnviz.analysis.strongest import Ends, Truths, Weights, strongest_links
from attnviz.packing import block_sides, codes, pooled
from attnviz.trace import AttentionMaps

KEPT_CELLS = 1_000_000  # weights of a text that are kept, 4 MB; those of a longer one are derived again when looked at
SMALL_CELLS = 65_536  # weights up to which layers are derived together: what counts then is how many steps it takes
LARGE_CELLS = 4_000_000  # weights above which a layer is derived some rows at a time, 16 MB
KEPT_MAPS = 16  # of long texts, at most 1 MB each

Heads: TypeAlias = Sequence[tuple[int, int]]
Blocks: TypeAlias = tuple[range, ...]


@dataclass(frozen=True, eq=False)
class Survey:
    """What was found when all maps were derived: plain arrays, all of them layer by layer and counted in the window.

    maps, rows, columns: of what, and in which window. digest: names the tokens and the weights in it.
    ends: where the colour scale of each head ends. codes: (head, row, column) of blocks of `block` tokens.
    link_weights, link_queries, link_keys: the strongest link of each head.
    habits: of each head. notable: layer, head, row and column, among all that is drawn, of the link to look at first.
    """

    maps: AttentionMaps = field(repr=False)
    rows: range
    columns: range
    block: tuple[int, int]
    digest: str
    ends: NDArray[np.float32] = field(repr=False)
    codes: NDArray[np.uint8] = field(repr=False)
    link_weights: NDArray[np.float32] = field(repr=False)
    link_queries: NDArray[np.uint16] = field(repr=False)
    link_keys: NDArray[np.uint16] = field(repr=False)
    habits: tuple[Habit, ...] = field(repr=False)
    notable: tuple[int, int, int, int] | None
    _weights: Weights | None = field(repr=False)
    _kept: dict[Any, Weights] = field(default_factory=dict, repr=False)

    def exact(self, heads: Heads) -> Weights:
        """The mean of the maps of these heads, each (layer, head), in the window: (row, column), NaN where masked.

        Of one head, its own bits. A cell that every one of them masks is NaN; where only some do, the mean counts
        theirs as the 0 that it is.
        """
        if self._weights is not None:
            first = {layer: at * self.maps.n_heads for at, layer in enumerate(self.maps.layers)}
            chosen = self._weights[[first[layer] + head for layer, head in heads]]
            return chosen[0] if len(heads) == 1 else _mean(chosen)
        key = tuple(heads)
        if key not in self._kept:
            while len(self._kept) >= KEPT_MAPS:
                self._kept.pop(next(iter(self._kept)), None)
            self._kept[key] = exact_map(self.maps, key, rows=self.rows, columns=self.columns)
        return self._kept[key]

    def layer(self, layer: int, *, most: int | None = None) -> tuple[Weights, Blocks, Blocks]:
        """The maps of a layer in the window, (head, row, column), NaN where masked, and the places of rows and columns.

        most: a map has at most so many rows and columns; each cell is then the largest weight of a block.
        """
        block = tuple(-(-len(side) // (most or len(side))) for side in (self.rows, self.columns))
        if self._weights is not None:
            at = self.maps.layers.index(layer) * self.maps.n_heads
            cells = self._weights[at : at + self.maps.n_heads]
        else:
            cells = _marked(*_derived(self.maps, [layer], self.rows, self.columns))
        sides = zip((self.rows, self.columns), block, strict=True)
        rows, columns = (tuple(side[at : at + size] for at in range(0, len(side), size)) for side, size in sides)
        return pooled(cells, block), rows, columns


def survey(maps: AttentionMaps, *, rows: range | None = None, columns: range | None = None) -> Survey:
    """What there is to know of all heads, in a window of the tokens; every weight is derived once."""
    rows = range(len(maps.query_tokens)) if rows is None else rows
    columns = range(len(maps.key_tokens)) if columns is None else columns
    n_maps = maps.n_layers * maps.n_heads
    block = block_sides(len(rows), len(columns), n_maps=n_maps)
    seen = _Seen(maps, rows, columns, block)
    for layers in _together(maps, rows):
        seen.add(layers)
    notable = seen.notable
    place = None
    if notable is not None:
        layer, head = divmod(notable.at, maps.n_heads)
        place = (maps.layers[layer], head, rows[notable.query], columns[notable.key])
    ends, codes, weights, queries, keys = (np.concatenate(parts) for parts in zip(*seen.found, strict=True))
    kept = np.concatenate(seen.kept) if seen.kept else None
    return Survey(
        maps=maps, rows=rows, columns=columns, block=block, digest=seen.digest.hexdigest(), ends=ends, codes=codes,
        link_weights=weights, link_queries=queries.astype(np.uint16), link_keys=keys.astype(np.uint16),
        habits=tuple(seen.habits), notable=place, _weights=kept,
    )  # fmt: skip


class _Seen:
    """What has been found in the layers up to now."""

    def __init__(self, maps: AttentionMaps, rows: range, columns: range, block: tuple[int, int]) -> None:
        self._maps, self._rows, self._columns, self._block = maps, rows, columns, block
        queries = maps.query_tokens[rows.start : rows.stop]
        keys = maps.key_tokens[columns.start : columns.stop]
        is_one_text, ahead = maps.is_one_text, columns.start - rows.start
        self._ends = Ends.of(queries, keys, is_one_text=is_one_text, ahead=ahead)
        self._wanted = Wanted(queries, keys, is_one_text=is_one_text, ahead=ahead)
        self._keeps = maps.n_layers * maps.n_heads * len(rows) * len(columns) <= KEPT_CELLS
        self.found: list[tuple[NDArray[Any], ...]] = []
        self.kept: list[Weights] = []
        self.habits: list[Habit] = []
        self.notable: Notable | None = None
        is_same = maps.key_tokens == maps.query_tokens
        named = (maps.layers, rows, columns, maps.is_one_text, maps.query_tokens, None if is_same else maps.key_tokens)
        self.digest = blake2b(repr(named).encode(), digest_size=8)

    def add(self, layers: Sequence[int]) -> None:
        """Derive some layers and take what is to be known of them."""
        maps = self._maps
        tally = Tally(maps.key_tokens, n_queries=len(maps.query_tokens), is_one_text=maps.is_one_text)
        weights, allowed = _derived(maps, layers, self._rows, self._columns, tally)
        self.habits += tally.habits()
        alone = _is_alone(weights, allowed)  # (map or one, row)
        ends = np.where(alone, np.float32(0), weights.max(axis=-1)).max(axis=-1)  # (map,)
        ends[ends == 0] = 1.0
        cells = _marked(weights, allowed)
        seen = pooled(cells, self._block)
        reach = ends[:, None, None]
        if self._block == (1, 1):
            reach = np.where(alone[..., None], np.float32(1), reach) if len(self._columns) > 1 else reach
        self.found.append((ends, codes(seen, reach), *strongest_links(weights, allowed, self._ends)))
        if self._keeps:
            self.kept.append(cells)
        self._note(layers, weights, allowed)
        # one bit that is another one changes the sum of its row
        self.digest.update(weights.view(np.uint32).sum(axis=-1, dtype=np.uint64).tobytes())
        self.digest.update(seen.tobytes())

    def _note(self, layers: Sequence[int], weights: Weights, allowed: Truths | None) -> None:
        """Keep the link to look at first, the earlier one of two that say as much."""
        link = self._wanted.most(weights, allowed)
        if link is not None and (self.notable is None or link.above > self.notable.above):
            first = self._maps.layers.index(layers[0]) * self._maps.n_heads
            self.notable = Notable(link.above, first + link.at, link.query, link.key)


def exact_map(maps: AttentionMaps, heads: Heads, *, rows: range, columns: range) -> Weights:
    """The mean of the maps of some heads, each given as (layer, head), derived for it: see `Survey.exact`."""
    if len(heads) == 1:
        ((layer, head),) = heads
        return _marked(*_derived(maps, [layer], rows, columns, head=head))[0]
    total = np.zeros((len(rows), len(columns)))
    seen = np.zeros(total.shape, dtype=bool)
    for layer in sorted({layer for layer, _ in heads}):
        weights, allowed = _derived(maps, [layer], rows, columns)
        chosen = [head for each, head in heads if each == layer]
        total += weights[chosen].sum(axis=0, dtype=np.float64)  # (row, column)
        seen |= True if allowed is None else np.broadcast_to(allowed, weights.shape)[chosen].any(axis=0)
    return np.where(seen, total / len(heads), np.nan).astype(np.float32)


def _together(maps: AttentionMaps, rows: range) -> Iterator[Sequence[int]]:
    """The layers, as many at a time as are small together."""
    size = max(1, SMALL_CELLS // (maps.n_heads * len(rows) * len(maps.key_tokens)))
    for at in range(0, maps.n_layers, size):
        yield maps.layers[at : at + size]


def _derived(
    maps: AttentionMaps,
    layers: Sequence[int],
    rows: range,
    columns: range,
    tally: Tally | None = None,
    head: int | None = None,
) -> tuple[Weights, Truths | None]:
    """Weights of all heads of some layers (or of one head) in a window, and where the mask allows them; None without.

    tally: counts every row of the window with all of its keys. One map's mask may stand for all.
    """
    n_heads = maps.n_heads if head is None else 1
    size = max(1, LARGE_CELLS // (len(layers) * n_heads * len(maps.key_tokens)))
    parts = []
    for start in range(rows.start, rows.stop, size):
        part = range(start, min(start + size, rows.stop))
        weights, allowed = _rows_of(maps, layers, part, head)
        if tally is not None:
            tally.add(weights, allowed, first=start)
        cut = np.s_[:, :, columns.start : columns.stop]
        parts.append((weights[cut], None if allowed is None else allowed[cut]))
    if len(parts) == 1:
        return np.ascontiguousarray(parts[0][0]), parts[0][1]
    masks = [allowed for _, allowed in parts if allowed is not None]
    return np.concatenate([weights for weights, _ in parts], axis=1), np.concatenate(masks, axis=1) if masks else None


def _rows_of(
    maps: AttentionMaps, layers: Sequence[int], rows: range, head: int | None
) -> tuple[Weights, Truths | None]:
    """Some rows of some layers, (map, row, key), and where the mask allows them, (map or one, row, key)."""
    some = None if len(rows) == len(maps.query_tokens) else rows
    weights = [maps.weights(layer, head, rows=some).numpy(force=True) for layer in layers]
    masks = [maps.mask(layer, head, rows=some) for layer in layers]
    if head is not None:
        weights, masks = [each[None] for each in weights], [mask if mask is None else mask[None] for mask in masks]
    return weights[0] if len(weights) == 1 else np.concatenate(weights), _one_mask(masks, weights[0].shape)


def _one_mask(masks: Sequence[Any], shape: tuple[int, ...]) -> Truths | None:
    """The masks of some layers as one: None where nothing is hidden, one map's where it is that of all."""
    if all(mask is None for mask in masks):
        return None
    arrays = [np.ones(shape, dtype=bool) if mask is None else mask.numpy(force=True) for mask in masks]
    if len(arrays[0]) == 1 and all(np.array_equal(arrays[0], other) for other in arrays[1:]):
        return arrays[0]
    return np.concatenate([np.broadcast_to(array, shape) for array in arrays])


def _marked(weights: Weights, allowed: Truths | None) -> Weights:
    """The weights with NaN where they are masked."""
    return weights if allowed is None else np.where(allowed, weights, np.float32("nan"))


def _mean(cells: Weights) -> Weights:
    """The mean of some maps, (row, column)."""
    masked = np.isnan(cells)
    mean = np.where(masked, np.float32(0), cells).mean(axis=0, dtype=np.float64)
    return np.where(masked.all(axis=0), np.nan, mean).astype(np.float32)


def _is_alone(weights: Weights, allowed: Truths | None) -> Truths:
    """Which rows have a single cell to attend to, or none, (map or one, row)."""
    if allowed is None:
        return np.full((1, weights.shape[1]), weights.shape[2] <= 1)
    return allowed.sum(axis=-1) <= 1
