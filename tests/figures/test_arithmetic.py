import html

import pytest

from attnviz.figures.arithmetic import MAX_KEYS, Strip, row_of_keys, strips, strongest
from attnviz.figures.theme import DARK, LIGHT
from attnviz.tokens import Token
from tests.figures.drawn import spec


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_bar_is_its_number_and_says_it_as_it_is_written(theme):
    vectors = [Strip("q", [1.0, -2.0, 0.0], ["1.0", "−2.0", "0.0"]), Strip("k", [0.5, 0.25, -1.0], ["a", "b", "c"])]
    drawn = spec(strips(vectors, theme=theme))
    for vector, bars in zip(vectors, drawn["data"], strict=True):
        assert bars["y"] == vector.values
        assert bars["customdata"] == list(vector.written)
        expected = [theme.negative if value < 0 else theme.positive for value in vector.values]
        assert bars["marker"]["color"] == expected


def test_the_row_draws_every_key_and_no_bar_where_masked():
    tokens = [Token(text, 0, 0, 0) for text in ("the", "<b>", "the")]
    scores = [1.5, 0.5, float("-inf")]
    panels = [Strip("score", scores, ["1.5", "0.5", "−∞"]), Strip("weight", [0.7, 0.3, 0.0], ["0.7", "0.3", "0.0"])]
    drawn = spec(row_of_keys(tokens, panels, key=1, shown=(0, 1, 2)))
    assert drawn["data"][0]["x"] == [1.5, 0.5, None]
    assert drawn["data"][0]["customdata"][2] == ["−∞", "the (2)"]
    assert drawn["data"][1]["text"] == [".7", ".3", ".0"]
    assert [html.unescape(text) for text in drawn["layout"]["yaxis"]["ticktext"]] == ["the", "<b>", "the"]
    assert "<" not in drawn["layout"]["yaxis"]["ticktext"][1]
    assert [colour == LIGHT.positive for colour in drawn["data"][1]["marker"]["color"]] == [False, True, False]


def test_a_long_row_shows_its_strongest_keys_and_the_chosen_one():
    weights = [float(at) for at in range(100)]
    shown = strongest(weights, 3)
    assert len(shown) == MAX_KEYS
    assert shown == (3, *range(61, 100))
    assert strongest([0.1, 0.2], 0) == (0, 1)
