"""A panel of a figure: cells with the tokens of their rows and columns on both axes.

Axes are numeric and count tokens, because Plotly joins rows and columns of equal names ("the … the"). Where all names
have room they stand beside their axis. Of a long text some do, on an axis laid over one that knows all of them, from
which hover takes its names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from attnviz.figures.base import LETTER, Spec, names_at, quiet_axis
from attnviz.figures.labels import axis_label, block_label, short, width
from attnviz.figures.theme import Theme
from attnviz.tokens import Token, reading

MIN_LABEL_STEP = 14  # pixels from one name to the next
SLANTED_FROM = 16  # pixels from one name to the next; slanted ones that are nearer touch each other
GAP_FROM = 10  # pixels of a cell that has a gap around it
HOVER = "%{y} → %{x}<br>"
Blocks: TypeAlias = Sequence[range]
_STEPS = (1, 2, 5, 10, 20, 25, 50, 100)
_BESIDE = {"ticklabelstandoff": 3, "ticklabeloverflow": "allow"}  # else Plotly measures each of them, half its time


@dataclass(frozen=True)
class Names:
    """The names along one side of a panel: of all rows or columns, as hover has them and as the axis has them.

    step: one of so many stands beside the axis. angle: at which they stand above columns. above: pixels that they take.
    """

    hover: tuple[str, ...]
    beside: tuple[str, ...]
    step: int
    angle: int
    above: int

    @classmethod
    def of(cls, tokens: Sequence[Token], blocks: Blocks, *, cell: float | int) -> "Names":
        """The names of rows or columns that stand for these blocks of tokens, in cells of so many pixels."""
        first = [tokens[block.start] for block in blocks]
        beside = tuple(axis_label(token) for token in first)
        is_whole = all(len(block) == 1 for block in blocks) and all(short(token) == reading(token) for token in first)
        hover = beside if is_whole else tuple(block_label(tokens, block.start, block.stop) for block in blocks)
        step = next(step for step in (*_STEPS, len(blocks)) if step * cell >= MIN_LABEL_STEP or step >= len(blocks))
        angle, share = (-45, 0.75) if step * cell >= SLANTED_FROM else (-90, 1)
        return cls(hover, beside, step, angle, round(16 + share * longest(tokens, blocks)))

    @property
    def fit(self) -> bool:
        """Whether hover can take the names that are beside the axis: all of them are, and none is cut."""
        return self.step == 1 and self.hover == self.beside


def longest(tokens: Sequence[Token], blocks: Blocks) -> float:
    """Pixels of the longest name beside an axis."""
    return LETTER * max(width(short(tokens[block.start])) for block in blocks)


def heatmap(cell: float | int) -> Spec:
    """What all cells have in common; `cell` is their side in pixels."""
    gap = {"xgap": 1, "ygap": 1} if cell >= GAP_FROM else {}
    return {"type": "heatmap", "hoverongaps": False} | gap


def axes(place: int, queries: Names, keys: Names, *, theme: Theme) -> tuple[str, str, Spec, Spec]:
    """The names of a panel's axes in the layout, `xaxis2` and `yaxis2`, and what they are; rows run downwards."""
    frame = {"mirror": True, "linecolor": theme.line}
    x = quiet_axis(range=[-0.5, len(keys.hover) - 0.5], side="top", **frame)
    y = quiet_axis(range=[len(queries.hover) - 0.5, -0.5], **frame)
    fit = queries.fit and keys.fit
    x |= names_at(keys.hover) | ({"tickangle": keys.angle} | _BESIDE if fit else {"showticklabels": False})
    y |= names_at(queries.hover) | (_BESIDE if fit else {"showticklabels": False})
    return axis("xaxis", place), axis("yaxis", place), x, y


def axis(name: str, place: int) -> str:
    """The name of a panel's axis: Plotly's first one has no number."""
    return f"{name}{place + 1}" if place else name


def on(place: int) -> Spec:
    """Which axes a trace of a panel lies on."""
    return {"xaxis": axis("x", place), "yaxis": axis("y", place)}


def lay_names_over(figure: Spec, queries: Names, keys: Names, n_panels: int) -> None:
    """On top of every panel a pair of axes with as many names as there is room for, where not all have."""
    if queries.fit and keys.fit:
        return
    for place in range(n_panels):
        below, over = on(place), n_panels + place
        x, y = (quiet_axis(**_BESIDE, overlaying=under, matches=under) for under in below.values())
        x |= {"anchor": below["yaxis"], "side": "top", "tickangle": keys.angle} | names_at(keys.beside, step=keys.step)
        y |= {"anchor": below["xaxis"]} | names_at(queries.beside, step=queries.step)
        figure["layout"] |= {axis("xaxis", over): x, axis("yaxis", over): y}
        # Axes are drawn only where a trace lies on them.
        figure["data"].append({"type": "scatter", "x": [None], "y": [None], "hoverinfo": "skip"} | on(over))
