"""The figures of what links and heads are worth, against the numbers that they are given."""

import numpy as np
import pytest

from attnviz.figures.theme import DARK, LIGHT
from attnviz.figures.worth import effects_of_heads, links_scatter
from attnviz.tokens import Token
from tests.figures.drawn import cells, spec

WEIGHTS = np.array([0.7, 0.02, 0.25, 0.03], dtype=np.float32)
EFFECTS = np.array([-0.1, 2.0, 0.05, 0.0], dtype=np.float32)
KEYS = [(place, Token(word, 0, 0, place)) for place, word in ((0, "dog"), (2, "<b>"), (3, "sea"), (5, "dog"))]
GRID = np.array([[0.25, -4.0, 0.001], [12.5, -0.5, 0.0]], dtype=np.float32)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_a_link_stands_at_its_weight_and_effect_and_large_ones_are_named(theme):
    (points,) = spec(links_scatter(WEIGHTS, EFFECTS, KEYS, name="change in log-odds", theme=theme))["data"]
    assert points["x"] == WEIGHTS.tolist()
    assert points["y"] == EFFECTS.tolist()
    assert points["customdata"] == ["dog (0)", "&lt;b&gt; (2)", "sea (3)", "dog (5)"]
    assert points["text"] == ["dog", "&lt;b&gt;", "sea", ""]  # a third of .7 is .23, a third of 2 is .67
    assert "weight <b>%{x:.4f}</b><br>change in log-odds <b>%{y:+.4f}</b>" in points["hovertemplate"]


def test_links_without_any_effect_are_named_by_their_weight_alone():
    (points,) = spec(links_scatter(WEIGHTS, np.zeros(4, dtype=np.float32), KEYS, name=""))["data"]
    assert points["text"] == ["dog", "", "sea", ""]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_effects_that_go_both_ways_have_colours_centred_on_0(theme):
    data = spec(effects_of_heads(GRID, (2, 5), name="change", is_signed=True, chosen=(5, 1), theme=theme))["data"]
    np.testing.assert_array_equal(cells(data[0]), GRID)
    assert (data[0]["zmin"], data[0]["zmax"]) == (-12.5, 12.5)
    assert [tuple(stop) for stop in data[0]["colorscale"]] == theme.diverging_colorscale
    written = {
        (y, x): text for trace in data[1:-1] for y, x, text in zip(trace["y"], trace["x"], trace["text"], strict=True)
    }
    assert written == {(0, 0): "+.25", (0, 1): "−4.0", (1, 0): "+12", (1, 1): "−.50"}


def test_a_point_over_every_cell_tells_its_head_and_number():
    figure = spec(effects_of_heads(GRID, (2, 5), name="1 − cosine", is_signed=False, chosen=(5, 1)))
    points = figure["data"][-1]
    assert [*zip(points["y"], points["x"], strict=True)] == [(row, head) for row in range(2) for head in range(3)]
    expected = [[layer, head, GRID[row, head]] for row, layer in enumerate((2, 5)) for head in range(3)]
    np.testing.assert_array_equal(points["customdata"], np.array(expected, dtype=np.float32))
    assert points["marker"]["opacity"] == 0
    assert "layer %{customdata[0]}, head %{customdata[1]}" in points["hovertemplate"]
    assert figure["data"][0]["zmin"] == 0
    (frame,) = figure["layout"]["shapes"]
    assert (frame["y0"], frame["x0"]) == (0.5, 0.5)
