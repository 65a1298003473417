"""The numbers in the cells stand out from their cells, whatever the colour."""

import numpy as np
import pytest

from attnviz.figures.letters import luminance, numbers_traces
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
