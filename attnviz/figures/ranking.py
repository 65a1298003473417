"""One number for every head: a map with a row for each layer and a column for each head."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from attnviz.figures.heatmap import Spec, colours_and_letters
from attnviz.figures.theme import LIGHT, Theme

CELL = 30  # pixels


def grid_of_heads(
    values: NDArray[np.float32],
    *,
    name: str,
    layers: Sequence[int] | None = None,
    chosen: tuple[int, int] | None = None,
    theme: Theme = LIGHT,
) -> go.Figure:
    """The values (layer, head), from 0, with numbers in the cells; the chosen head has a frame.

    layers: the number of every row's layer; 0, 1, 2, … unless given.
    """
    n_heads = values.shape[1]
    layers = range(len(values)) if layers is None else layers
    cells = {
        "type": "heatmap",
        "z": values,
        "x0": 0,
        "dx": 1,
        "y0": 0,
        "dy": 1,
        "xgap": 1,
        "ygap": 1,
        "zmin": 0,
        "zmax": float(values.max(initial=0.0)) or 1.0,
        "colorscale": theme.colorscale,
        "showscale": False,
        "texttemplate": "%{z:.2f}",
        "textfont": {"size": 11},
        "customdata": np.repeat(np.array(layers)[:, None], n_heads, axis=1),
        "hovertemplate": f"layer %{{customdata}}, head %{{x}}<br>{name} <b>%{{z:.4f}}</b><extra></extra>",
    }
    layout = _layout(layers, n_heads, theme)
    if chosen is not None:
        row, head = layers.index(chosen[0]), chosen[1]
        frame = {"x0": head - 0.5, "x1": head + 0.5, "y0": row - 0.5, "y1": row + 0.5}
        layout["shapes"] = [{"type": "rect", **frame, "line": {"color": theme.text, "width": 2.5}}]
    return go.Figure({"data": [cells], "layout": layout})


def _layout(layers: Sequence[int], n_heads: int, theme: Theme) -> Spec:
    """Axes that count layers downwards and heads to the right."""
    axis = {"showgrid": False, "zeroline": False, "ticks": "", "dtick": 1, "tickmode": "linear", "fixedrange": True}
    rows = {"tickmode": "array", "tickvals": list(range(len(layers))), "ticktext": [str(layer) for layer in layers]}
    return colours_and_letters(theme) | {
        "xaxis": axis | {"side": "top", "range": [-0.5, n_heads - 0.5], "title": {"text": "head", "standoff": 4}},
        "yaxis": axis | rows | {"range": [len(layers) - 0.5, -0.5], "title": {"text": "layer", "standoff": 14}},
        "margin": {"l": 52, "r": 4, "t": 44, "b": 4, "pad": 0},
        "width": CELL * n_heads + 56,
        "height": CELL * len(layers) + 48,
        "shapes": [],
    }
