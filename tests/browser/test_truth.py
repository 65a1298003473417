"""The proof: after any path a page looks as a fresh page at its address, in every word, number and drawn cell."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.browser.conftest import Open
from tests.browser.explored import VISITED, Explored, assert_same

pytestmark = pytest.mark.browser


def open_panels(page: Explored) -> Explored:
    """Open the drawer with all numbers."""
    button = page.picture.locator(".open-numbers")
    if button.get_attribute("aria-expanded") != "true":
        button.click()
    return page


@pytest.fixture
def fresh(open_page: Open) -> Callable[[Explored], None]:
    """Opens a page at the address of another one, with every panel open, and compares the two."""

    def compare(page: Explored) -> None:
        other = open_page(script=VISITED, **dict(parse_qsl(urlsplit(page.page.url).query)))
        assert_same(page, open_panels(Explored(other)))
        other.context.close()

    return compare


def test_a_page_after_any_path_is_a_fresh_page_at_its_address(open_page: Open, fresh):
    page = open_panels(Explored(open_page(script=VISITED)))
    fresh(page)
    page.word("animal").click()
    page.settled(sequence=1)
    fresh(page)
    page.type("The dog saw the river and the animal drank from it")
    fresh(page)
    page.choose_model("untrained, random weights")
    fresh(page)
