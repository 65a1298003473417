"""Lessons, run by Streamlit's AppTest."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from tests.app.conftest import checked, short_turns
from tests.figures.drawn import cells

Open = Callable[..., AppTest]
__all__ = ["short_turns"]  # holds here as well

EDITED = {"added_rows": [], "deleted_rows": []}
PAGE = """
from attnviz.learn import frame, syllabus
frame.show_lesson(syllabus.Lesson({!r}))
"""


@pytest.fixture
def lesson() -> Open:
    """Opens a lesson by the name of its folder, with some cells of its tables changed."""

    def open_lesson(file: str, **tables: dict[int, dict[str, str | None]]) -> AppTest:
        page = AppTest.from_string(PAGE.format(file), default_timeout=240)
        for key, rows in tables.items():
            page.session_state[f"{key}_0"] = EDITED | {"edited_rows": rows}
        return checked(page.run())

    return open_lesson


def figure(page: AppTest, key: str) -> dict[str, Any]:
    """A figure of the page."""
    charts = {chart.proto.id.rpartition("-")[2]: chart.proto.spec for chart in page.get("plotly_chart")}
    return json.loads(charts[key])


def matrix(page: AppTest, key: str) -> NDArray[np.float32]:
    """The numbers in the cells of a matrix."""
    return cells(figure(page, key)["data"][0])


def series(page: AppTest, key: str) -> dict[str, list[float]]:
    """The values of the lines or bars of a figure, by name."""
    return {trace["name"]: trace["y"] for trace in figure(page, key)["data"]}


def tables(page: AppTest) -> list[dict[str, list[str]]]:
    """The tables of the page by column, as they are read."""

    def read(text: str) -> str:
        return text.replace("\\", "").replace("\u2060", "")

    return [
        {read(name): [read(cell) for cell in column] for name, column in table.value.items()} for table in page.table
    ]


def written(page: AppTest) -> str:
    """All the text of the page, without the backslashes of Markdown."""
    parts = (*page.markdown, *page.latex, *page.warning, *page.info, *page.error, *page.success)
    return "\n".join(part.value for part in parts).replace("\\", "").replace("\u2060", "")
