"""Figures as files: a page that opens without a network, and SVG, PDF and PNG drawn by a browser on this machine.

    .html         Plotly's own script inside; hover works, nothing is fetched
    .svg .pdf     for papers
    .png          two pixels for each of the figure's

Images need Chrome or Chromium (`kaleido` finds it); the page needs nothing.
"""

import json
import os
from pathlib import Path
from textwrap import wrap

import plotly.graph_objects as go

from attnviz.errors import FileFormatError
from attnviz.figures.labels import escaped, visible
from attnviz.figures.theme import LIGHT, Theme

IMAGES = ("svg", "pdf", "png")
ENDINGS = (".html", *(f".{name}" for name in IMAGES))
PNG_SCALE = 2
_LETTER = 6.2  # pixels of a letter of the caption
_LINE = 17  # pixels of a line of the caption
_PAD = 10  # pixels between the picture and its caption


def one_head(layer: int, head: int) -> str:
    """A head as a caption names it."""
    return f"layer {layer}, head {head} (both from 0)"


def caption(text: str, *, pair: str | None, model: str, kind: str, heads: str, notes: tuple[str, ...] = ()) -> str:
    """What a figure shows, as one would write below it: text, model with its revision, which heads, how drawn."""
    second = f" with “{visible(pair)}”" if pair else ""
    sentences = [f"Attention of {model}, {kind}, {heads}, for “{visible(text)}”{second}."]
    return " ".join([*sentences, *notes, "Drawn with attnviz."])


def with_caption(figure: go.Figure, words: str, *, theme: Theme = LIGHT) -> go.Figure:
    """The figure on a background of its own, with a caption below it."""
    captioned = go.Figure(figure)
    layout = captioned.layout
    width, height = layout.width or 700, layout.height or 450
    lines = wrap(words, width=max(20, int((width - 16) / _LETTER)), break_long_words=True)
    room = _PAD + _LINE * len(lines) + 6
    bottom = layout.margin.b or 0
    plot_height = height - bottom - (layout.margin.t or 0)
    captioned.update_layout(
        height=height + room, margin={"b": bottom + room}, paper_bgcolor=theme.background, autosize=False
    )
    captioned.add_annotation(
        text="<br>".join(escaped(line) for line in lines),
        xref="paper",
        yref="paper",
        x=0,
        y=-(bottom + _PAD) / plot_height,
        xshift=8 - (layout.margin.l or 0),
        xanchor="left",
        yanchor="top",
        align="left",
        showarrow=False,
        font={"size": 12, "color": theme.muted},
    )
    return captioned


def save_figure(figure: go.Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure; the ending of `path` chooses the format.

    Raises FileFormatError for another ending, a place that cannot be written and, for images, a missing browser.
    """
    target = Path(path)
    check_figure_target(target)
    ending = target.suffix.lower().removeprefix(".")
    content = page(figure, title=target.stem).encode() if ending == "html" else image(figure, ending)
    try:
        target.write_bytes(content)
    except OSError as error:
        raise FileFormatError(f"{target} cannot be written: {error.strerror or error}.") from error


def check_figure_target(path: str | os.PathLike[str]) -> None:
    """Raise FileFormatError where `save_figure` could not write, as far as that shows before there is a figure."""
    target = Path(path)
    if target.suffix.lower() not in ENDINGS:
        ending = f"the ending '{target.suffix}'" if target.suffix else "no ending"
        raise FileFormatError(f"{target} has {ending}, which names no kind of figure; use {', '.join(ENDINGS)}.")
    if not target.parent.is_dir():
        raise FileFormatError(f"{target} cannot be written: there is no folder {target.parent}.")


def page(figure: go.Figure, *, title: str) -> str:
    """A page of HTML with the figure and all that it needs inside."""
    body = figure.to_html(full_html=False, include_plotlyjs=True, include_mathjax=False, config={"displaylogo": False})
    background = figure.layout.paper_bgcolor or LIGHT.background
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escaped(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width">\n</head>\n<body style="background:{background}">\n'
        f"{body}\n</body>\n</html>\n"
    )


def image(figure: go.Figure, kind: str) -> bytes:
    """The figure as "svg", "pdf" or "png".

    Raises FileFormatError where kaleido or the browser that it drives is missing.
    """
    try:
        import kaleido
        from kaleido.errors import ChromeNotFoundError
    except ImportError as error:
        raise FileFormatError("Images are drawn by the package kaleido, which is missing. Install it.") from error
    size = {"width": figure.layout.width, "height": figure.layout.height}
    options = {"format": kind, "scale": PNG_SCALE if kind == "png" else 1} | size
    try:
        # MathJax would be fetched from another host; no label holds TeX.
        drawn: bytes = kaleido.calc_fig_sync(json.loads(figure.to_json()), opts=options, kopts={"mathjax": False})
    except ChromeNotFoundError as error:
        raise FileFormatError(
            f"Drawing {kind.upper()} needs Chrome or Chromium, and none is here. Install one, or write .html."
        ) from error
    return drawn


def can_draw_images() -> bool:
    """Whether `image` finds what it needs."""
    try:
        from choreographer.browsers.chromium import Chromium
    except ImportError:
        return False
    return bool(Chromium.find_browser(skip_local=False))
