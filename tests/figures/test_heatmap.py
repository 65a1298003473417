import json

import numpy as np
import pytest
import torch

from attnviz.attention import Step
from attnviz.errors import SelectionError
from attnviz.figures.heatmap import SMALL, heat_map, small_heat_map
from attnviz.figures.theme import DARK, LIGHT
from attnviz.tokens import Token
from attnviz.trace import Stack, StoredStack
from tests.figures.conftest import random_stack
from tests.figures.drawn import axis_texts, cells, spec
from tests.naughty import NAUGHTY


@pytest.mark.parametrize("draw", [heat_map, small_heat_map])
@pytest.mark.parametrize("head", [0, 2])
def test_every_drawn_cell_is_the_tensors_also_where_words_repeat(repeated, draw, head):
    drawn = spec(draw(repeated, 0, head))
    expected = repeated.weights(0, head).numpy()
    np.testing.assert_array_equal(cells(drawn["data"][0]), expected)
    for axis in ("xaxis", "yaxis"):
        names = [f"{token.text} ({position})" for position, token in enumerate(repeated.query_tokens)]
        assert axis_texts(drawn["layout"][axis]) == names
        assert drawn["layout"][axis]["tickvals"] == list(range(len(names)))
    assert drawn["data"][0]["x0"] == drawn["data"][0]["y0"] == 0
    assert drawn["data"][0]["dx"] == drawn["data"][0]["dy"] == 1


@pytest.mark.parametrize("draw", [heat_map, small_heat_map])
@pytest.mark.parametrize("shape", [(1, 1), (2, 7), (9, 4), (1, 300), (300, 2)])
def test_rectangular_maps_have_rows_from_top_to_bottom(draw, shape):
    stack = random_stack(*shape)
    drawn = spec(draw(stack, 1, 1))
    if max(shape) <= 128 or draw is heat_map:
        np.testing.assert_array_equal(cells(drawn["data"][0]), stack.weights(1, 1).numpy())
    rows, columns = cells(drawn["data"][0]).shape
    assert drawn["layout"]["yaxis"]["range"] == [rows - 0.5, -0.5]
    assert drawn["layout"]["xaxis"]["range"] == [-0.5, columns - 0.5]


@pytest.mark.parametrize("draw", [heat_map, small_heat_map])
def test_masked_cells_are_drawn_apart_from_cells_of_weight_zero(draw):
    stack = random_stack(6, 6, causal=True)
    weights, masked = (cells(trace) for trace in spec(draw(stack, 0, 0))["data"][:2])
    may_attend = np.tril(np.ones((6, 6), dtype=bool))
    assert (np.isnan(weights) == ~may_attend).all()
    assert (np.isnan(masked) == may_attend).all()
    np.testing.assert_array_equal(weights[may_attend], stack.weights(0, 0).numpy()[may_attend])
    assert LIGHT.masked not in LIGHT.scale
    assert DARK.masked not in DARK.scale


def test_each_head_may_have_a_mask_of_its_own():
    mask = torch.ones(2, 3, 3, dtype=torch.bool)
    mask[1, 0, 2] = False
    step = random_stack(3, 3, n_heads=2).steps[0]
    step = Step(step.query, step.key, step.value, scale=1.0, mask=mask)
    stack = Stack(*[tuple(Token(letter, 0, 0, 0) for letter in "abc")] * 2, (step,))
    assert [trace.type for trace in heat_map(stack, 0, 0).data].count("heatmap") == 1, "nothing masked"
    assert np.isnan(cells(spec(heat_map(stack, 0, 1))["data"][0])).sum() == 1


def test_a_row_without_a_choice_does_not_set_the_scale():
    stack = random_stack(6, 6, causal=True)
    figure = heat_map(stack, 0, 0)
    assert stack.weights(0, 0)[0, 0] == 1
    assert figure.data[0].zmax == stack.weights(0, 0)[1:].max() < 1


def test_weights_read_from_a_file_are_drawn_as_they_are():
    stored = torch.softmax(torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(1)), dim=-1)
    names = tuple(Token(letter, 0, 0, 0) for letter in "abca")
    drawn = spec(heat_map(StoredStack(names, names, stored), 1, 2))
    np.testing.assert_array_equal(cells(drawn["data"][0]), stored[1, 2].numpy())


@pytest.mark.parametrize("n_tokens", [129, 200, 513])
def test_a_small_map_of_a_long_text_shows_the_largest_weight_of_each_block(n_tokens):
    stack = random_stack(n_tokens, n_tokens)
    drawn = spec(small_heat_map(stack, 0, 0))
    pooled, weights = cells(drawn["data"][0]), stack.weights(0, 0).numpy()
    size = -(-n_tokens // 128)
    assert len(pooled) <= min(128, SMALL)
    for row in range(len(pooled)):
        for column in range(len(pooled)):
            block = weights[row * size : (row + 1) * size, column * size : (column + 1) * size]
            assert pooled[row, column] == block.max()
    assert "largest weight" in drawn["data"][0]["hovertemplate"]
    assert axis_texts(drawn["layout"]["xaxis"])[1] == f"w{size} … w{2 * size - 1} ({size} to {2 * size - 1})"


def test_a_pooled_map_keeps_a_block_masked_only_where_all_of_it_is():
    drawn = spec(small_heat_map(random_stack(200, 200, causal=True), 0, 0))
    pooled = cells(drawn["data"][0])
    assert (np.isnan(pooled) == np.triu(np.ones((100, 100), dtype=bool), 1)).all()


def test_the_large_map_is_exact_to_512_tokens_and_names_each_of_them():
    stack = random_stack(512, 512, n_heads=1)
    drawn = spec(heat_map(stack, 0, 0))
    np.testing.assert_array_equal(cells(drawn["data"][0]), stack.weights(0, 0).numpy())
    assert axis_texts(drawn["layout"]["xaxis"]) == [f"w{i} ({i})" for i in range(512)]
    shown = drawn["layout"]["xaxis2"]
    assert len(shown["ticktext"]) < 60, "labels do not thin out"
    assert [shown["ticktext"][i] for i in (0, 1)] == ["w0", f"w{shown['tickvals'][1]}"]


def test_a_window_of_a_longer_text_is_exact_and_counts_tokens_from_the_texts_start():
    stack = random_stack(600, 700, n_heads=1)
    drawn = spec(heat_map(stack, 0, 0, rows=range(50, 562), columns=range(188, 700)))
    np.testing.assert_array_equal(cells(drawn["data"][0]), stack.weights(0, 0).numpy()[50:562, 188:700])
    assert axis_texts(drawn["layout"]["yaxis"])[0] == "w50 (50)"
    assert axis_texts(drawn["layout"]["xaxis"])[-1] == "w699 (699)"


@pytest.mark.parametrize("rows", [range(513), range(590, 601), range(-1, 5), range(5, 5)])
def test_a_window_that_does_not_exist_or_is_too_large_is_refused(rows):
    with pytest.raises(SelectionError, match="rows"):
        heat_map(random_stack(600, 4, n_heads=1), 0, 0, rows=rows)


def test_a_text_too_long_for_the_large_map_is_not_cut_in_silence():
    with pytest.raises(SelectionError, match="600 rows"):
        heat_map(random_stack(600, 4, n_heads=1), 0, 0)


def numbers_in(figure):
    """The numbers in the cells of a large map, by row and column."""
    return {
        (row, column): text
        for trace in figure.data
        if trace.type == "scatter" and trace.mode == "text"
        for row, column, text in zip(trace.y, trace.x, trace.text, strict=True)
    }


def test_numbers_stand_in_the_cells_where_they_can_be_read(repeated):
    weights = repeated.weights(0, 0)
    shown = {
        (row, column): f"{weights[row, column]:.2f}".removeprefix("0")
        for row, column in np.ndindex(*weights.shape)
        if weights[row, column] >= 0.005
    }
    assert numbers_in(heat_map(repeated, 0, 0)) == shown
    assert not numbers_in(heat_map(random_stack(40, 40), 0, 0))


def test_what_is_masked_or_rounds_to_nothing_has_no_number():
    stack = random_stack(3, 3, causal=True)
    numbers = numbers_in(heat_map(stack, 0, 0))
    assert {column: text for (row, column), text in numbers.items() if row == 0} == {0: "1.00"}
    faint = StoredStack(stack.query_tokens, stack.key_tokens, torch.tensor([[[[0.996, 0.004, 0.0]] * 3]]))
    assert numbers_in(heat_map(faint, 0, 0)) == {(row, 0): "1.00" for row in range(3)}


@pytest.mark.parametrize(
    "text",
    ["<b>x</b>", "<script>alert(1)</script>", "&lt;", "&amp;lt;", '<a href="x">y</a>', "$x^2$", "#000011", "%{z}"],
)
def test_typed_text_reaches_plotly_escaped(text):
    token = Token(text, 0, len(text), 0)
    stack = random_stack(2, 2)
    stack = Stack((token, token), (token, token), stack.steps)
    for draw in (heat_map, small_heat_map):
        drawn = spec(draw(stack, 0, 0))
        for axis in ("xaxis", "yaxis"):
            sent = drawn["layout"][axis]["ticktext"]
            assert axis_texts(drawn["layout"][axis]) == [f"{text} (0)", f"{text} (1)"]
            assert not any(character in "".join(sent) for character in "<>$")
            assert "#0" not in "".join(sent), "Streamlit would replace this colour"


@pytest.mark.parametrize("kind", NAUGHTY)
def test_naughty_strings_are_drawn_as_tokens(kind):
    texts = NAUGHTY[kind]
    names = tuple(Token(text, 0, len(text), 0) for text in texts)
    stack = Stack(names, names, random_stack(len(texts), len(texts), n_heads=1).steps)
    for draw in (heat_map, small_heat_map):
        drawn = spec(draw(stack, 0, 0))
        np.testing.assert_array_equal(cells(drawn["data"][0]), stack.weights(0, 0).numpy())
        for position, name in enumerate(axis_texts(drawn["layout"]["yaxis"])):
            assert name.endswith(f"({position})")
            assert "<" not in drawn["layout"]["yaxis"]["ticktext"][position]


def test_a_figure_takes_all_its_colours_from_its_theme(repeated):
    text = json.dumps([spec(draw(repeated, 0, 0, theme=DARK)) for draw in (heat_map, small_heat_map)])
    light_only = {LIGHT.background, LIGHT.text, *LIGHT.scale} - {DARK.background, DARK.text, *DARK.scale}
    assert not [colour for colour in light_only if colour in text]


def test_a_layer_or_head_that_does_not_exist_is_refused(repeated):
    with pytest.raises(SelectionError, match="Layer 9"):
        heat_map(repeated, 9, 0)
    with pytest.raises(SelectionError, match="Head 9"):
        small_heat_map(repeated, 0, 9)
