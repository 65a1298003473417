"""Light or dark: the colours of the browser, also when they change while the page is open.

A figure is coloured on the server. A browser that turns dark in the evening changes the page but runs nothing here,
so a part without a picture listens for it and has the page run again.
"""

import streamlit as st

from attnviz.figures.theme import DARK, LIGHT, Theme

_LISTEN = """
export default function ({ setTriggerValue }) {
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const tell = () => setTimeout(() => setTriggerValue("changed", dark.matches), 100);
    dark.addEventListener("change", tell);
    return () => dark.removeEventListener("change", tell);
}
"""
_listener = st.components.v2.component("attnviz_scheme", js=_LISTEN)


def theme() -> Theme:
    """The colours that the browser shows now."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def follow_browser() -> None:
    """Have the page run again when the browser changes between light and dark."""
    _listener(key="scheme", on_changed_change=_nothing, height=1)


def _nothing() -> None:
    """That the page runs again is all that is wanted."""
