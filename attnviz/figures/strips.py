"""A vector as a strip of colours, one cell for each of its numbers; several vectors below one another."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attnviz.figures.base import FONT_SIZE, Spec, array, base_layout, names_at, quiet_axis
from attnviz.figures.labels import escaped
from attnviz.figures.theme import LIGHT, Theme

ROW = 26  # pixels
MARGIN = {"l": 100, "r": 8, "t": 30, "b": 24}  # pixels


def strips(
    values: NDArray[np.float32],
    *,
    rows: Sequence[str],
    title: str,
    end: float | int,
    group: int = 1,
    theme: Theme = LIGHT,
) -> Spec:
    """Vectors (row, dimension) as strips, as wide as the page: the colours run from −`end` to `end`, and stop there.

    group: so many rows belong together; a line stands between the groups.
    """
    axis = quiet_axis(linecolor=theme.line)
    ends = [f"≤ −{end:.2g}", "0", f"≥ {end:.2g}"]
    trace = {
        "type": "heatmap",
        "z": array(values),
        "zmin": -end,
        "zmax": end,
        "colorscale": theme.diverging_colorscale,
        "colorbar": {"thickness": 10, "outlinewidth": 0, "tickvals": [-end, 0, end], "ticktext": ends},
        "ygap": 2,
        "hovertemplate": "%{y}, number %{x}: <b>%{z:.4~g}</b><extra></extra>",
    }
    layout = base_layout(theme) | {
        "plot_bgcolor": theme.background,
        "title": {"text": escaped(title), "font": {"size": FONT_SIZE + 1}, "x": 0, "y": 1, "yanchor": "top"},
        "margin": MARGIN,
        "height": len(rows) * ROW + MARGIN["t"] + MARGIN["b"],
        "shapes": [_line(row, theme) for row in range(group, len(rows), group)] if group > 1 else [],
        "xaxis": axis,
        "yaxis": axis | names_at([escaped(row) for row in rows]) | {"range": [len(rows) - 0.5, -0.5]},
    }
    return {"data": [trace], "layout": layout}


def _line(row: int, theme: Theme) -> Spec:
    place = {"x0": 0, "x1": 1, "xref": "paper", "y0": row - 0.5, "y1": row - 0.5}
    return {"type": "line", "line": {"color": theme.muted, "width": 1}} | place
