"""Parts of the picture as files, drawn by a browser on this machine with the painter calls of the screen.

    .svg .pdf     for papers, with a caption
    .png          two pixels for each point

Images need Chrome or Chromium (`choreographer`, which kaleido brings, finds and drives it); the page needs nothing.
"""

import asyncio
import os
from base64 import b64decode
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from attnviz.canvas.page import page
from attnviz.errors import FileFormatError
from attnviz.export import check_place, replacing
from attnviz.scene import Scene

IMAGES = ("svg", "pdf", "png")
ENDINGS = (".html", *(f".{name}" for name in IMAGES))
PNG_SCALE = 2
SECONDS = 120  # for one image; one takes 2 where nothing else runs, many more on a machine with too much to do
# What can be drawn: the part's own name, and how many points wide it may become.
PARTS = {"map": ("heatmap", 690), "heads": ("overview", 690), "sentence": ("sentence", 1290)}
_PER_INCH = 96
_DRAWN = """\
document.body.style.cssText = "margin: 0; width: {width}px; max-width: none; padding: 0";
const svg = new DOMParser().parseFromString(picture.svg("{part}"), "image/svg+xml").documentElement;
svg.style.display = "block";
document.body.replaceChildren(svg);
"""
_SVG = """\
(({ documentElement: page }) => {
  const svg = page.querySelector("body > svg"), { width, height } = svg.viewBox.baseVal;
  return [new XMLSerializer().serializeToString(svg), width, height];
})(document)"""


def save_picture(
    scene: Scene, path: str | os.PathLike[str], *, title: str, part: str = "map", theme: str = "light"
) -> None:
    """Write a part of the picture; the ending of `path` chooses the format. A page holds the whole picture.

    Raises FileFormatError for another ending, a place that cannot be written and, for images, a missing browser.
    """
    target = Path(path)
    check_target(target)
    ending = target.suffix.lower().removeprefix(".")
    if ending == "html":
        content = page(scene, title=title, theme=theme).encode()
    else:
        content = image(scene, ending, part=part, theme=theme)
    with replacing(target) as temporary:
        temporary.write_bytes(content)


def check_target(path: str | os.PathLike[str]) -> None:
    """Raise FileFormatError where `save_picture` could not write, as far as that shows before there is a picture."""
    target = Path(path)
    check_place(target, ENDINGS, what="kind of picture")
    if target.suffix.lower() != ".html":
        _check_browser(target.suffix.lower().removeprefix("."))


def image(scene: Scene, kind: str, *, part: str = "map", theme: str = "light") -> bytes:
    """A part of the picture with its caption as "svg", "pdf" or "png".

    Raises FileFormatError where the browser or what drives it is missing, or fails.
    """
    _check_browser(kind)
    from choreographer import errors

    name, width = PARTS[part]
    drawing = page(scene, title="attnviz", theme=theme, then=_DRAWN.format(part=name, width=width))
    try:
        return _in_a_thread(lambda: asyncio.wait_for(_drawn(drawing, kind), SECONDS))
    except errors.ChromeNotFoundError as error:
        raise _no_browser(kind) from error
    except errors.BrowserDepsError as error:
        raise _failed(kind, "the browser lacks libraries of the system") from error
    except TimeoutError as error:
        raise _failed(kind, f"the browser gave no picture within {SECONDS} seconds") from error
    # The browser does not start, or ends: what its pipe, its protocol or the page then says is of many classes.
    except (RuntimeError, OSError, asyncio.CancelledError, errors.DevtoolsProtocolError) as error:
        said = " ".join(str(error.args[0] if error.args else type(error).__name__).split())[:200]
        raise _failed(kind, f"the browser failed ({said.rstrip('.')})") from error


async def _drawn(drawing: str, kind: str) -> bytes:
    """What a page with one drawing in it looks like, as a file."""
    from choreographer import Browser

    with TemporaryDirectory() as folder:
        place = Path(folder) / "drawing.html"
        place.write_text(drawing, encoding="utf-8")
        async with Browser() as browser:
            tab = await browser.create_tab()

            async def ask(command: str, **parameters: Any) -> dict[str, Any]:
                answer = await tab.send_command(command, parameters)
                if "error" in answer:
                    raise RuntimeError(answer["error"]["message"])
                result: dict[str, Any] = answer["result"]
                return result

            await ask("Page.enable")
            loaded = tab.subscribe_once("Page.loadEventFired")
            await ask("Page.navigate", url=place.as_uri())
            await loaded
            found = await ask("Runtime.evaluate", expression=_SVG, returnByValue=True)
            if "exceptionDetails" in found:
                raise RuntimeError("the page drew nothing")
            svg, width, height = found["result"]["value"]
            if kind == "svg":
                return svg.encode()
            if kind == "png":
                clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": PNG_SCALE}
                taken = await ask("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
            else:
                margins = {f"margin{side}": 0 for side in ("Top", "Bottom", "Left", "Right")}
                paper = {"paperWidth": width / _PER_INCH, "paperHeight": height / _PER_INCH, "pageRanges": "1"}
                taken = await ask("Page.printToPDF", printBackground=True, **paper, **margins)
            return b64decode(taken["data"])


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
    if find_spec("choreographer") is None:
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
