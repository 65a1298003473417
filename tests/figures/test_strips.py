import numpy as np
import pytest

from attnviz.figures.strips import strips
from attnviz.figures.theme import DARK, LIGHT
from tests.figures.drawn import axis_texts, cells, spec

VALUES = np.array([[0.5, -1.0, 2.0], [0.0, 0.25, -3.0]], np.float32)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_number_has_a_cell_and_zero_the_colour_of_the_page(theme):
    figure = spec(strips(VALUES, rows=["<b>", "after"], title="t", end=3.0, theme=theme))
    trace = figure["data"][0]
    np.testing.assert_array_equal(cells(trace), VALUES)
    assert axis_texts(figure["layout"]["yaxis"]) == ["<b>", "after"]
    assert (trace["zmin"], trace["zmax"]) == (-3, 3)
    assert trace["colorscale"][len(trace["colorscale"]) // 2][1] == theme.diverging[len(theme.diverging) // 2]


def test_a_strip_is_as_wide_as_the_page_and_higher_with_more_rows():
    heights = [spec(strips(VALUES[:n], rows=["a", "b"][:n], title="t", end=1))["layout"]["height"] for n in (1, 2)]
    assert heights[0] < heights[1]
    assert "width" not in spec(strips(VALUES, rows=["a", "b"], title="t", end=1))["layout"]


def test_a_line_stands_between_groups():
    values = np.zeros((4, 2), np.float32)
    shapes = spec(strips(values, rows=list("abcd"), title="t", end=1, group=2))["layout"]["shapes"]
    assert [shape["y0"] for shape in shapes] == [1.5]
    assert not spec(strips(values, rows=list("abcd"), title="t", end=1))["layout"].get("shapes")
