"""Explore in a real browser."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

import attnviz
from attnviz.address import DEFAULT_TEXT
from attnviz.figures.theme import DARK
from tests.browser.conftest import Open
from tests.browser.drawn import cells
from tests.browser.explored import VISITED, Explored

pytestmark = pytest.mark.browser
HEADS = ".st-key-heads .js-plotly-plot"


def test_every_panel_of_the_layer_is_the_tensors(open_page: Open):
    page = Explored(open_page(script=VISITED)).page
    page.locator(f"{HEADS} .heatmaplayer image").nth(5).wait_for()
    drawn = page.locator(HEADS).evaluate("plot => plot.calcdata.map(([{ z }]) => z.map(row => [...row]))")
    weights = attnviz.load("builtin").run(DEFAULT_TEXT).encoder.weights(3).numpy()
    np.testing.assert_array_equal(np.array(drawn, dtype=np.float32), weights)
    assert cells(page, HEADS)["columns"][2] == "animal"


def test_another_head_sends_no_figure_again_and_another_layer_does(open_page: Open):
    explored = Explored(open_page(script=VISITED, layer=1, head=1))
    page = explored.page
    page.locator(f"{HEADS} .heatmaplayer image").nth(5).wait_for()
    page.evaluate("plot => { document.querySelector(plot).dataset.seen = 'yes'; }", HEADS)
    explored.changes(lambda: page.get_by_role("button", name="next head").click(), "shows")
    assert explored.state("shows") == "1.2"
    expect(page.locator(HEADS)).to_have_attribute("data-seen", "yes")
    explored.changes(lambda: page.get_by_role("button", name="next layer").click(), "shows")
    expect(page.get_by_text("Every head of layer 2")).to_be_visible()


def test_a_click_on_a_word_stands_in_the_address(open_page: Open):
    explored = Explored(open_page(script=VISITED))
    explored.word("animal").click()
    explored.settled(sequence=1)
    expect(explored.page).to_have_url(re.compile("query=2~animal"))


def test_typed_text_is_never_markup(open_page: Open):
    text = "<b>bold</b> **x** $y$ :red[z] <img src=x onerror=alert(1)>"
    explored = Explored(open_page(script=VISITED, text=text))
    expect(explored.page.locator(".st-key-sentence b, .st-key-sentence img")).to_have_count(0)
    assert "<" in explored.page.locator(".st-key-sentence").inner_text()


def test_the_colours_follow_when_the_browser_turns_dark(open_page: Open):
    explored = Explored(open_page(script=VISITED))
    page = explored.page
    page.locator(f"{HEADS} .heatmaplayer image").nth(5).wait_for()
    page.emulate_media(color_scheme="dark")
    page.locator(".picture[data-theme='dark']").wait_for()
    page.wait_for_function(f"document.querySelector('{HEADS}')?._fullLayout?.font.color === '{DARK.text}'")


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(open_page: Open, width):
    page = Explored(open_page(script=VISITED, width=width, height=844)).page
    page.locator(f"{HEADS} .heatmaplayer image").nth(5).wait_for()
    assert page.locator("[data-testid=stMain]").evaluate("part => part.scrollWidth") <= width
