"""A small matrix with its numbers in the cells: the vectors, scores and weights that a lesson computes.

Numbers of one sign run through the theme's scale. Where numbers may be negative, zero has the colour of the page and
the negative side runs through an orange, which no colour blindness confuses with the blue of the positive side.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from attnviz.figures.base import FONT_SIZE, Spec, array, base_layout, names_at, quiet_axis, title_at_top
from attnviz.figures.labels import escaped, width, with_subscripts
from attnviz.figures.theme import DARK, LIGHT, Theme
from attnviz.numbers import weight_text

CELL = (54, 34)  # pixels, wide enough for "-0.123" at FONT_SIZE
LETTER = 7.2  # pixels of a letter at FONT_SIZE, with a margin
TITLE = 30  # pixels
N_STEPS = 5  # colours of a side; on the fifth, text still has a contrast of 4.5 (WCAG 2.2, AA)
_NEGATIVE = {
    LIGHT: ("#ffffff", "#fbeade", "#f6d3bb", "#eeb48b", "#e1935f"),
    DARK: ("#14171a", "#2e2019", "#472b1c", "#653a21", "#87502c"),
}


def matrix_map(
    values: NDArray[np.float32],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    theme: Theme = LIGHT,
    scale_end: float | int | None = None,
    row: int | None = None,
    are_weights: bool = False,
) -> Spec:
    """A matrix (row, column) as a heat map with its numbers written in; NaN stands for masked, and is grey.

    scale_end: the number at which the colours end; the largest magnitude of the matrix unless given.
    row: a row to frame. A letter or digit after `_` in the title is drawn as a subscript.
    are_weights: write the numbers as weights are written everywhere, not with the decimals that one computes on with;
        their colours end at 1.
    """
    n_rows, n_columns = values.shape
    signed = bool((values < 0).any())
    masked = np.isnan(values)
    end = 1.0 if are_weights else float(scale_end or np.nanmax(np.abs(values), initial=0.0)) or 1.0
    write = weight_text if are_weights else partial(_cell, end=end)
    numbers = [["" if np.isnan(value) else write(float(value)) for value in line] for line in values]
    texts = [*columns, *(text for line in numbers for text in line if text)]
    cell_width = max(CELL[0], 12 + LETTER * max(width(text) for text in texts))
    trace = {
        "type": "heatmap",
        "z": array(values),
        "zmin": -end if signed else 0,
        "zmax": end,
        "colorscale": colorscale(theme, signed=signed),
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "hoverongaps": False,
        "text": numbers,
        "texttemplate": "%{text}",
        "textfont": {"color": theme.text},
        "hovertemplate": "%{y}, %{x}: <b>%{z:.6~g}</b><extra></extra>",
    }
    left = round(14 + LETTER * max(width(name) for name in rows))
    right = max(6, round(8 + LETTER * len(title) - left - n_columns * cell_width))  # room for the title
    layout = base_layout(theme) | {
        "plot_bgcolor": theme.masked if masked.any() else theme.background,
        "title": title_at_top(with_subscripts(title), size=FONT_SIZE + 1),
        "margin": {"l": left, "r": right, "t": TITLE + 24, "b": 6},
        "width": round(n_columns * cell_width + left + right),
        "height": n_rows * CELL[1] + TITLE + 30,
        "xaxis": _axis(columns, theme) | {"side": "top", "range": [-0.5, n_columns - 0.5]},
        "yaxis": _axis(rows, theme) | {"range": [n_rows - 0.5, -0.5]},
        "shapes": [] if row is None else [_frame(row, n_columns, theme)],
    }
    return {"data": [trace], "layout": layout}


def number(value: float | int) -> str:
    """A number as a cell shows it: whole, or with three decimals, or by powers of ten where it is large or tiny."""
    if value != 0 and not 0.0005 <= abs(value) < 1e8:
        text = f"{value:.1e}"
    elif value == round(value):
        text = f"{value:.0f}"
    else:
        text = f"{value:.3f}" if abs(value) < 1000 else f"{value:.1f}"
    return text.replace("-", "−", 1) if value < 0 else text.replace("-0", "0") if value == 0 else text


def _cell(value: float, end: float) -> str:
    """What stands in a cell: no powers of ten beside numbers of ordinary size."""
    return "0.000" if 0 < abs(value) < 0.0005 <= end / 10 else number(value)


def colorscale(theme: Theme, *, signed: bool) -> list[tuple[float, str]]:
    """The page's colour at zero, and no further than the text's colour can be read on."""
    positive = theme.scale[:N_STEPS]
    colours = (*reversed(_NEGATIVE[theme]), *positive[1:]) if signed else positive
    return [(stop / (len(colours) - 1), colour) for stop, colour in enumerate(colours)]


def _axis(names: Sequence[str], theme: Theme) -> Spec:
    return quiet_axis(mirror=True, linecolor=theme.line) | names_at([escaped(name) for name in names])


def _frame(row: int, n_columns: int, theme: Theme) -> Spec:
    corners = {"x0": -0.5, "x1": n_columns - 0.5, "y0": row - 0.5, "y1": row + 0.5}
    return {"type": "rect", "line": {"color": theme.text, "width": 2}} | corners
