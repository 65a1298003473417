"""The page, run by Streamlit's AppTest."""

import gc
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from tests.figures.drawn import cells

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


def drawn(page: AppTest, key: str) -> NDArray[np.float32]:
    """The weights in a heat map: "map_chosen" or "map_0" and so on."""
    charts = {chart.proto.id.rpartition("-")[2]: chart.proto.spec for chart in page.get("plotly_chart")}
    return cells(json.loads(charts[key])["data"][0])


def address(page: AppTest) -> dict[str, str]:
    """The address that the page has written."""
    return {name: value[0] if isinstance(value, list) else value for name, value in page.query_params.items()}


def said(page: AppTest) -> str:
    """The errors and warnings on the page, without the backslashes of Markdown."""
    texts = [element.value for element in (*page.error, *page.warning)]
    return " ".join(texts).replace("\\", "").replace("\u2060", "")
