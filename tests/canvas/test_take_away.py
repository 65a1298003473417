"""What is taken away is what is on screen: read from the file, against the tensor."""

import csv
import struct
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from playwright.sync_api import expect

from attnviz.address import Place, View
from tests.canvas import fixtures
from tests.canvas.explaining import TEXT, trace, with_why
from tests.canvas.fixtures import built_in, decoder, pair, translation

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
    assert f"Layer 3, head 0. Model built-in, “{TEXT}”" in " ".join(texts)
    title = f"Layer 3, head 0. Model built-in, “{TEXT}”. Layers and heads count from 0"
    assert drawing.find(f"{SVG}title").text == title
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


def messages(trace, view):
    drawn = fixtures.picture(trace, view)
    return [drawn.text, drawn.map, drawn.view]


def caption(shown, part="The map"):
    texts = [each.text for each in ET.fromstring(taken(shown, f"{part} as SVG")[1]).iter(f"{SVG}text")]
    return " ".join(texts)


TWO = (Place(1, "The"), Place(2, "cat"))


@pytest.mark.parametrize(
    ("made", "view", "part", "said"),
    [
        (pair, View(), "The map", ["“The cat sat on the mat” and “It was soft there”"]),
        (pair, View(between="ab"), "The map", ["Only links from text A to text B"]),
        (pair, View(special="hide"), "The sentence", ["Special tokens are left out", "Weights from"]),
        (pair, View(special="renormalise"), "All heads", ["Each row is divided by what is left of it"]),
        (pair, View(scale="log"), "The map", ["Colours from .0001 to 1, logarithmic"]),
        (pair, View(scale="unit"), "All heads", ["3 layers × 4 heads", "Colours from 0 to 1"]),
        (pair, View(pins=TWO), "The sentence", ["Weights from “The”, “cat”, the mean of their rows"]),
        (pair, View(pins=TWO, direction="from"), "The sentence", ["Weights to “The”, “cat”, the sum of their columns"]),
        (pair, View(), "All heads", ["The colours of each map end at its own largest weight"]),
        (pair, View(), "All heads", ["Framed: layer 0, head 0. Layers and heads count from 0"]),
        (pair, View(average="layer"), "All heads", ["Framed: the heads of the mean. Layers and heads count from 0"]),
        (pair, View(average="0.1-2.3"), "The map", ["The mean of 2 heads", "as layer.head: 0.1, 2.3"]),
        (decoder, View(words=True), "The map", ["Pieces are merged to words", "Grey: the mask hides it"]),
        (decoder, View(direction="from"), "The sentence", ["Weights to"]),
        (translation, View(stack="cross"), "The map", ["Layer 0, head 0, cross attention"]),
        (
            lambda: decoder("the cat sat " * 180),
            View(rows=20),
            "All heads",
            ["Tokens 20 to 531 of 540", "A cell is the largest weight of several"],
        ),
        (lambda: decoder("the cat sat " * 180), View(), "All heads", [" …” (2160 characters)"]),
    ],
)
def test_a_caption_says_what_is_drawn(bare, made, view, part, said):
    found = caption(bare(messages(made(), replace(view, layer=0, head=0))), part)
    for each in said:
        assert each in found


def test_a_caption_says_no_more_than_what_is_drawn(bare):
    end = f"Layer 3, head 0. Model built-in, “{TEXT}”. Layers and heads count from 0"
    assert caption(bare(with_why())).endswith(end)


def test_a_text_that_ends_in_a_full_stop_gets_no_other(bare):
    found = caption(bare(with_why("I saw the war.", query=2, key=4)))
    assert "“I saw the war.” Layers and heads" in found


@pytest.mark.parametrize("text", ["I love you", "שלום עולם"])
def test_a_short_sentence_has_no_empty_half(bare, text):
    drawn = built_in(text)
    beside = bare([drawn.text, drawn.map, drawn.view]).page.evaluate(
        """() => {
            const { width, height, paint } = hosts[0].handle.picture("sentence");
            const painter = new attnviz.painter.SvgPainter(width, height);
            paint(painter);
            const svg = new DOMParser().parseFromString(painter.toString(), "image/svg+xml").documentElement;
            document.body.append(svg);
            const left = svg.getBoundingClientRect().left;
            const boxes = [...svg.querySelectorAll("text")].map((each) => each.getBoundingClientRect());
            const right = Math.max(...boxes.map((box) => box.right));
            return [Math.min(...boxes.map((box) => box.left)) - left, left + width - right];
        }"""
    )
    assert all(0 <= each <= 24 for each in beside), beside


@pytest.mark.parametrize("face", ["text", "columns"])
@pytest.mark.parametrize(("made", "view"), [(pair, View(between="ab")), (translation, View(stack="cross"))])
def test_nothing_is_cut_at_an_edge(bare, face, made, view):
    shown = bare(messages(made(), replace(view, face=face)))
    for part in ("The sentence", "All heads", "The map"):
        outside = shown.page.evaluate(
            """(text) => {
                const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
                document.body.append(svg);
                const { width, height } = svg.viewBox.baseVal;
                const drawn = [...svg.querySelectorAll(":is(text, path, rect, image):not(defs *)")];
                const boxes = drawn.map((each) => [each, each.getBoundingClientRect()]);
                const corner = svg.getBoundingClientRect();
                svg.remove();
                return boxes.filter(([, box]) => box.left < corner.left - 1 || box.top < corner.top - 1
                    || box.right > corner.left + width + 1 || box.bottom > corner.top + height + 1)
                    .map(([each, box]) => `${each.outerHTML.slice(0, 80)} ${JSON.stringify(box)}`);
            }""",
            taken(shown, f"{part} as SVG")[1].decode(),
        )
        assert outside == []


def test_the_map_as_a_table_has_every_weight(bare):
    name, content = taken(bare(messages(translation(), View(stack="cross", layer=1, head=2))), "The map as CSV")
    assert name == "attnviz map.csv"
    lines = list(csv.reader(content.decode("utf-8-sig").splitlines()))
    at = next(place for place, line in enumerate(lines) if len(line) > 2)
    table = np.array([[float(cell) for cell in line[1:]] for line in lines[at + 1 :]])
    np.testing.assert_allclose(table[:, :-1], translation().cross.weights(1, 2), atol=1e-6)
    np.testing.assert_allclose(table[:, -1], 1, atol=1e-6, err_msg="the sum of each row")


def test_a_table_of_links_between_two_texts_has_those_alone(bare):
    content = taken(bare(messages(pair(), View(between="ab", layer=1, head=2))), "The map as CSV")[1]
    lines = list(csv.reader(content.decode("utf-8-sig").splitlines()))[1:]
    weights, second = pair().encoder.weights(1, 2).numpy(), 8  # [CLS] and six words and [SEP] before it
    for row, line in enumerate(lines):
        found = [float(cell) if cell else None for cell in line[1:-1]]
        drawn = row < second
        assert [cell is not None for cell in found] == [drawn and column >= second for column in range(len(found))]
        if drawn:
            np.testing.assert_allclose(found[second:], weights[row, second:], atol=1e-6)
            assert float(line[-1]) == pytest.approx(weights[row, second:].sum(), abs=1e-5)


def test_escape_closes_it(bare):
    shown = bare(with_why())
    shown.root().locator(".open-take_away").click()
    expect(shown.part("take_away").get_by_role("button", name="The sentence as SVG")).to_be_focused()
    shown.page.keyboard.press("Escape")
    expect(shown.part("take_away")).to_be_hidden()
