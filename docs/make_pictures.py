"""Takes the pictures of the README: starts the app, opens it in a headless browser, photographs the first screen.

python docs/make_pictures.py [MODEL]

MODEL is what the address may name as `model`; without it, the default model is shown.
"""

import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
PORT = 8499
WIDTH, HEIGHT = 1440, 900
SETTLE_MS = 3000  # Plotly draws in steps and says nothing when it is done


def main() -> None:
    """Write docs/explore.png."""
    sys.path.insert(0, str(ROOT))
    from tools.browser import ARGUMENTS, find

    options = ["--port", str(PORT), "--host", "127.0.0.1", "--no-browser"]
    server = subprocess.Popen([sys.executable, "-m", "attnviz", "app", *options], cwd=ROOT)
    try:
        wait_for_health()
        with sync_playwright() as playwright:
            path = find(playwright)
            if path is None:
                sys.exit("No Chromium here; `make test` fetches one.")
            browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
            page = browser.new_page(
                viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=1.5, reduced_motion="reduce"
            )  # or the first visit would be playing
            photograph(page, ROOT / "docs" / "explore.png", address={"model": sys.argv[1]} if sys.argv[1:] else {})
            browser.close()
    finally:
        server.terminate()
        server.wait(30)


def photograph(page: Page, target: Path, *, address: dict[str, str]) -> None:
    """The first screen at this address, once its heat maps are drawn."""
    page.goto(f"http://127.0.0.1:{PORT}/?{urlencode(address)}")
    page.wait_for_selector(".st-key-heads .js-plotly-plot", timeout=120_000)
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=target)
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1024:.0f} KiB")


def wait_for_health() -> None:
    """Return when the app answers; raise after a minute."""
    for _ in range(120):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/_stcore/health", timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError("The app did not start within a minute.")


if __name__ == "__main__":
    main()
