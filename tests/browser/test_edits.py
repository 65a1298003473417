"""Explore with edits: what is cut is cut in the model, the answer follows, and the link reproduces it."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

import attnviz
from attnviz.numbers import weight_text
from tests.browser.conftest import Open
from tests.browser.explored import VISITED, Explored, assert_same

TEXT = "The animal didn't cross the street because it was too tired"
CUT = attnviz.cut(layer=3, head=0, query=8, key=2)


def answers(edits=()):
    """How likely head 0 of the last layer names each word at “it”."""
    engine = attnviz.load("builtin")
    return dict(engine.predict(TEXT, at=8, head=0, edits=edits).top(10**6))


def cells(page: Explored) -> list[list[str]]:
    rows = page.page.locator(".st-key-prediction tbody tr")
    return [[cell.strip() for cell in row.locator("th, td").all_inner_texts()] for row in rows.all()]


def cut_it(page: Explored) -> Explored:
    return page.changes(lambda: page.page.get_by_role("button", name="Cut this link").click())


def test_a_cut_link_changes_the_map_the_answer_and_the_address(open_page: Open):
    page = cut_it(Explored(open_page(script=VISITED)))
    was, now = answers(), answers([CUT])
    told = {name: (before, after) for name, before, after in cells(page)}
    assert [*told][:2] == ["animal", "street"]
    assert told == {name: (weight_text(was[name]), weight_text(now[name])) for name in told}
    assert now["street"] > was["street"]
    trace = attnviz.load("builtin").run(TEXT, edits=[CUT])
    strongest = int(trace.encoder.weights(3, 0)[8].argmax())
    said = page.page.locator(".st-key-bar .said").inner_text()
    assert f"at {trace.encoder.key_tokens[strongest].text} " in said
    assert parse_qs(urlsplit(page.at_rest().page.url).query)["edits"] == ["cut 3.0 8 2"]
    assert_same(page, Explored(open_page(url=page.page.url, script=VISITED)))


def test_an_edit_is_taken_back_and_everything_is_as_it_was(open_page: Open):
    page = Explored(open_page(script=VISITED))
    digest = page.state("digest")
    cut_it(page)
    page.changes(lambda: page.page.get_by_role("button", name="Undo all").click())
    assert page.state("digest") == digest
    assert "edits" not in page.at_rest().page.url
    expect(page.page.locator(".st-key-prediction")).to_be_hidden()


def test_how_it_was_can_be_seen_beside_the_answer(open_page: Open):
    page = Explored(open_page(script=VISITED))
    digest = page.state("digest")
    cut_it(page)
    told = cells(page)
    page.changes(lambda: page.page.get_by_role("button", name="As it was").click())
    assert page.state("digest") == digest
    assert cells(page) == told


@pytest.mark.parametrize(
    ("edits", "sentence"),
    [("cut 9.0 8 2", "names layer 9"), ("cut 3.0 99 2", "names query 99"), ("sing 3", "holds no edits")],
)
def test_an_edit_that_cannot_be_made_is_told_and_the_rest_stands(open_page: Open, edits: str, sentence: str):
    page = Explored(open_page(script=VISITED, edits=edits, head=2))
    expect(page.page.locator(".st-key-bar .told")).to_contain_text(sentence)
    assert page.state("shows") == "3.2"


def test_a_model_that_stands_in_for_another_is_not_edited(open_page: Open):
    page = Explored(open_page(script=VISITED, model="nobody/nothing", edits="cut 3.0 8 2", layer=3, head=0))
    expect(page.page.get_by_role("button", name="Load this model")).to_be_visible()
    expect(page.page.locator(".st-key-bar .said")).to_contain_text("animal (91")
    expect(page.page.locator(".st-key-try")).not_to_contain_text("edit")
    expect(page.page.get_by_role("button", name="Cut this link")).to_be_hidden()


def test_by_keyboard_a_link_is_cut_and_another_text_says_where_the_edit_went(open_page: Open):
    page = Explored(open_page(script=VISITED))
    words = page.page.locator(".st-key-sentence .words")
    page.changes(lambda: words.press("x"))
    expect(words).to_be_focused()
    expect(page.page.locator(".token small.cut")).to_have_text("cut")
    page.type(f"{TEXT} today")
    told = page.page.locator(".st-key-bar .told")
    expect(told).to_contain_text("1 of your edits went with the text before.")
    page.changes(page.page.go_back)
    expect(page.page.locator(".token small.cut")).to_have_text("cut")
