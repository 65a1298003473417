"""Finds a headless Chromium for the browser tests, and fetches one where there is none.

    python tools/browser.py        what `make test` does; prints the one that the tests will drive

Looked for in this order: Playwright's own, the system's. Fetched in this order: by Playwright, by apt (Debian,
Ubuntu). A browser counts when it has shown a page, not when a file lies there: Playwright's own needs libraries that a
small system lacks.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from playwright.sync_api import Error, Playwright, sync_playwright

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No sandbox: Chromium refuses to run as root with one, and it only sees pages that the tests serve.
# No background networking: otherwise it calls its maker's hosts at every start.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


def find(playwright: Playwright) -> str | None:
    """Path of a Chromium that works, None if there is none."""
    for path in (playwright.chromium.executable_path, *filter(None, map(shutil.which, SYSTEM_NAMES))):
        try:
            browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        except Error:
            continue
        browser.new_page().goto("about:blank")
        browser.close()
        return path
    return None


def look() -> str | None:
    """The same, with a driver of its own."""
    with sync_playwright() as playwright:
        return find(playwright)


def fetch_with_playwright() -> None:
    """Let Playwright download its own Chromium; without a network this does nothing."""
    subprocess.run([sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"], check=False)


def fetch_with_apt() -> None:
    """Install the distribution's Chromium, on Debian and Ubuntu."""
    if shutil.which("apt-get") is None:
        return
    root = [] if os.geteuid() == 0 else ["sudo"]
    quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", "chromium"]):
        subprocess.run([*root, "apt-get", *command], check=False, env=quietly)


def main() -> None:
    """Print the path of a working Chromium, or exit with one sentence."""
    for fetch in (None, fetch_with_playwright, fetch_with_apt):
        if fetch is not None:
            fetch()
        path = look()
        if path is not None:
            print(f"Browser tests drive {path}")
            return
    sys.exit(
        "attnviz: the browser tests find no Chromium that works, and neither Playwright nor apt could fetch one. "
        "Install Chromium or Chrome, then run make test again."
    )


if __name__ == "__main__":
    main()
