"""The same sentence in a real BERT, and back, in a real browser."""

from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import expect

import attnviz
from attnviz.app.guide import first_view
from tests.browser.conftest import Open
from tests.browser.drawn import CHOSEN, cells, wait_for_map

pytestmark = pytest.mark.browser
ATOL = 1e-6
TYPED = "The doctor told the nurse that she was tired"


@pytest.mark.parametrize("width", [1440, 390])
def test_a_sentence_is_shown_in_a_real_bert_and_back(open_page: Open, width: int):
    ours, bert = attnviz.load("builtin"), attnviz.load("minilm")
    page = open_page(width=width, text=TYPED)
    for engine in (ours, bert, ours):
        layer, head = first_view(engine.name)
        wait_for_map(page, layer=layer, head=head, n_heads=engine.n_heads)
        expected = engine.run(TYPED).encoder.weights(layer, head).numpy()
        drawn = np.array(cells(page, CHOSEN)["z"], np.float32)
        np.testing.assert_allclose(drawn, expected, rtol=0, atol=ATOL)
        address = parse_qs(urlsplit(page.url).query)
        assert address.get("model", ["builtin"]) == [engine.name]
        expect(page.get_by_text("no evidence about English")).to_have_count(0 if engine is bert else 1)
        expect(page.get_by_text("she attends to nurse 0.49")).to_have_count(1 if engine is bert else 0)
        way = page.locator(".st-key-chip_bert button") if engine is ours else page.locator(".st-key-to_bert button")
        expect(way).to_be_visible()
        way.click()


def test_the_chip_stands_beside_the_examples(open_page: Open):
    page = open_page(width=1440)
    chip, example = page.locator(".st-key-chip_bert button"), page.get_by_text("She ate the apple.", exact=True)
    example.wait_for()
    chip.wait_for()
    one, other = chip.bounding_box(), example.bounding_box()
    assert one is not None
    assert other is not None
    assert abs(one["y"] - other["y"]) <= 12, "in the row of the examples: the row is 30 high"
