"""All heads in one picture, cell by cell."""

import base64

import numpy as np
import pytest

from attnviz.analysis.regroup import hide_special, merge_words
from attnviz.figures.cells import pooled_cells
from attnviz.figures.overview import SIDE, all_heads, is_pooled
from attnviz.figures.scales import SCALES, shares
from attnviz.figures.theme import DARK, LIGHT
from attnviz.trace import Stack
from tests.figures.conftest import random_stack
from tests.figures.drawn import spec


def array(values: dict) -> np.ndarray:
    shape = [int(size) for size in values.get("shape", "-1").split(",")]
    return np.frombuffer(base64.b64decode(values["bdata"]), "<" + values["dtype"]).reshape(shape)


def seen_at(trace: dict, layer: int, head: int, row: float, column: float) -> tuple[float, np.ndarray]:
    """What stands at a place of a head, given as shares of its map: the colour's number and what hover says."""
    x, y, z = (array(trace[name]) for name in ("x", "y", "z"))
    at = [
        int(np.searchsorted(edges, place, side="right")) - 1
        for edges, place in ((y, layer + 0.92 * row), (x, head + 0.92 * column))
    ]
    return z[tuple(at)], array(trace["customdata"])[tuple(at)]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("causal", [False, True])
def test_every_cell_of_every_head_has_its_weight_and_its_colour(scale, causal):
    stack = random_stack(4, 6, causal=causal)
    figure = spec(all_heads(stack, scale=scale))
    trace = figure["data"][0]
    for layer in range(stack.n_layers):
        for head in range(stack.n_heads):
            cells = pooled_cells(stack, layer, head)
            expected = shares(cells.weights, scale, end=cells.scale_end)
            for row in range(4):
                for column in range(6):
                    z, hover = seen_at(trace, layer, head, (row + 0.5) / 4, (column + 0.5) / 6)
                    assert tuple(hover[:2]) == (layer, head)
                    np.testing.assert_equal(hover[2], cells.weights[row, column])
                    share = (np.clip(z, trace["zmin"], trace["zmax"]) - trace["zmin"]) / (trace["zmax"] - trace["zmin"])
                    np.testing.assert_allclose(share, expected[row, column], atol=1e-6)
    assert (len(figure["data"]) == 2) == causal, "masked cells"


def test_rows_have_the_numbers_of_the_layers_that_attend():
    whole = random_stack(3, 3)
    stack = Stack(whole.query_tokens, whole.key_tokens, whole.steps, (2, 4))
    figure = spec(all_heads(stack, chosen=(4, 0)))
    layout = figure["layout"]
    assert layout["yaxis"]["ticktext"] == ["2", "4"]
    assert layout["title"]["text"].startswith("Layers that attend")
    assert [frame["y0"] for frame in layout["shapes"] if frame["line"]["width"] > 1] == [1]
    for row, layer in enumerate((2, 4)):
        _, hover = seen_at(figure["data"][0], row, 1, 0.5, 0.5)
        assert tuple(hover[:2]) == (layer, 1)
        np.testing.assert_equal(hover[2], stack.weights(layer, 1)[1, 1].numpy())


def test_a_gap_lies_between_heads_and_every_head_is_framed():
    figure = spec(all_heads(random_stack(3, 3), theme=DARK, chosen=(1, 2)))
    for row, column in ((1.04, 0.5), (0.5, 1.04)):
        assert np.isnan(seen_at(figure["data"][0], 0, 0, row, column)[0])
    frames = figure["layout"]["shapes"]
    assert len(frames) == 2 * 3
    strong = [(frame["y0"], frame["x0"]) for frame in frames if frame["line"]["width"] > 1]
    assert strong == [(1, 2)]
    assert figure["layout"]["xaxis"]["ticktext"] == ["0", "1", "2"]


def test_a_long_text_is_pooled_and_the_picture_stays_small():
    stack = random_stack(2 * SIDE, 2 * SIDE)
    figure = spec(all_heads(stack))
    assert is_pooled(stack)
    assert not is_pooled(random_stack(5, 5))
    assert array(figure["data"][0]["z"]).shape == (2 * (SIDE + 1), 3 * (SIDE + 1))
    _, hover = seen_at(figure["data"][0], 1, 1, 0.5 / SIDE, 1.5 / SIDE)
    assert hover[2] == stack.weights(1, 1)[:2, 2:4].max()


def test_maps_as_they_are_displayed_are_drawn(repeated):
    shown = hide_special(merge_words(repeated))
    figure = spec(all_heads(shown, theme=LIGHT))
    n_words = len(shown.query_tokens)
    _, hover = seen_at(figure["data"][0], 0, 2, 0.5 / n_words, 1.5 / n_words)
    assert hover[2] == shown.weights(0, 2)[0, 1]
