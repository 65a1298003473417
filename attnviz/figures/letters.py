"""The numbers in the cells of a large heat map, each in black or white: the one that stands out from its cell.

Plotly picks one of two text colours itself, a grey among them that is hard to read on cells of middle lightness.
Between black and white the better one has a contrast of 4.58 at least on any colour (WCAG 2.2 asks for 4.5).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLACK, WHITE = "black", "white"
# Relative luminance at which black and white stand out equally: (1.05 / y) = (y / 0.05), less the 0.05 of flare.
_MIDDLE = (1.05 * 0.05) ** 0.5 - 0.05


def numbers_traces(
    weights: NDArray[np.float32], heatmap: dict[str, Any], *, write: Callable[[float], str]
) -> list[dict[str, Any]]:
    """A text for every cell that `write` has one for, in the colour that its cell calls for.

    A trace for each colour that is called for: Plotly checks a list of colours one by one, 25 µs each.

    weights: (row, column), NaN where masked. heatmap: the trace that colours them, with z, zmin, zmax and colorscale.
    """
    texts = [[write(weight) for weight in row] for row in weights.tolist()]
    light = luminance(heatmap)
    places: dict[str, list[tuple[int, int]]] = {BLACK: [], WHITE: []}
    for row, line in enumerate(texts):
        for column, text in enumerate(line):
            if text:
                places[BLACK if stands_out(light[row, column]) else WHITE].append((row, column))
    return [
        {
            "type": "scatter",
            "mode": "text",
            "x": [column for _, column in cells],
            "y": [row for row, _ in cells],
            "text": [texts[row][column] for row, column in cells],
            "textfont": {"color": colour},
            "hoverinfo": "skip",
        }
        for colour, cells in places.items()
        if cells
    ]


def stands_out(light: float) -> bool:
    """Whether black stands out more than white from a colour of this luminance."""
    return bool(light > _MIDDLE)


def luminance(heatmap: dict[str, Any]) -> NDArray[np.float64]:
    """Relative luminance (WCAG 2.2) of the colour of every cell, NaN where it has none."""
    low, high = heatmap["zmin"], heatmap["zmax"]
    share = np.clip((np.asarray(heatmap["z"], dtype=np.float64) - low) / (high - low), 0, 1)
    stops = np.array([stop for stop, _ in heatmap["colorscale"]])
    colours = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for _, colour in heatmap["colorscale"]])
    channels = np.stack([np.interp(share, stops, colours[:, channel]) for channel in range(3)], axis=-1) / 255
    return _luminance(channels)


def _luminance(channels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Relative luminance of red, green and blue from 0 to 1, along the last axis."""
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    light: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return light
