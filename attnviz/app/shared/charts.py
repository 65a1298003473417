"""Plotly charts, sent so that the browser draws each of them once.

Streamlit's front end hands a figure to Plotly twice: at once, and again, copied, when it has measured the room for it.
Plotly draws a figure again unless it sees that nothing has changed. It takes any template for a change, and so any
copied array, unless a `datarevision` says that the numbers are the same; a chart whose numbers do change is a new
element to Streamlit and begins anew, so one revision does for all.
"""

from typing import Any

import streamlit as st

from attnviz.figures.base import Figure, Plain, Spec

_SAME = 1


def chart(
    figure: Figure | Spec,
    *,
    key: str,
    alt: str,
    config: dict[str, Any],
    width: Any = "stretch",
    room: float | None = None,
    on_select: Any = "ignore",
) -> None:
    """Draw a figure in its own colours.

    alt: what is said of it to those who do not see it. room: how wide the browser has room for it, where that is known.
    on_select: called when somebody clicks a point.
    """
    drawn = figure if isinstance(figure, dict) else figure.to_dict()
    layout = {name: value for name, value in drawn["layout"].items() if name != "template"} | {"datarevision": _SAME}
    if room is not None:
        layout["width"] = min(layout.get("width", room), room)
    sent = Plain({"data": drawn["data"], "layout": layout})
    told = {"on_select": on_select, "selection_mode": "points"}
    st.plotly_chart(sent, key=key, width=width, theme=None, config=config, alt=alt, **told)
