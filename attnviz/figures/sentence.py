"""The text with arcs from the words that are looked at to those they attend to, as one takes it away.

The page draws this in the browser (`app/components/canvas/arcs.js`), where it answers to the pointer; here it is a
figure, with the same shades, arcs and numbers. Lengths are pixels.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from attnviz.figures.heatmap import FONT, Spec
from attnviz.figures.labels import axis_label, short, width
from attnviz.figures.numbers import BLACK, WHITE, luminance_of, stands_out
from attnviz.figures.scales import PER_HEAD, shares
from attnviz.figures.theme import LIGHT, Theme
from attnviz.tokens import Token

MAX_WIDTH = 860  # of a line of words
LETTER, LINE, PAD, BETWEEN = 8.6, 26, 5, 5  # of a word: a letter, its height, what is beside it, and the next one
SIDE = 16  # beside and above the whole
NUMBERS = 20  # below a line of words
GAPS = ((1, 74), (2, 50), (4, 32))  # lines, and the room for arcs above each
SMALL_GAP = 14
LEAST_ARC, MOST_ARCS = 0.02, 48
LEAST_NUMBER, MOST_NUMBERS = 0.05, 12
ALWAYS = 3  # so many arcs and numbers are drawn however small they are
_DARKEST, _ARC = 165 / 255, (70 / 255, 130 / 255)  # of the scale: the shade of a word at its end; of an arc, and more


@dataclass(frozen=True, eq=False)
class Look:
    """The words that are looked at, and what they give to those of the other side, or get from them.

    places: of the words looked at, among the queries where `is_to`, else among the keys.
    weights: of the words of the other side, NaN where masked. end: the weight at which a scale of its own ends.
    """

    is_to: bool
    places: tuple[int, ...]
    weights: NDArray[np.float32]
    end: float


@dataclass(frozen=True)
class _Box:
    left: float
    top: float
    width: float

    @property
    def middle(self) -> float:
        return self.left + self.width / 2


def sentence_figure(
    queries: Sequence[Token], keys: Sequence[Token] | None, look: Look, *, theme: Theme = LIGHT, scale: str = PER_HEAD
) -> go.Figure:
    """The words, those looked at framed, with arcs to the others and their weights; `keys` where it is another text."""
    texts = [queries] if keys is None else [keys, queries]  # a translation stands below its source
    boxes, size = _laid_out(texts)
    of_queries, of_keys = boxes[-1], boxes[0]
    looked, others = (of_queries, of_keys) if look.is_to else (of_keys, of_queries)
    weights = np.nan_to_num(look.weights)
    share: list[float] = shares(weights, scale, end=look.end).tolist()
    shades = [_colour(theme, _DARKEST * each) for each in share]
    layers = [_shade(box, shade) for box, shade, each in zip(others, shades, share, strict=True) if each >= 1 / 60]
    top = float(weights.max(initial=0.0)) or 1.0
    gap = _gap(len({box.top for line in boxes for box in line}))
    for place in _leading(weights, LEAST_ARC, MOST_ARCS)[::-1]:
        arcs = [_arc(looked[each], others[place], gap) for each in look.places if looked[each] != others[place]]
        line = {"color": _colour(theme, _ARC[0] + _ARC[1] * share[place]), "width": 0.75 + 6 * min(1.0, weights[place])}
        opacity = 0.35 + 0.65 * float(weights[place] / top) ** 0.5
        layers += [{"type": "path", "path": arc, "line": line, "opacity": opacity} for arc in arcs]
    layers += [_shade(looked[each], "rgba(0,0,0,0)", line=theme.text) for each in look.places]
    words = [_words(tokens, line, theme) for tokens, line in zip(texts, boxes, strict=True)]
    of_others = words[0] if others is of_keys else words[-1]
    of_others["textfont"]["color"] = [
        theme.text if each < 1 / 60 else BLACK if stands_out(luminance_of(shade)) else WHITE
        for shade, each in zip(shades, share, strict=True)
    ]
    return go.Figure({"data": [*words, _numbers(others, weights, theme)], "layout": _layout(size, layers, theme)})


def _laid_out(texts: Sequence[Sequence[Token]]) -> tuple[list[list[_Box]], tuple[float, float]]:
    """A box for every word, text by text and line by line, and the size of the whole."""
    sizes = [[2 * PAD + LETTER * width(short(token)) for token in tokens] for tokens in texts]
    lines = [_broken(each) for each in sizes]
    gap = _gap(sum(line[-1] + 1 for line in lines))
    boxes: list[list[_Box]] = []
    top, right = float(SIDE), 0.0
    for of_text, of_lines in zip(sizes, lines, strict=True):
        text: list[_Box] = []
        for at, (each, line) in enumerate(zip(of_text, of_lines, strict=True)):
            is_next = at > 0 and line == of_lines[at - 1]
            if not is_next:
                top += gap if at == 0 else gap + LINE + NUMBERS
            left = text[-1].left + text[-1].width + BETWEEN if is_next else float(SIDE)
            text.append(_Box(left, top, each))
            right = max(right, left + each)
        boxes.append(text)
        top += LINE + NUMBERS
    across = right + SIDE
    for at, tokens in enumerate(texts):
        if _is_from_right(tokens):
            boxes[at] = [_Box(across - box.left - box.width, box.top, box.width) for box in boxes[at]]
    return boxes, (across, top + SIDE / 2)


def _is_from_right(tokens: Sequence[Token]) -> bool:
    """Whether a text is written from the right: whether it has a letter of such a writing."""
    typed = (token.text for token in tokens if not token.is_special)
    return any(unicodedata.bidirectional(letter) in {"R", "AL"} for text in typed for letter in text)


def _broken(sizes: Sequence[float]) -> list[int]:
    """The line of every word."""
    lines, line, left = [], 0, 0.0
    for each in sizes:
        if left and left + each > MAX_WIDTH:
            line, left = line + 1, 0.0
        lines.append(line)
        left += each + BETWEEN
    return lines


def _gap(n_lines: int) -> int:
    return next((gap for most, gap in GAPS if n_lines <= most), SMALL_GAP)


def _arc(start: _Box, end: _Box, gap: int) -> str:
    """A curve from one word to another: an arch above a line; between lines, from the top of the lower to the upper."""
    x1, x2 = start.middle, end.middle
    if start.top == end.top:
        y1 = y2 = start.top
        rise = min(gap - 8, 10 + 0.16 * abs(x1 - x2)) * 1.32
        bends = (y1 - rise, y1 - rise)
    else:
        down = end.top > start.top
        y1, y2 = (start.top + LINE, end.top) if down else (start.top, end.top + LINE)
        bends = (y1 + (y2 - y1) * 0.6, y2 - (y2 - y1) * 0.6)
    return f"M {x1:.1f},{y1:.1f} C {x1:.1f},{bends[0]:.1f} {x2:.1f},{bends[1]:.1f} {x2:.1f},{y2:.1f}"


def _leading(weights: NDArray[np.float32], least: float, most: int) -> list[int]:
    """Places of the largest weights: those above a bound, and a few whatever they are."""
    ranked = [int(place) for place in np.argsort(-weights, kind="stable") if weights[place] > 1e-9][:most]
    return [place for rank, place in enumerate(ranked) if rank < ALWAYS or weights[place] >= least]


def _shade(box: _Box, colour: str, *, line: str | None = None) -> Spec:
    """A rounded box behind a word, or a frame around it."""
    left, top, right, bottom, r = box.left, box.top, box.left + box.width, box.top + LINE, 5
    path = (
        f"M {left + r},{top} L {right - r},{top} Q {right},{top} {right},{top + r} L {right},{bottom - r} "
        f"Q {right},{bottom} {right - r},{bottom} L {left + r},{bottom} Q {left},{bottom} {left},{bottom - r} "
        f"L {left},{top + r} Q {left},{top} {left + r},{top} Z"
    )
    outline = {"width": 0} if line is None else {"width": 2, "color": line}
    return {"type": "path", "path": path, "fillcolor": colour, "line": outline}


def _words(tokens: Sequence[Token], boxes: Sequence[_Box], theme: Theme) -> Spec:
    sizes = [12 if token.is_special else 16 for token in tokens]
    return {
        "type": "scatter",
        "mode": "text",
        "x": [box.middle for box in boxes],
        "y": [box.top + LINE / 2 for box in boxes],
        "text": [axis_label(token) for token in tokens],
        "textfont": {"size": sizes, "color": theme.text},
        "hoverinfo": "skip",
    }


def _numbers(boxes: Sequence[_Box], weights: NDArray[np.float32], theme: Theme) -> Spec:
    """The weights below the words that get most."""
    places = _leading(weights, LEAST_NUMBER, MOST_NUMBERS)
    return {
        "type": "scatter",
        "mode": "text",
        "x": [boxes[place].middle for place in places],
        "y": [boxes[place].top + LINE + 9 for place in places],
        "text": [_written(float(weights[place])) for place in places],
        "textfont": {"size": 12, "color": theme.text},
        "hoverinfo": "skip",
    }


def _written(weight: float) -> str:
    """Two decimals, and two digits of a weight below .01."""
    text = f"{weight:.2f}" if weight >= 0.00995 else f"{weight:.2g}" if weight >= 0.0001 else "< .0001"
    return text.removeprefix("0")


def _colour(theme: Theme, share: float) -> str:
    """The colour of a share of the scale, as `#rrggbb`."""
    stops = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in theme.scale])
    places = np.linspace(0, 1, len(stops))
    return "#" + "".join(f"{round(np.interp(share, places, stops[:, channel])):02x}" for channel in range(3))


def _layout(size: tuple[float, float], layers: Sequence[Spec], theme: Theme) -> Spec:
    """A sheet that counts pixels, from the top."""
    across, down = size
    hidden = {"visible": False, "fixedrange": True}
    return {
        "template": "none",
        "font": {"family": FONT, "color": theme.text},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": theme.background,
        "xaxis": hidden | {"range": [0, across]},
        "yaxis": hidden | {"range": [down, 0]},
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "width": round(across),
        "height": round(down),
        "showlegend": False,
        "shapes": [layer | {"layer": "below", "xref": "x", "yref": "y"} for layer in layers],
    }
