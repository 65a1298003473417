"""One number for every head: a map with a row for each layer and a column for each head."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attnviz.figures.base import Spec, array, base_layout, names_at, quiet_axis
from attnviz.figures.letters import numbers_traces
from attnviz.figures.theme import LIGHT, Theme
from attnviz.numbers import weight_text

CELL = 34  # pixels


def grid_of_heads(
    values: NDArray[np.float32],
    *,
    name: str,
    layers: Sequence[int] | None = None,
    chosen: tuple[int, int] | None = None,
    theme: Theme = LIGHT,
) -> Spec:
    """The values (layer, head), from 0, with numbers in the cells; the chosen head has a frame.

    layers: the number of every row's layer; 0, 1, 2, … unless given.
    """
    n_heads = values.shape[1]
    layers = range(len(values)) if layers is None else layers
    coloured = {"z": values, "zmin": 0, "zmax": float(values.max(initial=0.0)) or 1.0, "colorscale": theme.colorscale}
    cells = coloured | {
        "type": "heatmap",
        "z": array(values),
        "xgap": 1,
        "ygap": 1,
        "showscale": False,
        "customdata": [[layer] * n_heads for layer in layers],
        "hovertemplate": f"layer %{{customdata}}, head %{{x}}<br>{name} <b>%{{z:.4f}}</b><extra></extra>",
    }
    layout = _layout(layers, n_heads, theme)
    if chosen is not None:
        row, head = layers.index(chosen[0]), chosen[1]
        frame = {"x0": head - 0.5, "x1": head + 0.5, "y0": row - 0.5, "y1": row + 0.5}
        layout["shapes"] = [{"type": "rect", **frame, "line": {"color": theme.text, "width": 2.5}}]
    return {"data": [cells, *numbers_traces(values, coloured, write=weight_text)], "layout": layout}


def _layout(layers: Sequence[int], n_heads: int, theme: Theme) -> Spec:
    """Axes that count layers downwards and heads to the right."""
    heads, rows = ([str(number) for number in numbers] for numbers in (range(n_heads), layers))
    x, y = (quiet_axis() | names_at(names) for names in (heads, rows))
    return base_layout(theme) | {
        "xaxis": x | {"side": "top", "range": [-0.5, n_heads - 0.5], "title": {"text": "head", "standoff": 4}},
        "yaxis": y | {"range": [len(layers) - 0.5, -0.5], "title": {"text": "layer", "standoff": 14}},
        "margin": {"l": 52, "r": 4, "t": 44, "b": 4, "pad": 0},
        "width": CELL * n_heads + 56,
        "height": CELL * len(layers) + 48,
        "shapes": [],
    }
