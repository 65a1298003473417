"""The sentence: what it shows of a word, and what pointer, finger and keyboard do to it."""

import re

import pytest
from playwright.sync_api import expect

from tests.canvas.fixtures import LONG, built_in
from tests.canvas.planted import CROSS, HEADS, IT, SENTENCE, picture, words

pytestmark = pytest.mark.browser
EVEN = [[[[0.2] * 5] * 3]]  # one head, three words that look, five that are looked at


def numbers(opened):
    """Numbers under the words, by place."""
    found = opened.part("sentence").locator(".token small").all_text_contents()
    return {place: text for place, text in enumerate(found) if text}


def said(opened):
    return opened.part("bar").locator(".said").inner_text().replace("\u202f", " ")


def token(opened, place, side="query"):
    return opened.part("sentence").locator(f".{side} .token").nth(place)


def pointed(opened):
    """Wait until what the pointer or the keyboard looks at is drawn."""
    opened.settled()
    return opened


def pixel(opened, x, y):
    """Red, green, blue, opacity of the canvas at a place of the sentence, in points."""
    return opened.part("sentence").evaluate(
        "(part, [x, y]) => { const canvas = part.querySelector('canvas');"
        " const ratio = canvas.width / canvas.clientWidth;"
        " return [...canvas.getContext('2d').getImageData(Math.round(x * ratio), Math.round(y * ratio), 1, 1).data]; }",
        [x, y],
    )


def place_of(opened, place, side="query"):
    """Left, top, width, height of a word, from the corner of the sentence's canvas."""
    box, corner = token(opened, place, side).bounding_box(), opened.part("sentence").locator("canvas").bounding_box()
    return box["x"] - corner["x"], box["y"] - corner["y"], box["width"], box["height"]


def test_the_chosen_word_shows_what_it_looks_at(bare):
    opened = bare(picture())
    assert opened.part("sentence").locator(".letters").all_text_contents() == list(SENTENCE)
    assert numbers(opened) == {2: ".60", 5: ".25", 6: ".10"}
    assert said(opened) == "it looks mostly at animal (60 %), then cross (25 %)"
    assert opened.part("sentence").locator("small.strong").all_inner_texts() == [".60"]
    assert token(opened, 6).get_attribute("aria-selected") == "true"


def test_arcs_stay_with_the_words_when_the_page_is_scrolled_past_them(bare):
    opened = bare(picture())
    before = place_of(opened, 6)
    top = token(opened, 6).bounding_box()["y"]
    opened.page.add_style_tag(content="body { min-height: 3000px; }")
    opened.page.evaluate("window.scrollTo(0, 120)")
    assert token(opened, 6).bounding_box()["y"] == top - 120
    assert place_of(opened, 6) == before


def test_where_most_lies_on_a_special_token_the_word_in_the_frame_is_named_too(bare):
    weights = HEADS.copy()
    weights[0, 1, 6] = (0.63, 0.02, 0.2, 0.0, 0.0, 0.0, 0.12, 0.03)
    opened = bare(picture(weights=weights))
    assert said(opened) == "it looks mostly at [CLS] (63 %), of the other words most at animal (20 %)"


@pytest.mark.parametrize(
    ("chosen", "begins"),
    [
        ({"between": "ab"}, "Of B, animal looks most at cross (30 %), then it (10 %)"),
        ({"between": "ab", "direction": "from"}, "Of A, cross is looked at most by animal (30 %)"),
        ({"special": "hide"}, "Of the words, animal looks most at cross (30 %)"),
        ({"special": "hide", "between": "ab"}, "Of the words of B, animal looks most at cross (30 %)"),
        ({"special": "renormalise"}, "animal looks most at cross (30 %)"),
    ],
)
def test_where_some_of_the_weight_is_not_shown_it_is_said_of_which_words(bare, chosen, begins):
    weights = HEADS.copy()
    weights[0, 1, 2] = (0.1, 0.1, 0.25, 0.1, 0.0, 0.3, 0.1, 0.05)
    told = {"query": 2, "key": 5, **chosen}
    assert said(bare(picture(words(SENTENCE, second=4), weights=weights, chosen=told))).startswith(begins)


def test_equal_words_are_told_apart_as_in_the_list_of_heads(bare):
    weights = HEADS.copy()
    weights[0, 1, 6] = (0.1, 0, 0.4, 0.3, 0, 0.1, 0.1, 0)
    text = ("[CLS]", "The", "animal", "animal", "n't", "cross", "it", "[SEP]")
    opened = bare(picture(words(text), weights=weights))
    assert said(opened) == "it looks mostly at animal (2) (40 %), then animal (3) (30 %)"
    assert opened.part("overview").locator(".strongest p").text_content() == "Strongest heads for it → animal (2)"


def test_words_are_shaded_by_their_weight_and_an_arc_leads_to_them(bare):
    opened = bare(picture())
    left, top, width, height = place_of(opened, 2)
    assert pixel(opened, left + 3, top + height / 2)[3] == 255
    assert luminance(pixel(opened, left + 3, top + height / 2)) < luminance(pixel(opened, *inside(opened, 5)))
    assert pixel(opened, *inside(opened, 3))[3] == 0  # a weight of 0
    assert pixel(opened, left + width / 2, top - 3)[3] > 200  # the arc of the largest weight, where it ends
    far = place_of(opened, 3)
    assert pixel(opened, far[0] + far[2] / 2, far[1] - 3)[3] == 0


def test_an_arc_to_a_small_special_token_of_the_same_line_ends_above_it(bare):
    weights = HEADS.copy()
    weights[0, 1, 6] = (0.9, 0.05, 0.05, 0, 0, 0, 0, 0)
    opened = bare(picture(weights=weights, chosen={"key": 0}))
    left, top, width, height = place_of(opened, 0)
    assert pixel(opened, left + width / 2, top - 3)[3] > 200
    assert pixel(opened, left + width / 2, top + height + 18)[3] == 0
    left, top, width, height = place_of(opened, 3)  # a word between the two
    assert {pixel(opened, left + 2, top + y)[3] for y in range(0, int(height), 4)} == {0}


def test_the_word_that_looks_is_framed(bare):
    opened = bare(picture())
    left, top, _, height = place_of(opened, 6)
    assert pixel(opened, left, top + height / 2)[:3] == [31, 35, 40]
    left, top, _, height = place_of(opened, 5)
    assert pixel(opened, left, top + height / 2)[:3] != [31, 35, 40]


def test_letters_stand_out_from_their_shade(bare):
    weights = HEADS.copy()
    weights[0, 1, 6] = (0.9, 0.02, 0.02, 0.02, 0.01, 0.01, 0.01, 0.01)  # [CLS], which is grey otherwise
    for theme in ("light", "dark"):
        opened = bare(picture(weights=weights, chosen={"key": 0}), theme=theme)
        shade = pixel(opened, *inside(opened, 0, inset=1.5))
        ink = [
            int(part)
            for part in re.findall(r"\d+", token(opened, 0).evaluate("(word) => getComputedStyle(word).color"))
        ]
        light, dark = sorted((luminance(ink), luminance(shade)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5
        assert ink in ([0, 0, 0], [255, 255, 255])


def test_pointing_at_a_word_previews_it_and_leaving_brings_the_choice_back(bare):
    opened = bare(picture())
    token(opened, 5).hover()
    assert numbers(pointed(opened)) == {2: ".08", 3: ".10", 4: ".10", 5: ".30", 6: ".40"}
    assert said(opened) == "cross looks mostly at it (40 %), then itself (30 %)"
    opened.part("bar").locator(".said").hover()
    assert numbers(pointed(opened)) == {2: ".60", 5: ".25", 6: ".10"}
    assert opened.events() == []


@pytest.mark.parametrize("width", [390, 1280])
def test_pointing_never_changes_a_height(bare, width):
    long = ("[CLS]", "Supercalifragilisticexpialidocious", "internationalisation", "a", "b", "c", "it", "[SEP]")
    opened = bare(picture(words(long)), width=width)
    heights = "(root) => [...root.children].map((each) => each.getBoundingClientRect().height)"
    before = opened.root().evaluate(heights)
    for place in range(8):
        word = token(opened, place)
        if word.is_visible():
            word.hover()
            pointed(opened)
            assert opened.root().evaluate(heights) == before


def test_a_click_chooses_a_word_and_the_page_follows_before_the_host_answers(bare):
    opened = bare(picture())
    opened.page.evaluate("hosts[0].isSlow = true")
    token(opened, 5).click()
    opened.root().and_(opened.page.locator("[data-pending='1']")).wait_for()
    assert said(opened).startswith("cross looks mostly at it (40 %)")
    assert opened.events() == [{"type": "word", "side": "query", "token": 5, "text": "cross"}]
    opened.page.evaluate("hosts[0].answer(hosts[0].told.at(-1))")
    opened.settled()
    assert token(opened, 5).get_attribute("aria-selected") == "true"


@pytest.mark.parametrize("modifier", ["Shift", "Control"])
def test_with_a_modifier_a_word_joins_and_the_rows_are_averaged(bare, modifier):
    opened = bare(picture())
    token(opened, 6).click()
    token(opened, 5).click(modifiers=[modifier])
    opened.settled()
    assert [event["type"] for event in opened.events()] == ["word", "pin"]
    chosen = opened.part("sentence").locator(".token[aria-selected=true] .letters").all_text_contents()
    assert set(chosen) >= {"cross"}


def test_several_words_are_told_of_together(bare):
    opened = bare(picture(chosen={"pins": [5, 6]}))
    mean = [(one + other) / 2 for one, other in zip(IT, CROSS, strict=True)]
    assert numbers(opened) == {place: f"{weight:.2f}"[1:] for place, weight in enumerate(mean) if weight >= 0.05}
    assert said(opened) == "cross and it look most at animal (34 %), then cross (28 %)"
    opened = bare(picture(chosen={"pins": [2, 5], "direction": "from"}))
    total = HEADS[0, 1, :, 2] + HEADS[0, 1, :, 5]
    assert numbers(opened)[6] == f"{total[6]:.2f}"[1:]
    assert said(opened).startswith("animal and cross are looked at mostly by it (.85 together)")


def test_a_long_text_fades_where_it_goes_on_below(bare):
    drawn = built_in(f"{LONG} {LONG}")
    opened = bare([drawn.text, drawn.map, drawn.view])
    box = opened.part("sentence").locator(".box")
    fade = "(box) => getComputedStyle(box).maskImage"
    assert box.evaluate(fade).startswith("linear-gradient")
    box.evaluate("(box) => box.scrollTo(0, box.scrollHeight)")
    expect(box).to_have_css("mask-image", "none")
    short = bare(picture()).part("sentence").locator(".box")
    assert short.evaluate(fade) == "none"


def test_the_other_direction_sums_up_who_looks(bare):
    opened = bare(picture())
    opened.part("bar").get_by_role("button", name="is looked at by").click()
    opened.settled()
    assert opened.events() == [{"type": "direction", "direction": "from"}]
    assert numbers(opened)[6] == ".60"
    assert said(opened).startswith("animal is looked at mostly by it (60 %)")


def test_a_finger_that_taps_two_words_chooses_their_link(bare):
    opened = bare(picture(), width=390, height=844, touch=True)
    for place in (5, 3, 6):
        token(opened, place).tap()
        opened.settled()
    first, link, second = opened.events()
    assert first == {"type": "word", "side": "query", "token": 5, "text": "cross"}
    assert link == {"type": "link", "query": {"token": 5, "text": "cross"}, "key": {"token": 3, "text": "did"}}
    assert second == {"type": "word", "side": "query", "token": 6, "text": "it"}


def test_arrow_keys_walk_the_words_and_enter_chooses(bare):
    opened = bare(picture())
    opened.part("sentence").get_by_role("listbox").focus()
    for key, looked in (
        ("ArrowLeft", "cross"),
        ("ArrowLeft", "n't"),
        ("Home", "[CLS]"),
        ("End", "[SEP]"),
        ("ArrowLeft", "it"),
        ("ArrowLeft", "cross"),
    ):
        opened.page.keyboard.press(key)
        assert said(pointed(opened)).startswith(f"{looked} looks ")
    opened.page.keyboard.press("Enter")
    opened.settled()
    assert opened.events() == [{"type": "word", "side": "query", "token": 5, "text": "cross"}]
    opened.page.keyboard.press("ArrowRight")
    assert said(pointed(opened)).startswith("it looks ")
    opened.page.keyboard.press("Escape")
    assert said(pointed(opened)).startswith("cross looks ")
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press(" ")
    opened.settled()
    assert opened.events()[-1] == {"type": "pin", "side": "query", "token": 6, "text": "it"}


def test_everything_is_reached_with_tab_and_shows_where_it_is(bare):
    opened = bare(picture())
    reached = []
    for _ in range(12):
        opened.page.keyboard.press("Tab")
        found = opened.root().evaluate(
            "(root) => { const on = root.getRootNode().activeElement; if (!on) return null;"
            " return [on.getAttribute('aria-label') ?? on.textContent, getComputedStyle(on).outlineStyle,"
            " getComputedStyle(on).outlineWidth]; }"
        )
        if found is None:
            break
        reached.append(found)
    labels = [label for label, *_ in reached]
    assert labels[0].startswith("Words of the text")
    wanted = ["looks at", "is looked at by", "one head", "layer mean", "mean of all", "Numbers", "Display", "Take away"]
    assert [label for label in labels if label in wanted] == wanted
    assert {tuple(outline) for _, *outline in reached} == {("solid", "2px")}


def test_up_and_down_lead_to_the_nearest_word_of_the_next_line(bare):
    text = (
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
    )
    even = [[[[1 / 13] * 13] * 13]]
    opened = bare(picture(words(text), weights=even, chosen={"head": 0, "query": 0, "key": 1}), width=390)
    boxes = [place_of(opened, place) for place in range(13)]
    lines = sorted({round(top) for _, top, *_ in boxes})
    assert len(lines) >= 2
    opened.part("sentence").get_by_role("listbox").focus()
    opened.page.keyboard.press("ArrowDown")
    second = [place for place, box in enumerate(boxes) if round(box[1]) == lines[1]]
    middle = boxes[0][0] + boxes[0][2] / 2
    nearest = min(second, key=lambda place: abs(boxes[place][0] + boxes[place][2] / 2 - middle))
    assert said(pointed(opened)).startswith(f"{text[nearest]} looks ")
    opened.page.keyboard.press("ArrowUp")
    assert said(pointed(opened)).startswith("one looks ")


@pytest.mark.parametrize("first", ["", "\ufeff", "12 "])
def test_the_browser_decides_the_direction_of_writing(bare, first):
    text = ("[CLS]", f"{first}שלום", "עולם", "end", "[SEP]")
    weights = [[[[0.2] * 5] * 5]]
    opened = bare(picture(words(text), weights=weights, chosen={"head": 0, "query": 1, "key": 2}))
    left = [place_of(opened, place)[0] for place in range(5)]
    assert left == sorted(left, reverse=True)
    opened.part("sentence").get_by_role("listbox").focus()
    opened.page.keyboard.press("ArrowLeft")  # ahead, where one writes from the right
    assert said(pointed(opened)).startswith("עולם looks ")


def test_a_byte_order_mark_does_not_turn_a_sentence_round(bare):
    text = ("[CLS]", "\ufeffThe", "cat", "שלום", "[SEP]")
    weights = [[[[0.2] * 5] * 5]]
    opened = bare(picture(words(text), weights=weights, chosen={"head": 0, "query": 1, "key": 2}))
    left = [place_of(opened, place)[0] for place in range(5)]
    assert left == sorted(left)


def test_two_lists_of_unequal_length_are_walked_to_their_ends(bare):
    sides = words(("Die", "Katze", "schlief")), words(("The", "black", "cat", "was", "asleep"))
    chosen = {"head": 0, "query": 0, "key": 0, "kinds": ["encoder", "decoder", "cross"], "kind": "cross"}
    opened = bare(picture(*sides, EVEN, chosen=chosen))
    lists = opened.part("sentence").get_by_role("listbox")
    assert lists.count() == 2
    assert place_of(opened, 0, "key")[1] < place_of(opened, 0)[1]  # the source stands above
    key = opened.part("sentence").locator(".key .words")
    key.focus()
    opened.page.keyboard.press("End")
    assert said(pointed(opened)).startswith("asleep is looked at ")
    opened.page.keyboard.press("Enter")
    opened.settled()
    assert opened.events() == [{"type": "word", "side": "key", "token": 4, "text": "asleep"}]
    query = opened.part("sentence").locator(".query .words")
    query.focus()
    opened.page.keyboard.press("End")
    assert said(pointed(opened)).startswith("schlief looks ")
    opened.page.keyboard.press("ArrowRight")
    assert said(pointed(opened)).startswith("schlief looks ")


def test_two_columns_have_the_words_twice_and_lines_between_them(bare):
    opened = bare(picture(chosen={"face": "columns"}))
    assert token(opened, 6).inner_text() == "it"
    assert token(opened, 2, "key").locator("small").inner_text() == ".60"
    left, right = place_of(opened, 6), place_of(opened, 2, "key")
    x = right[0] - 8
    column = [pixel(opened, x, y)[3] for y in range(int(right[1]), int(right[1] + right[3]))]
    assert max(column) > 200  # the line of the largest weight, where it ends
    assert left[0] + left[2] < right[0]
    token(opened, 5, "key").click()
    opened.settled()
    assert opened.events() == [{"type": "word", "side": "key", "token": 5, "text": "cross"}]


def test_a_window_of_the_second_text_alone_is_tagged_as_the_second(bare):
    opened = bare(
        picture(
            words(("It", "slept"), second=0), weights=[[[[0.5, 0.5]] * 2]], chosen={"head": 0, "query": 0, "key": 1}
        )
    )
    expect(opened.part("sentence").locator(".tag")).to_have_text(["B"])


def test_the_choice_between_the_texts_of_a_pair_leaves_the_others_out(bare):
    text = ("[CLS]", "A", "cat", "[SEP]", "It", "slept", "here", "[SEP]")
    opened = bare(picture(words(text, second=4), chosen={"between": "ba"}))
    expect(opened.part("sentence").locator(".tag")).to_have_text(["A", "B"])
    assert numbers(opened) == {2: ".60"}
    assert opened.part("bar").locator(".between button[aria-pressed=true]").inner_text() == "B → A"
    assert place_of(opened, 4)[1] > place_of(opened, 1)[1]
    token(opened, 1).click()  # of A, where only B looks
    opened.settled()
    assert opened.events() == []


def test_a_masked_word_is_pale_and_has_no_number(bare):
    weights = HEADS.copy()
    weights[0, 1, 6, 7] = float("nan")
    opened = bare(picture(weights=weights))
    assert opened.part("sentence").locator(".masked .letters").all_text_contents() == ["[SEP]"]


def test_unknown_words_are_underlined_with_dots(bare):
    opened = bare(picture(words(SENTENCE, unknown=[2])))
    style = token(opened, 2).locator(".letters").evaluate("(word) => getComputedStyle(word).textDecoration")
    assert "dotted" in style
    assert "rgb(122, 75, 0)" in style
    assert "underline" not in token(opened, 1).locator(".letters").evaluate(
        "(word) => getComputedStyle(word).textDecoration"
    )


@pytest.mark.parametrize(("width", "size"), [(1440, 34), (1280, 30), (390, 23)])
def test_the_letters_are_as_large_as_the_room_allows(bare, width, size):
    opened = bare(picture(), width=width)
    assert token(opened, 2).evaluate("(word) => getComputedStyle(word).fontSize") == f"{size}px"


def test_letters_shrink_to_keep_one_line_and_no_further_than_20(bare):
    for count, lowest, highest in ((12, 21, 33), (60, 20, 20)):
        weights = [[[[1 / count] * count] * count]]
        opened = bare(picture(words(["nineteen"] * count), weights=weights, chosen={"head": 0, "query": 1, "key": 2}))
        size = float(token(opened, 2).evaluate("(word) => parseFloat(getComputedStyle(word).fontSize)"))
        assert lowest <= size <= highest
        every = opened.part("sentence").locator("[role=option]")
        tops = set(every.evaluate_all("(words) => words.map((word) => Math.round(word.getBoundingClientRect().top))"))
        assert (len(tops) == 1) == (count == 12)


def test_a_head_under_the_pointer_shows_its_own_arcs(bare):
    opened = bare(picture())
    opened.page.evaluate("hosts[0].handle.look({ layer: 1, head: 0 })")
    assert numbers(pointed(opened)) == {2: ".08", 3: ".10", 4: ".10", 5: ".30", 6: ".40"}
    assert said(opened) == "it looks mostly at itself (≈ 40 %), then cross (≈ 30 %)"
    assert opened.root().get_attribute("data-shows") == "1.0"
    assert opened.root().get_attribute("data-exact") == "false"


def inside(opened, place, inset=3):
    """A point inside a word's shade, left of its letters."""
    left, top, _, height = place_of(opened, place)
    return left + inset, top + height / 2


def luminance(colour):
    linear = [
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour[:3]
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
