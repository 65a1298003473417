"""The heat map of every head of a layer as one figure: a panel for each head, with its tokens on both axes.

Nothing here depends on the chosen head, so that choosing one sends nothing again; the picture above marks it, and has
its numbers as a table. Those of all heads are in the files that one takes away.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attnviz.figures.base import CLEAR, Spec, array, base_layout
from attnviz.figures.labels import escaped
from attnviz.figures.panels import HOVER, Blocks, Names, axes, axis, heatmap, lay_names_over, longest, on
from attnviz.figures.theme import LIGHT, Theme
from attnviz.numbers import weight_text
from attnviz.tokens import Token

PER_HEAD, UNIT, LOGARITHMIC = SCALES = ("head", "unit", "log")
FLOOR = 1e-4  # at and below it, a logarithmic scale shows the colour of 0
WIDTH = 1290.0  # pixels that a page of 1440 has
MAX_CELLS = 64  # rows or columns of a panel that can still be pointed at; ask for no more
MAX_CELL = 24  # pixels of a cell's side, at most
MAX_HEIGHT = 330  # pixels of a panel's cells, at most
MIN_SLOT = 200  # pixels of a panel and its names, where more than two are side by side
LINE = 17  # pixels of a line of letters
PROSE = 5.9  # pixels of a letter, on average in a sentence
BESIDE = 24  # pixels free at the right of a panel, and below one


@dataclass(frozen=True)
class _Room:
    """Where the panels are, in pixels.

    across: panels side by side. left, above: beside and above the cells of a panel, for their names. title: height of
    the title above. cell: side of a cell. shape: rows and columns of a panel.
    """

    width: float | int
    across: int
    n_panels: int
    left: float
    above: int
    title: int
    cell: float
    shape: tuple[int, ...]

    @property
    def line(self) -> float:
        """From the top of one panel's title to that of the one below."""
        return self.title + self.above + self.cell * self.shape[0] + LINE + BESIDE

    @property
    def height(self) -> float:
        """Of the whole figure."""
        return self.line * -(-self.n_panels // self.across)

    @property
    def grid(self) -> Spec:
        """What the cells of all panels take up of the figure, and the share of each that is free beside its cells."""
        slot, n_lines = self.width / self.across, -(-self.n_panels // self.across)
        high, wide = (self.cell * n for n in self.shape)
        x = [self.left, (self.across - 1) * slot + self.left + wide]
        top = self.title + self.above
        y = [self.height - (n_lines - 1) * self.line - top - high, self.height - top]
        domain = {"x": [each / self.width for each in x], "y": [each / self.height for each in y]}
        gaps = {"xgap": 1 - wide / slot, "ygap": 1 - high / self.line}
        return {"rows": n_lines, "columns": self.across, "pattern": "independent", "domain": domain} | gaps


def heads_figure(
    weights: NDArray[np.float32],
    rows: Blocks,
    columns: Blocks,
    query_tokens: Sequence[Token],
    key_tokens: Sequence[Token],
    *,
    ends: Sequence[float | int],
    about: Sequence[str] = (),
    scale: str = PER_HEAD,
    width: float | int = WIDTH,
    theme: Theme = LIGHT,
) -> Spec:
    """The maps (head, row, column) of a layer, NaN where masked, as one figure for a page of this width.

    rows, columns: which of the tokens each row and each column stands for; a block of several has its largest weight.
    ends: the weight at which the scale of each head ends. about: what each head does, for its title.
    scale: one of `SCALES`.
    """
    n_heads, *shape = weights.shape
    across = panels_across(n_heads, width)
    slot = width / across
    titles = [_title(head, "".join(about[head : head + 1]), slot, theme) for head in range(n_heads)]
    left = longest(query_tokens, rows) + 8
    cell = min(float(MAX_CELL), (slot - left - BESIDE) / shape[1], MAX_HEIGHT / shape[0])
    queries, keys = Names.of(query_tokens, rows, cell=cell), Names.of(key_tokens, columns, cell=cell)
    n_lines = max(title.count("<br>") + 1 for title in titles)
    room = _Room(width, across, n_heads, left, keys.above, LINE * n_lines + 6, cell, tuple(shape))
    figure: Spec = {"data": [], "layout": _layout(room, scale, theme)}
    masked, pooled = np.isnan(weights), _are_pooled(rows, columns)
    for head, each in enumerate(weights):
        if masked[head].any():
            figure["data"].append(_masked(masked[head], room, theme) | on(head))
        figure["data"].append(_weights(each, room, end=ends[head], scale=scale, is_pooled=pooled) | on(head))
        x_name, y_name, x, y = axes(head, queries, keys, theme=theme)
        figure["layout"] |= {x_name: x, y_name: y}
        figure["layout"]["annotations"] += _words(head, titles[head], _caption(each, ends[head], scale), room, theme)
    lay_names_over(figure, queries, keys, n_heads)
    return figure


def panels_across(n_heads: int, width: float | int) -> int:
    """How many panels stand side by side: three or four on a large screen, six of very many heads, two on a phone."""
    wanted = 3 if n_heads <= 9 else 4 if n_heads <= 16 else 6
    return max(2, min(n_heads, wanted, int(width / MIN_SLOT)))  # a grid of Plotly's has two panels at least


def heads_said(rows: Blocks, columns: Blocks, *, scale: str = PER_HEAD) -> str:
    """The line beside the title of the figure: how to read it."""
    colours = {
        PER_HEAD: "Each map has its own colours, from nothing to its largest weight.",
        UNIT: "The colours of all maps run from 0 to 1.",
        LOGARITHMIC: f"The colours of all maps are logarithmic, from {FLOOR:g} to 1.",
    }[scale]
    size = f"{len(rows[0])} × {len(columns[0])}"
    blocks = f" A cell shows the largest weight of {size} tokens." if _are_pooled(rows, columns) else ""
    return f"{colours}{blocks} Point at a cell for its number."


def heads_alt(n_heads: int, layer: int, n_queries: int, n_keys: int) -> str:
    """The figure in words, for those who do not see it."""
    return (
        f"Heat maps of the {n_heads} heads of layer {layer}, each with {n_queries} rows and {n_keys} columns. "
        "Numbers, above, has those of the chosen head as a table."
    )


def _are_pooled(rows: Blocks, columns: Blocks) -> bool:
    return any(len(block) > 1 for block in (*rows, *columns))


def _layout(room: _Room, scale: str, theme: Theme) -> Spec:
    return base_layout(theme) | {
        "plot_bgcolor": theme.background,
        "colorscale": {"sequentialminus" if scale == LOGARITHMIC else "sequential": theme.colorscale},  # of all panels
        "height": round(room.height),
        "grid": room.grid,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0, "pad": 0, "autoexpand": False},
        "annotations": [],
    }


def _weights(cells: NDArray[np.float32], room: _Room, *, end: float | int, scale: str, is_pooled: bool) -> Spec:
    """The cells of one panel."""
    if scale == LOGARITHMIC:
        coloured: Spec = {"z": array(np.log10(np.maximum(cells, np.float32(FLOOR)))), "customdata": array(cells)}
        coloured |= {"zmin": np.log10(FLOOR), "zmax": 0}
    else:
        coloured = {"z": array(cells), "zmin": 0, "zmax": 1 if scale == UNIT else end}
    value = f"%{{{'customdata' if scale == LOGARITHMIC else 'z'}:.4f}}"
    hover = f"{HOVER}{'at most ' if is_pooled else ''}<b>{value}</b><extra></extra>"
    return heatmap(room.cell) | {"showscale": False} | coloured | {"autocolorscale": True, "hovertemplate": hover}


def _masked(masked: NDArray[np.bool_], room: _Room, theme: Theme) -> Spec:
    """Grey where nothing may be attended to; below the weights, which have no cell there."""
    return (
        heatmap(room.cell)
        | {"showscale": False}
        | {
            "z": array(masked.astype(np.uint8)),
            "zmin": 0,
            "zmax": 1,
            "colorscale": [[0, CLEAR], [1, theme.masked]],
            "xgap": 0,
            "ygap": 0,
            "hovertemplate": f"{HOVER}not allowed: masked<extra></extra>",
        }
    )


def _title(head: int, about: str, slot: float, theme: Theme) -> str:
    """The head's number and what it does, in lines that its slot has room for."""
    name = f"head {head}"
    lines = textwrap.wrap(f"{name}  {about}", max(16, int((slot - BESIDE) / PROSE))) or [name]
    first = escaped(lines[0].removeprefix(name))
    rest = "<br>".join([first, *(escaped(line) for line in lines[1:])])
    return f'<b>{name}</b><span style="color:{theme.muted}">{rest}</span>' if rest else f"<b>{name}</b>"


def _caption(cells: NDArray[np.float32], end: float | int, scale: str) -> str:
    """What the darkest colour of a panel is, where that is its own."""
    if scale != PER_HEAD:
        return ""
    largest = float(np.nanmax(cells, initial=0.0))
    return f"largest weight {weight_text(largest)}" if largest <= end else f"darkest from {weight_text(end)} on"


def _words(head: int, title: str, caption: str, room: _Room, theme: Theme) -> list[Spec]:
    """Title and caption of one panel."""
    x, y = (f"{axis(name, head)} domain" for name in "xy")
    place = {"xref": x, "yref": y, "x": 0, "yanchor": "top", "showarrow": False}
    above = {"y": 1, "xshift": -round(room.left), "yshift": round(room.above + room.title)}
    texts: list[Spec] = [{"text": title, "align": "left"} | above]
    if caption:
        texts.append({"text": caption, "y": 0, "font": {"color": theme.muted}})
    return [place | each for each in texts]
