"""The sentence with texts of every kind: long, from the right, in pairs, masked, with words that are not known."""

from pathlib import Path

import numpy as np
import pytest

import attnviz
from attnviz.analysis.regroup import hide_special
from attnviz.figures.theme import LIGHT
from tests.browser.canvas import (
    OVERVIEW,
    SENTENCE,
    assert_shown,
    load_folder,
    map_pixels,
    numbers,
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
from tests.engine.tiny import save_tiny

pytestmark = pytest.mark.browser


def test_typed_text_is_never_markup_and_is_written_from_the_right_where_it_is(open_page: Open):
    text = "<img src=x onerror=alert(1)> שלום 👩‍👩‍👧 &lt;"
    page = open_page(model="untrained", text=text)
    wait_for(page, shows="0.0")
    tokens = attnviz.load("untrained").run(text).encoder.query_tokens
    found = page.locator(f"{SENTENCE} .token bdi").all_inner_texts()
    assert found == [token.text for token in tokens]
    assert page.locator(f"{SENTENCE} img").count() == 0
    page.goto(page.url.split("?")[0] + "?model=untrained&text=" + "הכלב רץ מהר")
    page.locator(f'{SENTENCE} .words[dir="rtl"]').wait_for()
    first, second = (word(page, place).bounding_box()["x"] for place in (1, 2))
    assert first > second


def test_a_long_text_answers_for_every_word(open_page: Open):
    text = " ".join(f"w{i}" for i in range(300))
    page = open_page(model="untrained", text=text, layer=1, head=1)
    wait_for(page, shows="1.1")
    row = attnviz.load("untrained").run(text).encoder.weights(1, 1).numpy()[42]
    word(page, 42).hover()
    shown = numbers(page)
    assert set(shown) == set(np.argsort(-row)[:3])
    assert all(shown[place] == pytest.approx(row[place], rel=0.5) for place in shown), "one digit under the words"
    for _, number in weights_said(said(page)):
        assert np.abs(row / number - 1).min() < 0.06, "two digits in the line"
    page.locator(f"{OVERVIEW} canvas").hover(position=place_of(page, 0, 2))
    page.wait_for_timeout(100)
    assert page.locator(SENTENCE).get_attribute("data-shows") == "0.2", "16 maps of 302 tokens still come whole"


def test_a_decoder_mutes_what_a_word_may_not_attend_to(open_page: Open, tmp_path: Path):
    folder = str(save_tiny("gpt2", tmp_path))
    page = open_page(model=folder, text="the cat sat on the mat", layer=1, head=1)
    load_folder(page)
    wait_for(page, shows="1.1")
    decoder = attnviz.load(folder).run("the cat sat on the mat").decoder
    word(page, 3).hover()
    assert_shown(page, decoder.weights(1, 1).numpy()[3])
    later = page.locator(f"{SENTENCE} .token.masked").evaluate_all("tokens => tokens.map(t => Number(t.dataset.index))")
    assert later == list(range(4, len(decoder.query_tokens)))
    page.locator(f"{OVERVIEW} canvas").hover(position=place_of(page, 0, 3))
    wait_for(page, shows="0.3", exact=False)
    word(page, 0).hover()
    wait_for(page, shows="1.1")
    assert numbers(page) == {0: 1.0}


def test_a_row_with_one_cell_left_keeps_its_weight(open_page: Open, tmp_path: Path):
    """Where special tokens are hidden, a word that may attend to itself alone need not give itself a weight of 1."""
    folder = str(save_tiny("bart", tmp_path))
    page = open_page(model=folder, text="the cat sat", pair="a mat sat", stack="decoder", special="hide", scale="unit")
    load_folder(page)
    wait_for(page, shows="0.0")
    wait_for_scale(page, "unit")
    maps = hide_special(attnviz.load(folder).run("the cat sat", pair="a mat sat").decoder)
    weights = maps.weights(0, 3).numpy()
    assert np.isfinite(weights[0, 0])
    assert weights[0, 0] < 0.9
    shown = map_pixels(page, 0, 3, weights.shape)
    stops = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in LIGHT.scale])
    for cell in ((0, 0), (2, 1)):
        place = weights[cell] * (len(stops) - 1)
        expected = [np.interp(place, range(len(stops)), stops[:, channel]) for channel in range(3)]
        assert np.abs(shown[cell] - expected).max() <= 5
    word(page, 0).click()
    wait_for_address(page, direction=None)
    page.mouse.move(2, 2)
    page.locator(f"{OVERVIEW} canvas").hover(position=place_of(page, 0, 3))
    wait_for(page, shows="0.3", exact=False)
    assert numbers(page) == {0: pytest.approx(weights[0, 0], abs=0.0051)}


def test_an_encoder_decoder_switches_between_its_three_attentions(open_page: Open, tmp_path: Path):
    folder = str(save_tiny("bart", tmp_path))
    page = open_page(model=folder, text="the cat sat on the mat", pair="a mat", stack="cross", head=2)
    load_folder(page)
    wait_for(page, shows="0.2")
    stacks = attnviz.load(folder).run("the cat sat on the mat", pair="a mat").stacks
    word(page, 2, "query").hover()
    assert_shown(page, stacks["cross"].weights(0, 2).numpy()[2], side="key")
    word(page, 3, "key").hover()
    column = stacks["cross"].weights(0, 2).numpy()[:, 3]
    assert all(abs(number - column[place]) <= 0.00501 for place, number in numbers(page, "query").items())
    switch(page, "stack=encoder").click()
    wait_for_address(page, stack="encoder")
    page.locator(f"{SENTENCE} .list").nth(1).wait_for(state="detached")
    page.locator(f'{SENTENCE} [aria-pressed="true"][data-set="stack=encoder"]').wait_for()
    word(page, 4).hover()
    assert_shown(page, stacks["encoder"].weights(0, 2).numpy()[4])


def test_a_pair_is_filtered_from_one_text_to_the_other(open_page: Open):
    page = open_page(model="untrained", text="one two three", pair="four five")
    wait_for(page, shows="0.0")
    stack = attnviz.load("untrained").run("one two three", pair="four five").encoder
    second = [token.text for token in stack.query_tokens].index("four")
    switch(page, "between=ba").click()
    word(page, second).hover()
    row = stack.weights(0, 0).numpy()[second].copy()
    row[second:] = 0
    assert_shown(page, row)
    assert max(numbers(page)) < second
    wait_for_address(page, between="ba")
    before = said(page)
    word(page, 2).hover()
    assert "three" not in said(page).split(":")[1].split("attends")[0]
    assert before


def test_at_rest_the_built_in_model_shows_what_the_pronoun_stands_for(open_page: Open):
    page = open_page()
    wait_for(page, shows="3.0")
    assert said(page).startswith("Layer 3, head 0: it attends to animal")
    assert page.locator(f"{SENTENCE} .unknown").count() == 0


def test_unknown_words_are_marked_by_more_than_colour(open_page: Open):
    page = open_page(text="The wug ate the dax.")
    wait_for(page, shows="3.0")
    marked = page.locator(f"{SENTENCE} .unknown")
    assert marked.evaluate_all("words => words.map(word => word.querySelector('bdi').textContent)") == ["wug", "dax"]
    assert "dotted" in word(page, 2).locator("bdi").evaluate("word => getComputedStyle(word).textDecoration")
    assert "does not know" in (word(page, 2).get_attribute("title") or "")
