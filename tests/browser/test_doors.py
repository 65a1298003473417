"""What a browser may send that nobody chose: the page goes on working."""

import pytest
from playwright.sync_api import expect

from attnviz.app.sent import MIN_ROOM
from tests.browser.canvas import OVERVIEW, place_of, wait_for
from tests.browser.conftest import Open
from tests.browser.drawn import wait_for_map

pytestmark = pytest.mark.browser
LIE = """
const measured = Element.prototype.getBoundingClientRect;
Element.prototype.getBoundingClientRect = function () {
    const box = measured.call(this);
    const isRoom = this.matches(".st-key-heatmap, .st-key-arithmetic");
    return isRoom ? new DOMRect(box.x, box.y, WIDTH, box.height) : box;
};
"""


@pytest.mark.parametrize("width", [3, -400, 1e9, MIN_ROOM])
def test_a_width_that_no_chart_has_breaks_nothing(open_page: Open, width):
    page = open_page(model="untrained", layer=1, head=2, script=LIE.replace("WIDTH", str(width)))
    wait_for(page, shows="1.2")
    for head in (3, 0):
        page.locator(f"{OVERVIEW} canvas").click(position=place_of(page, 1, head))
        wait_for_map(page, layer=1, head=head, n_heads=4)
        wait_for(page, shows=f"1.{head}")
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
