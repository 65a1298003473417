"""Differences of weights, and one number for every head."""

from itertools import chain

import numpy as np
import pytest

from attnviz.figures.difference import difference_map
from attnviz.figures.ranking import grid_of_heads
from attnviz.figures.theme import DARK, LIGHT
from attnviz.tokens import Token
from tests.figures.conftest import tokens
from tests.figures.drawn import axis_texts, cells, spec
from tests.figures.test_theme import VIENOT, contrast, linear, luminance


def numbers(traces: list[dict]) -> list[tuple[int, int, str]]:
    """Row, column and text of every number in a cell."""
    texts = [trace for trace in traces if trace.get("mode") == "text"]
    return sorted(chain(*(zip(trace["y"], trace["x"], trace["text"], strict=True) for trace in texts)))


def test_a_difference_is_drawn_cell_by_cell_on_a_scale_centred_on_0():
    names = tokens("a b")
    change = np.array([[0.1, -0.4, 0, 0], [0, 0.2, np.nan, 0], [0] * 4, [0.004, 0, 0, 0]], dtype=np.float32)
    drawn = spec(difference_map(change, names, names, theme=DARK))
    map_, *rest = drawn["data"]
    np.testing.assert_array_equal(cells(map_), change)
    assert map_["zmin"] == -map_["zmax"]
    assert map_["zmax"] == pytest.approx(0.4)
    assert numbers(rest) == [(0, 0, "+.10"), (0, 1, "−.40"), (1, 1, "+.20")]
    assert drawn["layout"]["plot_bgcolor"] == DARK.masked, "the cell that is masked in one of the two is grey"
    for axis in ("xaxis", "yaxis"):
        assert axis_texts(drawn["layout"][axis]) == [name.text for name in names]


def test_a_difference_of_long_texts_names_some_words_and_hover_every_one():
    names = [Token(f"w{place}", 0, 0, place) for place in range(60)]
    change = np.linspace(-1, 1, 3600, dtype=np.float32).reshape(60, 60)
    layout = spec(difference_map(change, names, names))["layout"]
    assert [text.split()[0] for text in axis_texts(layout["xaxis"])] == [name.text for name in names]
    assert axis_texts(layout["xaxis2"]) == [name.text for name in names[::2]]
    assert layout["xaxis2"]["overlaying"] == "x"


def test_a_difference_is_as_wide_as_there_is_room_and_numbers_stand_only_where_they_fit():
    names = tokens(" ".join(["word"] * 11))
    change = np.full((13, 13), 0.5, dtype=np.float32)
    wide, narrow = (spec(difference_map(change, names, names, room=room)) for room in (600, 358))
    assert wide["layout"]["width"] <= 600
    assert narrow["layout"]["width"] == 358
    assert len(numbers(wide["data"])) == 169
    assert not numbers(narrow["data"])


@pytest.mark.parametrize("room", [358, 390, 550, 630])
@pytest.mark.parametrize("n", [5, 13, 20, 40])
def test_names_above_a_difference_do_not_touch_each_other(room, n):
    names = [Token("tired → wide", 0, 0, place) for place in range(n)]
    layout = spec(difference_map(np.zeros((n, n), dtype=np.float32), names, names, room=room))["layout"]
    side = (layout["width"] - layout["margin"]["l"] - layout["margin"]["r"]) / n
    axis = layout.get("xaxis2", layout["xaxis"])
    apart = (axis["tickvals"][1] - axis["tickvals"][0]) * side * np.sin(np.radians(-axis["tickangle"]))
    assert apart >= 11, "letters of 13 pixels, from the top of an x to the foot of a p"
    high = 12 * 6.6 * np.sin(np.radians(-axis["tickangle"]))
    assert high + 12 <= layout["margin"]["t"] <= high + 24


def test_two_rows_of_many_columns_keep_rows_that_can_be_seen():
    names = [Token("w", 0, 0, place) for place in range(500)]
    layout = spec(difference_map(np.zeros((2, 500), dtype=np.float32), names[:2], names))["layout"]
    assert layout["height"] - layout["margin"]["t"] - layout["margin"]["b"] == 48
    assert layout["width"] < 700


def test_the_grid_of_heads_holds_every_number():
    values = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    drawn = spec(grid_of_heads(values, name="divergence", chosen=(2, 1)))
    np.testing.assert_array_equal(cells(drawn["data"][0]), values)
    texts = ["0", ".09", ".18", ".27", ".36", ".45", ".55", ".64", ".73", ".82", ".91", "1"]
    assert [text for _, _, text in numbers(drawn["data"])] == texts
    (frame,) = drawn["layout"]["shapes"]
    assert (frame["x0"], frame["y0"]) == (0.5, 1.5)
    layout = spec(grid_of_heads(values, name="divergence", layers=(2, 4, 9), chosen=(4, 1)))["layout"]
    assert layout["yaxis"]["ticktext"] == ["2", "4", "9"]
    assert layout["shapes"][0]["y0"] == 0.5


@pytest.mark.parametrize("sight", [sight for sight in VIENOT if sight != "grey"])
@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_both_ends_of_the_difference_leave_the_page_step_by_step(theme, sight):
    middle = len(theme.diverging) // 2
    assert theme.diverging[middle] == theme.background
    for side in (theme.diverging[middle:], theme.diverging[middle::-1]):
        steps = [contrast(theme.background, colour) for colour in side]
        assert steps == sorted(steps)
        seen = [abs(luminance(colour, sight) - luminance(theme.background, sight)) for colour in side]
        assert seen == sorted(seen)


def dichromat(colour: str, sight: str) -> np.ndarray:
    return np.array([sum(w * c for w, c in zip(row, linear(colour), strict=True)) for row in VIENOT[sight]])


@pytest.mark.parametrize("sight", ["protan", "deutan"])
@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_more_and_less_differ_in_hue_for_every_kind_of_sight(theme, sight):
    less, more = (dichromat(colour, sight) for colour in (theme.negative, theme.positive))
    assert less[0] > less[2], "orange stays on the yellow side"
    assert more[0] < more[2], "teal stays on the blue side"
