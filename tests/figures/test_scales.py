"""Colours of weights and of differences, cell by cell."""

import numpy as np
import pytest

from attnviz.figures.heatmap import heat_map, small_heat_map
from attnviz.figures.theme import DARK, LIGHT
from attnviz.masks import causal_mask
from tests.figures.conftest import random_stack
from tests.figures.drawn import cells, spec
from tests.figures.test_theme import VIENOT, contrast, luminance


@pytest.mark.parametrize("draw", [heat_map, small_heat_map])
def test_from_0_to_1_every_map_ends_at_1(repeated, draw):
    drawn = spec(draw(repeated, 0, 1, scale="unit"))["data"][0]
    assert (drawn["zmin"], drawn["zmax"]) == (0, 1)
    np.testing.assert_array_equal(cells(drawn), repeated.weights(0, 1).numpy())


@pytest.mark.parametrize("draw", [heat_map, small_heat_map])
def test_a_logarithmic_map_has_a_floor_and_hover_tells_the_weight(draw):
    stack = random_stack(12, 12, causal=True)
    drawn = spec(draw(stack, 0, 0, scale="log"))["data"][0]
    weights = np.where(causal_mask(12, 12).numpy(), stack.weights(0, 0).numpy(), np.nan)
    np.testing.assert_allclose(cells(drawn), np.log10(np.maximum(weights, 1e-4)), atol=1e-6)
    assert (drawn["zmin"], drawn["zmax"]) == (-4, 0)
    np.testing.assert_array_equal(cells({"z": drawn["customdata"]}), weights.astype(np.float32))
    assert "%{customdata:" in drawn["hovertemplate"]


def test_the_chosen_row_and_cell_are_framed(repeated):
    row, cell = spec(heat_map(repeated, 0, 0, framed=(4, 2)))["layout"]["shapes"]
    assert (row["y0"], row["y1"], row["x0"], row["x1"]) == (3.5, 4.5, -0.5, len(repeated.key_tokens) - 0.5)
    assert (cell["y0"], cell["y1"], cell["x0"], cell["x1"]) == (3.5, 4.5, 1.5, 2.5)
    long = random_stack(40, 40)
    assert (
        "shapes" not in spec(heat_map(long, 0, 0, rows=range(10, 20), framed=(4, 2)))["layout"]
        or not spec(heat_map(long, 0, 0, rows=range(10, 20), framed=(4, 2)))["layout"]["shapes"]
    )


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
    from tests.figures.test_theme import linear

    return np.array([sum(w * c for w, c in zip(row, linear(colour), strict=True)) for row in VIENOT[sight]])


@pytest.mark.parametrize("sight", ["protan", "deutan"])
@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_more_and_less_differ_in_hue_for_every_kind_of_sight(theme, sight):
    less, more = (dichromat(colour, sight) for colour in (theme.negative, theme.positive))
    assert less[0] > less[2], "orange stays on the yellow side"
    assert more[0] < more[2], "teal stays on the blue side"
