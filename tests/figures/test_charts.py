import html

import pytest

from attnviz.figures.charts import bars, lines
from attnviz.figures.theme import DARK, LIGHT
from tests.figures.drawn import axis_texts, spec
from tests.figures.test_theme import contrast

VALUES = {"one": [0.1, 0.2, 0.4], "<two>": [1.0, 2.0, 3.0]}


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_lines_are_the_values_and_differ_in_more_than_colour(theme):
    figure = spec(lines(VALUES, x=[1, 2, 4], x_title="x", y_title="y", theme=theme, log_x=True, mark=2))
    assert [trace["y"] for trace in figure["data"]] == list(VALUES.values())
    assert all(trace["x"] == [1, 2, 4] for trace in figure["data"])
    assert len({trace["line"]["dash"] for trace in figure["data"]}) == 2
    assert len({trace["marker"]["symbol"] for trace in figure["data"]}) == 2
    assert html.unescape(figure["data"][1]["name"]) == "<two>"
    assert figure["layout"]["shapes"][0]["x0"] == 2
    assert all(contrast(trace["line"]["color"], theme.background) > 3 for trace in figure["data"])  # WCAG 1.4.11


def test_an_axis_with_names_and_one_from_zero():
    named = spec(lines(VALUES, x=range(3), x_title="", y_title="", x_names=("a", "b", "c"), is_from_zero=False))
    assert axis_texts(named["layout"]["xaxis"]) == ["a", "b", "c"]
    assert "rangemode" not in named["layout"]["yaxis"]
    assert spec(lines(VALUES, x=range(3), x_title="", y_title="", log_y=True))["layout"]["yaxis"]["type"] == "log"


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_bars_are_the_values_and_groups_of_equal_names_stay_apart(theme):
    figure = spec(bars(VALUES, groups=["the", "dog", "the"], y_title="", theme=theme, y_range=(0, 1)))
    assert [trace["y"] for trace in figure["data"]] == list(VALUES.values())
    assert all(trace["x"] == [0, 1, 2] for trace in figure["data"])
    assert axis_texts(figure["layout"]["xaxis"]) == ["the", "dog", "the"]
    assert len({trace["marker"]["pattern"]["shape"] for trace in figure["data"]}) == 2
    assert figure["layout"]["yaxis"]["range"] == [0, 1]


def test_a_logarithmic_axis_has_more_than_one_number_where_the_values_lie_close():
    def axis(*values: float):
        return spec(lines({"a": values}, x=[0, 1], x_title="", y_title="", log_y=True))["layout"]["yaxis"]

    close = axis(0.4, 7.0)
    assert close["ticktext"] == ["0.1", "0.2", "0.5", "1", "2", "5", "10", "20", "50"]
    assert close["tickvals"] == pytest.approx([float(tick) for tick in close["ticktext"]])
    assert axis(1e-5, 1.0)["dtick"] == axis(0.0, 1.0)["dtick"] == axis(0.0, 0.0)["dtick"] == 1


def test_names_stand_level_or_upright_so_that_none_is_left_out():
    for figure in (
        lines(VALUES, x=range(3), x_title="", y_title="", x_names="abc"),
        bars(VALUES, groups="abc", y_title=""),
    ):
        assert spec(figure)["layout"]["xaxis"]["autotickangles"] == [0, 90]
