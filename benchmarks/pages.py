"""How soon is a page on screen that is opened by its address? In a browser that has never seen the app.

    python -m benchmarks.pages [--rounds 3]

Writes its table into `benchmarks/README.md`.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from attnviz.learn.syllabus import LESSONS
from benchmarks.report import milliseconds, table, write_section
from benchmarks.serving import serving

HEADING = "Opening a page by its address"
BLANK = "import streamlit as st\n\nst.title('Blank')\n"
FIRST = {  # what a person reads first
    "title": "document.querySelector('h1')?.textContent.trim()",
    "sentence": "document.querySelector('input[aria-label$=entence]')?.value",  # Compare: “First sentence”
}
AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"
_WATCH = """
const look = () => {{
    if ({found}) window.seen = performance.now(); else requestAnimationFrame(look);
}};
requestAnimationFrame(look);
"""


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    wanted = parser.parse_args()
    pages = [("Explore", "", "sentence"), ("Compare", "compare", "sentence")]
    pages += [(f"Lesson {lesson.number}", lesson.address, "title") for lesson in LESSONS]
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        browser = driver.chromium.launch(executable_path=wanted.browser, args=["--no-sandbox", "--disable-gpu"])
        script = Path(folder) / "blank.py"
        script.write_text(BLANK, encoding="utf-8")
        with serving(script) as server:
            opened(browser, server.url, "title")
            blank = middles([opened(browser, server.url, "title") for _ in range(wanted.rounds)])
        rows = [["A blank page of Streamlit", "", *map(milliseconds, blank)]]
        for name, address, first in pages:
            with serving() as server:
                at_start, _ = opened(browser, f"{server.url}/{address}", first)
                later = [opened(browser, f"{server.url}/{address}", first) for _ in range(wanted.rounds)]
            rows.append([name, milliseconds(at_start), *map(milliseconds, middles(later))])
            print(rows[-1], file=sys.stderr)
    explanation = (
        "From the request to the first words on screen, the title of a lesson or the sentence. *First visit*: of a "
        "server that was just started, once, in a fresh profile of Chromium, where nothing is cached. *Later*: the "
        "same, of a server that was visited before. *Again*: by a browser that has seen the app. Both are medians of "
        f"{wanted.rounds}. What a blank page takes is Streamlit's own."
    )
    write_section(HEADING, f"{explanation}\n\n{table(['page', 'first visit', 'later', 'again'], rows)}")


def middles(times: list[tuple[float, float]]) -> list[float]:
    """The median of the first visits of a browser, and that of its second ones."""
    return [statistics.median(each) for each in zip(*times, strict=True)]


def opened(browser: Browser, url: str, first: str) -> tuple[float, float]:
    """Milliseconds from asking for a page until its first words are there: in a fresh profile, and again in it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(_WATCH.format(found=FIRST[first]))
    times = [_seen(context.new_page(), url) for _ in range(2)]
    context.close()
    return times[0], times[1]


def _seen(page: Page, url: str) -> float:
    page.goto(url, wait_until="commit")
    page.wait_for_function("window.seen", timeout=60_000)
    seen: float = page.evaluate("window.seen")
    page.wait_for_selector(AT_REST, timeout=60_000)  # so that the rest of this page does not slow the next one
    page.close()
    return seen


if __name__ == "__main__":
    main()
