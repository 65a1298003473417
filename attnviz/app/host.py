"""The pictures on a page of Streamlit.

Streamlit hands a component its data whole, and its script with it, each time. So what changes at different times goes
to different mounts of one component whose script is a few lines: the code of the picture, which then travels once; the
words and all heads of a text; the map of a head; the view. What has not changed Streamlit does not send again.
"""

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from attnviz.canvas import bundle

_HERE = Path(__file__).parent
_mount = st.components.v2.component("attnviz_picture", js=(_HERE / "forward.js").read_text(encoding="utf-8"))


@cache
def _code() -> bytes:
    """One script. It begins with a slash, which tells it from a message: that begins with a line of JSON."""
    host = (_HERE / "host.js").read_text(encoding="utf-8")
    return f"// The canvas, and its host.\n{bundle.script()}\n{host}".encode()


def code() -> None:
    """The code of all pictures of a page; once, at a place where nothing is seen."""
    _mount(key="code", data=_code(), height=1)


def carry(group: str, kind: str, message: bytes) -> None:
    """A message, "text" or "map", for the picture of this group; at a place where nothing is seen."""
    _mount(key=f"{group}_{kind}", data=_with({"group": group, "kind": kind}, message), height=1)


def show(
    group: str,
    message: bytes,
    *,
    parts: Sequence[str] | None = None,
    of: str = "the text",
    on_told: Callable[[Any], None] | None = None,
) -> None:
    """The picture of a group, with a message "view".

    parts: those of the picture that are wanted; all unless given. of: which text it is of, for those who hear it.
    on_told: is given what the picture sends, before the next run: all events that it knows no answer to, and the room
    that it has.
    """
    key = f"{group}_view"

    def told() -> None:
        if on_told is not None:
            on_told(st.session_state.get(key, {}).get("told"))

    header = {"group": group, "kind": "view", "options": {"parts": parts, "of": of}}
    _mount(key=key, data=_with(header, message), on_told_change=told)


def _with(header: dict[str, Any], message: bytes) -> bytes:
    return json.dumps(header).encode() + b"\n" + message
