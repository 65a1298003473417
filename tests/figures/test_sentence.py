"""The sentence with arcs, as a figure."""

import html
import re

import numpy as np
import pytest

from attnviz.figures.numbers import BLACK
from attnviz.figures.scales import LOGARITHMIC, PER_HEAD, UNIT
from attnviz.figures.sentence import MAX_WIDTH, Look, sentence_figure
from attnviz.figures.theme import DARK, LIGHT
from attnviz.tokens import special_token, word_tokens
from tests.figures.drawn import spec

TOKENS = (special_token("[CLS]"), *word_tokens("the <b>animal</b> slept"), special_token("[SEP]"))
WORDS = len(TOKENS)
WEIGHTS = np.zeros(WORDS, np.float32)
WEIGHTS[[1, 3, 4]] = 0.6, 0.3, 0.0004


def drawn(look: Look, **options) -> tuple[list[dict], dict]:
    keys = options.pop("keys", None)
    figure = spec(sentence_figure(TOKENS, keys, look, **options))
    return figure["data"], figure["layout"]


def arcs(layout: dict) -> list[dict]:
    return [shape for shape in layout["shapes"] if " C " in shape["path"]]


def numbers(trace: dict) -> dict[float, str]:
    return dict(zip(trace["x"], trace["text"], strict=True))


def test_every_word_stands_there_as_it_was_typed_and_weights_have_numbers_and_arcs():
    (words, weights), layout = drawn(Look(True, (5,), WEIGHTS, 0.6))
    assert [html.unescape(text).strip("\u2068\u2069") for text in words["text"]] == [token.text for token in TOKENS]
    assert "<b>" not in words["text"]
    at = words["x"]
    assert numbers(weights) == {at[1]: ".60", at[3]: ".30", at[4]: ".0004"}
    ends = [re.findall(r"([\d.]+),", arc["path"]) for arc in arcs(layout)]
    assert [(float(end[0]), float(end[-1])) for end in ends] == [
        pytest.approx((at[5], at[place]), abs=0.1) for place in (4, 3, 1)
    ], "the strongest on top"
    widths = [arc["line"]["width"] for arc in arcs(layout)]
    np.testing.assert_allclose(widths, [0.75 + 6 * weight for weight in (0.0004, 0.3, 0.6)], rtol=1e-6)
    (frame,) = [shape for shape in layout["shapes"] if shape["line"].get("color") == LIGHT.text]
    sides = [float(x) for x in re.findall(r"([\d.]+),", frame["path"])]
    assert min(sides) < at[5] < max(sides), "the word looked at"
    assert words["textfont"]["color"][1] in {BLACK, "white"}
    assert words["textfont"]["color"][0] == LIGHT.text


@pytest.mark.parametrize(("scale", "share"), [(PER_HEAD, 0.6 / 0.8), (UNIT, 0.6), (LOGARITHMIC, 1 + np.log10(0.6) / 4)])
def test_the_shade_of_a_word_is_that_of_its_weight(scale, share):
    _, layout = drawn(Look(True, (5,), WEIGHTS, 0.8), scale=scale, theme=DARK)
    (first, *_) = [shape["fillcolor"] for shape in layout["shapes"] if "fillcolor" in shape]
    stops = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in DARK.scale])
    place = 165 / 255 * share * (len(stops) - 1)
    expected = [np.interp(place, range(len(stops)), stops[:, channel]) for channel in range(3)]
    seen = [int(first[at : at + 2], 16) for at in (1, 3, 5)]
    assert np.abs(np.array(seen) - expected).max() <= 1


def test_a_masked_word_has_neither_number_nor_arc():
    weights = np.where(np.arange(WORDS) < 3, np.float32(1 / 3), np.float32("nan"))
    (words, shown), layout = drawn(Look(True, (2,), weights, 1.0))
    assert list(numbers(shown)) == words["x"][:3]
    assert len(arcs(layout)) == 2, "none to the word itself"


def test_a_long_text_is_broken_into_lines_within_the_width():
    tokens = word_tokens("animal " * 60)
    weights = np.zeros(60, np.float32)
    weights[59] = 1.0
    figure = spec(sentence_figure(tokens, None, Look(True, (0,), weights, 1.0)))
    words = figure["data"][0]
    lines = sorted(set(words["y"]))
    assert len(lines) > 3
    assert max(words["x"]) < MAX_WIDTH < figure["layout"]["width"] + 100
    assert figure["layout"]["height"] > lines[-1]
    (arc,) = arcs(figure["layout"])
    assert float(arc["path"].rpartition(",")[2]) == pytest.approx(lines[-1], abs=20), "from the first line to the last"


@pytest.mark.parametrize("is_to", [True, False])
def test_a_second_text_stands_above_the_one_that_looks_at_it(is_to):
    keys = word_tokens("le chat")
    weights = np.array([0.9, 0.1], np.float32) if is_to else WEIGHTS
    (above, below, shown), layout = drawn(Look(is_to, (1,), weights, 1.0), keys=keys)
    assert [len(above["x"]), len(below["x"])] == [2, WORDS]
    assert max(above["y"]) < min(below["y"])
    others = above if is_to else below
    assert all(x in others["x"] for x in shown["x"])
    assert len(arcs(layout)) == len(shown["x"])


def test_a_text_from_the_right_is_laid_out_from_the_right():
    tokens = word_tokens("הכלב רץ מהר")
    figure = spec(sentence_figure(tokens, None, Look(True, (0,), np.ones(3, np.float32), 1.0)))
    assert figure["data"][0]["x"] == sorted(figure["data"][0]["x"], reverse=True)
    assert max(figure["data"][0]["x"]) < figure["layout"]["width"]
