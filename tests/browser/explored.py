"""Explore as a person sees and uses it."""

import re
from collections.abc import Callable
from time import monotonic
from typing import Any

from playwright.sync_api import Locator, Page

SECONDS = 30
VISITED = "localStorage.setItem('attnviz-visited', '1')"  # no first visit

# Everything that can be seen below an element, in its order, shadow roots included: words, what boxes hold, pictures by
# their pixels, and in which state buttons are. Of what is not drawn, nothing.
SEEN = """
(root) => {
  const seen = [];
  const visit = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const text = node.textContent.replace(/\\s+/g, " ").trim();
      if (text) seen.push(text);
      return;
    }
    if (node.nodeType === Node.ELEMENT_NODE) {
      if (node.matches("style, script, [data-testid=stStatusWidget]") || !node.checkVisibility()) return;
      for (const state of ["aria-pressed", "aria-selected", "aria-expanded"])
        if (node.hasAttribute(state)) seen.push(`${state} ${node.getAttribute(state)}`);
      if (node.matches("input, textarea, select")) seen.push(`holds ${node.value}`);
      if (node.matches("canvas")) seen.push(`${node.width} × ${node.height} ${node.toDataURL()}`);
      if (node.matches("image")) seen.push(`image ${node.href.baseVal}`);
      if (node.matches("svg path")) seen.push(node.getAttribute("d"));
      if (node.shadowRoot) for (const child of node.shadowRoot.childNodes) visit(child);
    }
    for (const child of node.childNodes) visit(child);
  };
  visit(root);
  return seen;
}
"""


class Explored:
    """A page with a picture."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.picture = page.locator(".picture")
        self.settled()

    def settled(self, **state: object) -> "Explored":
        """Wait until the server has taken in every choice, and the picture is in this state (of its root's data)."""
        wanted = {"pending": "0", **{name: str(value) for name, value in state.items()}}
        states = "".join(f"[data-{name}='{value}']" for name, value in wanted.items())
        self.page.locator(f".picture{states}").wait_for()
        return self

    def at_rest(self) -> "Explored":
        """Wait until the server's run has ended: the address is written last."""
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        return self

    def state(self, name: str) -> str:
        """What the picture says of itself: `digest`, `shows`, `sequence`, `theme` …"""
        return self.picture.get_attribute(f"data-{name}") or ""

    def changes(self, act: Callable[[], Any], what: str = "digest") -> "Explored":
        """Do something and wait until the picture is another one in this way."""
        before = self.state(what)
        act()
        self.page.locator(f".picture[data-pending='0']:not([data-{what}='{before}'])").wait_for()
        return self

    def type(self, text: str) -> "Explored":
        """Type a sentence."""

        def act() -> None:
            self.box.fill(text)
            self.box.press("Enter")

        return self.changes(act)

    def word(self, text: str) -> Locator:
        """The first word of the sentence that begins so."""
        return self.page.locator(".st-key-sentence").get_by_role("option", name=re.compile(f"^{text}")).first

    @property
    def box(self) -> Locator:
        """The text box; until a run ends, one before it may be there as well, hidden."""
        return self.page.get_by_role("textbox", name="Sentence", exact=True)

    def choose_model(self, label: str) -> "Explored":
        """Choose a model of the list."""

        def act() -> None:
            self.page.get_by_role("combobox", name=re.compile("Model")).click()
            self.page.get_by_role("option", name=label).click()

        return self.changes(act)

    def name_model(self, name: str) -> "Explored":
        """Type the name of a model, or its folder."""

        def act() -> None:
            self.page.get_by_role("combobox", name=re.compile("Model")).fill(name)
            self.page.keyboard.press("Enter")

        return self.changes(act)

    def type_second(self, text: str) -> "Explored":
        """Type a second text, where the model reads one."""
        box = self.page.get_by_role("textbox", name="Second text", exact=True)
        if not box.is_visible():
            self.page.get_by_text("Options", exact=True).click()

        def act() -> None:
            box.fill(text)
            box.press("Enter")

        return self.changes(act)

    def to_lesson(self) -> None:
        """Go to a lesson by the menu."""
        self.page.get_by_text("Learn", exact=True).click()
        self.page.get_by_text(re.compile(r"^1\. ")).click()
        self.picture.wait_for(state="detached")
        self.at_rest()  # its address is told last, and would replace that of the next page

    def to_explore(self) -> None:
        """Come back by the menu."""
        self.page.get_by_role("link", name="Explore", exact=True).click()

    def seen(self) -> list[str]:
        """Everything that a person sees of the page; see `SEEN`."""
        found: list[str] = self.page.locator("[data-testid=stMain]").evaluate(SEEN)
        return found


def wait_until(holds: Callable[[], bool], told: Callable[[], str]) -> None:
    """Ask until something holds; where it never does, fail with what is told."""
    end = monotonic() + SECONDS
    while not holds():
        assert monotonic() < end, told()


def assert_same(one: Explored, other: Explored) -> None:
    """Two pages look the same, as soon as both have drawn everything."""
    pages = (one, other)
    seen: list[list[str]] = [[], []]

    def is_same() -> bool:
        seen[:] = [page.settled().seen() for page in pages]
        return seen[0] == seen[1]

    def difference() -> str:
        here, there = (dict.fromkeys(each) for each in seen)
        only_here = [each[:200] for each in here if each not in there]
        only_there = [each[:200] for each in there if each not in here]
        return f"only here: {only_here[:20]}\nonly on a fresh page: {only_there[:20]}\n{one.page.url}"

    wait_until(is_same, difference)
