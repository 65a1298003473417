"""Pages of one browser, each lent to one test after another: a new page costs more than most of what is done on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Request, WebSocket

HERE = "127.0.0.1"
PATIENCE = 60_000  # milliseconds, on a machine that may be busy
NETWORK = {"http", "https", "ws", "wss"}


class Tabs:
    """Pages that are free, and pages that are lent; each has a context, and so a memory, of its own."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[bool, list[Page]] = {False: [], True: []}

    @contextmanager
    def lent(
        self,
        wrong: list[str],
        *,
        width: int,
        height: int,
        scheme: str,
        motion: str,
        touch: bool = False,
        asks: str | None = None,
    ) -> Iterator[Page]:
        """An empty page of this size; what goes wrong, and what it asks any host but one for, is added to a list."""

        def watch(asked: Request | WebSocket) -> None:
            url = urlsplit(asked.url)
            if url.scheme in NETWORK and url.hostname != asks:
                wrong.append(f"asked for {asked.url}")

        watched = {
            "request": watch,
            "websocket": watch,
            "pageerror": lambda error: wrong.append(str(error)),
            "dialog": lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()),
        }
        free = self._free[touch]
        page = free.pop() if free else self._browser.new_context(has_touch=touch).new_page()
        page.set_default_timeout(PATIENCE)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme, reduced_motion=motion)
        for event, heard in watched.items():
            page.on(event, heard)
        yield page
        page.mouse.move(0, 0)  # while its last page is there, which is told that the pointer has left
        page.goto("about:blank")
        for event, heard in watched.items():
            page.remove_listener(event, heard)
        page.context.clear_cookies()
        page.context.clear_permissions()
        free.append(page)
