"""The six seconds of a first visit, with a clock in the hand of the test; and the tabs of a phone."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from attnviz.address import View
from attnviz.canvas import bundle
from tests.canvas import fixtures
from tests.canvas.conftest import HOST
from tests.canvas.explaining import TEXT, row_of, with_why

OTHER = TEXT.replace("tired", "wide")
ADDRESS = "http://127.0.0.1:9/"  # where nothing listens: the page is given by the test
FIRST = {
    "index": 8,
    "before": [round(float(weight), 5) for weight in row_of(8)[2]],
    "after": [round(float(weight), 5) for weight in row_of(8, text=OTHER)[2]],
    "changed": [11, "tired", "wide"],
}


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a picture in a browser that keeps what it has seen; its clock stands until the test moves it."""
    contexts, wrong = [], []
    body = '<!doctype html><meta charset="utf-8"><body style="margin: 16px"><div id="picture"></div>'

    def open_with(*, keeps: Any = None, motion: str = "no-preference", script: str = "", **more: Any) -> Page:
        context = keeps or browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion=motion)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.route(ADDRESS, lambda route: route.fulfill(body=body, content_type="text/html"))
        page.clock.install(time=0)
        page.add_init_script(script)
        page.goto(ADDRESS)
        page.clock.pause_at(1000)
        page.add_script_tag(content=bundle.script("update") + HOST)
        sent = [base64.b64encode(each).decode() for each in with_why(**({"first": FIRST} | more))]
        page.evaluate("m => { globalThis.host = new Host(document.getElementById('picture'), m, 'auto'); }", sent)
        page.locator(".picture[data-size]").wait_for(state="attached")
        page.clock.run_for(100)  # the first frames: the picture is drawn, and the visit begins
        return page

    yield open_with
    for context in {id(context): context for context in contexts}.values():
        context.close()
    assert not wrong


def numbers(page: Page) -> dict[str, str]:
    """The numbers at the words."""
    found = page.locator(".st-key-sentence .token").evaluate_all(
        "tokens => tokens.map(token => ['.letters', 'small'].map(part => token.querySelector(part).textContent))"
    )
    return {word: text for word, text in found if text}


def words(page: Page) -> list[str]:
    return page.locator(".st-key-sentence .letters").all_inner_texts()


def boxes(page: Page) -> list[Any]:
    """Where everything stands that is on the page."""
    return page.locator(".picture > *, .token").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect()).map(({ x, y, width, height }) => [x, y, width, height])"
    )


def test_the_numbers_count_the_word_changes_and_the_arc_swings(visit):
    page = visit()
    still = boxes(page)
    before, after = row_of(8)[2], row_of(8, text=OTHER)[2]
    page.clock.run_for(900)
    half = float(numbers(page)["animal"].replace(">", ""))
    assert 0 < half < before[2] - 0.05, "it counts up"
    page.clock.run_for(1200)  # 2.2 s
    assert numbers(page)["animal"] == f"{before[2]:.2f}"[1:] == ".91"
    assert "tired" in words(page)
    page.clock.run_for(600)  # 2.8 s
    assert "wide" in words(page)
    assert "tired" not in words(page)
    assert numbers(page)["animal"] == ".91"
    page.clock.run_for(1200)  # 4.0 s
    middle = float(numbers(page)["animal"])
    assert after[2] < middle < before[2]
    page.clock.run_for(1300)  # 5.3 s
    assert (numbers(page)["animal"], numbers(page)["street"]) == (f"{after[2]:.2f}"[1:], f"{after[6]:.2f}"[1:])
    assert "One word changed, and it means something else. Try your own." in page.locator(".st-key-bar").inner_text()
    assert boxes(page) == still, "nothing has moved"
    page.clock.run_for(1000)
    assert "tired" in words(page)
    assert numbers(page)["animal"] == ".91"
    assert page.evaluate("host.told.length") == 0, "nothing was chosen"


def test_it_is_shown_once_in_a_browser(visit):
    page = visit()
    page.clock.run_for(7000)
    again = visit(keeps=page.context)
    again.clock.run_for(2800)
    assert "wide" not in words(again)
    assert numbers(again)["animal"] == ".91"


@pytest.mark.parametrize("end", ["key", "pointer", "movement"])
def test_a_key_or_a_pointer_ends_it(visit, end):
    page = visit()
    page.clock.run_for(2800)
    assert "wide" in words(page)
    if end == "key":
        page.keyboard.press("Shift")
    elif end == "pointer":
        page.mouse.click(1430, 890)
    else:
        page.mouse.move(700, 200)
        page.mouse.move(720, 200)
    page.clock.run_for(50)
    assert "tired" in words(page)
    page.clock.run_for(2000)
    assert "One word changed" not in page.locator(".st-key-bar").inner_text()


def test_it_is_not_shown_where_motion_is_unwanted_or_the_address_says_something(visit):
    for page in (visit(motion="reduce"), visit(first=None)):
        page.clock.run_for(2800)
        assert "tired" in words(page)
        assert numbers(page)["animal"] == ".91"


def test_a_browser_that_keeps_nothing_shows_it_and_nothing_breaks(visit):
    forbidden = (
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    page = visit(script=forbidden)
    page.clock.run_for(2800)
    assert "wide" in words(page)
    page.clock.run_for(4000)
    assert "tired" in words(page)


def test_the_arithmetic_is_dimmed_while_other_numbers_are_shown(visit):
    page = visit()
    page.clock.run_for(2800)
    expect(page.locator(".why")).to_have_attribute("aria-busy", "true")
    page.clock.run_for(4000)
    expect(page.locator(".why")).to_have_attribute("aria-busy", "false")


def test_a_phone_has_one_thing_at_a_time_and_buttons_that_a_finger_hits(bare):
    shown = bare(with_why(), width=390, height=844, touch=True)
    parts = {"Why .91": "arithmetic", "Numbers": "numbers", "Map": "heatmap"}
    for name, part in parts.items():
        shown.part("tabs").get_by_role("button", name=name).tap()
        shown.settled()
        for other in parts.values():
            expect(shown.part(other)).to_be_visible() if other == part else expect(shown.part(other)).to_be_hidden()
        sizes = shown.page.evaluate(
            "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        assert sizes[0] <= 390, "nothing is wider than the screen"
        assert sizes[1] < 2000
        buttons = (
            shown.root()
            .locator("button:visible")
            .evaluate_all("all => all.map(button => [button.textContent, button.getBoundingClientRect().height])")
        )
        assert [text for text, height in buttons if height < 44] == []


@pytest.mark.parametrize("what", ["display", "take_away"])
def test_on_a_phone_what_opens_is_in_sight_and_the_page_stays(bare, what):
    shown = bare(with_why(), width=390, height=844, touch=True)
    shown.page.evaluate("() => window.scrollTo(0, document.documentElement.scrollHeight)")
    before = shown.page.evaluate("() => window.scrollY")
    shown.root().locator(f".open-{what}").tap()
    expect(shown.part(what).locator("button").first).to_be_focused()
    box = shown.part(what).locator(".popover").bounding_box()
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["y"] + box["height"] <= 844
    shown.page.touchscreen.tap(195, 5)
    expect(shown.part(what)).to_be_hidden()
    assert shown.page.evaluate("() => window.scrollY") == before > 0


def test_on_a_phone_the_kind_of_attention_stands_above_layer_and_head(bare):
    drawn = fixtures.picture(fixtures.translation(), View(stack="cross"))
    shown = bare([drawn.text, drawn.map, drawn.view], width=390, height=844, touch=True)
    kinds = shown.part("bar").get_by_role("group", name="Kind of attention")
    heads = shown.part("overview").get_by_role("group", name="layer")
    assert 0 <= heads.bounding_box()["y"] - kinds.bounding_box()["y"] - kinds.bounding_box()["height"] < 30
    kinds.get_by_role("button", name="decoder").tap()
    shown.settled()
    assert shown.events() == [{"type": "stack", "stack": "decoder"}]
    shown.root().locator(".open-display").tap()
    names = shown.part("display").get_by_role("group")
    expect(names.first).to_be_visible()
    assert [each.get_attribute("aria-label") for each in names.all()] == [
        "Heads",
        "Sentence",
        "Colours",
        "Text",
        "Special tokens",
    ]


def test_on_a_wide_screen_there_are_no_tabs(bare):
    shown = bare(with_why())
    expect(shown.part("tabs")).to_be_hidden()
    expect(shown.part("arithmetic")).to_be_visible()


def test_the_rows_of_the_first_visit_are_two_different_ones():
    assert np.argmax(FIRST["before"]) == 2
    assert np.argmax(FIRST["after"]) == 6
