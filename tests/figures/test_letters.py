"""The numbers in the cells stand out from their cells, whatever the colour."""

import numpy as np
import pytest

from attnviz.figures.letters import luminance, numbers_traces, stands_out
from attnviz.figures.theme import DARK, LIGHT
from tests.figures.test_theme import contrast


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("kind", ["colorscale", "diverging_colorscale"])
def test_every_number_has_a_contrast_of_4_5_with_its_cell(theme, kind):
    stops = getattr(theme, kind)
    weights = np.array([[stop for stop, _ in stops]], dtype=np.float32)  # every colour of the scale itself
    traces = numbers_traces(weights + 1, {"z": weights, "zmin": 0, "zmax": 1, "colorscale": stops}, write=str)
    colours = {column: trace["textfont"]["color"] for trace in traces for column in trace["x"]}
    assert sorted(colours) == list(range(len(stops)))
    for column, (_, cell) in enumerate(stops):
        assert contrast({"black": "#000000", "white": "#ffffff"}[colours[column]], cell) >= 4.5


def test_luminance_runs_from_black_to_white_and_has_none_where_masked():
    z = np.array([[0.0, 1.0, 2.0, np.nan]])
    found = luminance({"z": z, "zmin": 0, "zmax": 1, "colorscale": [(0.0, "#000000"), (1.0, "#ffffff")]})
    np.testing.assert_allclose(found, [[0, 1, 1, np.nan]])


def test_luminance_is_that_of_the_standard_for_every_grey_and_the_three_colours():
    for level in range(256):
        share = level / 255
        expected = share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        colour = f"#{level:02x}{level:02x}{level:02x}"
        found = luminance({"z": [[1.0]], "zmin": 0, "zmax": 1, "colorscale": [(0.0, "#000000"), (1.0, colour)]})
        assert found[0, 0] == pytest.approx(expected, abs=1e-12)
    for colour, expected in (("#ff0000", 0.2126), ("#00ff00", 0.7152), ("#0000ff", 0.0722)):
        found = luminance({"z": [[7.0]], "zmin": 5, "zmax": 7, "colorscale": [(0.0, "#000000"), (1.0, colour)]})
        assert found[0, 0] == pytest.approx(expected)


def test_black_stands_out_where_its_contrast_is_the_larger_one():
    for light in np.linspace(0, 1, 2001).tolist():
        black, white = (light + 0.05) / 0.05, 1.05 / (light + 0.05)
        assert stands_out(light) == (black > white)
