"""Compare in a real browser: the two sentences above each other, a word of either chosen by a click."""

import re

import pytest
from playwright.sync_api import expect

from attnviz.figures.theme import DARK
from tests.browser.conftest import Open
from tests.browser.drawn import cells

pytestmark = pytest.mark.browser
DIFFERENCE = ".st-key-difference .js-plotly-plot"


def test_a_word_of_the_second_sentence_is_looked_at_in_both(open_page: Open):
    page = open_page(path="compare", scheme="dark")
    answer = page.get_by_role("heading", level=3).nth(1)
    expect(answer).to_have_text("Changing tired to wide moves it from animal (.91 → .06) to street (.07 → .89).")
    lists = page.locator(".st-key-sentence").get_by_role("listbox")
    expect(lists).to_have_count(2)
    for each, which, last in zip(lists.all(), ("first", "second"), ("tired", "wide"), strict=True):
        expect(each).to_have_accessible_name(re.compile(f"^Words of the {which} sentence"))
        expect(each.get_by_role("option", name=last)).to_be_visible()
    assert lists.nth(0).bounding_box()["y"] < lists.nth(1).bounding_box()["y"]
    page.locator(f"{DIFFERENCE} .heatmaplayer image").first.wait_for()
    before = cells(page, DIFFERENCE)
    assert before["columns"][-2] == "tired → wide"
    assert page.locator(DIFFERENCE).evaluate("plot => plot._fullLayout.font.color") == DARK.text
    lists.nth(1).get_by_role("option", name=re.compile("^because")).click()
    expect(answer).to_contain_text("because")
    expect(page).to_have_url(re.compile("query=7~because"))
    assert cells(page, DIFFERENCE) == before, "the difference is of the head, not of the word"
    page.get_by_role("button", name=re.compile("^layer 3 · head 3: .10")).click()
    expect(page).to_have_url(re.compile("head=3"))
    page.wait_for_function(
        "([plot, weight]) => document.querySelector(plot).calcdata?.[0][0].z[7][0] !== weight",
        arg=[DIFFERENCE, before["z"][7][0]],
    )
    expect(answer).to_contain_text("because")


def test_whoever_goes_on_by_tab_sees_where_they_are(open_page: Open):
    page = open_page(path="compare")
    page.get_by_role("button", name=re.compile("^layer")).nth(3).wait_for()
    names = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name, is_seen = page.evaluate(
            "() => { const on = document.activeElement; return [on.ariaLabel || on.textContent,"
            " on.matches('body, [role=presentation]') || on.checkVisibility({ opacityProperty: true })]; }"
        )
        assert is_seen, f"{name!r} has the keyboard and is not seen"
        names.append(name)
        if name.startswith("Numbers of all heads"):
            break
    assert any(name.startswith("layer 3 · head 3") for name in names)
    assert names[-1].startswith("Numbers of all heads")


def test_on_a_phone_the_page_is_short_and_the_difference_as_wide_as_it(open_page: Open):
    page = open_page(path="compare", width=390, height=844)
    page.wait_for_function(f"document.querySelector('{DIFFERENCE}')?._fullLayout?.width <= 390")
    page.locator(".st-key-ranking .heatmaplayer image").first.wait_for()
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("part => part.scrollWidth") <= 390
    assert main.evaluate("part => part.scrollHeight") <= 2000
