"""Lines and bars: what a lesson measured, as it changes with something.

Series differ in colour, in dash (lines) or pattern (bars) and in the marker, so that none of them needs its colour to
be told apart. The colours are those of Okabe and Ito (jfly.uni-koeln.de/color), lightened on a dark page.
"""

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10
from typing import TypeAlias

from attnviz.figures.base import Spec, base_layout, names_at
from attnviz.figures.labels import escaped
from attnviz.figures.theme import DARK, LIGHT, Theme

HEIGHT = 320
Values: TypeAlias = Mapping[str, Sequence[float | int]]  # of every line, or of one bar of every group, by its name
_COLOURS = {
    LIGHT: ("#0072b2", "#b84a00", "#007a5a", "#8f4f7d"),
    DARK: ("#56b4e9", "#f0a060", "#4fc3a1", "#d69ac4"),
}
_DASHES = ("solid", "dash", "dot", "dashdot")
_MARKERS = ("circle", "square", "diamond", "triangle-up")
_PATTERNS = ("", "/", ".", "x")


def lines(
    values: Values,
    *,
    x: Sequence[float | int],
    x_title: str,
    y_title: str,
    theme: Theme = LIGHT,
    log_x: bool = False,
    log_y: bool = False,
    mark: float | int | None = None,
    x_names: Sequence[str] = (),
    is_from_zero: bool = True,
) -> Spec:
    """Lines over common places `x`, which may have names.

    mark: a place with an upright line. is_from_zero: whether an axis that is not logarithmic has to show 0.
    """
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": escaped(name),
            "x": list(x),
            "y": list(line),
            "line": {"color": _COLOURS[theme][index], "dash": _DASHES[index], "width": 2},
            "marker": {"symbol": _MARKERS[index], "size": 7},
            "hovertemplate": "%{x:.4~g}: <b>%{y:.4~g}</b><extra>%{fullData.name}</extra>",
        }
        for index, (name, line) in enumerate(values.items())
    ]
    layout = _layout(theme, x_title, y_title)
    for axis, is_log, places in (("xaxis", log_x, x), ("yaxis", log_y, [y for line in values.values() for y in line])):
        if is_log:
            layout[axis] |= {"type": "log"} | _log_ticks(places)
        elif is_from_zero:
            layout[axis] |= {"rangemode": "tozero"}
    if x_names:
        layout["xaxis"] |= _names(x_names)
    if log_x:
        layout["xaxis"] |= {"tickvals": list(x), "ticktext": [f"{place:g}" for place in x]}
    if mark is not None:
        upright = {"x0": mark, "x1": mark, "y0": 0, "y1": 1, "yref": "paper"}
        layout["shapes"] = [{"type": "line", "line": {"color": theme.muted, "width": 1}} | upright]
    return {"data": traces, "layout": layout}


def bars(
    values: Values,
    *,
    groups: Sequence[str],
    y_title: str,
    theme: Theme = LIGHT,
    y_range: tuple[float | int, float | int] | None = None,
) -> Spec:
    """Groups of bars, side by side one bar for each name; `y_range` keeps the axis whatever the values are."""
    traces = [
        {
            "type": "bar",
            "name": escaped(name),
            "x": list(range(len(groups))),
            "y": list(heights),
            "marker": {
                "color": _COLOURS[theme][index],
                "pattern": {"shape": _PATTERNS[index], "size": 6, "solidity": 0.5},
            },
            "customdata": [escaped(group) for group in groups],
            "hovertemplate": "%{customdata}: <b>%{y:.4~g}</b><extra>%{fullData.name}</extra>",
        }
        for index, (name, heights) in enumerate(values.items())
    ]
    layout = _layout(theme, "", y_title)
    layout["xaxis"] |= _names(groups)
    if y_range is not None:
        layout["yaxis"] |= {"range": list(y_range)}
    return {"data": traces, "layout": layout}


def _log_ticks(values: Sequence[float | int]) -> Spec:
    """The ticks of a logarithmic axis: every power of ten, or 1, 2 and 5 of each where there are few of them."""
    if not 0 < max(values) < 1000 * min(values):
        return {"dtick": 1, "exponentformat": "power"}
    powers = range(floor(log10(min(values))), ceil(log10(max(values))) + 1)
    ticks = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    return {"tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}


def _names(places: Sequence[str]) -> Spec:
    # At an angle of 30 degrees, Plotly leaves out a last name that would stand out on the right.
    return names_at([escaped(place) for place in places]) | {"autotickangles": [0, 90]}


def _layout(theme: Theme, x_title: str, y_title: str) -> Spec:
    axis = {
        "showgrid": True,
        "gridcolor": theme.line,
        "zeroline": False,
        "ticks": "",
        "linecolor": theme.line,
        "fixedrange": True,
        "automargin": True,
    }
    return base_layout(theme) | {
        "height": HEIGHT,
        "margin": {"l": 52, "r": 12, "t": 40, "b": 44},
        "bargap": 0.3,
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
        "showlegend": True,
        "xaxis": axis | {"title": {"text": escaped(x_title), "standoff": 8}},
        "yaxis": axis | {"title": {"text": escaped(y_title), "standoff": 8}},
    }
