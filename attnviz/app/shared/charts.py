"""Plotly charts, sent so that the browser draws each of them once.

Streamlit's front end hands a figure to Plotly twice: at once, and again, copied, when it has measured the room for it.
Plotly draws a figure again unless it sees that nothing has changed. It takes any template for a change, and so any
copied array, unless a `datarevision` says that the numbers are the same; a chart whose numbers do change is a new
element to Streamlit and begins anew, so one revision does for all.
"""

from typing import Any

import streamlit as st

from attnviz.figures.heatmap import Figure

_SAME = 1


def chart(
    figure: Figure, *, key: str, alt: str, config: dict[str, Any], width: Any = "stretch", room: float | None = None
) -> None:
    """Draw a figure, in its own colours, and leave it as it was.

    alt: what is said of it to those who do not see it. room: how wide the browser has room for it, where that is known.
    """
    layout = figure.layout
    sent: dict[str, Any] = {"template": None, "datarevision": _SAME}
    if room is not None:
        sent["width"] = room if layout.width is None else min(layout.width, room)
    before = {name: layout[name] for name in sent}
    for name, value in sent.items():
        layout[name] = value
    st.plotly_chart(figure, key=key, width=width, theme=None, config=config, alt=alt)
    for name, value in before.items():
        layout[name] = value
