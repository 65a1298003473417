"""How often Plotly draws, asked of a real browser: what is drawn twice, or again without a change, is time lost."""

import pytest
from playwright.sync_api import Page

import attnviz
from attnviz.app.state import DEFAULT_TEXT
from attnviz.figures.heatmap import heat_map
from tests.browser.canvas import place_of
from tests.browser.conftest import Open
from tests.browser.drawn import CHOSEN, wait_for_map

pytestmark = pytest.mark.browser

# A heat map is an image in its chart: Plotly adds it at the first drawing and changes its address at every other one.
_COUNT = """
    window.drawings = {};
    const count = image => {
        const classes = [...image.closest('[class*="st-key-map_"]')?.classList ?? []];
        const name = classes.find(one => one.startsWith("st-key-"));
        if (name) drawings[name] = (drawings[name] ?? 0) + 1;
    };
    new MutationObserver(changes => {
        for (const { attributeName, target } of changes) if (attributeName === "href") count(target);
    }).observe(document, { subtree: true, attributes: true });
"""


def drawings(page: Page) -> dict[str, int]:
    """How often each heat map was drawn since this was asked last."""
    page.wait_for_timeout(1000)  # for a drawing that nobody waits for
    counted: dict[str, int] = page.evaluate("[drawings, window.drawings = {}][0]")
    return counted


def test_a_small_map_is_drawn_once_and_not_again_for_another_head_of_its_layer(open_page: Open):
    engine = attnviz.load("untrained")
    page = open_page(model="untrained", script=_COUNT)
    wait_for_map(page, layer=0, head=0, n_heads=engine.n_heads)
    small = {f"st-key-map_{head}" for head in range(engine.n_heads)}
    first = drawings(page)
    assert {name: first.get(name) for name in small} == dict.fromkeys(small, 1)
    page.locator(".st-key-head_2 button").click()
    wait_for_map(page, layer=0, head=2, n_heads=engine.n_heads)
    assert set(drawings(page)) == {"st-key-map_chosen"}


def test_a_head_chosen_in_the_overview_is_drawn_once_where_it_has_less_room_than_it_asks_for(open_page: Open):
    engine = attnviz.load("untrained")
    page = open_page(model="untrained", script=_COUNT)
    wait_for_map(page, layer=0, head=0, n_heads=engine.n_heads)
    drawings(page)
    page.locator(".st-key-overview canvas").click(position=place_of(page, 1, 2))
    wait_for_map(page, layer=1, head=2, n_heads=engine.n_heads)
    width = page.locator(f"{CHOSEN} svg.main-svg").first.evaluate("svg => svg.getBoundingClientRect().width")
    assert width < heat_map(engine.run(DEFAULT_TEXT).encoder, 1, 2).layout.width
    assert set(drawings(page).values()) == {1}
