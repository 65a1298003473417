"""What a part of the picture has drawn: pixels read back from its canvas, and every call of its painter."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.canvas.conftest import Bare

_PIXELS = """(canvas, points) => {
  const context = canvas.getContext("2d"), ratio = devicePixelRatio;
  return points.map(([x, y]) => [...context.getImageData(Math.round(x * ratio), Math.round(y * ratio), 1, 1).data]);
}"""
_RECORD = """(name) => {
  const calls = [];
  const record = (verb) => (...rest) => calls.push([verb, ...rest]);
  const painter = { ratio: 1, image: (pixels, ...rest) => calls.push(["image", ...rest]) };
  for (const verb of ["rect", "box", "line", "curve", "text"]) painter[verb] = record(verb);
  for (const verb of ["clip", "shift"]) painter[verb] = (...rest) => rest.at(-1)();
  const { width, height, paint } = hosts[0].handle.picture(name);
  paint(painter);
  return { width, height, calls };
}"""


def pixels(opened: Bare, canvas: str, points: list[tuple[float, float]]) -> NDArray[np.int64]:
    """Red, green, blue and opacity at points of a canvas."""
    return np.array(opened.page.locator(canvas).evaluate(_PIXELS, points))


def record(opened: Bare, part: str) -> dict[str, Any]:
    """Width, height and every call of the painter for a part, as a file of it is drawn."""
    return dict(opened.page.evaluate(_RECORD, part))


def scale_colour(stops: tuple[str, ...], share: float) -> NDArray[np.float64]:
    """The colour of a share of a scale, red, green and blue from 0 to 255, by NumPy's own interpolation."""
    channels = np.array([[int(stop[at : at + 2], 16) for at in (1, 3, 5)] for stop in stops])
    places = np.linspace(0, 1, len(stops))
    return np.array([np.interp(share, places, channels[:, channel]) for channel in range(3)])


def two_decimals(weight: float) -> str:
    """A weight as its cell has it, spelled here for the tests: nothing under .005."""
    if weight < 0.005:
        return ""
    if weight == 1:
        return "1"
    return ">.99" if weight >= 0.995 else f"{weight:.2f}"[1:]
