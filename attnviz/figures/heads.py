"""The heat map of every head of a layer as one figure: a panel for each head, with its tokens on both axes.

Axes are numeric and count tokens, because Plotly joins rows and columns of equal names ("the … the"). Where all names
have room they stand beside their axis. Of a long text some do, on an axis laid over one that knows all of them, from
which hover takes its names. Nothing here depends on the chosen head, so that choosing one sends nothing again.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from attnviz.figures.base import CLEAR, LETTER, Spec, array, base_layout, names_at, quiet_axis
from attnviz.figures.labels import axis_label, block_label, escaped, short
from attnviz.figures.labels import width as width_of
from attnviz.figures.numbers import written
from attnviz.figures.scales import FLOOR, LOGARITHMIC, PER_HEAD, UNIT, hover_value
from attnviz.figures.theme import LIGHT, Theme
from attnviz.tokens import Token, reading

WIDTH = 1290.0  # pixels that a page of 1440 has
MAX_CELLS = 64  # rows or columns of a panel that can still be pointed at; ask for no more
MAX_CELL = 24  # pixels of a cell's side, at most
MAX_HEIGHT = 330  # pixels of a panel's cells, at most
MIN_SLOT = 200  # pixels of a panel and its names, where more than two are side by side
MIN_LABEL_STEP = 14  # pixels from one name to the next
GAP_FROM = 10  # pixels of a cell that has a gap around it
LINE = 17  # pixels of a line of letters
BESIDE = 24  # pixels free at the right of a panel, and below one
_STEPS = (1, 2, 5, 10, 20, 25, 50)
Blocks: TypeAlias = Sequence[range]
_NAMES = "%{y} → %{x}<br>"
_BESIDE = {"ticklabelstandoff": 3, "ticklabeloverflow": "allow"}  # else Plotly measures each of them, half its time


@dataclass(frozen=True)
class _Side:
    """The names along one side of every panel: of all rows or columns, as hover names them and as the axis does."""

    hover: tuple[str, ...]
    beside: tuple[str, ...]
    step: int
    longest: float

    @property
    def fits(self) -> bool:
        """Whether hover can take the names that are beside the axis: all of them are, and none is cut."""
        return self.step == 1 and self.hover == self.beside


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
    above: float
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

    def domains(self, place: int) -> tuple[list[float], list[float]]:
        """What the cells of a panel take up of the figure's width and height, from the left and from below."""
        line, slot = divmod(place, self.across)
        left = slot * self.width / self.across + self.left
        top = line * self.line + self.title + self.above
        right, bottom = left + self.cell * self.shape[1], top + self.cell * self.shape[0]
        across, down = (left / self.width, right / self.width), (1 - bottom / self.height, 1 - top / self.height)
        return [round(each, 5) for each in across], [round(each, 5) for each in down]


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
    scale: one of `attnviz.figures.scales`.
    """
    n_heads, *shape = weights.shape
    across = panels_across(n_heads, width)
    slot = width / across
    titles = [_title(head, "".join(about[head : head + 1]), slot, theme) for head in range(n_heads)]
    left = _longest(query_tokens, rows) + 8
    cell = min(float(MAX_CELL), (slot - left - BESIDE) / shape[1], MAX_HEIGHT / shape[0])
    queries, keys = _side(query_tokens, rows, cell), _side(key_tokens, columns, cell)
    n_lines = max(title.count("<br>") + 1 for title in titles)
    room = _Room(width, across, n_heads, left, 18 + 0.72 * keys.longest, LINE * n_lines + 6, cell, tuple(shape))
    figure: Spec = {"data": [], "layout": _layout(room, scale, theme)}
    masked, pooled = np.isnan(weights), _are_pooled(rows, columns)
    for head, each in enumerate(weights):
        on = {"xaxis": _axis("x", head), "yaxis": _axis("y", head)}
        if masked[head].any():
            figure["data"].append(_masked(masked[head], room, theme) | on)
        figure["data"].append(_weights(each, room, end=ends[head], scale=scale, is_pooled=pooled) | on)
        figure["layout"] |= _axes(head, queries, keys, room, theme)
        figure["layout"]["annotations"] += _words(head, titles[head], _caption(each, ends[head], scale), room, theme)
    if not (queries.fits and keys.fits):
        _lay_names_over(figure, queries, keys, n_heads)
    return figure


def panels_across(n_heads: int, width: float | int) -> int:
    """How many panels stand side by side: three or four on a large screen, six of very many heads, two on a phone."""
    wanted = 3 if n_heads <= 9 else 4 if n_heads <= 16 else 6
    return min(n_heads, wanted, max(2, int(width / MIN_SLOT)))


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
    return f"Heat maps of the {n_heads} heads of layer {layer}, each with {n_queries} rows and {n_keys} columns."


def heads_table(
    weights: NDArray[np.float32],
    rows: Blocks,
    columns: Blocks,
    query_tokens: Sequence[Token],
    key_tokens: Sequence[Token],
) -> dict[str, list[str] | list[float]]:
    """The same cells as columns of a table: who attends, to whom, and the weight in each head; NaN where masked."""
    queries = [block_label(query_tokens, each.start, each.stop) for each in rows]
    keys = [block_label(key_tokens, each.start, each.stop) for each in columns]
    names = {"attends": [query for query in queries for _ in keys], "to": keys * len(queries)}
    return names | {f"head {head}": each.ravel().tolist() for head, each in enumerate(weights)}


def _are_pooled(rows: Blocks, columns: Blocks) -> bool:
    return any(len(block) > 1 for block in (*rows, *columns))


def _side(tokens: Sequence[Token], blocks: Sequence[range], cell: float) -> _Side:
    beside = tuple(axis_label(tokens[block.start]) for block in blocks)
    is_whole = all(len(block) == 1 and short(tokens[block.start]) == reading(tokens[block.start]) for block in blocks)
    hover = beside if is_whole else tuple(block_label(tokens, block.start, block.stop) for block in blocks)
    step = next(step for step in (*_STEPS, MAX_CELLS) if step * cell >= MIN_LABEL_STEP or step == MAX_CELLS)
    return _Side(hover, beside, step, _longest(tokens, blocks))


def _longest(tokens: Sequence[Token], blocks: Sequence[range]) -> float:
    """Pixels of the longest name beside an axis."""
    return LETTER * max(width_of(short(tokens[block.start])) for block in blocks)


def _layout(room: _Room, scale: str, theme: Theme) -> Spec:
    return base_layout(theme) | {
        "plot_bgcolor": theme.background,
        "colorscale": {"sequentialminus" if scale == LOGARITHMIC else "sequential": theme.colorscale},  # of all panels
        "height": round(room.height),
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
    value = f"%{{{hover_value(scale)}:.4f}}"
    hover = f"{_NAMES}{'at most ' if is_pooled else ''}<b>{value}</b><extra></extra>"
    return _heatmap(room.cell) | coloured | {"autocolorscale": True, "hovertemplate": hover}


def _masked(masked: NDArray[np.bool_], room: _Room, theme: Theme) -> Spec:
    """Grey where nothing may be attended to; below the weights, which have no cell there."""
    return _heatmap(room.cell) | {
        "z": array(masked.astype(np.uint8)),
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, CLEAR], [1, theme.masked]],
        "xgap": 0,
        "ygap": 0,
        "hovertemplate": f"{_NAMES}not allowed: masked<extra></extra>",
    }


def _heatmap(cell: float) -> Spec:
    gap = 1 if cell >= GAP_FROM else 0
    return {"type": "heatmap", "showscale": False, "hoverongaps": False, "xgap": gap, "ygap": gap}


def _axes(head: int, queries: _Side, keys: _Side, room: _Room, theme: Theme) -> Spec:
    """The axes of one panel."""
    frame = {"showline": True, "mirror": True, "linecolor": theme.line}
    across, down = room.domains(head)
    rows, columns = room.shape
    x = quiet_axis(domain=across, anchor=_axis("y", head), range=[-0.5, columns - 0.5], side="top", **frame)
    y = quiet_axis(domain=down, anchor=_axis("x", head), range=[rows - 0.5, -0.5], **frame)
    fits = queries.fits and keys.fits
    hidden: Spec = {} if fits else {"showticklabels": False}
    return {
        _axis("xaxis", head): x | names_at(keys.hover) | ({"tickangle": -45} | _BESIDE if fits else hidden),
        _axis("yaxis", head): y | names_at(queries.hover) | (_BESIDE if fits else hidden),
    }


def _axis(name: str, place: int) -> str:
    """The name of a panel's axis: Plotly's first one has no number."""
    return f"{name}{place + 1}" if place else name


def _lay_names_over(figure: Spec, queries: _Side, keys: _Side, n_heads: int) -> None:
    """On top of every panel a pair of axes with as many names as there is room for."""
    for head in range(n_heads):
        x_below, y_below, over = _axis("x", head), _axis("y", head), n_heads + head
        x, y = quiet_axis(**_BESIDE), quiet_axis(**_BESIDE)
        x |= {"overlaying": x_below, "matches": x_below, "anchor": y_below, "side": "top", "tickangle": -45}
        y |= {"overlaying": y_below, "matches": y_below, "anchor": x_below}
        figure["layout"][_axis("xaxis", over)] = x | names_at(keys.beside, step=keys.step)
        figure["layout"][_axis("yaxis", over)] = y | names_at(queries.beside, step=queries.step)
        # Axes are drawn only where a trace lies on them.
        nothing = {"type": "scatter", "x": [None], "y": [None], "hoverinfo": "skip"}
        figure["data"].append(nothing | {"xaxis": _axis("x", over), "yaxis": _axis("y", over)})


def _title(head: int, about: str, slot: float, theme: Theme) -> str:
    """The head's number and what it does, in lines that its slot has room for."""
    name = f"head {head}"
    lines = textwrap.wrap(f"{name}  {about}", max(16, int((slot - BESIDE) / LETTER))) or [name]
    first = escaped(lines[0].removeprefix(name))
    rest = "<br>".join([first, *(escaped(line) for line in lines[1:])])
    return f'<b>{name}</b><span style="color:{theme.muted}">{rest}</span>' if rest else f"<b>{name}</b>"


def _caption(cells: NDArray[np.float32], end: float | int, scale: str) -> str:
    """What the darkest colour of a panel is, where that is its own."""
    if scale != PER_HEAD:
        return ""
    largest = float(np.nanmax(cells, initial=0.0))
    return f"largest weight {written(largest)}" if largest <= end else f"darkest from {written(end)} on"


def _words(head: int, title: str, caption: str, room: _Room, theme: Theme) -> list[Spec]:
    """Title and caption of one panel."""
    across, down = room.domains(head)
    place = {"xref": "paper", "yref": "paper", "x": across[0], "xanchor": "left", "showarrow": False}
    above = {"y": down[1], "yanchor": "bottom", "xshift": -round(room.left), "yshift": round(room.above)}
    texts = [{"text": title, "align": "left"} | above]
    if caption:
        texts.append({"text": caption, "y": down[0], "yanchor": "top", "font": {"color": theme.muted}})
    return [place | each for each in texts]
