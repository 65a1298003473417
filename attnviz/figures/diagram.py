"""Boxes and arrows: how data flows. A diagram is narrow enough for a telephone and has no numbers of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from attnviz.figures.base import Spec, base_layout
from attnviz.figures.labels import with_subscripts
from attnviz.figures.theme import LIGHT, Theme

UNIT = (44, 30)  # pixels of one step to the right and of one step down


@dataclass(frozen=True)
class Box:
    """A labelled box around `(x, y)`, in steps to the right and down; filled where it does something.

    A letter or digit after `_` in the label is drawn as a subscript.
    """

    label: str
    x: float | int
    y: float | int
    width: float | int = 2.2
    is_filled: bool = False


@dataclass(frozen=True)
class Arrow:
    """A line through these points, in steps; its head is at the last of them."""

    points: tuple[tuple[float | int, float | int], ...]


def diagram(boxes: Sequence[Box], arrows: Sequence[Arrow], *, theme: Theme = LIGHT) -> Spec:
    """The boxes and arrows as a figure without axes."""
    right = max(box.x + box.width / 2 for box in boxes)
    left = min(0.0, *(box.x - box.width / 2 for box in boxes))
    bottom = max(box.y for box in boxes)
    hidden: Spec = {"visible": False, "fixedrange": True}
    layout = base_layout(theme) | {
        "width": round((right - left + 0.4) * UNIT[0]),
        "height": round((bottom + 1.4) * UNIT[1]),
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "xaxis": hidden | {"range": [left - 0.2, right + 0.2]},
        "yaxis": hidden | {"range": [bottom + 0.7, -0.7]},
        "shapes": [_line(arrow, theme) for arrow in arrows if len(arrow.points) > 2] + [_box(b, theme) for b in boxes],
        "annotations": [_head(arrow, theme) for arrow in arrows] + [_label(box) for box in boxes],
    }
    nothing = {"type": "scatter", "x": [None], "y": [None], "hoverinfo": "skip"}
    return {"data": [nothing], "layout": layout}


def _box(box: Box, theme: Theme) -> Spec:
    corners = {
        "x0": box.x - box.width / 2,
        "x1": box.x + box.width / 2,
        "y0": box.y - 0.5,
        "y1": box.y + 0.5,
    }
    fill = theme.scale[1] if box.is_filled else theme.background
    return {"type": "rect", "line": {"color": theme.muted, "width": 1}, "fillcolor": fill} | corners


def _label(box: Box) -> Spec:
    return {"x": box.x, "y": box.y, "text": with_subscripts(box.label), "showarrow": False}


def _line(arrow: Arrow, theme: Theme) -> Spec:
    """The bends of an arrow; its last stretch is drawn with the head."""
    path = " L ".join(f"{x},{y}" for x, y in arrow.points[:-1])
    return {"type": "path", "path": f"M {path}", "line": {"color": theme.muted, "width": 1.5}}


def _head(arrow: Arrow, theme: Theme) -> Spec:
    (tail_x, tail_y), (x, y) = arrow.points[-2:]
    return {
        "x": x,
        "y": y,
        "ax": tail_x,
        "ay": tail_y,
        "xref": "x",
        "yref": "y",
        "axref": "x",
        "ayref": "y",
        "text": "",
        "showarrow": True,
        "arrowhead": 2,
        "arrowwidth": 1.5,
        "arrowcolor": theme.muted,
    }
