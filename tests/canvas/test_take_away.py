"""What is taken away is what is on screen: read from the file, against the tensor."""

import struct
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.canvas.explaining import TEXT, trace, with_why

SVG = "{http://www.w3.org/2000/svg}"


def taken(shown, name):
    """The bytes of a file, taken with the keyboard."""
    shown.root().locator(".open-take_away").focus()
    shown.page.keyboard.press("Enter")
    shown.settled()
    with shown.page.expect_download() as download:
        shown.part("take_away").get_by_role("button", name=name).press("Enter")
    shown.page.keyboard.press("Escape")
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_the_map_has_its_words_its_numbers_and_what_it_is(bare):
    name, content = taken(bare(with_why()), "The map as SVG")
    assert name == "attnviz map.svg"
    drawing = ET.fromstring(content)
    texts = [each.text for each in drawing.iter(f"{SVG}text")]
    exact = trace().encoder.weights(3, 0).numpy()
    numbers = sorted(f"{weight:.2f}"[1:] for weight in exact.flat if weight >= 0.005)
    assert sorted(text for text in texts if text.startswith(".")) == numbers
    words = [token.text for token in trace().encoder.key_tokens]
    assert sorted(text for text in texts if text in words) == sorted(words * 2)
    assert f"Layer 3, head 0. Model builtin, “{TEXT}”" in " ".join(texts)
    width, height = float(drawing.get("width")), float(drawing.get("height"))
    assert drawing.find(f"{SVG}rect").attrib == {
        "x": "0",
        "y": "0",
        "width": drawing.get("width"),
        "height": drawing.get("height"),
        "fill": "#ffffff",
    }
    assert width > 400
    assert height > 400


def test_the_sentence_has_its_words_and_numbers(bare):
    _, content = taken(bare(with_why(), scheme="dark"), "The sentence as SVG")
    drawing = ET.fromstring(content)
    texts = [each.text for each in drawing.iter(f"{SVG}text")]
    words = [token.text for token in trace().encoder.key_tokens]
    assert [text for text in texts if text in words] == words
    assert {".91", ".07"} <= set(texts)
    assert drawing.find(f"{SVG}rect").get("fill") == "#14171a"
    assert len(list(drawing.iter(f"{SVG}path"))) >= 2, "the arcs"


@pytest.mark.parametrize("part", ["The sentence", "All heads", "The map"])
def test_a_png_is_the_same_drawing_with_two_pixels_to_a_point(bare, part):
    shown = bare(with_why())
    drawing = ET.fromstring(taken(shown, f"{part} as SVG")[1])
    _, content = taken(shown, f"{part} as PNG")
    size = struct.unpack(">II", content[16:24])
    assert np.allclose(size, [2 * float(drawing.get(side)) for side in ("width", "height")], atol=1)


def test_a_caption_says_which_mean_it_is(bare):
    shown = bare(with_why())
    shown.root().get_by_role("button", name="layer mean").click()
    shown.settled()
    texts = [each.text for each in ET.fromstring(taken(shown, "The map as SVG")[1]).iter(f"{SVG}text")]
    assert "The mean of layer 3" in " ".join(texts)


def test_escape_closes_it(bare):
    shown = bare(with_why())
    shown.root().locator(".open-take_away").click()
    expect(shown.part("take_away").get_by_role("button", name="The sentence as SVG")).to_be_focused()
    shown.page.keyboard.press("Escape")
    expect(shown.part("take_away")).to_be_hidden()
