"""The codes of maps and the bytes of messages: what draws the maps where no server is asked.

A cell is one byte: code 0 to 254 for a weight, 255 where the mask hides it. With a scale for each head, weight ≈ scale
· (code / 254)². The square keeps small weights apart: after the first code of 0 a linear byte would have a step of
0.004 of the scale, more than an even share of 256 tokens. Between two codes c and c + 1 lie (2c + 1) / 254² of the
scale, and rounding is in the square root, so a weight is off by at most (c + ¼) / 254² < 1 / 254 of the scale. Where
cells are exact, a row with a single cell that is not masked has the scale 1: the head's need not reach its weight.

Exact maps of all heads travel where they fit into `MAX_BYTES`; of longer texts the cells are blocks of tokens, each
with its largest weight, no more of them than a screen shows (`SCREEN_CELLS` a side, fewer for models with many heads).
Bytes for 12 × 12 heads:

    tokens   cells a head   all heads   one map   bytes a weight
        16        16 × 16       38 kB      1 kB             1.08
        64        64 × 64      592 kB     16 kB             1.03
       128      128 × 128     2.36 MB     66 kB             1.03
       512        86 × 86     1.07 MB   1.05 MB             0.06

A message is: length of the header (uint32), header (JSON, padded with blanks to a multiple of four), arrays; all
little-endian.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_BYTES = 3_000_000
MAX_TOKENS = 512  # rows or columns of one exact map
SCREEN_CELLS = 96  # a side of a small map: 48 pixels on a screen with two of them to a point
MASKED = 255
TOP_CODE = 254
_WORDS_BYTES = 65_536  # kept free for the words of 512 tokens beside the exact map


def message(header: Mapping[str, Any], *arrays: NDArray[Any]) -> bytes:
    """A header and arrays as bytes."""
    words = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    words += b" " * (-len(words) % 4)
    bodies = (array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes() for array in arrays)
    return len(words).to_bytes(4, "little") + words + b"".join(bodies)


def block_sides(n_rows: int, n_columns: int, *, n_maps: int) -> tuple[int, int]:
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


def pooled(cells: NDArray[np.float32], block: tuple[int, ...]) -> NDArray[np.float32]:
    """The largest weight of every block, NaN where all of it is masked."""
    for axis, size in zip((1, 2), block, strict=True):
        lines = np.moveaxis(cells, axis, 0)
        largest = lines[::size].copy() if size > 1 else lines
        for at in range(1, size):  # line by line, which is ten times as fast as NumPy's reduceat
            others = lines[at::size]
            np.fmax(largest[: len(others)], others, out=largest[: len(others)])
        cells = np.moveaxis(largest, 0, axis)
    return cells


def codes(cells: NDArray[np.float32], ends: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Codes of weights, each row with a scale that ends where `ends` says."""
    masked = np.isnan(cells)
    found = np.rint(np.sqrt(np.clip(cells / ends, 0, 1)) * np.float32(TOP_CODE))
    found[masked] = MASKED
    return found.astype(np.uint8)
