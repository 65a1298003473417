"""What links and heads are worth: a link's weight against its effect, and the effect of every head."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attnviz.figures.base import Spec, base_layout, quiet_axis
from attnviz.figures.difference import signed_text
from attnviz.figures.labels import axis_label, hover_label
from attnviz.figures.letters import numbers_traces
from attnviz.figures.ranking import grid_of_heads
from attnviz.figures.theme import LIGHT, Theme
from attnviz.tokens import Token

NAMED_FROM = 1 / 3  # of the largest weight or effect; points nearer to 0 lie too close for names
WIDTH, HEIGHT = 720, 340


def links_scatter(
    weights: NDArray[np.float32],
    effects: NDArray[np.float32],
    keys: Sequence[tuple[int, Token]],
    *,
    name: str,
    theme: Theme = LIGHT,
) -> Spec:
    """A point for every link: its weight to the right, its effect upwards; the largest have names.

    keys: place and token of the key of each. name: what an effect is.
    """
    sizes = np.abs(effects)
    is_large = (weights >= NAMED_FROM * weights.max()) | ((sizes >= NAMED_FROM * sizes.max()) & (sizes > 0))
    points = {
        "type": "scatter",
        "mode": "markers+text",
        "x": weights.tolist(),
        "y": effects.tolist(),
        "text": [axis_label(token) if large else "" for (_, token), large in zip(keys, is_large, strict=True)],
        "textposition": "top center",
        "cliponaxis": False,
        "marker": {"size": 9, "color": theme.positive, "opacity": 0.75, "line": {"width": 1, "color": theme.text}},
        "customdata": [hover_label(token, place) for place, token in keys],
        "hovertemplate": f"%{{customdata}}<br>weight <b>%{{x:.4f}}</b><br>{name} <b>%{{y:+.4f}}</b><extra></extra>",
    }
    axis = quiet_axis(showgrid=True, gridcolor=theme.line, zeroline=True, zerolinecolor=theme.muted, automargin=True)
    layout = base_layout(theme) | {
        "width": WIDTH,
        "height": HEIGHT,
        "margin": {"l": 52, "r": 24, "t": 28, "b": 44},
        "xaxis": axis | {"rangemode": "tozero", "title": {"text": "weight", "standoff": 8}},
        "yaxis": axis | {"ticklabelstandoff": 8, "title": {"text": name, "standoff": 8}},
    }
    return {"data": [points], "layout": layout}


def effects_of_heads(
    effects: NDArray[np.float32],
    layers: Sequence[int],
    *,
    name: str,
    is_signed: bool,
    chosen: tuple[int, int] | None = None,
    theme: Theme = LIGHT,
) -> Spec:
    """The effects (layer, head) as `grid_of_heads`, with a point over every cell that can be clicked.

    is_signed: whether they go both ways; then the colours are those of differences, centred on 0. A point's customdata
    are its layer and head.
    """
    figure = grid_of_heads(effects, name=name, layers=layers, chosen=chosen, theme=theme)
    cells = figure["data"][0]
    if is_signed:
        end = float(np.abs(effects).max(initial=0.0)) or 1.0
        coloured = {"zmin": -end, "zmax": end, "colorscale": theme.diverging_colorscale}
        cells |= coloured
        figure["data"] = [cells, *numbers_traces(effects, coloured | {"z": effects}, write=_written)]
    rows, heads = (each.ravel().tolist() for each in np.indices(effects.shape))
    unseen = {"marker": {"opacity": 0}}
    # Plotly takes no click on the cell of a heat map for a choice.
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": heads,
        "y": rows,
        "marker": {"symbol": "square", "size": 30, "opacity": 0},
        "selected": unseen,
        "unselected": unseen,
        "customdata": [[layers[row], head, float(effects[row, head])] for row, head in zip(rows, heads, strict=True)],
        "hovertemplate": "layer %{customdata[0]}, head %{customdata[1]}<br>"
        f"{name} <b>%{{customdata[2]:{'+' if is_signed else ''}.4f}}</b><extra></extra>",
    }
    cells |= {"hoverinfo": "skip", "hovertemplate": None}
    figure["data"].append(points)
    return figure


def _written(effect: float) -> str:
    """An effect in a cell: as short as it can be read, nothing where it would be .00."""
    size = abs(effect)
    if size < 0.995:
        return signed_text(effect) if size >= 0.005 else ""
    return f"{'−' if effect < 0 else '+'}{size:.{1 if size < 9.95 else 0}f}"
