"""How a weight becomes a colour: each head its own scale, all from 0 to 1, or logarithmic.

The scale of a head ends at its largest weight, so that its pattern is seen; two heads then differ in what their
darkest cell means. From 0 to 1, maps can be compared. The logarithmic one shows small weights, which add up.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from attnviz.figures.theme import Theme

if TYPE_CHECKING:
    from attnviz.figures.cells import Cells

PER_HEAD, UNIT, LOGARITHMIC = "head", "unit", "log"
SCALES = (PER_HEAD, UNIT, LOGARITHMIC)
FLOOR = 1e-4  # at and below it, a logarithmic scale shows the colour of 0

_DECADES = ("≤ .0001", ".001", ".01", ".1", "1")


def coloured(cells: "Cells", scale: str, theme: Theme) -> dict[str, Any]:
    """The part of a heat map's trace that gives its cells their colours; `hover` names the weight for a template."""
    if scale == LOGARITHMIC:
        return {
            "z": np.log10(np.maximum(cells.weights, np.float32(FLOOR))),
            "customdata": cells.weights,
            "zmin": np.log10(FLOOR),
            "zmax": 0.0,
            "colorscale": theme.colorscale,
        }
    end = 1.0 if scale == UNIT else cells.scale_end
    return {"z": cells.weights, "zmin": 0, "zmax": end, "colorscale": theme.colorscale}


def shares(weights: NDArray[np.float32], scale: str, *, end: float) -> NDArray[np.float32]:
    """How far along the colours weights are, 0 to 1; `end` is where a head's own scale ends."""
    if scale == LOGARITHMIC:
        places = 1 - np.log10(np.clip(weights, np.float32(FLOOR), np.float32(1))) / np.log10(FLOOR)
    else:
        places = weights / (1.0 if scale == UNIT else end)
    return np.clip(places, 0, 1).astype(np.float32)


def hover_value(scale: str) -> str:
    """Where a hover template finds the weight."""
    return "customdata" if scale == LOGARITHMIC else "z"


def ticks(scale: str) -> dict[str, Any]:
    """The ticks of the colour bar."""
    if scale == LOGARITHMIC:
        return {"tickmode": "array", "tickvals": [-4, -3, -2, -1, 0], "ticktext": list(_DECADES)}
    return {"nticks": 6}
