"""Attention maps as bytes, for what draws them where no server is asked: every head small, the chosen one exact.

Two messages, because they change at different times:

    all heads   once for a text and model. One byte a cell: code 0 to 254 for a weight, 255 where the mask hides it.
                With a scale for each head, weight ≈ scale · (code / 254)². The square keeps small weights apart:
                after the first code of 0 a linear byte would have a step of 0.004 of the scale, more than an even
                share of 256 tokens. The error is at most scale / 254 (see `weight_of_codes`). Where cells are exact,
                a row with a single cell that is not masked has the scale 1: the head's need not reach its weight.
    one map     with every choice of a head: float32, the bits of the tensor, NaN where masked.

Exact maps of all heads travel where both messages fit into `MAX_BYTES`; of longer texts the cells are blocks of
tokens, each with its largest weight, no more of them than a screen shows (`SCREEN_CELLS` a side, fewer for models with
many heads). Bytes for 12 × 12 heads:

    tokens   cells a head   all heads   one map   bytes a weight
        16        16 × 16       38 kB      1 kB             1.08
        64        64 × 64      592 kB     16 kB             1.03
       128      128 × 128     2.36 MB     66 kB             1.03
       512        86 × 86     1.07 MB   1.05 MB             0.06

A message is: length of the header (uint32), header (JSON, padded with blanks to a multiple of four), arrays; all
little-endian.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from attnviz.analysis.scores import Link
from attnviz.trace import AttentionMaps

MAX_BYTES = 3_000_000
MAX_TOKENS = 512  # rows or columns of one exact map
SCREEN_CELLS = 96  # a side of a small map: 48 pixels on a screen with two of them to a point
MASKED = 255
TOP_CODE = 254
Allowed: TypeAlias = Bool[Tensor, "head_or_one query key"] | None
_WORDS_BYTES = 65_536  # kept free for the words of 512 tokens beside the exact map


@dataclass(frozen=True, eq=False)
class PackedMaps:
    """All heads of a stack as one message; `digest` names it.

    links: the strongest one of every head, layer by layer, as the message has them, counted in the window.
    """

    message: bytes = field(repr=False)
    digest: str
    block: tuple[int, int]
    links: tuple[Link, ...] = field(repr=False)

    @property
    def is_exact(self) -> bool:
        """Whether every cell is one weight."""
        return self.block == (1, 1)


def pack_maps(maps: AttentionMaps, *, rows: range, columns: range, group: str) -> PackedMaps:
    """The maps of all heads, for a window of the tokens; `group` names those that look at it together.

    Arrays, each (layer, head, …): scale (float32); the strongest link's weight (float32), query and key (uint16,
    counted in the window); codes (uint8).
    """
    block = _block_sides(len(rows), len(columns), n_maps=maps.n_layers * maps.n_heads)
    query_typed, key_typed = (
        torch.tensor([not token.is_special for token in tokens[window.start : window.stop]])
        for tokens, window in ((maps.query_tokens, rows), (maps.key_tokens, columns))
    )
    typed = query_typed[:, None] & key_typed  # (query, key)
    layers = []
    for layer in maps.layers:
        weights, allowed = window_of_layer(maps, layer, rows, columns)
        scale = scale_ends(weights, allowed)
        cells = weights if allowed is None else weights.masked_fill(~allowed, -1.0)
        ends = scale[:, None, None]
        if allowed is not None and block == (1, 1):
            ends = torch.where(_is_alone(allowed), 1.0, ends)  # (head, query, 1)
        layers.append((scale.numpy(), *_strongest_links(weights, allowed, typed), _codes(_pooled(cells, block), ends)))
    arrays = [np.stack(values) for values in zip(*layers, strict=True)]
    digest = blake2b(b"".join(array.tobytes() for array in arrays), digest_size=6).hexdigest()
    header = {
        "group": group,
        "digest": digest,
        "layers": list(maps.layers),
        "heads": maps.n_heads,
        "tokens": [len(rows), len(columns)],
        "cells": list(arrays[-1].shape[-2:]),
        "block": list(block),
    }
    of_links = (array.ravel().tolist() for array in arrays[1:4])
    links = tuple(Link(query, key, weight) for weight, query, key in zip(*of_links, strict=True))
    return PackedMaps(message(header, *arrays), digest, block, links)


def exact_map(
    maps: AttentionMaps, heads: Sequence[tuple[int, int]], *, rows: range, columns: range
) -> NDArray[np.float32]:
    """The mean of the maps of some heads, each given as (layer, head); of one head, its own bits.

    A cell that every one of them masks is NaN; where only some do, the mean counts theirs as the 0 that it is.
    """
    total = torch.zeros(len(rows), len(columns))
    seen = torch.zeros(len(rows), len(columns), dtype=torch.bool)
    for layer in sorted({layer for layer, _ in heads}):
        chosen = [head for each, head in heads if each == layer]
        weights, allowed = window_of_layer(maps, layer, rows, columns, head=chosen[0] if len(chosen) == 1 else None)
        picked = [0] if len(chosen) == 1 else chosen
        total += weights[picked].sum(dim=0)  # (query, key)
        seen |= True if allowed is None else allowed.expand(weights.shape)[picked].any(dim=0)
    mean = total if len(heads) == 1 else total / len(heads)
    result: NDArray[np.float32] = mean.masked_fill(~seen, float("nan")).numpy()
    return result


def message(header: Mapping[str, Any], *arrays: NDArray[Any]) -> bytes:
    """A header and arrays as bytes."""
    words = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    words += b" " * (-len(words) % 4)
    bodies = (array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes() for array in arrays)
    return len(words).to_bytes(4, "little") + words + b"".join(bodies)


def weight_of_codes(codes: NDArray[np.uint8], scale: float) -> NDArray[np.float32]:
    """The weights that codes stand for, NaN where masked.

    Between two codes c and c + 1 lie (2c + 1) / 254² of the scale, and rounding is in the square root, so a weight is
    off by at most (c + ¼) / 254² < 1 / 254 of the scale.
    """
    weights = np.float32(scale) * (codes.astype(np.float32) / TOP_CODE) ** 2
    return np.where(codes == MASKED, np.float32("nan"), weights)


def scale_ends(weights: Float[Tensor, "head query key"], allowed: Allowed) -> Float[Tensor, " head"]:
    """The largest weight of every head that was a choice: a row with one allowed cell has 1 there whatever happens."""
    ends = _choices(weights, allowed).amax(dim=(-2, -1))  # (head,)
    return torch.where(ends > 0, ends, torch.ones_like(ends))


def window_of_layer(
    maps: AttentionMaps, layer: int, rows: range, columns: range, *, head: int | None = None
) -> tuple[Float[Tensor, "head query key"], Allowed]:
    """Weights of a layer (or of one head of it) in a window, and where the mask allows them; None without a mask.

    One head's mask may stand for all.
    """
    cut = (..., slice(rows.start, rows.stop), slice(columns.start, columns.stop))
    weights = maps.weights(layer, head).detach().cpu()[cut]
    mask = maps.mask(layer, head)
    allowed = None if mask is None else mask.cpu()[cut]
    if head is None:
        return weights, allowed  # (head, query, key)
    return weights[None], None if allowed is None else allowed[None]


def _block_sides(n_rows: int, n_columns: int, *, n_maps: int) -> tuple[int, int]:
    """Tokens to a block along the rows and along the columns."""
    room = MAX_BYTES - _WORDS_BYTES - 4 * n_rows * n_columns - 12 * n_maps
    if n_maps * n_rows * n_columns <= room:
        return 1, 1
    side = SCREEN_CELLS
    while True:
        rows, columns = -(-n_rows // side), -(-n_columns // side)
        if n_maps * -(-n_rows // rows) * -(-n_columns // columns) <= room or side == 1:
            return rows, columns
        side -= 1


def _pooled(weights: Float[Tensor, "head query key"], block: tuple[int, int]) -> Float[Tensor, "head row column"]:
    """The largest weight of every block."""
    rows, columns = block
    full = pad(weights, (0, -weights.shape[2] % columns, 0, -weights.shape[1] % rows), value=-1.0)
    n_heads, n_rows, n_columns = full.shape
    in_rows = full.view(n_heads, n_rows // rows, rows, n_columns).amax(dim=2)  # (head, row, key)
    return in_rows.view(n_heads, n_rows // rows, n_columns // columns, columns).amax(dim=3)  # (head, row, column)


def _codes(cells: Float[Tensor, "head row column"], ends: Float[Tensor, "head row_or_one 1"]) -> NDArray[np.uint8]:
    """Codes of weights, each row with a scale that ends where `ends` says; −1 stands for masked."""
    shares = (cells / ends).clamp(0, 1)
    codes = (shares.sqrt() * TOP_CODE).round().to(torch.uint8).masked_fill(cells < 0, MASKED)
    result: NDArray[np.uint8] = codes.numpy()
    return result


def _choices(weights: Float[Tensor, "head query key"], allowed: Allowed) -> Float[Tensor, "head query key"]:
    """The weights, with 0 in the rows that have a single cell to attend to."""
    if allowed is None:
        return weights if weights.shape[-1] > 1 else torch.zeros_like(weights)
    return weights.masked_fill(_is_alone(allowed), 0.0)


def _is_alone(allowed: Bool[Tensor, "head_or_one query key"]) -> Bool[Tensor, "head_or_one query 1"]:
    """Which rows have a single cell to attend to, or none."""
    return allowed.sum(dim=-1, keepdim=True) <= 1


def _strongest_links(
    weights: Float[Tensor, "head query key"], allowed: Allowed, typed: Bool[Tensor, "query key"]
) -> tuple[NDArray[np.float32], NDArray[np.uint16], NDArray[np.uint16]]:
    """Weight, query and key of every head's largest weight that was a choice, between typed tokens if there is one.

    Of a head that looks at its special tokens most of the time, that is the link that a reader asks for.
    """
    choices = _choices(weights, allowed)
    between = choices * typed  # (head, query, key)
    candidates = torch.where((between.amax(dim=(-2, -1)) > 0)[:, None, None], between, choices)
    flat = candidates.flatten(1).numpy()  # (head, query · key)
    place = flat.argmax(axis=1)
    query, key = np.divmod(place, weights.shape[-1])
    return np.take_along_axis(flat, place[:, None], axis=1)[:, 0], query.astype(np.uint16), key.astype(np.uint16)
