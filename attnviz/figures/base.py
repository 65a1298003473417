"""What all Plotly figures have in common: letters, colours, quiet axes, and how they reach Plotly.

A figure is a dictionary, put together once: updating one of Plotly's own objects costs more than building it.
"""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.basedatatypes import BaseFigure

from attnviz.figures.theme import Theme

FONT = "Source Sans, Source Sans Pro, sans-serif"
FONT_SIZE = 13
LETTER = 6.6  # pixels of a letter at FONT_SIZE, measured in Chromium
CLEAR = "rgba(0,0,0,0)"
Spec: TypeAlias = dict[str, Any]
Figure: TypeAlias = go.Figure  # by which name floors above speak of it


class Plain(BaseFigure):  # type: ignore[misc]  # Plotly ships no types
    """A figure that Plotly takes as it is.

    Plotly's own class checks every property when it is made, which takes longer than all else together. What it would
    find at run time, a test finds before.
    """

    def __init__(self, spec: Spec) -> None:
        object.__setattr__(self, "spec", spec)

    def to_dict(self) -> Spec:
        """The dictionary, as it was given."""
        return self.spec


def base_layout(theme: Theme) -> Spec:
    """Our letters and the colours of the page; no template, which a browser takes for a change, and draws twice."""
    font = {"family": FONT, "size": FONT_SIZE, "color": theme.text}
    return {
        "font": font,
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "hoverlabel": {"bgcolor": theme.background, "bordercolor": theme.muted, "font": font, "align": "left"},
        "showlegend": False,
    }


def quiet_axis(**more: Any) -> Spec:
    """An axis without lines and ticks, that keeps its range."""
    return {"showgrid": False, "zeroline": False, "ticks": "", "fixedrange": True} | more


def names_at(names: Sequence[str], *, step: int = 1) -> Spec:
    """Names beside an axis that counts from 0: equal names on an axis of names would be joined to one."""
    return {"tickvals": list(range(0, len(names), step)), "ticktext": list(names[::step])}


def title_at_top(text: str, *, size: int = FONT_SIZE + 2) -> Spec:
    """The title of a figure, at its top and left."""
    place = {"x": 0, "xanchor": "left", "y": 1, "yanchor": "top", "pad": {"l": 4, "t": 4}}
    return {"text": text, "font": {"size": size}} | place


def array(values: NDArray[np.float32] | NDArray[np.uint8]) -> Spec:
    """Numbers (row, column) as Plotly reads them without parsing: their own bytes."""
    kind = {"float32": "f4", "uint8": "u1"}[values.dtype.name]
    return {
        "dtype": kind,
        "bdata": b64encode(np.ascontiguousarray(values).tobytes()).decode(),
        "shape": ", ".join(map(str, values.shape)),
    }
