"""What links and heads are worth, in a real browser: opened, and gone on from by a click."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

import attnviz
from tests.browser.conftest import Open
from tests.browser.drawn import cells
from tests.browser.explored import VISITED, Explored

pytestmark = pytest.mark.browser
PLOT = ".st-key-muted_map .js-plotly-plot"
CELL = """(plot, [x, y]) => {
    const { xaxis, yaxis } = plot._fullLayout;
    return { x: xaxis._offset + xaxis.d2p(x), y: yaxis._offset + yaxis.d2p(y) };
}"""


def test_a_click_on_a_head_that_was_muted_goes_to_it_and_its_row_is_cut_then(open_page: Open):
    page = Explored(open_page(script=VISITED))
    worth = page.page.locator(".st-key-worth")
    worth.get_by_text("Does the weight tell?").click()
    worth.get_by_text("Which head matters here?").click()
    expect(worth).to_contain_text("ρ = .98, n = 13.")
    page.page.locator(f"{PLOT} .heatmaplayer image").first.wait_for()
    engine = attnviz.load("builtin")
    text = "The animal didn't cross the street because it was too tired"
    expected = attnviz.analysis.knockout(engine, text, at=8, answer_head=0).numpy()
    np.testing.assert_allclose(cells(page.page, PLOT)["z"], expected, atol=1e-3)
    plot = page.page.locator(PLOT)
    plot.click(position=plot.evaluate(CELL, [4, 2]))
    expect(page.page).to_have_url(re.compile(r"layer=2&head=4"))
    page.settled(shows="2.4")
    expect(worth).to_contain_text("in layer 2, head 4 is cut alone")
    worth.get_by_role("button", name=re.compile(r"^layer 1 · head 0: −\.88")).click()
    page.settled(shows="1.0")
    expect(worth).to_contain_text("in layer 1, head 0 is cut alone")
