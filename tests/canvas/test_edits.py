"""Buttons that change the attention, what they tell the host, and what the picture says of edits and answers."""

import pytest
from playwright.sync_api import expect

from attnviz.address import View
from attnviz.packing import message
from tests.canvas import fixtures
from tests.canvas.conftest import header
from tests.canvas.explaining import with_why

MARKUP = "<img src=x onerror=alert(1)>&amp;"
CUT, MUTE = "cut 3.0 8 2", "mute 3.0"
ANSWER = {
    "about": "The word that head 0 of the last layer names at “it”.",
    "rows": [["animal", ".98", "<.01", 0.98, 0.002], ["street", "<.01", ".75", 0.001, 0.75]],
    "said": "The log-odds of “animal” fall by 9.21.",
    "note": "",
}


def edited(*edits: str, shown: bool = True, answer: object = ANSWER) -> dict[str, object]:
    """What the host says of edits, each with a sentence."""
    listed = [[each, f"What {each} does."] for each in edits]
    return {"edits": {"listed": listed, "are_shown": shown, "answer": answer}, "can_edit": True}


def with_view(sent: list[bytes], **asked: object) -> list[bytes]:
    """The messages, of a view that asks for this as well."""
    said = header(sent[-1])
    return [*sent[:-1], message(said | {"view": said["view"] | asked})]


@pytest.mark.parametrize(
    ("part", "does", "undoes", "edit"),
    [("arithmetic", "Cut this link", "Put it back", CUT), ("overview", "Mute this head", "Unmute this head", MUTE)],
)
def test_a_button_makes_the_edit_and_takes_it_back(bare, part, does, undoes, edit):
    shown = bare(with_why(can_edit=True))
    shown.part(part).get_by_role("button", name=does).press("Enter")
    shown.settled()
    it, animal = {"token": 8, "text": "it"}, {"token": 2, "text": "animal"}
    link = {"type": "link", "query": it, "key": animal}
    assert shown.events() == [link, {"type": "edits", "edits": edit}]
    back = shown.part(part).get_by_role("button", name=undoes)
    expect(back).to_be_focused()
    back.press("Enter")
    shown.settled()
    assert shown.events()[-1] == {"type": "edits", "edits": None}
    expect(shown.part(part).get_by_role("button", name=does)).to_be_visible()


def test_an_edit_names_the_kind_of_attention_where_there_are_several(bare):
    drawn = fixtures.picture(fixtures.translation(), View(stack="cross", layer=1, head=2))
    shown = bare([drawn.text, drawn.map, message(header(drawn.view) | {"can_edit": True})])
    shown.part("overview").get_by_role("button", name="Mute this head").click()
    shown.settled()
    assert shown.events()[-1] == {"type": "edits", "edits": "cross mute 1.2"}


def test_two_edits_made_at_once_are_both_kept(bare):
    shown = bare(with_why(can_edit=True))
    shown.page.evaluate("hosts[0].isSlow = true")
    shown.part("arithmetic").get_by_role("button", name="Cut this link").click()
    shown.part("overview").get_by_role("button", name="Mute this head").click()
    assert shown.events()[-1] == {"type": "edits", "edits": f"{CUT}; {MUTE}"}


@pytest.mark.parametrize("more", [{"can_edit": False}, {}])
def test_where_nobody_can_compute_it_nothing_offers_an_edit(bare, more):
    shown = bare(with_why(**more))
    expect(shown.root().get_by_role("button", name="Cut this link")).to_be_hidden()
    expect(shown.root().get_by_role("button", name="Mute this head")).to_be_hidden()


def test_of_a_mean_there_is_no_link_to_cut(bare):
    shown = bare(with_why(can_edit=True))
    shown.part("bar").get_by_role("button", name="layer mean").click()
    shown.settled()
    expect(shown.root().get_by_role("button", name="Cut this link")).to_be_hidden()


def test_edits_in_force_stand_where_the_examples_were_and_are_taken_back_there(bare):
    shown = bare(with_view(with_why(**edited(CUT, MUTE)), edits=f"{CUT}; {MUTE}"))
    row = shown.part("try")
    assert row.locator("bdi").all_inner_texts() == [f"What {CUT} does.", f"What {MUTE} does."]
    expect(row.get_by_text("2 edits")).to_be_visible()
    expect(row.get_by_text("Try", exact=True)).to_be_hidden()
    row.get_by_role("button", name=f"Take back: What {CUT} does.").click()
    assert shown.events()[-1] == {"type": "edits", "edits": MUTE}
    row.get_by_role("button", name="Undo all").click()
    assert shown.events()[-1] == {"type": "edits", "edits": None}
    row.get_by_role("button", name="As it was").click()
    assert shown.events()[-1] == {"type": "edited", "edited": "before"}


def test_how_it_was_is_shown_as_such_and_left_again(bare):
    shown = bare(with_view(with_why(**edited(CUT, shown=False)), edits=CUT, edited="before"))
    was = shown.part("try").get_by_role("button", name="As it was")
    expect(was).to_have_attribute("aria-pressed", "true")
    was.click()
    assert shown.events()[-1] == {"type": "edited", "edited": "changed"}


def test_the_answers_are_those_of_the_message_with_bars_as_long_as_they_are_likely(bare):
    strip = bare(with_why(**edited(CUT))).part("prediction")
    cells = strip.locator("tbody tr").evaluate_all(
        "rows => rows.map((row) => [...row.cells].map((c) => c.textContent))"
    )
    assert cells == [row[:3] for row in ANSWER["rows"]]
    widths = strip.locator("td i").evaluate_all("bars => bars.map((bar) => bar.getBoundingClientRect().width)")
    was, now, _, other = widths
    assert now < was
    assert abs(was / other - 0.98 / 0.75) < 0.05
    for text in (ANSWER["about"], ANSWER["said"]):
        expect(strip.get_by_text(text)).to_be_visible()


def test_without_edits_there_is_no_strip(bare):
    expect(bare(with_why(can_edit=True)).part("prediction")).to_be_hidden()


def test_what_is_said_of_edits_and_answers_is_text(bare):
    answer = ANSWER | {"rows": [[MARKUP, ".5", ".5", 0.5, 0.5]], "about": MARKUP}
    shown = bare(with_why(**edited(MARKUP, answer=answer)))
    assert shown.part("prediction").locator("bdi").inner_text() == MARKUP
    assert shown.part("try").locator("bdi").inner_text() == f"What {MARKUP} does."


@pytest.mark.parametrize("width", [390, 900, 1280, 1440])
def test_the_strip_and_the_row_are_within_the_page(bare, width):
    shown = bare(with_view(with_why(**edited(CUT, MUTE)), edits=f"{CUT}; {MUTE}"), width=width)
    room = shown.root().bounding_box()
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
    strip = shown.part("prediction").bounding_box()
    assert room["x"] <= strip["x"]
    assert strip["x"] + strip["width"] <= room["x"] + room["width"] + 0.5


@pytest.mark.parametrize(("shown", "says"), [(True, True), (False, False)])
def test_a_caption_says_what_was_changed_where_it_is_drawn(bare, shown, says):
    picture = bare(with_view(with_why(**edited(CUT, MUTE, shown=shown)), edits=f"{CUT}; {MUTE}"))
    drawing = picture.page.evaluate("hosts[0].handle.svg('heatmap')")
    assert ("Edited: cut" in drawing) == says
