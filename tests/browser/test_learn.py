"""The lessons in a real browser: by their addresses, by keyboard, light, dark and narrow."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from attnviz.app.lessons.syllabus import LESSONS
from attnviz.figures.theme import DARK, LIGHT
from tests.browser.conftest import Open

pytestmark = pytest.mark.browser
SLOW = 60_000  # milliseconds: two lessons train a network, on a machine that may be busy
PLOTS = '[data-testid="stPlotlyChart"] .js-plotly-plot'


def go_to(page: Page, address: str) -> None:
    """Open a lesson by its address, as a link would."""
    url = urlsplit(page.url)
    page.goto(f"{url.scheme}://{url.netloc}/{address}")


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


@pytest.mark.parametrize(
    ("scheme", "width", "theme"), [("light", 390, LIGHT), ("dark", 1280, DARK)], ids=["light and narrow", "dark"]
)
def test_every_lesson_opens_by_its_address(open_page: Open, scheme, width, theme):
    page = open_page(scheme=scheme, width=width)
    for lesson in LESSONS:
        go_to(page, lesson.address)
        finished(page, lesson.title)
        assert background(page) == rgb(theme.background)
        wide = page.evaluate(
            """() => [...document.querySelectorAll('[data-testid=stMain] *')].filter(part => {
                const box = part.getBoundingClientRect();
                const scrolls = part.closest('.katex-display, pre, [data-testid=stDataFrame], .js-plotly-plot');
                return box.width > 0 && box.right > innerWidth + 1 && !scrolls;
            }).map(part => part.className.toString().slice(0, 60))"""
        )
        assert not wide, f"{lesson.address}: wider than {width} pixels"
        colours = page.evaluate(f"[...document.querySelectorAll('{PLOTS}')].map(plot => plot._fullLayout.font.color)")
        assert set(colours) == {theme.text}


def test_a_number_is_changed_and_a_question_answered_by_keyboard(open_page: Open):
    page = open_page()
    go_to(page, LESSONS[0].address)
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
    page = open_page()
    go_to(page, LESSONS[1].address)
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
    expect(page.get_by_role("heading", name="One random query of length 1024")).to_be_visible(timeout=SLOW)


def test_a_head_of_a_lesson_is_opened_in_explore_and_back_leads_to_the_lesson(open_page: Open):
    page = open_page()
    lesson = next(each for each in LESSONS if each.file == "many_heads")
    go_to(page, lesson.address)
    finished(page, lesson.title)
    page.locator(".st-key-heads_head").get_by_role("radio", name="4", exact=True).click()
    expect(page.get_by_text("Layer 3, head 4")).to_be_visible(timeout=SLOW)
    page.get_by_role("link", name="This head in Explore").click()
    expect(page.locator(".st-key-heatmap")).to_be_visible(timeout=SLOW)
    assert urlsplit(page.url).query == "layer=3&head=4", "the sentence is the one that Explore opens with"
    page.go_back()
    finished(page, lesson.title)


REACHED = """() => {
    const control = document.activeElement.closest('[data-testid=stMain] [class*=st-key-]');
    return control === null ? null : control.className.match(/st-key-(\\S+)/)[1];
}"""
CONTROLS = """() => [...document.querySelectorAll('[data-testid=stMain] .stElementContainer[class*=st-key-]')]
    .filter(part => part.querySelector('input:enabled, button:enabled, [role=slider], [data-testid=data-grid-canvas]'))
    .filter(part => !part.querySelector('.js-plotly-plot'))
    .map(part => part.className.match(/st-key-(\\S+)/)[1])"""


def test_every_control_of_every_lesson_is_reached_by_the_tab_key(open_page: Open):
    page = open_page()
    for lesson in LESSONS:
        go_to(page, lesson.address)
        finished(page, lesson.title)
        page.wait_for_function(f"({CONTROLS})().filter(key => key.startsWith('question_')).length > 1")
        missing = set(page.evaluate(CONTROLS))
        questions = sorted(key for key in missing if key.startswith("question_"))
        for _ in range(200):
            page.keyboard.press("Tab")
            missing.discard(page.evaluate(REACHED))
            if not missing:
                break
        assert not missing, f"{lesson.address}: not reached"
        page.locator(f".st-key-{questions[0]} input").first.focus()
        page.keyboard.press("Space")
        # A link opens a new session, so the count begins again.
        expect(page.get_by_text("1 question answered")).to_be_visible(timeout=SLOW)
