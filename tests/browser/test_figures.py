"""What plotly.js makes of a figure, without the app around it."""

import pytest
from playwright.sync_api import Browser

from attnviz.figures.heatmap import heat_map
from attnviz.tokens import Token
from attnviz.trace import Stack
from tests.figures.conftest import random_stack

pytestmark = pytest.mark.browser
TEXTS = ("<b>x</b>", "&lt;i&gt;", "<br>", '<a href="#">', "$x^2$", "#000011", "a\nb", "שלום", "👩‍👩‍👧")
SHOWN = ("<b>x</b>", "&lt;i&gt;", "<br>", '<a href="#">', "$x^2$", "#000011", "a⏎b", "שלום", "👩‍👩‍👧")


def test_tokens_with_markup_are_drawn_letter_by_letter(browser: Browser):
    tokens = tuple(Token(text, 0, len(text), 0) for text in TEXTS)
    figure = heat_map(Stack(tokens, tokens, random_stack(len(TEXTS), len(TEXTS)).steps), 0, 0)
    page = browser.new_page()
    page.set_content(figure.to_html(include_plotlyjs=True))
    page.locator(".heatmaplayer image").wait_for()
    drawn = page.locator(".y2tick").all_text_contents()
    assert tuple(text.strip("\u2068\u2069") for text in drawn) == SHOWN
    assert page.locator(".y2tick a, .y2tick [style*='bold'] tspan").count() == 0
    page.close()
