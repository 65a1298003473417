"""Light or dark: the colours of the browser, also when they change before the page is there or while it is open.

A figure is coloured on the server. A browser that turns dark in the evening changes the page but runs nothing here.
So a part without a picture is told which colours the server drew in. Streamlit calls it when it comes onto the page
and whenever the page changes its colours; where those two differ, it has the page run again.
"""

import streamlit as st

from attnviz.figures.theme import DARK, LIGHT, Theme

_COMPARE = """
export default function ({ parentElement, data, setTriggerValue }) {
    const shown = getComputedStyle(parentElement.host ?? parentElement).colorScheme; // inherited from the page
    if (shown !== data.drawn) setTriggerValue("differs", shown);
}
"""
_comparison = st.components.v2.component("attnviz_scheme", js=_COMPARE)


def theme() -> Theme:
    """The colours that the browser shows now."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def follow_browser(key: str = "scheme") -> None:
    """Have the page, or the fragment of it, run again where the browser shows other colours than it was drawn in."""
    drawn = "dark" if theme() is DARK else "light"
    _comparison(key=key, data={"drawn": drawn}, on_differs_change=_nothing, height=1)


def _nothing() -> None:
    """That the page runs again is all that is wanted."""
