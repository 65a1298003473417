"""Buttons that change the attention, what they tell the host, and what the picture says of edits and answers."""

import base64
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect

import attnviz
from attnviz.address import Place, View
from attnviz.edits import read_edits
from attnviz.packing import message
from attnviz.trace import Trace
from tests.canvas import fixtures
from tests.canvas.conftest import header
from tests.canvas.explaining import TEXT, with_why

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


# ---------------------------------------------------------------- what is cut, in the picture


def cut_picture(trace, edits: str, view: View, **options: object) -> list[bytes]:
    """The messages of a trace that was run with edits, as a page of the app sends them."""
    drawn = fixtures.picture(trace, view)
    return [drawn.text, drawn.map, message(header(drawn.view) | edited(*edits.split("; ")) | options)]


def cut_it(edits: str = CUT, **asked: object) -> list[bytes]:
    """The default sentence read by the built-in model with edits."""
    trace = attnviz.load("builtin").run(TEXT, edits=read_edits(edits))
    view = View(**({"layer": 3, "head": 0, "query": Place(8), "key": Place(2)} | asked))
    return cut_picture(trace, edits, view)


def dashes(shown) -> list[str]:
    """The dashed lines of the sentence as a drawing, each as its way."""
    svg = ElementTree.fromstring(shown.page.evaluate("hosts[0].handle.svg('sentence')"))
    return [each.attrib["d"] for each in svg.iter() if "stroke-dasharray" in each.attrib]


def words(shown) -> dict[str, str]:
    """Of every word the text under it."""
    spans = shown.part("sentence").locator(".token")
    return dict(
        spans.evaluate_all("each => each.map((one) => [one.firstChild.textContent, one.lastChild.textContent])")
    )


@pytest.mark.parametrize("direction", ["to", "from"])
@pytest.mark.parametrize("face", ["text", "columns"])
def test_a_cut_link_stays_as_a_dashed_line_with_a_word_under_it(bare, direction, face):
    shown = bare(cut_it(direction=direction, face=face))
    (way,) = dashes(shown)
    found = [float(each) for each in re.findall(r"-?[\d.]+", way)]
    assert found[0] != found[-2]
    side = ".query" if face == "columns" and direction == "from" else ".key" if face == "columns" else ""
    word = "animal" if direction == "to" else "it"
    token = shown.part("sentence").locator(f"{side} .token", has=shown.page.get_by_text(word, exact=True)).last
    expect(token.locator("small")).to_have_text("cut")
    expect(token).not_to_have_class(re.compile("masked"))


def test_a_cut_of_another_head_or_of_how_it_was_is_not_drawn(bare):
    other = bare(cut_it(head=1))
    assert dashes(other) == []
    assert "cut" not in words(other).values()
    was = fixtures.built_in(TEXT, View(layer=3, head=0, query=Place(8), key=Place(2), edits=CUT))
    before = bare([was.text, was.map, message(header(was.view) | edited(CUT, shown=False))])
    assert dashes(before) == []


def test_what_the_mask_hides_is_not_told_to_be_cut(bare):
    tokens = fixtures.pieces(TEXT)
    stack = fixtures.stack(tokens, tokens, is_causal=True)
    step = stack.steps[1]
    scores = step.mask.expand(4, -1, -1).clone()
    scores[2, 5, 3] = False
    steps = (stack.steps[0], replace(step, mask=scores), *stack.steps[2:])
    trace = Trace("random decoder", TEXT, decoder=replace(stack, steps=steps))
    shown = bare(cut_picture(trace, "cut 1.2 5 3", View(layer=1, head=2, query=Place(5), key=Place(3))))
    under = shown.part("sentence").locator(".token small").all_inner_texts()
    assert [place for place, text in enumerate(under) if text == "cut"] == [3]
    masked = shown.part("sentence").locator(".token.masked")
    assert masked.count() == len(tokens) - 6
    marks = shown.part("heatmap").locator(".marks")
    expect(marks).to_have_attribute("aria-label", re.compile("cut: an edit took it out"))
    drawing = shown.page.evaluate("hosts[0].handle.svg('heatmap')")
    assert "Grey: the mask hides it. Crossed: cut" in drawing
    assert drawing.count("#fdf1dc") == 1
    own = cut_picture(trace, "cut 1.2 5 9", View(layer=1, head=2, query=Place(5), key=Place(3)))
    said = header(own[-1])
    before = bare([*own[:-1], message(said | {"edits": said["edits"] | {"are_shown": False}})])
    assert before.part("sentence").locator("small.cut").count() == 0


def test_where_no_mask_hides_anything_the_caption_speaks_of_the_cut_alone(bare):
    drawing = bare(cut_it()).page.evaluate("hosts[0].handle.svg('heatmap')")
    assert "Crossed: cut" in drawing
    assert "Grey" not in drawing


def test_of_a_mean_a_link_is_cut_where_it_is_in_each_head(bare):
    assert dashes(bare(cut_it("cut 3.0 8 2", average="layer"))) == []
    assert len(dashes(bare(cut_it("cut 3 8 2", average="layer")))) == 1


def test_a_cut_cell_can_be_chosen_again_to_put_it_back(bare):
    shown = bare(cut_it(key=Place(6)))
    marks = shown.part("heatmap").locator(".marks")
    left, top, across, down = map(float, marks.get_attribute("data-grid").split())
    marks.click(position={"x": left + 2.5 * across, "y": top + 8.5 * down})
    shown.settled()
    link = {"type": "link", "query": {"token": 8, "text": "it"}, "key": {"token": 2, "text": "animal"}}
    assert shown.events() == [link]


# ---------------------------------------------------------------- by keyboard

FOCUSED = ["sentence .words", "heatmap .marks", "overview .marks"]


@pytest.mark.parametrize("where", FOCUSED)
@pytest.mark.parametrize(("key", "edit", "says"), [("x", CUT, "x cuts"), ("m", MUTE, "m mutes")])
def test_a_key_makes_an_edit_of_what_is_chosen_and_takes_it_back(bare, where, key, edit, says):
    shown = bare(with_why(can_edit=True))
    place = shown.root().locator(f".st-key-{where}")
    expect(place).to_have_attribute("aria-label", re.compile(says))
    place.press(key)
    shown.settled()
    assert shown.events()[-1] == {"type": "edits", "edits": edit}
    place.press(key)
    shown.settled()
    assert shown.events()[-1] == {"type": "edits", "edits": None}
    told = len(shown.events())
    place.press(f"Control+{key}")
    shown.settled()
    assert len(shown.events()) == told


@pytest.mark.parametrize("where", FOCUSED)
def test_where_nobody_can_compute_it_a_key_does_nothing_and_is_not_told(bare, where):
    shown = bare(with_why(can_edit=False))
    place = shown.root().locator(f".st-key-{where}")
    place.press("x")
    place.press("m")
    shown.settled()
    assert shown.events() == []
    assert "m mutes" not in place.get_attribute("aria-label")


def test_the_keyboard_stays_on_the_words_when_the_text_comes_back_with_an_edit(bare):
    shown = bare(with_why(can_edit=True))
    shown.part("sentence").locator(".words").focus()
    sent = [base64.b64encode(each).decode() for each in cut_it()]
    shown.page.evaluate("(sent) => sent.forEach((each) => hosts[0].handle.update(decode(each)))", sent)
    shown.settled()
    assert words(shown)["animal"] == "cut"
    expect(shown.part("sentence").locator(".words")).to_be_focused()


# ---------------------------------------------------------------- the row of edits


@pytest.mark.parametrize("width", [390, 1280])
def test_each_of_several_edits_can_be_taken_back_without_sliding_past_its_sentence(bare, width):
    edits = [f"cut 3.0 8 {key}" for key in range(5)]
    listed = [[each, f"In head 3.0, “it” no longer looks at “{each}”; what it still sees shares it."] for each in edits]
    said = edited(*edits)
    said["edits"]["listed"] = listed
    row = bare(with_view(with_why(**said), edits="; ".join(edits)), width=width).part("try")
    for chip, (_, sentence) in zip(row.locator("span.edit").all(), listed, strict=True):
        assert chip.bounding_box()["width"] <= 332
        assert chip.locator("bdi").get_attribute("title") == sentence
        assert chip.locator("button").bounding_box()["width"] >= (44 if width < 700 else 20)
    assert row.bounding_box()["height"] <= (140 if width < 700 else 36)


def test_edits_that_could_not_be_made_offer_nothing_to_compare(bare):
    shown = bare(with_view(with_why(**edited("cut 3.0 99 2", shown=False, answer=None)), edits="cut 3.0 99 2"))
    expect(shown.part("try").get_by_role("button", name="As it was")).to_have_count(0)
    expect(shown.part("try").get_by_role("button", name="Undo all")).to_be_visible()


def test_the_keyboard_stays_in_the_row_when_an_edit_is_taken_back(bare):
    shown = bare(with_view(with_why(**edited(CUT, MUTE)), edits=f"{CUT}; {MUTE}"))
    row = shown.part("try")
    row.get_by_role("button", name=f"Take back: What {CUT} does.").focus()
    sent = with_view(with_why(**edited(MUTE)), edits=MUTE)[-1]
    shown.page.evaluate("(sent) => hosts[0].handle.update(decode(sent))", base64.b64encode(sent).decode())
    shown.settled()
    expect(row.get_by_role("button", name=f"Take back: What {MUTE} does.")).to_be_focused()
