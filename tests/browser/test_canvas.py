"""The sentence and the overview in a real browser: pointer, keyboard, light, dark, narrow."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import attnviz
from attnviz.app.state import DEFAULT_TEXT
from attnviz.figures.theme import DARK, LIGHT, Theme
from tests.browser.canvas import (
    OVERVIEW,
    SENTENCE,
    address,
    assert_shown,
    ink,
    load_folder,
    map_pixels,
    overview_data,
    pinned,
    place_of,
    said,
    switch,
    wait_for,
    wait_for_address,
    wait_for_scale,
    weights_said,
    word,
)
from tests.browser.conftest import Open
from tests.browser.drawn import CHOSEN, cells, click, wait_for_map
from tests.engine.tiny import save_tiny

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def weights() -> np.ndarray:
    """Of the default sentence in the untrained model, (layer, head, query, key)."""
    stack = attnviz.load("untrained").run(DEFAULT_TEXT).encoder
    return np.stack([stack.weights(layer).numpy() for layer in range(stack.n_layers)])


@pytest.fixture(scope="module")
def tokens() -> list[str]:
    return [token.text for token in attnviz.load("untrained").run(DEFAULT_TEXT).encoder.query_tokens]


def test_hovering_a_word_shows_what_it_attends_to_at_once(open_page: Open, weights, tokens):
    page = open_page(model="untrained", layer=1, head=2)
    wait_for(page, shows="1.2")
    for place in (9, 3):
        word(page, place).hover()
        row = weights[1, 2, place]
        assert_shown(page, row)
        line = said(page)
        assert line.startswith(f"Layer 1, head 2: {tokens[place]} attends to ")
        listed = weights_said(line)
        assert [name for name, _ in listed] == [tokens[each] for each in np.argsort(-row)[: len(listed)]]
        assert all(abs(number - row[tokens.index(name)]) <= 0.005 + 1e-6 for name, number in listed)
    assert "pins" not in address(page), "hovering asks nothing of the server"


def test_arcs_and_shades_are_where_the_weight_is(open_page: Open, weights):
    text = "the animal didn't cross the street because it was too tired"
    page = open_page(model="untrained", text=text)
    wait_for(page, shows="0.0")
    word(page, 2).hover()
    canvas = page.locator(f"{SENTENCE} canvas").bounding_box()
    boxes = [word(page, place).bounding_box() for place in (2, 4)]
    top = boxes[0]["y"] - canvas["y"]
    left, right = (box["x"] + box["width"] / 2 - canvas["x"] for box in boxes)
    assert ink(page, left + 4, top - 60, right - left - 8, 55) > 20, "an arc above the words"
    page.mouse.move(2, 2)
    switch(page, "face=columns").click()
    page.locator(f'{SENTENCE}[data-face="columns"]').wait_for()
    columns = [word(page, 2, side).bounding_box() for side in ("query", "key")]
    canvas = page.locator(f"{SENTENCE} canvas").bounding_box()
    between = columns[0]["x"] + columns[0]["width"] + 10 - canvas["x"], columns[1]["x"] - 10 - canvas["x"]
    assert ink(page, between[0], columns[0]["y"] - canvas["y"], between[1] - between[0], 18) > 50, "lines"


def test_is_attended_by_shows_the_column(open_page: Open, weights):
    page = open_page(model="untrained", layer=2, head=0)
    wait_for(page, shows="2.0")
    switch(page, "direction=from").click()
    word(page, 4).hover()
    assert_shown(page, weights[2, 0, :, 4])
    assert "is attended by" in said(page)
    wait_for_address(page, direction="from")


def test_pinned_words_are_averaged_stay_in_the_address_and_survive_another_head(open_page: Open, weights, tokens):
    page = open_page(model="untrained")
    wait_for(page, shows="0.0")
    word(page, 3).click()
    wait_for_address(page, pins="3")
    word(page, 9).click()
    wait_for_address(page, pins="3-9")
    page.mouse.move(2, 2)
    assert pinned(page) == [3, 9]
    assert_shown(page, weights[0, 0, [3, 9]].mean(axis=0))
    assert f"{tokens[3]}, {tokens[9]} attend on average to" in said(page)
    page.get_by_role("button", name="Head 2", exact=True).click()
    wait_for_map(page, layer=0, head=2, n_heads=4)
    wait_for(page, shows="0.2")
    page.mouse.move(2, 2)
    assert pinned(page) == [3, 9]
    assert_shown(page, weights[0, 2, [3, 9]].mean(axis=0))
    page.reload()
    wait_for(page, shows="0.2")
    assert pinned(page) == [3, 9]
    page.get_by_label("Sentence", exact=True).fill("The animal was wide")
    page.get_by_label("Sentence", exact=True).press("Enter")
    page.get_by_text("Not in this text, so no longer pinned: didn't.").wait_for()
    page.locator(f'{SENTENCE} .token.pinned[data-index="3"]').wait_for()
    wait_for_address(page, pins="3")


def test_hovering_a_head_shows_it_in_the_sentence_and_a_click_in_the_heat_map(open_page: Open, weights, tokens):
    page = open_page(model="untrained", pins="9")
    wait_for(page, shows="0.0")
    canvas = page.locator(f"{OVERVIEW} canvas")
    canvas.hover(position=place_of(page, 2, 3))
    wait_for(page, shows="2.3", exact=False)
    assert_shown(page, weights[2, 3, 9])
    assert "≈" in said(page), "what comes from bytes says so"
    typed = weights[2, 3, 1:-1, 1:-1]
    query, key = np.unravel_index(typed.argmax(), typed.shape)
    link = f"{tokens[query + 1]} → {tokens[key + 1]} {typed.max():.2f}"
    assert said(page, OVERVIEW).startswith(f"Layer 2, head 3 strongest link {link}. On average a row gives ")
    before = np.diagonal(weights[2, 3], -1).mean()
    assert f"the token before {before:.0%}".replace("%", " %") in said(page, OVERVIEW)
    assert "layer" not in address(page)
    canvas.click(position=place_of(page, 2, 3))
    wait_for_map(page, layer=2, head=3, n_heads=4)
    wait_for(page, shows="2.3", exact=True)
    np.testing.assert_allclose(np.array(cells(page, CHOSEN)["z"], np.float32), weights[2, 3], rtol=0, atol=1e-6)
    assert (overview_data(page)["layer"], overview_data(page)["head"]) == ("2", "3")
    page.mouse.move(2, 2)
    assert_shown(page, weights[2, 3, 9])
    assert "≈" not in said(page)


def test_the_keyboard_looks_and_chooses_in_both_parts(open_page: Open, weights):
    page = open_page(model="untrained")
    wait_for(page, shows="0.0")
    switch(page, "average=all").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    last = weights.shape[-1] - 2
    assert_shown(page, weights[0, 0, last])
    page.keyboard.press("Enter")
    wait_for_address(page, pins=str(last))
    page.keyboard.press("Tab")
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    wait_for(page, shows="1.2", exact=False)
    assert "layer" not in address(page), "looking is not choosing"
    page.keyboard.press("Enter")
    wait_for_map(page, layer=1, head=2, n_heads=4)
    wait_for(page, shows="1.2")
    assert_shown(page, weights[1, 2, last])
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    wait_for(page, shows="1.2-1.3")
    assert_shown(page, weights[1, [2, 3], last].mean(axis=0))
    wait_for_address(page, average="1.2-1.3")


def test_means_of_a_layer_and_of_all_heads(open_page: Open, weights):
    page = open_page(model="untrained", layer=1, pins="4")
    wait_for(page, shows="1.0")
    switch(page, "average=layer").click()
    assert_shown(page, weights[1, :, 4].mean(axis=0))
    wait_for(page, shows="layer 1")
    assert_shown(page, weights[1, :, 4].mean(axis=0))
    switch(page, "average=all").click()
    wait_for(page, shows="all")
    assert_shown(page, weights[:, :, 4].mean(axis=(0, 1)))
    assert said(page).startswith("Mean of 16 heads: ")


@pytest.mark.parametrize(("scheme", "theme"), [("light", LIGHT), ("dark", DARK)])
def test_every_cell_of_the_small_maps_has_the_colour_of_its_weight(open_page: Open, weights, scheme, theme: Theme):
    page = open_page(model="untrained", scheme=scheme, layer=3, head=3)
    wait_for(page, shows="3.3")
    stops = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in theme.scale])
    for layer, head in ((0, 0), (2, 1), (3, 2)):
        shown = map_pixels(page, layer, head, weights.shape[2:])
        places = weights[layer, head] / weights[layer, head].max() * (len(stops) - 1)
        expected = np.stack([np.interp(places, range(len(stops)), stops[:, channel]) for channel in range(3)], axis=-1)
        # a code is off by at most 1 / 254 of the scale, a colour by half a step of 256, of at most 9 · 48 a channel
        assert np.abs(shown - expected).max() <= 5


@pytest.mark.parametrize("scale", ["unit", "log"])
def test_the_small_maps_take_another_scale_of_colours(open_page: Open, weights, scale):
    page = open_page(model="untrained", scale=scale)
    wait_for(page, shows="0.0")
    wait_for_scale(page, scale)
    stops = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in LIGHT.scale])
    for layer, head in ((0, 0), (2, 1)):
        shown = map_pixels(page, layer, head, weights.shape[2:])
        shares = weights[layer, head] if scale == "unit" else 1 + np.log10(weights[layer, head].clip(1e-4)) / 4
        places = shares * (len(stops) - 1)
        expected = np.stack([np.interp(places, range(len(stops)), stops[:, channel]) for channel in range(3)], axis=-1)
        assert np.abs(shown - expected).max() <= 5


def test_a_scale_is_changed_without_a_reload(open_page: Open):
    page = open_page(model="untrained")
    wait_for(page, shows="0.0")
    wait_for_scale(page, "head")
    page.get_by_role("button", name="Display").click()
    page.get_by_role("radio", name="Logarithmic", exact=True).click()
    wait_for_scale(page, "log")
    wait_for_address(page, scale="log")


def test_words_are_shaded_as_their_cells_are(open_page: Open, weights):
    row = weights[1, 2, 9]
    strongest = int(row.argmax())
    page = open_page(model="untrained", layer=1, head=2, pins="9", scale="unit")
    wait_for(page, shows="1.2")
    page.mouse.move(2, 2)
    assert shade(page, strongest) == expected_shade(float(row[strongest]))
    page = open_page(model="untrained", layer=1, head=2, pins="9")
    wait_for(page, shows="1.2")
    page.mouse.move(2, 2)
    assert shade(page, strongest) == expected_shade(float(row[strongest] / weights[1, 2].max()))


def shade(page: Page, index: int) -> list[int]:
    """The colour of the lower left of a word, where no letter and no arc is."""
    box, canvas = word(page, index).bounding_box(), page.locator(f"{SENTENCE} canvas").bounding_box()
    place = [box["x"] - canvas["x"] + 3, box["y"] - canvas["y"] + box["height"] - 6]
    return page.locator(f"{SENTENCE} canvas").evaluate(
        "(canvas, [x, y]) => Array.from(canvas.getContext('2d').getImageData(x, y, 1, 1).data.slice(0, 3))", place
    )


def expected_shade(share: float) -> list[int]:
    """Of the 256 colours of the scale, the one of a share of a map's largest weight."""
    stops = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in LIGHT.scale])
    place = int(165 * share + 0.5) / 255 * (len(stops) - 1)
    return [int(np.interp(place, range(len(stops)), stops[:, channel]) + 0.5) for channel in range(3)]


def test_a_pinned_word_is_what_the_arithmetic_is_of(open_page: Open, tokens):
    page = open_page(model="untrained")
    wait_for(page, shows="0.0")
    word(page, 4).click()
    wait_for_address(page, pins="4", query="4", key=None)
    expect(page.locator(".st-key-query input")).to_have_value(f"{tokens[4]} (4)")
    switch(page, "direction=from").click()
    word(page, 6).click()
    wait_for_address(page, pins="4-6", query=None, key="6")
    expect(page.locator(".st-key-key input")).to_have_value(f"{tokens[6]} (6)")
    switch(page, "direction=to").focus()
    page.keyboard.press("Enter")
    wait_for_address(page, direction=None)
    page.locator(f"{SENTENCE} .words").focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    wait_for_address(page, pins=f"4-6-{len(tokens) - 1}", query=str(len(tokens) - 1), key=None)


def test_a_word_of_several_pieces_is_pinned_whole_and_its_first_piece_worked_out(open_page: Open, tmp_path: Path):
    folder, text = str(save_tiny("bert", tmp_path)), "the cat satmat on the catmat"
    page = open_page(model=folder, text=text, words=1, special="hide")
    load_folder(page)
    wait_for(page, shows="0.0")
    tokens = attnviz.load(folder).run(text).encoder.query_tokens
    pieces = [at for at, token in enumerate(tokens) if token.word == 2]
    word(page, 2).click()
    wait_for_address(page, pins="-".join(map(str, pieces)), query=str(pieces[0]))
    shape = (6, 6)
    click(page, 5, 2, shape)
    last = next(at for at, token in enumerate(tokens) if token.word == 5)
    wait_for_address(page, query=str(last), key=str(pieces[0]))


def test_the_first_screen_holds_the_sentence_the_overview_and_the_chosen_head(open_page: Open):
    page = open_page(model="untrained", width=1440, height=900)
    wait_for_map(page, layer=0, head=0, n_heads=4)
    wait_for(page, shows="0.0")
    for part in (SENTENCE, OVERVIEW, CHOSEN):
        box = page.locator(part).bounding_box()
        assert box["y"] >= 0, part
        assert box["y"] + box["height"] <= 900, part
        assert box["x"] + box["width"] <= 1440, part


def test_a_narrow_window_wraps_the_words_and_cuts_nothing(open_page: Open, weights):
    page = open_page(model="untrained", width=390, height=844, scheme="dark")
    wait_for(page, shows="0.0")
    boxes = [place.bounding_box() for place in page.locator(f"{SENTENCE} .token, {OVERVIEW} canvas").all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    assert len({round(box["y"] / 10) for box in boxes}) > 2, "the words wrap"
    word(page, 1).hover()
    assert_shown(page, weights[0, 0, 1])
