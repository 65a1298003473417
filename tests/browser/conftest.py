"""The app in a real browser, on a port of its own, with every other host refused.

The browser is Playwright's own Chromium where it was downloaded, else one of the system. Where there is none, or the
app does not start, the tests fail: what a person sees is never taken on trust.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from tests.server import wait_for
from tests.tabs import HERE, Tabs

ROOT = Path(__file__).parents[2]
Open = Callable[..., Page]


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the app, started as the README says."""
    with serving("app.py", tmp_path_factory.mktemp("app") / "log.txt") as url:
        yield url


@contextmanager
def serving(script: str, log: Path, **environment: str) -> Iterator[str]:
    """The address of a script that Streamlit serves on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"port": port, "address": "127.0.0.1", "headless": "true", "fileWatcherType": "none"}
    command = [sys.executable, "-m", "streamlit", "run", script]
    command += [f"--server.{name}={value}" for name, value in options.items()]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)} | environment
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, server, log)
        yield url
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture
def open_page(tabs: Tabs, app_url: str) -> Iterator[Open]:
    """Opens the app at an address, in a browser that remembers nothing; nothing may have gone outside or wrong."""
    wrong: list[str] = []

    def open_at(
        *,
        width: int = 1280,
        height: int = 900,
        scheme: str = "light",
        path: str = "",
        script: str = "",
        url: str | None = None,
        **address: Any,
    ) -> Page:
        page = lent.enter_context(
            tabs.lent(wrong, width=width, height=height, scheme=scheme, motion="no-preference", asks=HERE)
        )
        page.goto(f"{app_url}/_stcore/health")  # has the memory of the app's pages, and no page
        page.evaluate(f"localStorage.clear(); sessionStorage.clear(); {script}")
        page.goto(url or f"{app_url}/{path}?{urlencode(address)}")
        return page

    with ExitStack() as lent:
        yield open_at
    assert not wrong
