"""The proof: after any path a page looks as a fresh page at its address, in every word, number and drawn cell."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.explored import VISITED, Explored, assert_same

pytestmark = pytest.mark.browser
Fresh = Callable[[Explored], None]
UNTRAINED = "untrained, random weights"


def open_panels(page: Explored) -> Explored:
    """Open the drawer with all numbers."""
    button = page.picture.locator(".open-numbers")
    if button.get_attribute("aria-expanded") != "true":
        button.click()
    return page


@pytest.fixture
def fresh(open_page: Open) -> Fresh:
    """Opens a page at the address of another one, with every panel open, and compares the two."""
    others: list[Page] = []

    def compare(page: Explored) -> None:
        page.at_rest()
        is_dark = page.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        if others:
            others[0].evaluate("sessionStorage.clear()")
            others[0].goto(page.page.url)
        else:
            others.append(open_page(script=VISITED, scheme="dark" if is_dark else "light", url=page.page.url))
        assert_same(page, open_panels(Explored(others[0])))

    return compare


def test_after_another_word_sentence_model_and_pair(open_page: Open, fresh: Fresh):
    page = open_panels(Explored(open_page(script=VISITED)))
    page.word("animal").click()
    page.settled(sequence=1)
    fresh(page)
    page.type("The dog saw the river and the animal drank from it")
    fresh(page)
    page.choose_model(UNTRAINED)
    fresh(page)
    page.type_second("It was wet")
    expect(page.page.get_by_role("button", name="A → B")).to_be_visible()
    fresh(page)


def test_after_back_forward_reload_and_the_menu(open_page: Open, fresh: Fresh):
    page = open_panels(Explored(open_page(script=VISITED, layer=1, head=1)))
    page.changes(page.page.get_by_role("button", name="next head").click, "shows")
    page.word("street").click()
    page.settled(sequence=2)
    here = page.page.url
    page.type("She ate the apple.").at_rest()  # its address is written last
    page.changes(page.page.go_back)
    assert page.page.url == here
    fresh(page)
    page.changes(page.page.go_forward)
    fresh(page)
    page.page.reload()
    open_panels(page.settled())
    fresh(page)
    for leave in (page.page.go_back, page.to_explore):
        page.to_lesson()
        leave()
        open_panels(page.settled())
        assert page.box.input_value() == "She ate the apple."
        fresh(page)


def test_two_tabs_know_nothing_of_each_other(open_page: Open, fresh: Fresh):
    one, other = (
        open_panels(Explored(open_page(script=VISITED, text=text))) for text in ("the cat sat", "the dog sat")
    )
    one.word("cat").click()
    other.changes(other.page.get_by_role("button", name="is looked at by").click, "sequence")
    for page in (one.settled(sequence=1), other):
        fresh(page)
    assert "direction" not in one.page.url
    assert "query" not in other.page.url


def test_after_six_heads_clicked_in_quick_succession(open_page: Open, fresh: Fresh):
    page = open_panels(Explored(open_page(script=VISITED)))
    page.picture.locator("canvas[data-tiles]").evaluate(
        """canvas => {
            const [left, top, width, height, gap] = canvas.dataset.tiles.split(" ").map(Number);
            const box = canvas.getBoundingClientRect();
            for (const [layer, head] of [[0, 1], [1, 2], [2, 3], [0, 4], [1, 5], [2, 0]]) canvas.dispatchEvent(
                new MouseEvent("click", { bubbles: true, clientX: box.left + left + head * (width + gap) + width / 2,
                    clientY: box.top + top + layer * (height + gap) + height / 2 }));
        }"""
    )
    page.settled(sequence=6, shows="2.0")
    assert urlsplit(page.at_rest().page.url).query == "layer=2&head=0", "a word that nobody chose"
    fresh(page)


def test_a_choice_made_while_another_sentence_is_on_its_way_is_kept_or_left_as_a_whole(open_page: Open, fresh: Fresh):
    page = open_panels(Explored(open_page(script=VISITED)))
    before = page.state("digest")
    page.box.fill("The dog saw the river")
    page.box.press("Enter")
    page.page.get_by_role("button", name="is looked at by").click()
    page.page.locator(f".picture[data-pending='0']:not([data-digest='{before}'])").wait_for()
    page.settled(sequence=1)
    fresh(page)


def test_when_the_browser_turns_dark(open_page: Open, fresh: Fresh):
    page = open_panels(Explored(open_page(script=VISITED)))
    page.word("animal").click()
    page.settled(sequence=1)
    page.page.emulate_media(color_scheme="dark")
    page.settled(theme="dark")
    fresh(page)


def test_what_cannot_be_read_is_left_behind_when_another_text_comes(open_page: Open, fresh: Fresh):
    page = open_panels(Explored(open_page(script=VISITED)))
    page.word("animal").click()
    page.settled(sequence=1)
    page.changes(lambda: (page.box.fill("word " * 600), page.box.press("Enter")), "dimmed")
    assert page.state("dimmed") == "true"
    page.changes(lambda: page.page.get_by_role("button", name="Take its first 510 tokens").click())
    assert page.state("dimmed") == "false"
    page.type("The animal slept")
    fresh(page)
