"""The chosen head's map in a bare page: every cell and number against the tensor, pointer, finger and keyboard."""

import numpy as np
import pytest

import attnviz
from attnviz.figures.theme import DARK, LIGHT
from attnviz.view import View
from tests.canvas.drawn import pixels, record, scale_colour, two_decimals
from tests.canvas.explaining import with_why as messages
from tests.canvas.fixtures import decoder, picture

pytestmark = pytest.mark.browser
TEXT = "The animal didn't cross the street because it was too tired"
UNDER, MARKS = ".st-key-heatmap canvas:not(.marks)", ".st-key-heatmap canvas.marks"


@pytest.fixture(scope="module")
def stack():
    return attnviz.load("builtin").run(TEXT).encoder


@pytest.fixture(scope="module")
def weights(stack):
    return stack.weights(3, 0).numpy()


def grid(opened):
    left, top, across, down = map(float, opened.page.locator(MARKS).get_attribute("data-grid").split())
    return left, top, across, down


def middle(opened, query, key):
    """The middle of a cell, in points of the canvas."""
    left, top, across, down = grid(opened)
    return {"x": left + (key + 0.5) * across, "y": top + (query + 0.5) * down}


def tip(opened):
    return opened.part("heatmap").locator(".tip").inner_text().split("\n")


@pytest.mark.parametrize(("scheme", "theme"), [("light", LIGHT), ("dark", DARK)])
def test_every_cell_has_the_colour_of_its_weight(bare, weights, scheme, theme):
    opened = bare(messages(TEXT), scheme=scheme)
    left, top, across, down = grid(opened)
    places = list(np.ndindex(weights.shape))
    corners = [(left + key * across + 2, top + query * down + 2) for query, key in places]
    for (query, key), (*drawn, opacity) in zip(places, pixels(opened, UNDER, corners).tolist(), strict=True):
        share = weights[query, key] / weights.max()
        if round(255 * share) == 0:
            assert opacity == 0, "a cell of nothing is not there"
        else:
            # A step of the scale is 1/255; along the scale a channel changes by 70 in a ninth: 2.5 a step.
            np.testing.assert_allclose(drawn, scale_colour(theme.scale, share), atol=3, err_msg=f"{query} → {key}")


def test_every_number_is_that_of_its_cell_and_none_is_under_a_half_hundredth(bare, weights):
    opened = bare(messages(TEXT))
    left, top, across, down = grid(opened)
    drawn = {}
    for _, words, x, y, *_ in (call for call in record(opened, "heatmap")["calls"] if call[0] == "text"):
        if x > left and y > top:
            drawn[int((y - top) // down), int((x - left) // across)] = words
    expected = {place: two_decimals(float(weights[place])) for place in np.ndindex(weights.shape)}
    assert drawn == {place: words for place, words in expected.items() if words}


def test_the_row_and_the_cell_of_the_link_are_framed_and_its_words_are_bold(bare):
    opened = bare(messages(TEXT))
    left, top, across, down = grid(opened)
    calls = record(opened, "heatmap")["calls"]
    bold = [call[1] for call in calls if call[0] == "text" and call[4].get("weight") == 600]
    assert bold == ["it", "animal"]
    frames = [call[1:5] for call in calls if call[0] == "rect" and "stroke" in call[5]]
    row = [left - 0.5, top + 8 * down - 0.5, 13 * across + 1, down]
    assert row in frames
    cell = [left + 2 * across - 1.5, top + 8 * down - 1.5, across + 2, down + 2]
    assert cell in frames


def test_pointing_names_both_words_and_the_weight_and_leaving_brings_the_link_back(bare, weights):
    opened = bare(messages(TEXT))
    opened.page.locator(MARKS).hover(position=middle(opened, 11, 8))
    opened.settled()
    assert tip(opened) == ["tired → it", f"{weights[11, 8]:.4f}"]
    assert "tired" in opened.part("bar").inner_text(), "the sentence in words follows"
    assert opened.part("overview").locator(".strongest p").text_content() == "Strongest heads for tired → it"
    opened.page.mouse.move(2, 2)
    opened.settled()
    assert not opened.part("heatmap").locator(".tip").is_visible()
    assert opened.part("overview").locator(".strongest p").text_content() == "Strongest heads for it → animal"
    assert opened.events() == []


def test_a_click_chooses_the_cell(bare):
    opened = bare(messages(TEXT))
    opened.page.locator(MARKS).click(position=middle(opened, 11, 8))
    opened.settled()
    link = {"type": "link", "query": {"token": 11, "text": "tired"}, "key": {"token": 8, "text": "it"}}
    assert opened.events() == [link]
    assert opened.part("overview").locator(".strongest p").text_content() == "Strongest heads for tired → it"


def test_arrow_keys_walk_the_cells_enter_chooses_and_escape_lets_go(bare, weights):
    opened = bare(messages(TEXT))
    opened.page.locator(MARKS).focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        opened.page.keyboard.press(key)
    opened.settled()
    assert tip(opened) == ["was → cross", f"{weights[9, 4]:.4f}"]
    opened.page.keyboard.press("Escape")
    opened.settled()
    assert not opened.part("heatmap").locator(".tip").is_visible()
    opened.page.keyboard.press("End")
    opened.page.keyboard.press("ArrowRight")  # nothing is there
    opened.settled()
    assert tip(opened)[0] == "it → [SEP]"
    opened.page.keyboard.press("Home")
    opened.page.keyboard.press("Enter")
    opened.settled()
    (event,) = opened.events()
    assert (event["query"]["token"], event["key"]["token"]) == (8, 0)


def test_the_other_buttons_of_a_mouse_choose_nothing(bare):
    opened = bare(messages(TEXT))
    for button in ("right", "middle"):
        opened.page.locator(MARKS).click(position=middle(opened, 5, 6), button=button)
    opened.settled()
    assert opened.events() == []


def test_a_finger_slides_over_the_map_and_takes_the_nearest_cell(bare):
    opened = bare(messages(TEXT), width=390, touch=True)
    opened.page.locator(MARKS).scroll_into_view_if_needed()
    box = opened.page.locator(MARKS).bounding_box()
    place = middle(opened, 5, 6)
    opened.page.touchscreen.tap(box["x"] + place["x"] + 3, box["y"] + place["y"] - 3)
    opened.settled()
    assert [(event["query"]["token"], event["key"]["token"]) for event in opened.events()] == [(5, 6)]


def test_of_more_than_24_words_every_second_has_a_label_and_the_chosen_always(bare):
    text = f"{TEXT} and the trophy didn't fit in the suitcase because it was too big"
    opened = bare(messages(text, query=8, key=3))
    left, top, *_ = grid(opened)
    labels = [call for call in record(opened, "heatmap")["calls"] if call[0] == "text"]
    rows = [words for _, words, x, *_ in labels if x < left]
    assert len(text.split()) + 2 > 24
    assert rows[:5] == ["[CLS]", "animal", "cross", "street", "it"]
    columns = [words for _, words, _, y, *_ in labels if y < top]
    assert "didn't" in columns, "an odd place, but chosen"
    assert "animal" not in columns, "it would touch the chosen one"
    assert "street" in columns


def test_a_head_that_has_not_come_is_drawn_from_its_codes_and_says_so(bare, stack):
    opened = bare(messages(TEXT))
    tiles = opened.page.locator(".st-key-overview canvas.marks")
    left, top, wide, high, gap = map(float, tiles.get_attribute("data-tiles").split())
    tiles.click(position={"x": left + 2 * (wide + gap) + wide / 2, "y": top + high + gap + high / 2})
    opened.settled()
    assert opened.events() == [{"type": "head", "layer": 1, "head": 2}]
    assert opened.root().get_attribute("data-shows") == "1.2"
    assert opened.root().get_attribute("data-exact") == "false"
    opened.page.locator(MARKS).hover(position=middle(opened, 4, 3))
    opened.settled()
    weight = float(stack.weights(1, 2)[4, 3])
    assert tip(opened) == ["cross → didn't", f"≈ {two_decimals(weight)}"]


@pytest.mark.parametrize(("scheme", "theme"), [("light", LIGHT), ("dark", DARK)])
def test_what_a_decoder_may_not_see_is_grey_and_says_so(bare, scheme, theme):
    made = picture(decoder(), View(layer=1, head=1))
    opened = bare([made.text, made.map, made.view], scheme=scheme)
    n_tokens = len(decoder().decoder.query_tokens)
    left, top, across, down = grid(opened)
    places = [(query, key) for query in range(n_tokens) for key in range(query + 1, n_tokens)]
    corners = [(left + key * across + 2, top + query * down + 2) for query, key in places]
    grey = [int(theme.masked[at : at + 2], 16) for at in (1, 3, 5)]
    assert np.unique(pixels(opened, UNDER, corners), axis=0).tolist() == [[*grey, 255]]
    opened.page.locator(MARKS).hover(position=middle(opened, 2, 5))
    opened.settled()
    assert tip(opened)[1] == "masked: it may not look there"
    opened.page.locator(MARKS).click(position=middle(opened, 2, 5))
    opened.settled()
    assert opened.events() == []
