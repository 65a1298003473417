"""The visit of one browser: the view that it looks at, its address, and what has to be kept beside it.

The view is the truth. Widgets and the picture show it and send events; nothing else changes it. An address is read
where one arrives: with the first run, with Back and Forward, and with a link from another page. In all other runs a
browser may still send the address from before the last click, and the view is written into it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from attnviz.address import View, read_address, write_address
from attnviz.edits import read_edits
from attnviz.events import OF_ANOTHER_PICTURE, Event, read_event, take, update

NOBODY_ASKED = View()
_VISIT = "_visit"
MIN_ROOM, MAX_ROOM = 100, 20_000  # pixels; what is narrower holds no chart, and no screen is wider


@dataclass
class Visit:
    """What is kept of one browser between two runs.

    view: what the person asked for. complaints: what the address asked for and nobody could read, said until something
    else is done.
    page: where the visit is. Who comes from another page by the menu brings a bare address, and takes the view along.
    sequence: of the last event of a picture that was taken in; it only grows, and tells a browser what it need not send
    again. digests: of the pictures that were sent since text and model are what they are; an event that names a word of
    another picture is not taken.
    opened: what is to be shown beside the picture once, "card" or "files".
    asked: models that the person asked for; one that only a link asks for is not even looked up. again: those of them
    that are to be looked for anew.
    shows: how often the value of a widget came from elsewhere, and its value: see `tied`.
    room: pixels that the page has from left to right; 0 until a browser told.
    """

    view: View = NOBODY_ASKED
    complaints: tuple[str, ...] = ()
    page: str = ""
    sequence: int = 0
    digests: set[str] = field(default_factory=set)
    opened: str | None = None
    asked: set[str] = field(default_factory=set)
    again: set[str] = field(default_factory=set)
    shows: dict[str, tuple[int, Any]] = field(default_factory=dict)
    room: int = 0

    def send(self, event: Event) -> None:
        """Take in what a person did in a widget."""
        before = self.view
        self.view = update(before, event)
        self.complaints = _gone(before, self.view)
        if event["type"] in OF_ANOTHER_PICTURE:
            self.digests.clear()

    def take(self, sent: Any) -> None:
        """Take in what a picture sent: all events that it knows no answer to, and how much room there is."""
        taken = take(self.view, sent, after=self.sequence, digests=self.digests)
        if taken.view != self.view:
            self.complaints = _gone(self.view, taken.view)
        self.view, self.sequence = taken.view, taken.sequence
        self.opened = taken.opened or self.opened
        room = sent.get("room") if isinstance(sent, dict) else None
        if isinstance(room, int | float) and not isinstance(room, bool) and MIN_ROOM <= room <= MAX_ROOM:
            self.room = round(room)

    def ask(self, model: str) -> None:
        """Remember that the person, and not an address, asked for this model."""
        self.asked.add(model)
        self.again.add(model)

    def open_now(self) -> str | None:
        """What is to be shown beside the picture, once."""
        opened, self.opened = self.opened, None
        return opened


def _gone(before: View, after: View) -> tuple[str, ...]:
    """That edits went with the text or the model that they were of; nothing where a person took them back."""
    was, left = (len(read_edits(view.edits or "")) for view in (before, after))
    is_same = (before.text, before.pair, before.model) == (after.text, after.pair, after.model)
    if is_same or was <= left:
        return ()
    of, n = "model" if before.model != after.model else "text", was - left
    return (f"{n} of your edits went with the {of} before. Back brings both again.",)


def visit() -> Visit:
    """The visit of this browser."""
    here: Visit = st.session_state.setdefault(_VISIT, Visit())
    return here


def begin(page: str) -> View:
    """The view of this run of a page: that of an address where one arrives, else the one there was."""
    here = visit()
    address, context = st.query_params.to_dict(), get_script_run_ctx()
    is_first = not here.page
    is_from_elsewhere = bool(address) and here.page != page
    is_back = context is not None and context.is_history_navigation
    here.page = page
    if is_first or is_from_elsewhere or is_back:
        repeated = [name for name in address if len(st.query_params.get_all(name)) > 1]
        here.view, here.complaints = read_address(address, repeated=repeated)
        here.digests.clear()
    return here.view


def pass_by(page: str) -> None:
    """Remember that the visit is at a page that has no view."""
    visit().page = page


def end() -> None:
    """Write the view into the address."""
    address = write_address(visit().view)
    if address != st.query_params.to_dict():
        st.query_params.from_dict(address)


def tied(name: str, shown: Any, event: Callable[[Any], Event] | None = None) -> dict[str, Any]:
    """Arguments that tie a widget to a value of the view: `st.toggle("…", shown, **tied("words", shown))`.

    event: the event that a value sends; without it, the one that is named like the field and has its value.
    A widget keeps what it shows, and what is being typed into it, until another value comes from elsewhere: from
    an address, an example, another page. Then it is another widget, which begins with that.
    """
    here = visit()
    turn, before = here.shows.get(name, (0, shown))
    here.shows[name] = (turn if before == shown else turn + 1, shown)
    key = f"{name}_{here.shows[name][0]}"

    def changed() -> None:
        value = st.session_state[key]
        here.shows[name] = (here.shows[name][0], value)
        done = read_event({"type": name, name: value} if event is None else event(value))
        if done is not None:
            here.send(done)

    return {"key": key, "on_change": changed}
