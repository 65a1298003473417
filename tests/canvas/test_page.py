"""The picture as one file, opened in a browser that may ask nobody."""

import pytest
from playwright.sync_api import expect

from attnviz import cut, load
from attnviz.address import DEFAULT_TEXT
from attnviz.answered import Edited
from attnviz.canvas.files import save_picture
from attnviz.canvas.page import page
from attnviz.errors import FileFormatError
from attnviz.view import Place, View
from tests.canvas.fixtures import built_in, decoder, picture


@pytest.fixture
def opened(browser, tmp_path):
    """Opens a file; nothing may be asked for and nothing go wrong."""
    context = browser.new_context(viewport={"width": 1300, "height": 900}, reduced_motion="reduce")
    wrong = []

    def open_file(scene, **options):
        target = tmp_path / "picture.html"
        save_picture(scene, target, **({"title": "A picture", "theme": "auto"} | options))
        tab = context.new_page()
        tab.on("request", lambda request: wrong.append(request.url) if not request.url.startswith("file:") else None)
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        tab.goto(target.as_uri())
        tab.locator(".picture[data-shows]").wait_for()
        return tab

    yield open_file
    context.close()
    assert wrong == []


def test_a_file_shows_the_scene_and_answers_choices_itself(opened):
    tab = opened(built_in())
    expect(tab.locator(".st-key-arithmetic h3")).to_have_text("Why it → animal is .91")
    assert tab.locator(".picture").get_attribute("data-exact") == "true"
    tab.locator(".st-key-sentence").get_by_text("tired", exact=True).click()
    expect(tab.locator(".st-key-bar .said")).to_contain_text("tired looks mostly at it (95")
    expect(tab.locator(".why .subject")).to_have_text("This file has the steps of this link alone.")
    assert tab.locator(".why").get_attribute("aria-busy") == "false"
    tab.locator(".st-key-sentence").get_by_text("it", exact=True).click()
    expect(tab.locator(".why .subject")).to_be_hidden()


def test_a_file_has_no_button_for_what_only_a_server_can_do(opened):
    tab = opened(built_in())
    expect(tab.locator(".badge")).to_contain_text("knows")
    expect(tab.locator(".st-key-try button")).to_have_count(0)


def test_a_file_of_what_was_changed_says_so_and_has_no_button_for_it(opened):
    said = "In head 3.0, “it” no longer looks at “animal”."
    answer = {"about": "The word.", "rows": [["animal", ".9", ".1", 0.9, 0.1]], "said": "It falls.", "note": ""}
    trace = load("builtin").run(DEFAULT_TEXT, edits=[cut(layer=3, head=0, query=8, key=2)])
    view = View(layer=3, head=0, query=Place(8, "it"), key=Place(2, "animal"))
    tab = opened(picture(trace, view, edited=Edited((("cut 3.0 8 2", said),), True, answer), can_edit=True))
    expect(tab.locator(".st-key-try .edit")).to_have_text(said)
    expect(tab.locator(".st-key-prediction")).to_contain_text("It falls.")
    expect(tab.locator(".token small.cut")).to_have_text("cut")
    expect(tab.locator("button.edits:visible")).to_have_count(0)
    tab.locator(".st-key-sentence .words").press("m")
    expect(tab.locator(".picture")).to_have_attribute("data-pending", "0")


def test_what_somebody_typed_is_text_in_a_file(opened):
    text = "</script><script>document.title = 'no'</script> & <b>"
    tab = opened(picture(decoder(text)), title=text)
    assert tab.title() == text
    assert tab.locator("b:text('bold')").count() == 0


def test_a_file_is_dark_where_that_is_asked_for(opened):
    tab = opened(built_in(), theme="dark")
    expect(tab.locator(".picture")).to_have_attribute("data-theme", "dark")
    assert tab.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_a_file_is_small_and_the_same_each_time():
    scene = built_in(view=View(query=Place(8, "it")))
    made = page(scene, title="A picture")
    assert len(made) < 400_000
    assert made == page(scene, title="A picture")
    assert "http://www.w3.org/2000/svg" in made
    assert "https://" not in made


def test_where_nothing_can_be_written_it_is_said(tmp_path):
    with pytest.raises(FileFormatError, match="cannot be written"):
        save_picture(built_in(), tmp_path / "missing" / "picture.html", title="A picture")
