"""The app in a real browser, on a port of its own, with every other host refused.

The browser is Playwright's own Chromium where it was downloaded, else one of the system. Where there is none, or the
app does not start, the tests fail: what a person sees is never taken on trust.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.server import wait_for

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
def open_page(browser: Browser, app_url: str) -> Iterator[Open]:
    """Opens the app at an address and waits for the picture; at the end, nothing may have gone outside or wrong."""
    contexts, outside, wrong = [], [], []

    def watch(url: str) -> bool:
        is_outside = urlsplit(url).scheme in {"http", "https", "ws", "wss"} and not url.split("//")[1].startswith(
            "127.0.0.1"
        )
        if is_outside:
            outside.append(url)
        return is_outside

    def open_at(
        *,
        width: int = 1280,
        height: int = 900,
        scheme: str = "light",
        url: str = app_url,
        path: str = "",
        script: str = "",
        **address: Any,
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        context.route("**/*", lambda route: route.abort() if watch(route.request.url) else route.continue_())
        page = context.new_page()
        page.add_init_script(script)
        page.set_default_timeout(60_000)
        page.on("websocket", lambda socket: watch(socket.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.goto(f"{url}/{path}?{urlencode(address)}")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert not outside, "the app asked other hosts"
    assert not wrong
