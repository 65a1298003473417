"""The map of a difference of weights: teal where the second text has more, orange where it has less."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attnviz.figures.base import Spec, array, base_layout
from attnviz.figures.letters import numbers_traces
from attnviz.figures.panels import HOVER, Names, axes, heatmap, lay_names_over, longest
from attnviz.figures.theme import LIGHT, Theme
from attnviz.numbers import weight_text
from attnviz.tokens import Token

LARGE = 528  # pixels of the longer side
MAX_CELL = 28  # pixels
MIN_NUMBER_CELL = 27  # pixels in which "−.43" can be read
COLOUR_BAR = 70  # pixels beside the map
_BAR = {"thickness": 8, "outlinewidth": 0, "xpad": 12, "ypad": 0, "nticks": 6, "tickformat": "+~g"}


def difference_map(
    difference: NDArray[np.float32],
    query_tokens: Sequence[Token],
    key_tokens: Sequence[Token],
    *,
    room: float | int = np.inf,
    theme: Theme = LIGHT,
) -> Spec:
    """The map of a difference (row, column), its colours centred on 0; NaN, where a mask hides one, is grey.

    room: pixels that the page has from left to right. Cells are square where that leaves them the width.
    """
    n_rows, n_columns = difference.shape
    rows, columns = ([range(at, at + 1) for at in range(n)] for n in difference.shape)
    left = round(12 + longest(query_tokens, rows))
    cell = min(MAX_CELL, LARGE / max(n_rows, n_columns), (room - left - COLOUR_BAR) / n_columns)
    height = max(
        cell, min(24.0, 240 / n_rows)
    )  # rows that can be seen, also where there are two of them and 500 columns
    queries, keys = Names.of(query_tokens, rows, cell=height), Names.of(key_tokens, columns, cell=cell)
    end = float(np.nanmax(np.abs(difference), initial=0.0)) or 1.0
    coloured = {"z": difference, "zmin": -end, "zmax": end, "colorscale": theme.diverging_colorscale}
    hover = f"{HOVER}second − first <b>%{{z:+.4f}}</b><extra></extra>"
    cells = heatmap(cell) | coloured | {"z": array(difference), "hovertemplate": hover, "colorbar": _BAR}
    x_name, y_name, x, y = axes(0, queries, keys, theme=theme)
    layout = base_layout(theme) | {
        "plot_bgcolor": theme.masked if np.isnan(difference).any() else theme.background,
        "margin": {"l": left, "r": COLOUR_BAR, "t": keys.above, "b": 8, "pad": 0},
        "width": round(n_columns * cell + left + COLOUR_BAR),
        "height": round(n_rows * height + keys.above + 8),
    }
    numbers = numbers_traces(difference, coloured, write=_written) if cell >= MIN_NUMBER_CELL else []
    figure: Spec = {"data": [cells, *numbers], "layout": layout | {x_name: x, y_name: y}}
    lay_names_over(figure, queries, keys, 1)
    return figure


def signed_text(change: float) -> str:
    """A difference of weights with its sign: `+.82`, `−.86`; `0` exactly as such."""
    sign = "−" if change < 0 else "+" if change > 0 else ""
    return f"{sign}{weight_text(abs(change))}"


def _written(change: float) -> str:
    """The number of a cell; nothing where it would be .00, or where a mask hides it."""
    return signed_text(change) if abs(change) >= 0.005 else ""
