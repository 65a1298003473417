"""Charts as the page sends them."""

import json

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from attnviz.app import session
from attnviz.app.components import maps
from attnviz.app.shared.charts import chart
from attnviz.figures.arithmetic import Strip, strips
from attnviz.figures.heatmap import heat_map
from tests.app.conftest import ROOT, Start, checked
from tests.figures.conftest import random_stack


def layouts(page: AppTest) -> list[dict]:
    """The layout of every chart on the page."""
    return [json.loads(chart.proto.spec)["layout"] for chart in page.get("plotly_chart")]


@pytest.mark.parametrize("script", ["app.py", "attnviz/app/pages/compare.py", "attnviz/learn/many_heads/many_heads.py"])
def test_every_chart_says_that_a_copy_of_it_is_the_same(start: Start, script):
    page = start()
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
    figure = heat_map(random_stack(4, 4), 0, 0)
    before = figure.to_dict()
    sent = []
    monkeypatch.setattr(st, "plotly_chart", lambda figure, **_: sent.append(figure.to_dict()["layout"]))
    chart(figure, key="a", alt="", config={}, room=room)
    assert sent[0]["width"] == (width or figure.layout.width)
    assert json.dumps(figure.to_dict(), sort_keys=True) == json.dumps(before, sort_keys=True)


def test_a_chart_that_fills_its_room_is_sent_with_its_width(monkeypatch):
    sent = []
    monkeypatch.setattr(st, "plotly_chart", lambda figure, **_: sent.append(figure.to_dict()["layout"]))
    for room in (404.5, None):
        chart(strips([Strip("q", [1.0], ["1"])]), key="a", alt="", config={}, room=room)
    assert [layout.get("width") for layout in sent] == [404.5, None]


@pytest.mark.parametrize("said", [None, 3, [1], {"heatmap": "wide"}, {"heatmap": -1}, {"heatmap": float("nan")}])
def test_what_is_no_width_is_left(monkeypatch, said):
    monkeypatch.setattr(st, "session_state", {})
    session.note_rooms({"heatmap": 412})
    assert session.room("heatmap") == 412
    session.note_rooms(said)
    assert session.room("heatmap") == 412


def test_small_maps_are_sent_a_few_at_a_time(start: Start, monkeypatch):
    happened = []
    send = maps.chart
    monkeypatch.setattr(maps, "let_draw", lambda what: happened.append(f"breath for the {what}"))
    monkeypatch.setattr(maps, "chart", lambda *args, **options: (happened.append("map"), send(*args, **options)))
    start(model="untrained")
    large, breath, *small = happened
    assert (large, breath) == ("map", "breath for the large")
    assert small == ["map"] * maps.TOGETHER + ["breath for the small"] + ["map"] * (4 - maps.TOGETHER)
