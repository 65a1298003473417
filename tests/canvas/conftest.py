"""The picture in a bare page: the bundle, the messages of a host, and a host in the page that answers every choice."""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Locator, Page

from attnviz.canvas import bundle
from tests.tabs import Tabs

# A host in the page: it takes every choice in with the module's own `update` and answers with a view, as a server does.
# While `isSlow` it only remembers what it was told.
HOST = """
const decode = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const encode = (header) => {
  const words = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(4 + words.length);
  new DataView(bytes.buffer).setUint32(0, words.length, true);
  bytes.set(words, 4);
  return bytes;
};
class Host {
  constructor(element, messages, theme) {
    this.told = [];
    this.isSlow = false;
    const read = messages.map(decode);
    const header = (bytes) => JSON.parse(new TextDecoder().decode(
      bytes.subarray(4, 4 + new DataView(bytes.buffer).getUint32(0, true))));
    this.text = read.map(header).find(({ kind }) => kind === "text");
    this.view = read.map(header).find(({ kind }) => kind === "view");
    this.taken = this.view?.sequence ?? 0;
    this.handle = attnviz.mount(element, { messages: read, theme, onChoice: (told) => this.take(told) });
  }
  take({ events }) {
    this.told.push(events);
    if (!this.isSlow) queueMicrotask(() => this.answer(events));
  }
  answer(events) {
    for (const { sequence, event } of events) {
      if (sequence <= this.taken) continue;
      this.taken = sequence;
      const view = attnviz.update.update(this.view.view, event);
      const shown = attnviz.update.settle(view, this.text, null, this.view.shown);
      this.view = { ...this.view, sequence, view, shown };
    }
    this.handle.update(encode(this.view));
  }
}
"""

# A loop, and not Playwright's `wait_for_function`: that takes the promise of an asynchronous function for a yes.
DRAWN = """
async (of) => {
  const isDrawn = () => {
    const root = document.querySelector(`#picture-${of} > div`).shadowRoot.querySelector(".picture");
    return root.dataset.pending === "0" && hosts[of].handle.isDrawn();
  };
  const end = performance.now() + 60_000;
  do {
    await new Promise(requestAnimationFrame);
    if (performance.now() > end) throw new Error("The picture was not drawn in a minute.");
  } while (!isDrawn());
}
"""


@dataclass(frozen=True)
class Bare:
    """A page with one or two pictures."""

    page: Page

    def part(self, name: str, *, of: int = 0) -> Locator:
        """The element of a part of a picture."""
        return self.page.locator(f"#picture-{of} .st-key-{name}")

    def root(self, *, of: int = 0) -> Locator:
        return self.page.locator(f"#picture-{of} .picture")

    def settled(self, *, of: int = 0) -> None:
        """Wait until the host has answered every choice, and that is drawn."""
        self.page.evaluate(DRAWN, of)

    def events(self, *, of: int = 0) -> list[dict[str, Any]]:
        """All that the host was told, in order, each once."""
        told = self.page.evaluate("(of) => hosts[of].told.flat()", of)
        return [each["event"] for each in {each["sequence"]: each for each in told}.values()]


@pytest.fixture
def bare(tabs: Tabs) -> Iterator[Callable[..., Bare]]:
    """Opens a page with the pictures of some messages; at the end nothing may have gone wrong or outside."""
    wrong: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        if said.type == "error":
            wrong.append(said.text)

    def open_with(
        *pictures: Sequence[bytes],
        width: int = 1440,
        height: int = 900,
        scheme: str = "light",
        theme: str = "auto",
        margin: int | None = None,
        touch: bool = False,
        address: str = "",
    ) -> Bare:
        page = lent.enter_context(
            tabs.lent(
                wrong,
                width=width,
                height=height,
                scheme=scheme,
                motion="reduce",
                touch=touch,
                asks=urlsplit(address).hostname,
            )
        )
        page.on("console", hear)
        lent.callback(page.remove_listener, "console", hear)
        margin = (16 if width < 700 else 75) if margin is None else margin
        ground = "#14171a" if scheme == "dark" or theme == "dark" else "#ffffff"
        body = "".join(f'<div id="picture-{place}"></div>' for place in range(len(pictures)))
        html = (
            f'<!doctype html><meta charset="utf-8"><body style="margin: 16px {margin}px; background: {ground}">{body}'
        )
        if address:  # a browser gives some things, such as the clipboard, to a page that has one alone
            page.route(address, lambda route: route.fulfill(body=html, content_type="text/html"))
            lent.callback(page.unroute, address)
            page.goto(address)
        else:
            page.set_content(html)
        page.add_script_tag(content=bundle.script("update", "painter") + HOST)
        encoded = [[base64.b64encode(each).decode() for each in messages] for messages in pictures]
        page.evaluate(
            "([pictures, theme]) => { globalThis.hosts = pictures.map((messages, place) =>"
            " new Host(document.getElementById(`picture-${place}`), messages, theme)); }",
            [encoded, theme],
        )
        opened = Bare(page)
        for place in range(len(pictures)):
            opened.settled(of=place)
        return opened

    with ExitStack() as lent:
        yield open_with
    assert not wrong


def header(message: bytes) -> dict[str, Any]:
    """The header of a message."""
    length = int.from_bytes(message[:4], "little")
    return dict(json.loads(message[4 : 4 + length]))
