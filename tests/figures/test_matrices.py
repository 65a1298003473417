import math

import numpy as np
import pytest

from attnviz.figures.matrices import colorscale, matrix_map, number
from attnviz.figures.theme import DARK, LIGHT, Theme
from tests.figures.drawn import axis_texts, cells, spec
from tests.figures.test_theme import contrast

VALUES = np.array([[0.5, -1.0, 2.0], [0.0, 0.25, 1e-9]], np.float32)


def drawn(values=VALUES, **options):
    rows = [f"r{i}" for i in range(values.shape[0])]
    columns = [f"c{i}" for i in range(values.shape[1])]
    return spec(matrix_map(values, rows=rows, columns=columns, title="t", **options))


def test_every_cell_is_the_value_and_its_text_is_the_number():
    figure = drawn()
    np.testing.assert_array_equal(cells(figure["data"][0]), VALUES)
    assert figure["data"][0]["text"] == [["0.500", "−1", "2"], ["0", "0.250", "0.000"]]
    assert axis_texts(figure["layout"]["yaxis"]) == ["r0", "r1"]
    assert axis_texts(figure["layout"]["xaxis"]) == ["c0", "c1", "c2"]


def test_weights_are_written_as_everywhere():
    weights = np.array([[0.197, 0.0004, 1.0], [np.nan, 0.9996, 0.0]], np.float32)
    assert drawn(weights, are_weights=True)["data"][0]["text"] == [[".20", "<.01", "1"], ["", ">.99", "0"]]
    assert drawn(weights / 4, are_weights=True)["data"][0]["zmax"] == 1, "the colours of weights end where they do"


def test_words_that_occur_twice_keep_their_rows():
    figure = spec(matrix_map(VALUES, rows=["the", "the"], columns=["a", "a", "<b>"], title="t"))
    assert axis_texts(figure["layout"]["yaxis"]) == ["the", "the"]
    assert axis_texts(figure["layout"]["xaxis"]) == ["a", "a", "<b>"]


def test_zero_has_the_colour_of_the_page_also_between_two_signs():
    assert drawn()["data"][0]["zmin"] == -2
    assert drawn(np.abs(VALUES))["data"][0]["zmin"] == 0
    for theme in (LIGHT, DARK):
        signed = dict(colorscale(theme, signed=True))
        assert signed[0.5] == theme.background
        assert colorscale(theme, signed=False)[0] == (0.0, theme.background)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_text_can_be_read_on_every_colour(theme: Theme):
    for _, colour in colorscale(theme, signed=True):
        assert contrast(theme.text, colour) > 4.5  # WCAG 2.2, AA


@pytest.mark.parametrize("title", ["t", "The French that it wrote looks at the English"])
def test_cells_keep_their_width_beside_a_long_title(title):
    values = np.full((5, 5), 0.123, np.float32)
    rows = ["elle", "voit", "la", "pomme", "rouge"]
    layout = spec(matrix_map(values, rows=rows, columns=rows, title=title))["layout"]
    margin = layout["margin"]["l"] + layout["margin"]["r"]
    assert layout["width"] <= 344, "a telephone has room for it"
    assert (layout["width"] - margin) / 5 >= 54


def test_masked_cells_are_grey_and_empty():
    values = np.array([[1.0, np.nan]], np.float32)
    figure = drawn(values)
    assert figure["data"][0]["text"] == [["1", ""]]
    assert figure["layout"]["plot_bgcolor"] == LIGHT.masked
    assert drawn()["layout"]["plot_bgcolor"] == LIGHT.background


def test_a_row_is_framed_and_a_zero_matrix_is_drawn():
    frame = drawn(row=1)["layout"]["shapes"][0]
    assert (frame["y0"], frame["y1"], frame["x0"], frame["x1"]) == (0.5, 1.5, -0.5, 2.5)
    assert drawn(np.zeros((1, 2), np.float32))["data"][0]["zmax"] == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *[(0.0, "0"), (-0.0, "0"), (3.0, "3"), (-2.0, "−2"), (0.5344, "0.534"), (-1.2, "−1.200"), (1234.56, "1234.6")],
        *[(1e-9, "1.0e-09"), (4e12, "4.0e+12"), (-4e12, "−4.0e+12")],
    ],
)
def test_a_number_is_short(value, text):
    assert number(value) == text
    assert math.isclose(float(text.replace("−", "-")), value, rel_tol=1e-2)
