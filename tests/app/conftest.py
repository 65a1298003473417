"""The page, run by Streamlit's AppTest."""

import gc
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

ROOT = Path(__file__).parents[2]
Start = Callable[..., AppTest]


@pytest.fixture(scope="session", autouse=True)
def short_turns() -> Iterator[None]:
    """AppTest spins in one thread while the page runs in another, which would wait 5 ms after each of torch's calls."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Start:
    """Opens the page at an address. Nothing is collected on demand or frozen: with torch that takes 0.3 s each time."""

    def open_page(**address: str) -> AppTest:
        page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, value in address.items():
            page.query_params[name] = value
        return checked(page.run())

    st.cache_resource.clear()
    monkeypatch.setattr(gc, "collect", lambda *_: 0)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    return open_page


def checked(page: AppTest) -> AppTest:
    assert not page.exception, [error.value for error in page.exception]
    return page


def labelled(page: AppTest, label: str) -> Button:
    """The one button with these words."""
    (button,) = [button for button in page.button if button.label == label]
    return button


def load_from_link(start: Start, **address: str) -> AppTest:
    """The page of an address, once the model that it asks for was loaded by a click."""
    return checked(labelled(start(**address), "Load this model").click().run())


def carried(page: AppTest, kind: str, group: str = "explore") -> tuple[dict[str, Any], bytes]:
    """A message that the page carries to a picture, "text", "map" or "view": its header, and its arrays as bytes."""
    for each in page.get("bidi_component"):
        first, _, message = each.proto.bytes.partition(b"\n")
        if first.startswith(b"{") and (header := json.loads(first)).get("kind") == kind and header["group"] == group:
            length = int.from_bytes(message[:4], "little")
            return json.loads(message[4 : 4 + length]), message[4 + length :]
    raise LookupError(f"The page carries no {kind} to {group}.")


def drawn(page: AppTest) -> NDArray[np.float32]:
    """The map that is shown, NaN where masked."""
    (text, _), (_, values) = carried(page, "text"), carried(page, "map")
    return np.frombuffer(values, "<f4").reshape(text["tokens"])


def shown(page: AppTest) -> dict[str, Any]:
    """What is on screen: layer, head, query, key and so on."""
    header: dict[str, Any] = carried(page, "view")[0]["shown"]
    return header


def box(page: AppTest, label: str) -> Any:
    """The text box, the select box or the switch of this name."""
    (found,) = [each for each in (*page.text_input, *page.selectbox, *page.toggle) if each.label == label]
    return found


def address(page: AppTest) -> dict[str, str]:
    """The address that the page has written."""
    return {name: value[0] if isinstance(value, list) else value for name, value in page.query_params.items()}


def said(page: AppTest) -> str:
    """The errors, warnings and corrections on the page, without the backslashes of Markdown."""
    texts = [element.value for element in (*page.error, *page.warning)]
    try:
        view, _ = carried(page, "view")
    except LookupError:  # another page, or there is no picture yet
        view = {"sentences": [], "dimmed": None}
    texts += [*view["sentences"], *([view["dimmed"]["sentence"]] if view.get("dimmed") else [])]
    return " ".join(texts).replace("\\", "").replace("\u2060", "")


def choose(page: AppTest, **event: Any) -> AppTest:
    """Do what a person does in the picture, and run the page."""
    page.session_state["_visit"].send(event)
    return checked(page.run())
