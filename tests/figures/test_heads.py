"""Every head of a layer in one figure, cell by cell against the tensor."""

import base64
import json

import numpy as np
import plotly.graph_objects as go
import pytest

from attnviz.figures.base import Plain
from attnviz.figures.heads import MAX_CELL, heads_figure, heads_said, panels_across
from attnviz.figures.theme import DARK, LIGHT
from attnviz.masks import causal_mask
from attnviz.tokens import Token
from attnviz.trace import Stack
from tests.figures.conftest import random_stack
from tests.figures.drawn import axis_texts, cells
from tests.naughty import NAUGHTY


def numbers(stack: Stack) -> np.ndarray:
    """Weights (head, row, column) of the first layer, NaN where masked."""
    weights = stack.weights(stack.layers[0]).numpy()
    mask = stack.mask(stack.layers[0])
    return weights if mask is None else np.where(mask.numpy(), weights, np.float32("nan"))


def blocks_of(weights: np.ndarray, size: int) -> tuple[np.ndarray, tuple[range, ...], tuple[range, ...]]:
    """Weights (head, row, column) in blocks of so many tokens, each with its largest one."""
    n_rows, n_columns = weights.shape[1:]
    rows, columns = (tuple(range(at, min(at + size, n)) for at in range(0, n, size)) for n in (n_rows, n_columns))
    cells = [[np.fmax.reduce(weights[:, r][:, :, c], axis=(1, 2)) for c in columns] for r in rows]
    return np.array(cells, dtype=np.float32).transpose(2, 0, 1), rows, columns


def drawn(stack: Stack, **options) -> dict:
    """The figure as the browser gets it, which Plotly's own classes find nothing wrong with."""
    weights = numbers(stack)
    ends = [float(np.nanmax(each)) for each in weights]
    cells, rows, columns = blocks_of(weights, options.pop("size", 1))
    figure = heads_figure(cells, rows, columns, stack.query_tokens, stack.key_tokens, **{"ends": ends} | options)
    go.Figure(figure)
    return json.loads(json.dumps(figure))


def panels(figure: dict) -> list[dict]:
    """The traces with weights, head by head."""
    return [trace for trace in figure["data"] if trace.get("z", {}).get("dtype") == "f4"]


def axis(figure: dict, trace: dict, side: str) -> dict:
    return figure["layout"][trace[f"{side}axis"].replace(side, f"{side}axis")]


def domain(figure: dict, trace: dict, side: str) -> tuple[float, float]:
    """What a panel takes up of the figure, by what Plotly says of `layout.grid`: a gap is a share of one cell of it."""
    grid = figure["layout"]["grid"]
    line, slot = divmod(int(trace[f"{side}axis"][1:] or 1) - 1, grid["columns"])
    n, place = (grid["columns"], slot) if side == "x" else (grid["rows"], grid["rows"] - 1 - line)
    gap, (start, end) = grid[f"{side}gap"], grid["domain"][side]
    step = (end - start) / (n - gap)
    return start + place * step, start + (place + 1 - gap) * step


def test_every_cell_of_every_head_is_the_tensors(repeated):
    figure = drawn(repeated)
    assert len(figure["data"]) == 3
    for head, trace in enumerate(panels(figure)):
        np.testing.assert_array_equal(cells(trace), repeated.weights(0)[head].numpy())
        assert (trace["zmin"], trace["zmax"]) == (0, pytest.approx(float(repeated.weights(0, head).max())))
        for side, tokens in (("x", repeated.key_tokens), ("y", repeated.query_tokens)):
            assert axis_texts(axis(figure, trace, side)) == [token.text for token in tokens]
        assert axis(figure, trace, "y")["range"][0] > axis(figure, trace, "y")["range"][1], "rows run downwards"


def test_of_two_texts_rows_and_columns_have_their_own_words():
    stack = random_stack(3, 5)
    figure = drawn(stack)
    for head, trace in enumerate(panels(figure)):
        np.testing.assert_array_equal(cells(trace), stack.weights(0)[head].numpy())
        assert len(axis_texts(axis(figure, trace, "x"))) == 5
        assert len(axis_texts(axis(figure, trace, "y"))) == 3


def test_masked_cells_are_grey_and_have_no_weight():
    stack = random_stack(4, 4, causal=True)
    figure = drawn(stack, theme=DARK)
    hidden = ~causal_mask(4, 4).numpy()
    grey = [trace for trace in figure["data"] if trace["z"]["dtype"] == "u1"]
    assert len(grey) == 3
    for below, above in zip(grey, panels(figure), strict=True):
        assert figure["data"].index(below) < figure["data"].index(above)
        assert (below["xaxis"], below["yaxis"]) == (above["xaxis"], above["yaxis"])
        assert below["colorscale"] == [[0, "rgba(0,0,0,0)"], [1, DARK.masked]]
        assert [below[name] for name in ("zmin", "zmax", "xgap", "ygap")] == [0, 1, 0, 0]
        np.testing.assert_array_equal(np.isnan(cells(above)), hidden)
        assert above["hoverongaps"] is False
        assert below["z"]["shape"] == "4, 4"
        bytes_ = np.frombuffer(base64.b64decode(below["z"]["bdata"]), dtype=np.uint8)
        np.testing.assert_array_equal(bytes_.reshape(4, 4), hidden)


def test_a_logarithmic_figure_has_a_floor_and_hover_tells_the_weight():
    stack = random_stack(12, 12, causal=True)
    weights = numbers(stack)
    for head, trace in enumerate(panels(drawn(stack, scale="log"))):
        np.testing.assert_allclose(cells(trace), np.log10(np.maximum(weights[head], 1e-4)), atol=1e-6)
        np.testing.assert_array_equal(cells({"z": trace["customdata"]}), weights[head])
        assert (trace["zmin"], trace["zmax"]) == (-4, 0)
        assert "%{customdata:" in trace["hovertemplate"]
    assert [trace["zmax"] for trace in panels(drawn(stack, scale="unit"))] == [1, 1, 1]


def test_of_a_long_text_hover_knows_every_name_and_an_axis_above_it_some():
    stack = random_stack(40, 40)
    figure = drawn(stack)
    for place, trace in enumerate(panels(figure)):
        np.testing.assert_array_equal(cells(trace), stack.weights(0)[place].numpy())
        below = axis(figure, trace, "x")
        assert [text.split()[0] for text in axis_texts(below)] == [f"w{i}" for i in range(40)]
        assert below["showticklabels"] is False
        over = axis(figure, figure["data"][3 + place], "x")
        assert over["overlaying"] == over["matches"] == trace["xaxis"]
        assert axis_texts(over) == [f"w{i}" for i in range(0, 40, over["tickvals"][1])]
        left, right = domain(figure, trace, "x")
        pixels = (right - left) * 1290 * over["tickvals"][1] / 40
        assert pixels >= 14, "names that stand on each other"


def test_a_name_that_is_cut_beside_the_axis_is_whole_on_hover():
    word = "internationalisation"
    names = (Token(word, 0, 20, 0), Token("a", 21, 22, 1))
    stack = Stack(names, names, random_stack(2, 2, n_heads=1).steps)
    figure = drawn(stack)
    assert axis_texts(figure["layout"]["xaxis"])[0].startswith(word)
    assert axis_texts(figure["layout"]["xaxis2"])[0].endswith("…")


def test_of_blocks_hover_names_first_and_last_word_and_that_is_said():
    stack = random_stack(20, 20, n_heads=2)
    blocks = blocks_of(numbers(stack), 3)
    figure = drawn(stack, size=3)
    for head, trace in enumerate(panels(figure)):
        np.testing.assert_array_equal(cells(trace), blocks[0][head])
        assert cells(trace)[0, 0] == stack.weights(0)[head, :3, :3].max()
        assert "at most" in trace["hovertemplate"]
    assert axis_texts(figure["layout"]["xaxis"])[0] == "w0 … w2 (0 to 2)"
    assert axis_texts(figure["layout"]["xaxis"])[-1] == "w18 … w19 (18 to 19)"
    assert "largest weight of 3 × 3 tokens" in heads_said(*blocks[1:])
    assert "tokens" not in heads_said(*blocks_of(numbers(stack), 1)[1:])
    assert "largest weight of 4 × 2 tokens" in heads_said((range(4), range(4, 5)), (range(2), range(2, 3)))


def test_a_window_of_a_text_names_the_words_that_stand_in_it(repeated):
    rows, columns = [range(at, at + 1) for at in (3, 4)], [range(at, at + 1) for at in (1, 2, 3)]
    weights = numbers(repeated)[:, 3:5, 1:4]
    figure = heads_figure(weights, rows, columns, repeated.query_tokens, repeated.key_tokens, ends=[1.0] * 3)
    assert axis_texts(figure["layout"]["yaxis"]) == [token.text for token in repeated.query_tokens[3:5]]
    assert axis_texts(figure["layout"]["xaxis"]) == [token.text for token in repeated.key_tokens[1:4]]


@pytest.mark.parametrize(("n_heads", "width", "across"), [(6, 1290, 3), (12, 1290, 4), (6, 1130, 3), (12, 1130, 4)])
def test_three_or_four_panels_stand_in_a_row(n_heads, width, across):
    assert panels_across(n_heads, width) == across


@pytest.mark.parametrize(("n_heads", "width"), [(1, 1290), (2, 1290), (6, 358), (12, 358), (32, 1290), (12, 700)])
def test_panels_lie_beside_each_other_and_have_square_cells(n_heads, width):
    figure = drawn(random_stack(13, 13, n_heads=n_heads), width=width)
    height = figure["layout"]["height"]
    boxes = []
    for trace in panels(figure):
        (left, right), (bottom, top) = (domain(figure, trace, side) for side in "xy")
        assert 0 < left < right < 1
        assert 0 < bottom < top < 1
        side = (right - left) * width
        assert side == pytest.approx((top - bottom) * height, rel=0.01)
        assert side / 13 <= MAX_CELL + 0.01
        boxes.append((left, right, bottom, top))
    for index, (left, right, bottom, top) in enumerate(boxes):
        for other in boxes[:index]:
            assert right <= other[0] or left >= other[1] or top <= other[2] or bottom >= other[3]
    lines = {box[2] for box in boxes}
    assert len({round(line, 9) for line in lines}) == -(-n_heads // panels_across(n_heads, width))
    assert height < 2000 or n_heads == 32


def test_titles_tell_what_a_head_does_and_captions_its_largest_weight(repeated):
    weights = numbers(repeated)
    figure = drawn(repeated, about=["Previous word: <b>looks</b> back", "", "a " * 60])
    texts = [each["text"] for each in figure["layout"]["annotations"]]
    assert texts[0] == (
        f'<b>head 0</b><span style="color:{LIGHT.muted}">  Previous word: &lt;b&gt;looks&lt;/b&gt; back</span>'
    )
    assert texts[2] == "<b>head 1</b>"
    assert texts[4].count("<br>") >= 1
    for head, caption in enumerate(texts[1::2]):
        largest = f"{weights[head].max():.2f}".removeprefix("0")
        assert caption == f"largest weight {'>.99' if largest == '1.00' else largest}"
    assert len(drawn(repeated, scale="unit")["layout"]["annotations"]) == 3


def test_a_figure_is_a_few_kilobytes_of_a_short_text_and_plotly_takes_it_unchecked():
    stack = random_stack(13, 13, n_heads=6)
    weights = numbers(stack)
    figure = heads_figure(*blocks_of(weights, 1), stack.query_tokens, stack.key_tokens, ends=[1.0] * 6)
    assert len(json.dumps(figure, separators=(",", ":"))) < 14_000
    assert Plain(figure).to_dict() is figure


def test_a_figure_takes_all_its_colours_from_its_theme(repeated):
    text = json.dumps(drawn(repeated, theme=DARK))
    light_only = {LIGHT.background, LIGHT.text, LIGHT.muted, *LIGHT.scale} - {DARK.background, DARK.text, *DARK.scale}
    assert not [colour for colour in light_only if colour in text]


@pytest.mark.parametrize("kind", NAUGHTY)
def test_naughty_strings_are_drawn_as_tokens(kind):
    texts = NAUGHTY[kind]
    names = tuple(Token(text, 0, len(text), 0) for text in texts)
    stack = Stack(names, names, random_stack(len(texts), len(texts), n_heads=1).steps)
    figure = drawn(stack)
    np.testing.assert_array_equal(cells(figure["data"][0]), stack.weights(0)[0].numpy())
    for axis_name in ("xaxis", "yaxis"):
        assert len(figure["layout"][axis_name]["ticktext"]) == len(texts)
        assert not any(letter in "".join(figure["layout"][axis_name]["ticktext"]) for letter in "<>$")
