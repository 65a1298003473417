"""The picture in a bare page: mounted, light and dark, twice on one page, and taken away."""

import base64

import pytest
from playwright.sync_api import expect

from tests.canvas.planted import SENTENCE, picture, words

pytestmark = pytest.mark.browser


def test_a_picture_says_what_it_shows(bare):
    root = bare(picture()).root()
    said = {name: root.get_attribute(f"data-{name}") for name in ("shows", "exact", "digest", "sequence", "pending")}
    assert said == {"shows": "0.1", "exact": "true", "digest": "planted", "sequence": "0", "pending": "0"}


def test_a_picture_that_is_taken_away_leaves_nothing_behind(bare):
    opened = bare(picture())
    page = opened.page
    page.evaluate("hosts[0].handle.remove()")
    assert page.inner_html("#picture-0") == ""
    page.evaluate(
        "() => { globalThis.drawn = 0; const draw = HTMLCanvasElement.prototype.getContext;"
        " HTMLCanvasElement.prototype.getContext = function (...all) { drawn += 1; return draw.apply(this, all); }; }"
    )
    # Nothing listens any more: what happens to the page and its messages draws nothing and raises nothing.
    page.emulate_media(color_scheme="dark")
    page.mouse.click(5, 5)
    page.set_viewport_size({"width": 500, "height": 500})
    page.evaluate("hosts[0].handle.update(encode({ ...hosts[0].view, sequence: 9 }))")
    page.evaluate("async () => { for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame); }")
    assert page.inner_html("#picture-0") == ""
    assert page.evaluate("drawn") == 0


def test_a_picture_puts_nothing_into_the_page_but_itself(bare):
    names = (
        "() => { const frame = document.body.appendChild(document.createElement('iframe'));"
        " const bare = new Set(Reflect.ownKeys(frame.contentWindow)); frame.remove();"
        " return Reflect.ownKeys(globalThis).map(String).filter((name) => !bare.has(name) && !/^[0-9]+$/.test(name)); }"
    )
    page = bare(picture()).page
    assert set(page.evaluate(names)) <= {"hosts", "picture-0"}
    assert page.evaluate("[...document.body.children].map((each) => each.id)") == ["picture-0"]
    assert page.locator("head style, head link").count() == 0


def test_two_pictures_on_one_page_know_nothing_of_each_other(bare):
    other = picture(words(("one", "two"), starts=(1, 1)), weights=[[[[1, 0], [0.5, 0.5]]]], digest="other",
                    chosen={"head": 0, "query": 1, "key": 0})  # fmt: skip
    opened = bare(picture(), other)
    opened.part("sentence").locator(".token").nth(5).click()
    opened.settled()
    assert [event["text"] for event in opened.events()] == ["cross"]
    assert opened.events(of=1) == []
    assert opened.root(of=1).get_attribute("data-sequence") == "0"
    said = opened.part("bar", of=1).locator(".said").inner_text().replace("\u202f", " ")
    assert said == "two looks mostly at one (50 %), then itself (50 %)"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_that_is_asked_for_holds_whatever_the_browser_prefers(bare, theme):
    opened = bare(picture(), theme=theme, scheme="dark" if theme == "light" else "light")
    assert opened.root().get_attribute("data-theme") == theme


def test_light_and_dark_follow_the_browser(bare):
    opened = bare(picture())
    ground = "getComputedStyle(document.querySelector('#picture-0 > div').shadowRoot.querySelector('.picture')).color"
    assert opened.page.evaluate(ground) == "rgb(31, 35, 40)"
    opened.page.emulate_media(color_scheme="dark")
    opened.root().and_(opened.page.locator("[data-theme=dark]")).wait_for()
    assert opened.page.evaluate(ground) == "rgb(232, 234, 237)"


def test_a_host_that_changes_its_own_colours_changes_the_picture(bare):
    opened = bare(picture())
    opened.page.evaluate("document.body.style.setProperty('--st-background-color', '#0e1117')")
    opened.root().and_(opened.page.locator("[data-theme=dark]")).wait_for()
    opened.page.evaluate("document.body.style.setProperty('--st-background-color', '#fff')")
    opened.root().and_(opened.page.locator("[data-theme=light]")).wait_for()


@pytest.mark.parametrize("width", [390, 800, 1280, 1440])
def test_nothing_stands_out_of_the_page(bare, width):
    page = bare(picture(), width=width).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_text_too_long_leaves_the_last_picture_dimmed_and_offers_a_way_out(bare):
    offer = {"label": "Read the first 512 words", "event": {"type": "text", "text": "short"}}
    dimmed = {"sentence": "This text has 812 tokens; the model reads 512.", "offer": offer}
    opened = bare(picture(said={"dimmed": dimmed}))
    assert opened.root().get_attribute("data-dimmed") == "true"
    assert opened.part("sentence").locator(".letters").first.inner_text() == "[CLS]"
    assert opened.part("sentence").evaluate("(part) => part.inert")
    row = opened.part("try")
    assert row.get_by_role("status").inner_text() == dimmed["sentence"]
    row.get_by_role("button", name=offer["label"]).click()
    opened.settled()
    assert opened.events() == [offer["event"]]


def test_before_there_is_a_text_the_row_that_says_so_stands_alone(bare):
    text, _, view = picture(said={"dimmed": {"sentence": "This text has 812 tokens.", "offer": None}})
    opened = bare([view])
    assert opened.part("try").get_by_role("status").inner_text() == "This text has 812 tokens."
    parts = ("sentence", "bar", "overview", "tabs", "heatmap", "arithmetic", "numbers", "display", "take_away")
    empty = [opened.part(name).evaluate("(part) => part.childElementCount === 0") for name in parts]
    assert all(empty)
    given = [base64.b64encode(each).decode() for each in (text, picture()[2])]
    opened.page.evaluate("(given) => { for (const each of given) hosts[0].handle.update(decode(each)); }", given)
    opened.settled()
    assert opened.part("sentence").locator(".letters").all_text_contents() == list(SENTENCE)
    assert opened.part("bar").locator(".said").inner_text().startswith("it looks mostly at animal")


@pytest.mark.parametrize(("opener", "what"), [(".badge button", "card"), (".open-take_away", "files")])
def test_the_keyboard_comes_back_when_what_the_host_opened_is_closed(bare, opener, what):
    opened = bare(picture(said={"badge": {"state": "known", "text": "knows 6 of 6 words"}}))
    button, page = opened.root().locator(opener), opened.page
    button.focus()
    page.keyboard.press("Enter")
    if what == "files":
        opened.part("take_away").get_by_role("button", name="HTML").press("Enter")
    opened.settled()
    assert opened.events() == [{"type": "open", "what": what}]
    page.evaluate("""() => {
        const before = document.activeElement, dialog = document.body.appendChild(document.createElement("button"));
        dialog.focus();
        globalThis.closes = () => { dialog.remove(); before.focus(); };
    }""")
    expect(button).not_to_be_focused()
    page.evaluate("() => closes()")
    expect(button).to_be_focused()
    assert page.locator("#picture-0 [tabindex='-1'] .picture").count() == 0, "nothing else takes it later"


def test_an_example_is_a_text_and_the_badge_opens_the_card(bare):
    examples = [{"label": "… tired", "text": "it was tired"}, {"label": "… wide", "text": "it was wide"}]
    badge = {"state": "warn", "text": "knows 2 of 6 words · not evidence"}
    view = {"view": dict.fromkeys(("layer", "head"), None) | {"text": "it was tired", "pins": []}}
    opened = bare(picture(said={"examples": examples, "badge": badge, **view}))
    row = opened.part("try")
    assert row.get_by_role("button", pressed=True).all_inner_texts() == ["… tired"]
    row.get_by_role("button", name="… wide").click()
    row.get_by_role("button", name="not evidence").click()
    opened.settled()
    assert opened.events() == [{"type": "text", "text": "it was wide"}, {"type": "open", "what": "card"}]


def test_what_was_typed_is_never_read_as_html(bare):
    nasty = ("<img src=x onerror='document.title=1'>", "</style><b>x</b>", "&lt;i&gt;", "${alert(1)}")
    told = {"examples": [{"label": nasty[0], "text": nasty[0]}], "note": nasty[1], "sentences": [nasty[0]]}
    told |= {"badge": {"state": "real", "text": nasty[0]}}
    weights = [[[[0.25, 0.25, 0.3, 0.2]] * 4]]
    messages = picture(words(nasty), weights=weights, chosen={"head": 0, "query": 0, "key": 2}, said=told)
    opened = bare(messages)
    assert opened.part("sentence").locator(".letters").all_text_contents() == list(nasty)
    assert opened.root().locator("img, b b, i").count() == 0
    assert opened.page.title() == ""
    svg = opened.page.evaluate(
        "() => { const { width, height, paint } = hosts[0].handle.picture('sentence');"
        " const painter = new attnviz.painter.SvgPainter(width, height); paint(painter);"
        " const read = new DOMParser().parseFromString(painter.toString(), 'image/svg+xml');"
        " return [...read.querySelectorAll('text')].map((each) => each.textContent); }"
    )
    assert set(nasty) <= set(svg)
