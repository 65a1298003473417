"""Charts as the page sends them."""

import json

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from attnviz.app.shared.charts import chart
from attnviz.figures.charts import bars
from attnviz.figures.matrices import matrix_map
from tests.app.conftest import ROOT, Start, checked


def layouts(page: AppTest) -> list[dict]:
    """The layout of every chart on the page."""
    return [json.loads(chart.proto.spec)["layout"] for chart in page.get("plotly_chart")]


@pytest.mark.parametrize("script", ["app.py", "attnviz/app/pages/compare.py"])
def test_every_chart_says_that_a_copy_of_it_is_the_same(start: Start, script):
    page = start()
    page.session_state["_visit"].room = 1290  # as a browser tells it
    if script != "app.py":
        page.switch_page(str(ROOT / script))
    checked(page.run())
    charts = layouts(page)
    assert charts
    for layout in charts:
        assert layout["datarevision"]
        assert "template" not in layout


@pytest.mark.parametrize(("room", "width"), [(100.5, 100.5), (5000.0, None), (None, None)])
def test_a_chart_is_sent_with_the_width_that_it_will_have_and_keeps_its_own(monkeypatch, room, width):
    figure = matrix_map(np.eye(4, dtype=np.float32), rows="abcd", columns="abcd", title="t")
    before = json.dumps(figure, sort_keys=True)
    sent = []
    monkeypatch.setattr(st, "plotly_chart", lambda figure, **_: sent.append(figure.to_dict()["layout"]))
    chart(figure, key="a", alt="", config={}, room=room)
    assert sent[0]["width"] == (width or figure["layout"]["width"])
    assert json.dumps(figure, sort_keys=True) == before


def test_a_chart_that_fills_its_room_is_sent_with_its_width(monkeypatch):
    sent = []
    monkeypatch.setattr(st, "plotly_chart", lambda figure, **_: sent.append(figure.to_dict()["layout"]))
    for room in (404.5, None):
        chart(bars({"q": [1.0]}, groups=["a"], y_title=""), key="a", alt="", config={}, room=room)
    assert [layout.get("width") for layout in sent] == [404.5, None]
