"""Explore in a real browser."""

import re
from itertools import groupby

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import attnviz
from attnviz.address import DEFAULT_TEXT
from attnviz.app.picture import CLOSED
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


def framed(page: Page) -> list[int]:
    """The heads whose panels have a frame."""
    panels = page.locator(f"{HEADS} .nsewdrag")
    lines = panels.evaluate_all("all => all.map(each => getComputedStyle(each).outline)")
    return [head for head, line in enumerate(lines) if line == "rgb(31, 35, 40) solid 2px"]


def test_another_head_is_framed_and_sends_no_figure_again_and_another_layer_does(open_page: Open):
    explored = Explored(open_page(script=VISITED, layer=1, head=1))
    page = explored.page
    page.locator(f"{HEADS} .heatmaplayer image").nth(5).wait_for()
    page.evaluate("plot => { document.querySelector(plot).dataset.seen = 'yes'; }", HEADS)
    explored.changes(lambda: page.get_by_role("button", name="next head").click(), "shows")
    assert explored.state("shows") == "1.2"
    explored.at_rest()
    assert framed(page) == [2]
    expect(page.locator(HEADS)).to_have_attribute("data-seen", "yes")
    explored.changes(lambda: page.get_by_role("button", name="next layer").click(), "shows")
    expect(page.get_by_text("Every head of layer 2")).to_be_visible()
    explored.changes(lambda: page.get_by_role("button", name="layer mean").click(), "shows").at_rest()
    assert framed(page) == []


def test_a_click_on_a_word_stands_in_the_address(open_page: Open):
    explored = Explored(open_page(script=VISITED))
    explored.word("animal").click()
    explored.settled(sequence=1)
    expect(explored.page).to_have_url(re.compile("query=2~animal"))


def test_a_file_of_all_heads_can_be_fetched_while_others_use_the_app(open_page: Open):
    page = Explored(open_page(script=VISITED, text="the cat sat")).page
    page.get_by_role("button", name="Take away").click()
    page.get_by_role("button", name="HTML, PDF, NPZ, JSON, CSV").click()
    page.get_by_role("dialog").get_by_text("NPZ", exact=True).click()
    expect(page.get_by_role("button", name="Download attnviz weights.npz")).to_be_visible()
    other = Explored(open_page(script=VISITED))
    for text in ("the dog sat", "the bird sat", "the cow sat"):
        other.type(text)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download attnviz weights.npz").click()
    with np.load(download.value.path()) as arrays:
        expected = attnviz.load("builtin").run("the cat sat").encoder.weights(3)
        np.testing.assert_allclose(arrays["weights"][3], expected, atol=1e-7)


def test_after_escape_the_keyboard_is_on_the_button_that_opened(open_page: Open):
    page = Explored(open_page(script=VISITED)).page
    badge, away = page.locator(".badge button"), page.get_by_role("button", name="Take away")
    for opener, way in ((badge, [badge]), (away, [away, page.get_by_role("button", name="HTML, PDF, NPZ")])):
        for button in way:
            button.press("Enter")
        expect(page.get_by_role("dialog", name=re.compile("About the model|Files"))).to_be_visible()
        expect(opener).not_to_be_focused()
        page.keyboard.press("Escape")
        expect(opener).to_be_focused()


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
    if width == 390:
        page.get_by_text(CLOSED).click()
    page.locator(f"{HEADS} .heatmaplayer image").nth(5).wait_for()
    assert page.locator("[data-testid=stMain]").evaluate("part => part.scrollWidth") <= width


def test_a_phone_has_a_short_page_with_each_tab_and_every_head_one_tap_away(open_page: Open):
    page = Explored(open_page(script=VISITED, width=390, height=844)).page
    page.get_by_text(CLOSED).wait_for()
    for tab, part in {"Map": "heatmap", "Why .91": "arithmetic", "Numbers": "numbers"}.items():
        page.get_by_role("button", name=tab, exact=True).click()
        page.locator(f".st-key-{part}").locator("canvas, table").first.wait_for()
        assert page.locator("[data-testid=stMain]").evaluate("part => part.scrollHeight") <= 2000, tab
    loaded = "() => performance.getEntriesByType('resource').filter(({ name }) => /plotly/i.test(name)).length"
    assert page.evaluate(loaded) == 0, "Plotly is loaded for a figure that nobody sees"
    page.get_by_text(CLOSED).click()
    page.locator(f"{HEADS} .heatmaplayer image").nth(5).wait_for()
    assert page.evaluate(loaded) > 0


def test_a_small_screen_shows_the_chosen_link_in_its_map_without_scrolling(open_page: Open):
    page = Explored(open_page(script=VISITED, width=1280, height=720)).page
    canvas = page.locator(".st-key-heatmap .marks[data-grid]")
    box = canvas.bounding_box()
    _, top, _, down = map(float, (canvas.get_attribute("data-grid") or "").split())
    assert box is not None
    assert box["y"] + top + (DEFAULT_TEXT.split().index("it") + 2) * down <= 720  # [CLS] stands before the words
    expect(page.locator(".st-key-arithmetic .stages")).to_be_in_viewport(ratio=1)


# What has the keyboard: the part of the picture, else the label; whether one sees it, and a ring around it.
FOCUSED = """
() => {
  let at = document.activeElement;
  while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  const { top, bottom, width } = at.getBoundingClientRect(), { outlineStyle, outlineWidth } = getComputedStyle(at);
  const inPicture = at.closest(".picture");
  const kind = at.role ?? at.localName; // a list of words, a map, a button
  const part = inPicture ? `${at.closest(".picture > *").className} ${kind}` : at.ariaLabel || at.textContent.trim();
  return { part, isSeen: width > 0 && bottom > 0 && top < innerHeight,
    hasRing: !inPicture || (outlineStyle === "solid" && parseFloat(outlineWidth) >= 2) };
}
"""


def test_the_tab_key_goes_over_the_page_as_it_is_read_and_every_stop_is_seen(open_page: Open):
    explored = Explored(open_page(script=VISITED))
    page = explored.page
    explored.box.focus()
    stops = []
    while len(stops) < 60 and (not stops or "compare" not in stops[-1]["part"]):
        stops.append(page.evaluate(FOCUSED))
        page.keyboard.press("Tab")
    assert all(stop["isSeen"] and stop["hasRing"] for stop in stops), stops
    parts = [part for part, _ in groupby(stop["part"] for stop in stops)]
    assert parts[0] == "Sentence"
    assert "Model" in parts[1]
    assert parts[2:-1] == [
        "st-key-try button",
        "st-key-sentence listbox",
        "st-key-bar button",
        "st-key-overview button",
        "st-key-overview application",
        "st-key-overview button",
        "st-key-heatmap application",
        "st-key-arithmetic button",
        "st-key-arithmetic slider",
        "st-key-arithmetic button",
    ]
    assert len(stops) <= 40


def test_arrow_keys_look_at_a_cell_and_escape_lets_it_go(open_page: Open):
    page = Explored(open_page(script=VISITED)).page
    said = page.locator(".said")
    before = said.inner_text()
    page.get_by_role("application", name=re.compile("^The map of")).focus()
    page.keyboard.press("ArrowDown")
    expect(said).not_to_have_text(before)
    page.keyboard.press("Escape")
    expect(said).to_have_text(before)
