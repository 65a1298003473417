"""The lessons in a real browser: by their addresses, by keyboard, light, dark and narrow."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from attnviz.figures.theme import DARK, LIGHT
from attnviz.learn.syllabus import LESSONS, Lesson
from tests.browser.conftest import Open
from tests.figures.test_theme import contrast

pytestmark = pytest.mark.browser
SLOW = 60_000  # milliseconds: two lessons train a network, on a machine that may be busy
PLOTS = '[data-testid="stPlotlyChart"] .js-plotly-plot'


def finished(page: Page, title: str) -> None:
    """Wait until the page has its title, its pictures and its last line."""
    expect(page.get_by_role("heading", name=title, exact=True, level=1)).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("heading", name="Sources", exact=True)).to_be_visible(timeout=SLOW)
    page.wait_for_function(f"document.querySelectorAll('{PLOTS}').length > 0")
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)


def background(page: Page) -> str:
    return page.locator('[data-testid="stApp"]').evaluate("app => getComputedStyle(app).backgroundColor")


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


WIDER = """() => [...document.querySelectorAll('[data-testid=stMain] *')].filter(part => {
    const box = part.getBoundingClientRect();
    const scrolls = part.closest('.katex-display, pre, [data-testid=stDataFrame], .js-plotly-plot');
    return box.width > 0 && box.right > innerWidth + 1 && !scrolls;
}).map(part => part.className.toString().slice(0, 60))"""
CUT = """() => [...document.querySelectorAll('[data-testid=stMain] table')].filter(table => {
    const cells = [...table.querySelectorAll('th, td')].map(cell => cell.getBoundingClientRect());
    return cells.length === 0 || cells.some(cell => cell.right > innerWidth || cell.left < 0);
}).map(table => table.innerText.slice(0, 80))"""
SQUEEZED = """() => [...document.querySelectorAll('[data-testid=stMain] table :is(th, td)')].filter(cell => {
    const words = document.createRange();
    words.selectNodeContents(cell);
    return words.getBoundingClientRect().height > 1.5 * cell.getBoundingClientRect().width;
}).map(cell => cell.innerText.slice(0, 80))"""
REACHED = """() => {
    const control = document.activeElement.closest('[data-testid=stMain] [class*=st-key-]');
    return control === null ? null : control.className.match(/st-key-(\\S+)/)[1];
}"""
CONTROLS = """() => [...document.querySelectorAll('[data-testid=stMain] .stElementContainer[class*=st-key-]')]
    .filter(part => part.querySelector('input:enabled, button:enabled, [role=slider], [data-testid=data-grid-canvas]'))
    .filter(part => !part.querySelector('.js-plotly-plot'))
    .map(part => part.className.match(/st-key-(\\S+)/)[1])"""
WORDS_OF_FLOW = (
    "[...document.querySelectorAll('[data-testid=stGraphVizChart] text')].map(word => word.getAttribute('fill'))"
)
COLOURS = f"[...document.querySelectorAll('{PLOTS}')].map(plot => plot._fullLayout?.font.color)"
FLOWS = {"query_key_value", "many_heads", "why_not_a_recurrent_network", "from_attention_to_a_transformer"}
TABLES = {  # lessons with tables, and how many of those are grids that can be edited
    "query_key_value": 3,
    **dict.fromkeys(("many_heads", "meaning_from_context", "what_does_it_mean", "from_attention_to_a_transformer"), 0),
}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.file)
def test_a_lesson_fits_a_telephone_turns_dark_and_is_reached_by_keyboard(open_page: Open, lesson: Lesson):
    page = open_page(width=390, path=lesson.address)
    finished(page, lesson.title)
    assert background(page) == rgb(LIGHT.background)
    assert set(page.evaluate(COLOURS)) == {LIGHT.text}
    if lesson.file in FLOWS:
        page.wait_for_function(f"{WORDS_OF_FLOW}.length > 7", timeout=SLOW)
        assert set(page.evaluate(WORDS_OF_FLOW)) == {LIGHT.text}
    assert not page.evaluate(WIDER), "wider than a telephone"
    tables_fit(page, lesson)
    outlines_are_seen(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"{COLOURS}.every(colour => colour === '{DARK.text}')", timeout=SLOW)
    page.wait_for_function(f"{WORDS_OF_FLOW}.every(colour => colour === '{DARK.text}')", timeout=SLOW)
    assert background(page) == rgb(DARK.background)
    assert not page.evaluate(WIDER), "wider than the window"
    outlines_are_seen(page)
    every_control_is_reached(page)


def tables_fit(page: Page, lesson: Lesson) -> None:
    """The tables of a lesson are seen whole, no column is squeezed to a word, and only what is edited is a grid."""
    if lesson.file in TABLES:
        page.locator("[data-testid=stMain] table:visible").first.wait_for(timeout=SLOW)
        assert page.locator("[data-testid=stMain] [data-testid=stDataFrame]:visible").count() <= TABLES[lesson.file]
    assert not page.evaluate(CUT), "cut off at the right"
    assert not page.evaluate(SQUEEZED), "a column that is too narrow for its words"


def outlines_are_seen(page: Page) -> None:
    """What is to be clicked and filled in has an outline with enough contrast (WCAG 2.2, 1.4.11)."""
    ground = background(page)
    for name in ('[data-testid="stRadioOption"] > div > div:first-child', '[data-testid="stTextInputRootElement"]'):
        for part in page.locator(name).all()[:1]:
            outline = part.evaluate("part => getComputedStyle(part).borderTopColor")
            assert part.evaluate("part => getComputedStyle(part).borderTopWidth") == "1px"
            assert contrast(seen_on(outline, ground), seen_on(ground, ground)) >= 3, name


def every_control_is_reached(page: Page) -> None:
    """The Tab key goes to all that can be used, and a question is answered by it."""
    page.wait_for_function(f"({CONTROLS})().filter(key => key.startsWith('question_')).length > 1")
    missing = set(page.evaluate(CONTROLS))
    questions = sorted(key for key in missing if key.startswith("question_"))
    for _ in range(200):
        page.keyboard.press("Tab")
        missing.discard(page.evaluate(REACHED))
        if not missing:
            break
    assert not missing, "not reached"
    page.locator(f".st-key-{questions[0]} input").first.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("1 question answered")).to_be_visible(timeout=SLOW)


def test_a_number_is_changed_and_a_question_answered_by_keyboard(open_page: Open):
    page = open_page(path=LESSONS[0].address)
    finished(page, LESSONS[0].title)
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.testid") == "data-grid-canvas":
            break
    else:
        pytest.fail("the table is not reached with the Tab key")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("a")
    expect(page.locator("#portal textarea")).to_have_value("a", timeout=SLOW)  # the cell is open
    page.keyboard.press("Enter")
    warning = page.get_by_text("is not a number")
    expect(warning).to_be_visible(timeout=SLOW)
    assert page.locator(PLOTS).count() == 3, "the page goes on"
    reset = page.get_by_role("button", name="Back to the first numbers")
    reset.focus()
    page.keyboard.press("Enter")
    expect(warning).to_have_count(0, timeout=SLOW)
    answer = page.get_by_role("radio", name="It deletes the words that do not matter.")
    answer.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("No word is deleted.")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("1 question answered")).to_be_visible()


def test_the_way_on_leads_from_lesson_to_lesson_and_progress_is_kept(open_page: Open):
    page = open_page(path=LESSONS[1].address)
    finished(page, LESSONS[1].title)
    link = page.get_by_role("link", name=f"Next: {LESSONS[2].title}")
    link.focus()
    page.keyboard.press("Enter")
    finished(page, LESSONS[2].title)
    assert urlsplit(page.url).path == f"/{LESSONS[2].address}"
    expect(page.get_by_text("2 lessons opened")).to_be_visible()
    slider = page.get_by_role("slider").first
    slider.focus()
    page.keyboard.press("End")
    expect(page.get_by_role("heading", name="One random query, its first 1024 numbers")).to_be_visible(timeout=SLOW)


def test_a_head_of_a_lesson_is_opened_in_explore_and_back_leads_to_the_lesson(open_page: Open):
    lesson = next(each for each in LESSONS if each.file == "many_heads")
    page = open_page(path=lesson.address)
    finished(page, lesson.title)
    page.locator(".st-key-heads_head").get_by_role("radio", name="4", exact=True).click()
    expect(page.get_by_text("Layer 3, head 4", exact=True)).to_be_visible(timeout=SLOW)
    page.get_by_role("link", name="This head in Explore").click()
    expect(page.locator(".st-key-heatmap")).to_be_visible(timeout=SLOW)
    assert urlsplit(page.url).query == "layer=3&head=4", "the sentence is the one that Explore opens with"
    page.go_back()
    finished(page, lesson.title)


def test_a_narrow_matrix_has_cells_that_can_be_read_and_a_wide_one_scrolls(open_page: Open):
    lesson = next(each for each in LESSONS if each.file == "masks_and_positions")
    page = open_page(width=390, path=lesson.address)
    finished(page, lesson.title)
    page.wait_for_selector(".st-key-cross_0 .js-plotly-plot .nsewdrag", timeout=SLOW)
    box = page.locator(".st-key-cross_0 .js-plotly-plot .nsewdrag").first.bounding_box()
    assert box is not None
    assert box["width"] / 5 >= 50, "five columns with numbers of three decimals"
    assert box["x"] + box["width"] <= 390
    sentence = page.get_by_role("textbox", name="A sentence of your own")
    sentence.fill("the old dog bit the young man and ran away")
    sentence.press("Enter")
    plot = ".st-key-masks_1 .js-plotly-plot"
    page.wait_for_function(f"document.querySelector('{plot}')?.data?.[0].text?.length === 10", timeout=SLOW)
    page.wait_for_function(
        f"document.querySelector('{plot} .nsewdrag').getBoundingClientRect().width >= 500", timeout=SLOW
    )
    holder = page.locator(".st-key-masks_1").first
    assert holder.evaluate("part => part.scrollWidth > part.clientWidth && part.clientWidth <= 390")
    holder.evaluate("part => part.scrollTo(1000, 0)")
    page.wait_for_function(f"document.querySelectorAll('{plot} .xtick text').length === 10", timeout=SLOW)
    names = f"[...document.querySelectorAll('{plot} .xtick text')].map(name => name.getBoundingClientRect().right)"
    assert 300 < max(page.evaluate(names)) <= 390


def channels(colour: str) -> list[float]:
    """Red, green, blue and opacity from 0 to 1, as the browser gives a computed colour."""
    numbers = [float(number) for number in re.findall(r"-?[0-9.]+(?:e-?[0-9]+)?", colour)]
    values = numbers[:3] if colour.startswith("color(") else [number / 255 for number in numbers[:3]]
    return [*values, numbers[3] if len(numbers) > 3 else 1.0]


def seen_on(colour: str, ground: str) -> str:
    """The colour that is seen where one with some opacity lies on another, `#rrggbb`."""
    *over, opacity = channels(colour)
    below = channels(ground)
    return "#" + "".join(
        f"{round(255 * (opacity * a + (1 - opacity) * b)):02x}" for a, b in zip(over, below, strict=False)
    )


def test_a_matrix_is_pasted_into_the_table_and_into_the_box(open_page: Open):
    page = open_page(path=LESSONS[0].address)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    finished(page, LESSONS[0].title)
    first = "document.querySelector('.st-key-self_attention_0 .js-plotly-plot')?.data?.[0].text?.[0]?.join()"
    page.wait_for_function(f"{first} === '2,0,1,1'", timeout=SLOW)
    page.evaluate("navigator.clipboard.writeText('2\\t0\\t0\\t0\\n0\\t1,5\\t0\\t0')")
    grid = page.locator('[data-testid="stDataFrame"] canvas[data-testid="data-grid-canvas"]').first
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 100, box["y"] + 50)
    page.keyboard.press("Control+v")
    page.wait_for_function(f"{first} === '4,0,2,0'", timeout=SLOW)
    page.get_by_role("button", name="Paste numbers").click()
    page.locator("textarea").last.fill("[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 3]]")
    page.keyboard.press("Control+Enter")
    page.wait_for_function(f"{first} === '1,0,0,0'", timeout=SLOW)
