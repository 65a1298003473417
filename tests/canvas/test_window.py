"""A long text in a bare page: which part of it is on screen, and 512 words at once."""

import numpy as np
import pytest

from attnviz.tokens import word_tokens
from attnviz.trace import Trace
from attnviz.view import Place, View
from tests.canvas.drawn import record
from tests.canvas.explaining import number
from tests.canvas.fixtures import picture, stack
from tests.canvas.test_map import middle, tip
from tests.canvas.test_why import lines, open_drawer

pytestmark = pytest.mark.browser
MARKS = ".st-key-heatmap canvas.marks"


def numbered(n_words):
    """Random attention of words that say their place."""
    text = " ".join(f"w{place}" for place in range(n_words))
    tokens = word_tokens(text)
    return Trace("random", text, encoder=stack(tokens, tokens, n_layers=1, n_heads=2))


def messages(trace, **chosen):
    made = picture(trace, View(**{"layer": 0, "head": 1, **chosen}))
    return [made.text, made.map, made.view]


def assert_tip(opened, link, weight):
    """Both words, and four decimals of the weight, or two digits of a smaller one."""
    words, said = tip(opened)
    assert words == link
    assert number(said) == pytest.approx(weight, **({"abs": 0.51e-4} if weight >= 0.0001 else {"rel": 0.051}))


def test_of_512_words_every_cell_names_its_words_and_its_exact_weight(bare):
    trace = numbered(512)
    weights = trace.encoder.weights(0, 1).numpy()
    opened = bare(messages(trace, query=Place(500), key=Place(3)))
    for query, key in [(0, 0), (511, 511), (500, 3), (3, 500), (257, 101)]:
        opened.page.locator(MARKS).hover(position=middle(opened, query, key))
        opened.settled()
        assert_tip(opened, f"w{query} → w{key}", weights[query, key])


def test_sentence_heads_map_and_table_show_the_same_window(bare):
    trace = numbered(600)
    weights = trace.encoder.weights(0, 1).numpy()[70:582, 70:582]
    opened = bare(messages(trace, rows=70, query=Place(100), key=Place(90)))
    window = [f"w{place}" for place in range(70, 582)]
    assert opened.part("sentence").locator(".letters").all_text_contents() == window
    opened.page.locator(MARKS).hover(position=middle(opened, 0, 511))
    opened.settled()
    assert_tip(opened, "w70 → w581", weights[0, 511])
    opened.page.mouse.move(2, 2)
    opened.settled()
    labels = [call[1] for call in record(opened, "heatmap")["calls"] if call[0] == "text"]
    assert "w70" in labels
    assert set(labels) <= set(window)
    head, *rows = lines(open_drawer(opened, "the map").locator("table"))
    assert (head[1], rows[0][0]) == ("w90", "w70")
    cells = np.array([[number(text) for text in row[1:]] for row in rows])
    assert cells == pytest.approx(weights[: len(rows), 20:40], abs=0.51e-4)


def test_a_slider_and_its_steps_ask_for_another_part_of_a_long_text(bare):
    opened = bare(messages(numbered(600), rows=70))
    assert opened.part("heatmap").locator(".slide:visible").all_inner_texts() == ["Tokens 70 to 581 of 600"]
    slider = opened.part("heatmap").get_by_role("slider")
    assert slider.get_attribute("max") == "88"
    slider.press("ArrowRight")
    opened.part("heatmap").get_by_role("button", name="Earlier rows").click()
    opened.settled()
    assert opened.events() == [{"type": "window", "rows": 71}, {"type": "window", "rows": 0}]


def test_a_text_that_fits_has_no_slider(bare):
    opened = bare(messages(numbered(40)))
    assert opened.part("heatmap").get_by_role("slider").count() == 0
