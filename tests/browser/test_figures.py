"""What plotly.js makes of a figure, without the app around it."""

import json
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page
from plotly.offline import get_plotlyjs

from attnviz.figures.base import Spec
from attnviz.figures.heads import heads_figure
from attnviz.masks import causal_mask
from attnviz.tokens import Token
from tests.figures.conftest import random_stack

pytestmark = pytest.mark.browser
TEXTS = ("<b>x</b>", "&lt;i&gt;", "<br>", '<a href="#">', "$x^2$", "#000011", "a\nb", "שלום", "👩‍👩‍👧")
SHOWN = ("<b>x</b>", "&lt;i&gt;", "<br>", '<a href="#">', "$x^2$", "#000011", "a⏎b", "שלום", "👩‍👩‍👧")


@pytest.fixture
def plot(browser: Browser) -> Iterator[Callable[[Spec], Page]]:
    """Draws a figure on a page of its own."""
    page = browser.new_page(viewport={"width": 1310, "height": 900})
    page.set_content("<body style='margin: 10px'><div id='plot'></div></body>")
    page.add_script_tag(content=get_plotlyjs())

    def draw(figure: Spec) -> Page:
        page.evaluate(
            "spec => { const f = JSON.parse(spec); return Plotly.newPlot('plot', f.data, f.layout); }",
            json.dumps(figure),
        )
        return page

    yield draw
    page.close()


def test_tokens_with_markup_are_drawn_letter_by_letter(plot):
    n = len(TEXTS)
    tokens = tuple(Token(text, 0, len(text), 0) for text in TEXTS)
    each = [range(place, place + 1) for place in range(n)]
    page = plot(heads_figure(random_stack(n, n).weights(0).numpy(), each, each, tokens, tokens, ends=[1.0] * 3))
    drawn = page.locator(".ytick").all_text_contents()
    assert tuple(text.strip("\u2068\u2069") for text in drawn) == SHOWN
    assert page.locator(".ytick a, .ytick [style*='bold'] tspan").count() == 0


def hovered(page: Page, head: int, row: int, column: int, n: int) -> list[str]:
    """The lines that stand beside the pointer when it is on a cell of a head."""
    box = page.locator(".nsewdrag").nth(head).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + (column + 0.5) * box["width"] / n, box["y"] + (row + 0.5) * box["height"] / n)
    label = page.locator(".hoverlayer .hovertext")
    label.wait_for()
    texts = label.locator("tspan.line").all_text_contents()
    page.mouse.move(2, 2)
    label.wait_for(state="detached")
    return texts


def test_every_cell_of_every_head_names_both_words_and_its_weight(plot):
    n = 5
    weights = random_stack(n, n, n_heads=4, causal=True).weights(0).numpy()
    weights = np.where(causal_mask(n, n).numpy(), weights, np.float32("nan"))
    words = tuple(Token(text, 0, 3, place) for place, text in enumerate(("the", "cat", "saw", "the", "<b>")))
    each = [range(place, place + 1) for place in range(n)]
    page = plot(heads_figure(weights, each, each, words, words, ends=[1.0] * 4))
    for head, row, column in ((0, 3, 1), (1, 4, 0), (3, 4, 4), (2, 0, 0)):
        value = f"{weights[head, row, column]:.4f}"
        assert hovered(page, head, row, column, n) == [f"{words[row].text} → {words[column].text}", value]
    assert hovered(page, 3, 1, 3, n) == ["cat → the", "not allowed: masked"]
    titles = [page.get_by_text(f"head {head}", exact=True).bounding_box() for head in range(4)]
    for title, panel in zip(titles, page.locator(".nsewdrag").all(), strict=True):
        box = panel.bounding_box()
        assert title is not None
        assert box is not None
        assert box["x"] - 60 < title["x"] < box["x"]
        assert box["y"] - 80 < title["y"] < box["y"] - title["height"]
    assert page.locator(".xtick").all_text_contents() == [word.text for word in words]
    assert page.locator(".y4tick").all_text_contents() == [word.text for word in words]


def test_of_a_long_text_the_axis_names_some_words_and_hover_every_one(plot):
    stack = random_stack(40, 40, n_heads=2)
    each = [range(place, place + 1) for place in range(40)]
    page = plot(
        heads_figure(stack.weights(0).numpy(), each, each, stack.query_tokens, stack.key_tokens, ends=[1.0] * 2)
    )
    step = 2
    assert page.locator(".x3tick").all_text_contents() == [f"w{place}" for place in range(0, 40, step)]
    assert hovered(page, 1, 7, 31, 40)[0] == "w7 → w31"
