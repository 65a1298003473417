"""All heads of all layers in one picture, as one takes it away: a small map for each, layers down, heads across.

One heat map holds them all, because a figure of 144 plots takes seconds to draw. Its edges leave room between heads.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from attnviz.figures.cells import Cells, pooled_cells
from attnviz.figures.heatmap import FONT_SIZE, Spec, colours_and_letters
from attnviz.figures.scales import LOGARITHMIC, PER_HEAD, coloured, ticks
from attnviz.figures.theme import LIGHT, Theme
from attnviz.trace import AttentionMaps

SIDE = 48  # cells of one map at most, along its longer side
SHARE = 0.92  # of the room for a head, what its map takes up
MAX_TILE = 104  # pixels for one head
MAX_SIZE = 760  # pixels for all heads
COLOUR_BAR = 76  # pixels beside the maps


def all_heads(
    maps: AttentionMaps, *, theme: Theme = LIGHT, scale: str = PER_HEAD, chosen: tuple[int, int] | None = None
) -> go.Figure:
    """The maps of all heads; a text of more than `SIDE` tokens is pooled to blocks, each with its largest weight.

    scale: one of `attnviz.figures.scales`; where every head has its own, the colours are shares of its end.
    chosen: a layer and a head to frame.
    """
    tiles = [[pooled_cells(maps, layer, head, max_size=SIDE) for head in range(maps.n_heads)] for layer in maps.layers]
    shape = tiles[0][0].weights.shape
    colours = np.block([[_framed(_colours(cells, scale, theme)) for cells in layer] for layer in tiles])
    place = {
        "type": "heatmap",
        "x": _edges(maps.n_heads, shape[1]),
        "y": _edges(maps.n_layers, shape[0]),
        "hoverongaps": False,
    }
    low, high = (
        (coloured(tiles[0][0], scale, theme)[end] for end in ("zmin", "zmax")) if scale == LOGARITHMIC else (0, 1)
    )
    hover = "layer %{customdata[0]}, head %{customdata[1]}<br>weight %{customdata[2]:.4~g}<extra></extra>"
    traces = [
        place
        | {"z": colours, "zmin": low, "zmax": high, "colorscale": theme.colorscale, "colorbar": _bar(scale, theme)}
        | {"customdata": _hovered(maps.layers, tiles), "hovertemplate": hover}
    ]
    masked = np.block([[_framed(np.where(cells.masked, np.float32(1), np.nan)) for cells in layer] for layer in tiles])
    if not np.isnan(masked).all():
        traces.append(
            place | {"z": masked, "colorscale": theme.masked_colorscale, "showscale": False, "hoverinfo": "skip"}
        )
    return go.Figure({"data": traces, "layout": _layout(maps, shape, theme, chosen)})


def is_pooled(maps: AttentionMaps) -> bool:
    """Whether a cell stands for several weights."""
    return max(len(maps.query_tokens), len(maps.key_tokens)) > SIDE


def _colours(cells: Cells, scale: str, theme: Theme) -> NDArray[np.float32]:
    """The numbers that give the cells their colours, for all heads on one scale."""
    drawn = coloured(cells, scale, theme)
    z: NDArray[np.float32] = drawn["z"]
    return z if scale == LOGARITHMIC else z / np.float32(drawn["zmax"])


def _framed(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cells of one head and, right and below, a gap."""
    return np.pad(values.astype(np.float32), ((0, 1), (0, 1)), constant_values=np.nan)


def _edges(n_heads: int, n_cells: int) -> NDArray[np.float32]:
    """Where the cells of all heads begin along one side, and where the last gap ends; a head takes up 1."""
    starts = np.append(np.arange(n_cells) / n_cells, 1.0) * SHARE
    every = (np.arange(n_heads)[:, None] + starts).ravel()
    return np.append(every, n_heads).astype(np.float32)


def _hovered(layers: tuple[int, ...], tiles: list[list[Cells]]) -> NDArray[np.float32]:
    """Layer, head and weight of every cell."""

    def of(layer: int, head: int, cells: Cells) -> NDArray[np.float32]:
        places = [np.full(cells.weights.shape, number, dtype=np.float32) for number in (layer, head)]
        return np.stack([_framed(values) for values in (*places, cells.weights)], axis=-1)

    rows = [
        np.concatenate([of(layer, head, cells) for head, cells in enumerate(heads)], axis=1)
        for layer, heads in zip(layers, tiles, strict=True)
    ]
    return np.concatenate(rows, axis=0)


def _bar(scale: str, theme: Theme) -> Spec:
    """The colour bar: weights, or shares of a head's own scale."""
    bar = ticks(scale) | {"thickness": 8, "outlinewidth": 0, "tickcolor": theme.line, "xpad": 12, "ypad": 0}
    return bar | {"tickformat": ".0%"} if scale == PER_HEAD else bar


def _layout(maps: AttentionMaps, shape: tuple[int, ...], theme: Theme, chosen: tuple[int, int] | None) -> Spec:
    """Axes that count layers and heads, and a frame around every head."""
    n_layers, n_heads = maps.n_layers, maps.n_heads
    are_all = maps.layers == tuple(range(n_layers))
    ratio = min(2.0, max(0.5, shape[0] / shape[1]))
    width = min(MAX_TILE / max(1.0, ratio), MAX_SIZE / n_heads, MAX_SIZE / (n_layers * ratio))
    axis = {"showgrid": False, "zeroline": False, "ticks": "", "tickmode": "array"}
    return colours_and_letters(theme) | {
        "title": {
            "text": f"{'All layers' if are_all else 'Layers that attend'} (down) × heads (across)",
            "font": {"size": FONT_SIZE + 2},
            "x": 0,
            "xanchor": "left",
            "y": 1,
            "yanchor": "top",
            "pad": {"l": 4, "t": 6},
        },
        "xaxis": axis | _counted(range(n_heads)) | {"side": "top", "range": [-0.03, n_heads]},
        "yaxis": axis | _counted(maps.layers) | {"range": [n_layers, -0.03]},
        "margin": {"l": 36, "r": COLOUR_BAR, "t": 62, "b": 4, "pad": 0},
        "width": round(width * n_heads) + 36 + COLOUR_BAR,
        "height": round(width * ratio * n_layers) + 66,
        "shapes": [
            _frame(row, head, theme, is_chosen=(layer, head) == chosen)
            for row, layer in enumerate(maps.layers)
            for head in range(n_heads)
        ],
    }


def _counted(numbers: Sequence[int]) -> Spec:
    return {"tickvals": [at + SHARE / 2 for at in range(len(numbers))], "ticktext": [str(each) for each in numbers]}


def _frame(row: int, head: int, theme: Theme, *, is_chosen: bool) -> Spec:
    line = {"color": theme.text, "width": 2} if is_chosen else {"color": theme.line, "width": 1}
    corners = {"x0": head, "x1": head + SHARE, "y0": row, "y1": row + SHARE}
    return {"type": "rect", "line": line} | corners
