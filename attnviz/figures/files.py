"""Figures as files: a page that opens without a network, and SVG, PDF and PNG drawn by a browser on this machine.

    .html         Plotly's own script inside; hover works, nothing is fetched
    .svg .pdf     for papers
    .png          two pixels for each of the figure's

Images need Chrome or Chromium (`kaleido` finds it); the page needs nothing.
"""

import asyncio
import json
import os
import re
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import plotly.graph_objects as go

from attnviz.errors import FileFormatError
from attnviz.export import replacing
from attnviz.figures.labels import escaped, width
from attnviz.figures.theme import LIGHT, Theme
from attnviz.tokens import visible, word_spans

IMAGES = ("svg", "pdf", "png")
ENDINGS = (".html", *(f".{name}" for name in IMAGES))
PNG_SCALE = 2
MAX_QUOTED = 240  # widths of a letter that a caption quotes of a text: three or four lines
SECONDS = 120  # for one image; one takes 2 to 3 where nothing else runs, 50 on a machine with too much to do
_LETTER = 6.2  # pixels of a letter of the caption
_LINE = 17  # pixels of a line of the caption
_PAD = 10  # pixels between the picture and its caption


def one_head(layer: int, head: int) -> str:
    """A head as a caption names it."""
    return f"layer {layer}, head {head} (both from 0)"


def caption(text: str, *, pair: str | None, model: str, kind: str, heads: str, notes: tuple[str, ...] = ()) -> str:
    """What a figure shows, as one would write below it: text, model with its revision, which heads, how drawn."""
    second = f" with {_quoted(pair)}" if pair else ""
    sentences = [f"Attention of {model}, {kind}, {heads}, for {_quoted(text)}{second}."]
    return " ".join([*sentences, *notes, "Drawn with attnviz."])


def _quoted(text: str) -> str:
    """The text in quotation marks; of a long one the beginning, up to the end of a word, and how long it is."""
    shown = visible(text)
    if width(shown) <= MAX_QUOTED:
        return f"“{shown}”"
    spans = word_spans(text)
    ends = [end for _, end in spans if end <= MAX_QUOTED and width(visible(text[:end])) <= MAX_QUOTED] or [
        MAX_QUOTED // 2
    ]
    return f"“{visible(text[: ends[-1]])} …” ({len(spans)} words)"


def wrapped(words: str, room: float) -> list[str]:
    """The words in lines at most so wide, in widths of a Latin letter.

    A word that is wider than a line is broken; so is writing without blanks, which has no other place to be broken at.
    """
    lines = [""]
    for word in re.findall(r"\s*\S+", words):
        if lines[-1] and width(lines[-1] + word) > room:
            lines.append("")
        for character in word if lines[-1] else word.lstrip():
            if lines[-1] and width(lines[-1] + character) > room:
                lines.append("")
            lines[-1] += character
    return [line.strip() for line in lines]


def with_caption(figure: go.Figure, words: str, *, theme: Theme = LIGHT) -> go.Figure:
    """The figure on a background of its own, with a caption below it."""
    captioned = go.Figure(figure)
    layout = captioned.layout
    pixels, height = layout.width or 700, layout.height or 450
    lines = wrapped(words, max(20, (pixels - 16) / _LETTER))
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
    with replacing(target) as temporary:
        temporary.write_bytes(content)


def check_figure_target(path: str | os.PathLike[str]) -> None:
    """Raise FileFormatError where `save_figure` could not write, as far as that shows before there is a figure."""
    target = Path(path)
    if target.suffix.lower() not in ENDINGS:
        ending = f"the ending '{target.suffix}'" if target.suffix else "no ending"
        raise FileFormatError(f"{target} has {ending}, which names no kind of figure; use {', '.join(ENDINGS)}.")
    if not target.parent.is_dir():
        raise FileFormatError(f"{target} cannot be written: there is no folder {target.parent}.")
    if target.suffix.lower() != ".html":
        _check_browser(target.suffix.lower().removeprefix("."))


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

    Raises FileFormatError where kaleido or the browser that it drives is missing, or fails.
    """
    _check_browser(kind)
    import kaleido
    from choreographer import errors
    from kaleido.errors import KaleidoError

    size = {"width": figure.layout.width, "height": figure.layout.height}
    options = {"format": kind, "scale": PNG_SCALE if kind == "png" else 1} | size
    drawing = json.loads(figure.to_json())

    async def draw() -> bytes:
        # MathJax would be fetched from another host; no label holds TeX.
        drawn = kaleido.calc_fig(drawing, opts=options, kopts={"mathjax": False, "timeout": None})
        picture: bytes = await asyncio.wait_for(drawn, SECONDS)  # kaleido's own limit leaves out the start
        return picture

    try:
        return _in_a_thread(draw)
    except errors.ChromeNotFoundError as error:
        raise _no_browser(kind) from error
    except errors.BrowserDepsError as error:
        raise _failed(kind, "the browser lacks libraries of the system") from error
    except TimeoutError as error:
        raise _failed(kind, f"the browser gave no picture within {SECONDS} seconds") from error
    # The browser does not start, or ends: what its pipe, its protocol or the page then says is of many classes.
    except (RuntimeError, OSError, asyncio.CancelledError, KaleidoError, errors.DevtoolsProtocolError) as error:
        said = " ".join(str(error.args[0] if error.args else type(error).__name__).split())[:200]
        raise _failed(kind, f"the browser failed ({said.rstrip('.')})") from error


def _in_a_thread(draw: Callable[[], Coroutine[Any, Any, bytes]]) -> bytes:
    """The result, computed beside the loop that a notebook has; a browser that cannot even be closed is left behind."""
    answer: Future[bytes] = Future()

    def work() -> None:
        try:
            answer.set_result(asyncio.run(draw()))
        except BaseException as error:
            answer.set_exception(error)

    Thread(target=work, daemon=True).start()
    return answer.result(SECONDS + 5)


def _check_browser(kind: str) -> None:
    """Raise FileFormatError where what draws images is missing."""
    if find_spec("kaleido") is None or find_spec("choreographer") is None:
        raise FileFormatError("Images are drawn by the package kaleido, which is missing. Install it, or write .html.")
    if not can_draw_images():
        raise _no_browser(kind)


def _no_browser(kind: str) -> FileFormatError:
    return FileFormatError(
        f"Drawing {kind.upper()} needs Chrome or Chromium, and none is here. Install one, or write .html."
    )


def _failed(kind: str, what: str) -> FileFormatError:
    return FileFormatError(f"{kind.upper()} was not drawn: {what}. Try again, or write .html, which needs no browser.")


def can_draw_images() -> bool:
    """Whether `image` finds what it needs."""
    try:
        from choreographer.browsers.chromium import Chromium
    except ImportError:
        return False
    return bool(Chromium.find_browser(skip_local=False))
