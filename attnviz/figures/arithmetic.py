"""Pictures of how a weight came about: vectors as bars, and the row of scores, exponentials and weights.

Each takes the numbers for the bars' lengths and the same numbers as text for hover, as `attnviz.analysis.written`
spells them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from attnviz.figures.heatmap import LETTER, Spec, colours_and_letters
from attnviz.figures.labels import axis_label, hover_label, short, width
from attnviz.figures.theme import LIGHT, Theme
from attnviz.tokens import Token

STRIP = 46  # pixels of one strip of bars
MAX_KEYS = 40  # keys whose bars are drawn at once: the strongest of a longer row
KEY_HEIGHT = 18  # pixels of one key's bars
TOP = 26  # pixels above the bars of a row, for their names
_EMPTY = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}


@dataclass(frozen=True)
class Strip:
    """A vector to be drawn as bars: its name, its numbers, and the numbers as text."""

    name: str
    values: Sequence[float]
    written: Sequence[str]


def strips(vectors: Sequence[Strip], *, theme: Theme = LIGHT) -> go.Figure:
    """One strip of bars for each vector, dimension under dimension, each scaled to its own largest number."""
    label = max(len(vector.name) for vector in vectors) * LETTER + 12
    layout = _layout(theme) | {
        "height": STRIP * len(vectors) + 4,
        "margin": {"l": label, "r": 2, "t": 2, "b": 2, "pad": 0},
        "bargap": 0.15,
        "xaxis": _EMPTY | {"range": [-0.6, max(len(vector.values) for vector in vectors) - 0.4], "fixedrange": True},
        "annotations": [],
    }
    bars = []
    for index, vector in enumerate(vectors):
        axis = "" if index == 0 else str(index + 1)
        top = 1 - index / len(vectors)
        domain = [top - 0.92 / len(vectors), top]
        reach = max(1e-12, *(abs(value) for value in vector.values)) * 1.05
        layout[f"yaxis{axis}"] = _EMPTY | {
            "domain": domain,
            "range": [-reach, reach],
            "zeroline": True,
            "zerolinecolor": theme.line,
            "fixedrange": True,
        }
        name = {"xref": "paper", "x": 0, "xanchor": "right", "yref": "paper", "y": sum(domain) / 2, "yanchor": "middle"}
        layout["annotations"].append(name | {"text": f"{vector.name} ", "showarrow": False})
        bars.append(_bars(vector.values, vector.written, theme) | {"yaxis": f"y{axis}", "name": vector.name})
    return go.Figure({"data": bars, "layout": layout})


def row_of_keys(
    tokens: Sequence[Token], panels: Sequence[Strip], *, key: int, shown: Sequence[int], theme: Theme = LIGHT
) -> go.Figure:
    """Scores, exponentials and weights of one query: a line for each shown key, the chosen one in the strong colour.

    tokens: of all keys. panels: each with one number a key; a number that is not finite has no bar.
    """
    label = LETTER * max(width(short(tokens[position])) for position in shown) + 12
    layout = _layout(theme) | {
        "height": KEY_HEIGHT * len(shown) + TOP + 6,
        "margin": {"l": label, "r": 4, "t": TOP, "b": 4, "pad": 0},
        "bargap": 0.25,
        "yaxis": _EMPTY
        | {
            "range": [len(shown) - 0.5, -0.5],
            "showticklabels": True,
            "ticklabeloverflow": "allow",  # else each of them is measured, which takes longer than drawing it
            "tickmode": "array",
            "tickvals": list(range(len(shown))),
            "ticktext": [axis_label(tokens[position]) for position in shown],
            "fixedrange": True,
        },
        "annotations": [],
    }
    names = [hover_label(tokens[position], position) for position in shown]
    colours = [theme.positive if position == key else theme.scale[3] for position in shown]
    bars = []
    for index, panel in enumerate(panels):
        axis = "" if index == 0 else str(index + 1)
        domain = [index / len(panels), (index + 0.9) / len(panels)]
        values = [float(panel.values[position]) for position in shown]
        written = [panel.written[position] for position in shown]
        bar = _key_bars(values, written, names) | {"xaxis": f"x{axis}", "name": panel.name}
        bar["marker"] = {"color": colours, "line": {"width": 0}}
        room = 0.5 if panel is panels[-1] else 0.04
        if panel is panels[-1]:
            bar |= {"text": [text.removeprefix("0") for text in written], "textposition": "outside"}
        layout[f"xaxis{axis}"] = _EMPTY | _reach(values, room=room) | {"domain": domain, "fixedrange": True}
        layout[f"xaxis{axis}"] |= {"zeroline": True, "zerolinecolor": theme.line}
        layout["annotations"].append(_panel_name(panel.name, domain[0], theme))
        bars.append(bar)
    return go.Figure({"data": bars, "layout": layout})


def strongest(weights: Sequence[float], key: int) -> tuple[int, ...]:
    """The keys that `row_of_keys` draws, in their order: all, or the largest weights and the chosen one."""
    if len(weights) <= MAX_KEYS:
        return tuple(range(len(weights)))
    ranked = sorted(range(len(weights)), key=lambda position: -weights[position])
    kept = [position for position in ranked if position != key][: MAX_KEYS - 1]
    return tuple(sorted([*kept, key]))


def _panel_name(name: str, x: float, theme: Theme) -> Spec:
    place = {"xref": "paper", "x": x, "xanchor": "left", "yref": "paper", "y": 1, "yanchor": "bottom"}
    return place | {"text": name, "showarrow": False, "font": {"color": theme.muted}}


def _bars(values: Sequence[float], written: Sequence[str], theme: Theme) -> Spec:
    return {
        "type": "bar",
        "x0": 0,
        "dx": 1,
        "y": list(values),  # as a typed array, Plotly would take a copy for a change
        "customdata": list(written),
        "marker": {
            "color": [theme.negative if value < 0 else theme.positive for value in values],
            "line": {"width": 0},
        },
        "hovertemplate": "dimension %{x}: <b>%{customdata}</b><extra></extra>",
    }


def _key_bars(values: Sequence[float], written: Sequence[str], names: Sequence[str]) -> Spec:
    return {
        "type": "bar",
        "orientation": "h",
        "y0": 0,
        "dy": 1,
        "x": [float(value) if np.isfinite(value) else None for value in values],
        "customdata": [list(pair) for pair in zip(written, names, strict=True)],
        "hovertemplate": "%{customdata[1]}: <b>%{customdata[0]}</b><extra></extra>",
    }


def _reach(values: Sequence[float], *, room: float) -> Spec:
    """A range with 0 in it, every bar, and room at its end."""
    finite = [value for value in values if np.isfinite(value)] or [1.0]
    low, high = min(0.0, *finite), max(0.0, *finite)
    size = (high - low) or 1.0
    return {"range": [low - 0.04 * size, high + room * size]}


def _layout(theme: Theme) -> Spec:
    return colours_and_letters(theme) | {
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "hovermode": "closest",
    }
