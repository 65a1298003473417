"""The heat map of one attention head: a row is a query, a column is a key, the row attends to the column.

Axes are numeric and count tokens, because Plotly joins rows and columns of equal names ("the … the"). The tokens are
tick labels: all of them on an axis whose labels are hidden, from which hover takes its names, and as many as there is
room for on a second axis laid over it.

A figure is put together as one dictionary and handed to Plotly once: updating a figure costs more than building it.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from attnviz.figures.base import FONT as FONT  # for those above that have it from here
from attnviz.figures.base import FONT_SIZE as FONT_SIZE
from attnviz.figures.base import LETTER as LETTER
from attnviz.figures.base import Figure as Figure
from attnviz.figures.base import Spec as Spec
from attnviz.figures.base import base_layout
from attnviz.figures.cells import Cells, exact_cells, pooled_cells
from attnviz.figures.labels import axis_label, short, width
from attnviz.figures.numbers import numbers_traces, written
from attnviz.figures.scales import PER_HEAD, coloured, hover_value, ticks
from attnviz.figures.theme import LIGHT, Theme
from attnviz.tokens import Token
from attnviz.trace import AttentionMaps

LARGE = 528  # pixels of the longer side of the large map: more than the 512 tokens that it draws at once
MAX_CELL = 28  # pixels, so that a short text is seen whole on the first screen
TITLE = 30  # pixels above the labels, where the toolbar appears too
COLOUR_BAR = 84  # pixels beside the map
MIN_NUMBER_CELL = 27  # pixels in which ".43" can be read
MIN_LABEL_STEP = 15  # pixels from one label to the next
SMALL = 160  # pixels of the longer side of a small map
_STEPS = (1, 2, 5, 10, 20, 25, 50, 100)
_HOVER = "<b>%{y}</b><br>attends to <b>%{x}</b><br>"
_MASKED = "not allowed: masked<extra></extra>"


def heat_map(
    maps: AttentionMaps,
    layer: int,
    head: int,
    *,
    theme: Theme = LIGHT,
    rows: range | None = None,
    columns: range | None = None,
    scale: str = PER_HEAD,
    framed: tuple[int, int] | None = None,
) -> go.Figure:
    """The large map of one head, every cell exact; `rows` and `columns` choose a window of a long text.

    scale: one of `attnviz.figures.scales`. framed: a query and a key, whose row and cell get a frame.
    Its width and height give square cells; where a page has less width, cells become narrow and keep their height.
    Raises SelectionError for a layer, a head or a window that does not exist, or a window that is too large.
    """
    cells = exact_cells(maps, layer, head, rows=rows, columns=columns)
    weights, *masked = _traces(cells, theme, gap=1 if _cell_size(cells)[1] >= 10 else 0, scale=scale)
    weights["colorbar"] = ticks(scale)
    title = f"Layer {layer}, head {head}: row attends to column"
    return _large(cells, [weights, *masked], title, theme=theme, framed=framed)


def _large(
    cells: Cells, traces: list[Spec], title: str, *, theme: Theme, framed: tuple[int, int] | None = None
) -> go.Figure:
    """A large map with labels, title, numbers where they fit and a colour bar."""
    row_height, cell = _cell_size(cells)
    traces[0]["colorbar"] |= {
        "ticklabeloverflow": "allow",
        "thickness": 8,
        "outlinewidth": 0,
        "tickcolor": theme.line,
        "xpad": 12,
        "ypad": 0,
    }
    layout = _layout(cells, theme) | _label_axes(cells, cell=(row_height, cell))
    layout["title"] = {"text": title, "font": {"size": FONT_SIZE + 2}}
    layout["title"] |= {"x": 0, "xanchor": "left", "y": 1, "yanchor": "top", "pad": {"l": 4, "t": 6}}
    margin = layout["margin"]
    n_rows, n_columns = cells.weights.shape
    layout["width"] = round(n_columns * cell + margin["l"] + margin["r"])
    layout["height"] = round(n_rows * row_height + margin["t"] + margin["b"])
    if framed is not None:
        layout["shapes"] = _frames(cells, *framed, theme=theme)
    # The second axes are drawn only if a trace lies on them: the numbers, or nothing.
    numbers = numbers_traces(cells.weights, traces[0], write=written) if cell >= MIN_NUMBER_CELL else []
    second = [
        trace | {"xaxis": "x2", "yaxis": "y2"}
        for trace in numbers or [{"type": "scatter", "x": [None], "y": [None], "hoverinfo": "skip"}]
    ]
    return go.Figure({"data": [*traces, *second], "layout": layout})


def _cell_size(cells: Cells) -> tuple[float, float]:
    """Height and width of a cell of a large map; a map of two rows and 500 columns keeps rows that one can see."""
    n_rows, n_columns = cells.weights.shape
    cell = min(float(MAX_CELL), LARGE / max(n_rows, n_columns))
    return max(cell, min(24.0, 240 / n_rows)), cell


def small_heat_map(
    maps: AttentionMaps, layer: int, head: int, *, theme: Theme = LIGHT, scale: str = PER_HEAD
) -> go.Figure:
    """The small map of one head, without labels: hover names them.

    A text of more than 128 tokens is pooled to blocks of tokens, of which the largest weight is shown.
    """
    cells = pooled_cells(maps, layer, head)
    n_rows, n_columns = cells.weights.shape
    longest = max(n_rows, n_columns)
    weights, *masked = _traces(cells, theme, gap=1 if SMALL / longest >= 10 else 0, scale=scale)
    weights["showscale"] = False
    size = {
        "width": max(24, round(SMALL * n_columns / longest)) + 4,
        "height": max(24, round(SMALL * n_rows / longest)) + 4,
        "margin": {"l": 2, "r": 2, "t": 2, "b": 2, "pad": 0},
    }
    return go.Figure({"data": [weights, *masked], "layout": _layout(cells, theme) | size})


def _traces(cells: Cells, theme: Theme, *, gap: int, scale: str) -> list[Spec]:
    """The weights and, where there are any, the masked cells."""
    shared = {"type": "heatmap", "x0": 0, "dx": 1, "y0": 0, "dy": 1, "xgap": gap, "ygap": gap, "hoverongaps": False}
    kind = "largest weight" if cells.is_pooled else "weight"
    hover = f"{_HOVER}{kind} %{{{hover_value(scale)}:.4~g}}<extra></extra>"
    weights = shared | coloured(cells, scale, theme) | {"hovertemplate": hover}
    if not cells.masked.any():
        return [weights]
    masked = shared | {
        "z": np.where(cells.masked, np.float32(1), np.float32("nan")),
        "colorscale": theme.masked_colorscale,
        "showscale": False,
        "xgap": 0,
        "ygap": 0,
        "hovertemplate": _HOVER + _MASKED,
    }
    return [weights, masked]


def colours_and_letters(theme: Theme) -> Spec:
    """What large pictures have in common: no template of Plotly's, our letters, the colours of the page."""
    return base_layout(theme) | {"template": "none", "plot_bgcolor": theme.background}


def _layout(cells: Cells, theme: Theme) -> Spec:
    """Colours, and axes without visible labels that know every token."""
    n_rows, n_columns = cells.weights.shape
    axis = {
        "showticklabels": False,
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "showline": True,
        "mirror": True,
        "linecolor": theme.line,
        "linewidth": 1,
    }
    return colours_and_letters(theme) | {
        "xaxis": axis | _ticks(cells.column_labels) | {"range": [-0.5, n_columns - 0.5]},
        "yaxis": axis | _ticks(cells.row_labels) | {"range": [n_rows - 0.5, -0.5]},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": theme.muted, "activecolor": theme.text},
        "showlegend": False,
    }


def _label_axes(cells: Cells, *, cell: tuple[float, float]) -> Spec:
    """A second pair of axes with as many labels as there is room for, and the margins that they need."""
    row_tokens = [cells.query_tokens[block.start] for block in cells.rows]
    column_tokens = [cells.key_tokens[block.start] for block in cells.columns]
    row_step, column_step = (next(step for step in _STEPS if step * side >= MIN_LABEL_STEP) for side in cell)
    upright = column_step * cell[1] < 24
    # Plotly hides labels that leave the picture, and measures each of them for that: half the time of a drawing. The
    # margins have room for all.
    shown = {"showgrid": False, "zeroline": False, "ticks": "", "ticklabelstandoff": 3, "ticklabeloverflow": "allow"}
    return {
        "xaxis2": shown
        | _ticks([axis_label(token) for token in column_tokens], step=column_step)
        | {"overlaying": "x", "matches": "x", "side": "top", "tickangle": -90 if upright else -45},
        "yaxis2": shown
        | _ticks([axis_label(token) for token in row_tokens], step=row_step)
        | {"overlaying": "y", "matches": "y", "side": "left"},
        "margin": {
            "l": round(12 + _longest(row_tokens)),
            "r": COLOUR_BAR,
            "t": round(TITLE + 12 + _longest(column_tokens) * (1 if upright else 0.8)),
            "b": 8,
        },
    }


def _frames(cells: Cells, query: int, key: int, *, theme: Theme) -> list[Spec]:
    """A thin frame around the row of a query and a strong one around the cell of a key, where they are in sight."""
    n_columns = len(cells.columns)
    row, column = query - cells.rows[0].start, key - cells.columns[0].start
    frame = {"type": "rect", "xref": "x", "yref": "y", "y0": row - 0.5, "y1": row + 0.5}
    frames = []
    if 0 <= row < len(cells.rows):
        frames.append(frame | {"x0": -0.5, "x1": n_columns - 0.5, "line": {"color": theme.text, "width": 1}})
        if 0 <= column < n_columns:
            line = {"color": theme.text, "width": 2.5}
            frames.append(frame | {"x0": column - 0.5, "x1": column + 0.5, "line": line})
    return frames


def _ticks(labels: Sequence[str], *, step: int = 1) -> Spec:
    return {"tickmode": "array", "tickvals": list(range(0, len(labels), step)), "ticktext": list(labels[::step])}


def _longest(tokens: Sequence[Token]) -> float:
    """Pixels of the longest label."""
    return LETTER * max(width(short(token)) for token in tokens)
