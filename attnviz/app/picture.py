"""The picture of one text on a page, and the heat maps of every head below it.

A choice runs no script. Streamlit runs those of three fragments again whose data it changes: "words" carries the text
and the maps of all heads, "picture" the chosen map and all that is chosen, "heads" draws the Plotly figure, and within
it "worth" what worth.py computes. Another text runs the one around them, "text", again. What they show is decided once
for each view, in `resolve`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import Any

import streamlit as st

from attnviz import answered
from attnviz.address import View, write_address
from attnviz.answered import Edited
from attnviz.app import dialogs, host
from attnviz.app.boxes import titled
from attnviz.app.loading import Traced
from attnviz.app.shared.charts import chart
from attnviz.app.shared.scheme import follow_browser, theme
from attnviz.app.visit import NOBODY_ASKED, end, visit
from attnviz.engine.known import Known, known
from attnviz.events import update
from attnviz.figures.heads import MAX_CELLS, heads_alt, heads_figure, heads_said
from attnviz.figures.panels import axis
from attnviz.first import First
from attnviz.protocols import Engine
from attnviz.scene import Scene, no_scene, scene
from attnviz.view import Resolved

GROUP = "explore"
OF_A_RUN = ("text", "pair", "model", "from_scratch", "source_language", "target_language", "edits", "edited")
PHONE = 700  # pixels of room below which the canvas has one column (mount.js)
CLOSED = "Every head of this layer, larger"
OPENED = ("worth_links", "worth_muted")  # boxes of worth.py; what they hold is of the chosen row and head
_CONFIG = {"displayModeBar": False}
_ROW = attrgetter("kind", "layer", "head", "query", "average")


@dataclass(eq=False)
class Shown:
    """What a model did with a text, as it is shown for whatever view is asked for.

    after, before: with the edits of the view and without; the same where there is none. sentence: why there is none
        although some were asked for. engine: what else is asked; None where nothing is.
    name: the model that it is; is_asked: whether it is that of the view, and not one that stands in for it.
    first: what a first visit shows. dimmed: why this is not of the text that was asked for, and what can be done.
    """

    after: Traced
    name: str
    is_asked: bool = True
    first: First | None = None
    dimmed: dict[str, Any] | None = None
    before: Traced | None = None
    engine: Engine | None = None
    sentence: str = ""
    _resolved: tuple[View, Resolved] | None = field(default=None, repr=False)
    _scene: tuple[tuple[object, ...], Scene] | None = field(default=None, repr=False)

    @property
    def traced(self) -> Traced:
        """What is drawn: as it was changed, unless one wants to see how it was."""
        is_before = visit().view.value("edited") == "before"
        return self.before if self.before is not None and is_before else self.after

    @cached_property
    def beforehand(self) -> Known:
        """What is known of model and text."""
        return known(self.after.trace.model, self.after.trace.text)

    def resolved(self) -> Resolved:
        """What is on screen for the view as it stands; its words get the places that they have in this text."""
        here = visit()
        asked = here.view if self.is_asked else update(here.view, {"type": "model", "model": self.name})
        if self._resolved is None or self._resolved[0] != asked:
            found = self.traced.resolve(asked)
            self._resolved = (found.view, found)
        if self.is_asked and self.dimmed is None:
            here.view = self._resolved[0]
        return self._resolved[1]

    def scene(self) -> Scene:
        """The picture of it."""
        here, resolved = visit(), self.resolved()
        first = self.first if here.view == NOBODY_ASKED else None
        made_of = (resolved, here.sequence, here.complaints, first)
        if self._scene is None or self._scene[0] != made_of:
            made = scene(
                resolved,
                beforehand=self.beforehand,
                group=GROUP,
                sequence=here.sequence,
                sentences=filter(None, (self.sentence, *here.complaints)),
                first=first,
                dimmed=self.dimmed,
                edited=self._edited(resolved),
                can_edit=self.engine is not None and self.is_asked,
            )
            self._scene = (made_of, made)
        return self._scene[1]

    def _edited(self, resolved: Resolved) -> Edited | None:
        """What was changed, and what the model says then."""
        edits = visit().view.edits
        if edits is None or self.before is None or self.engine is None or not self.is_asked:
            return None
        answer = None if self.sentence else self._answered(self.engine, self.before, resolved)
        are_shown = self.traced is self.after and not self.sentence
        return Edited(answered.listed(edits, self.after.trace), are_shown, answer)

    def _answered(self, engine: Engine, before: Traced, resolved: Resolved) -> dict[str, Any]:
        """What the model says before and after, asked again only where a choice asks another question."""
        asked, answers = answered.question(engine, resolved), self.after.answers
        if asked not in answers:
            answers[asked] = answered.answer(engine, before.trace, self.after.trace, resolved)
        return answers[asked]


def draw(shown: Shown) -> None:
    """The picture; what is carried to it stands at its end, where it takes no room."""
    place, beside = st.container(), st.container(gap=None)
    with beside:
        host.code()
        _words(shown)
    with place:
        _picture(shown)


def draw_nothing(dimmed: dict[str, Any]) -> None:
    """The examples, and why there is no picture."""
    here = visit()
    said = no_scene(here.view, sequence=here.sequence, sentences=here.complaints, dimmed=dimmed)
    host.code()
    host.show(GROUP, said, on_told=lambda sent: _take(None, sent))


@st.fragment(key="words")
def _words(shown: Shown) -> None:
    host.carry(GROUP, "text", shown.scene().text)


@st.fragment(key="picture")
def _picture(shown: Shown) -> None:
    here, made = visit(), shown.scene()
    here.digests.add(made.digest)
    with st.container(gap=None):
        host.show(GROUP, made.view, on_told=lambda sent: _take(shown, sent))
        host.carry(GROUP, "map", made.map)
    _frame(shown.resolved())
    if shown.dimmed is None:
        _change_one_word()
    opened = here.open_now()
    if opened == "card":
        dialogs.card(shown.name, shown.beforehand)
    elif opened == "files":
        dialogs.files(shown.traced.trace, made)
    end()


def _frame(resolved: Resolved) -> None:
    """Frame the chosen head below: by a line of style, so that the maps are not sent again."""
    panel = "none" if resolved.average else axis("x", resolved.head) + axis("y", resolved.head)
    st.html(f"<style>.st-key-heads .{panel} > .nsewdrag {{ outline: 2px solid }}</style>")


def _change_one_word() -> None:
    """The way to Compare, with this text on both sides."""
    view = visit().view
    st.page_link(
        Path(__file__).parent / "pages" / "compare.py",
        label="Change one word, and compare",
        icon=":material/compare_arrows:",
        query_params=write_address(replace(view, text=view.value("text"), other=view.value("text"))),
    )


@st.fragment(key="heads")
def heads(shown: Shown, *, then: Callable[[], None]) -> None:
    """The map of every head of the layer: once the browser has told how much room there is, on a phone when opened.

    then: draws what comes below them. It has no place of its own: this fragment writes nothing at first, and what stood
    behind it would stand in its place.
    """
    room = visit().room
    if not room:
        return
    with st.container():
        with st.container(key="heads", gap="xsmall"):
            is_open = _heads(shown, room)
        if is_open:
            then()


def _heads(shown: Shown, room: int) -> bool:
    """The maps, on a phone in a box; whether they are seen."""
    if room >= PHONE:
        _figure(shown, room)
        return True
    with st.expander(CLOSED, on_change="rerun", type="compact") as place:
        if place.open:
            _figure(shown, room)
    return bool(place.open)


def _figure(shown: Shown, room: int) -> None:
    """The maps themselves, and how to read them."""
    resolved = shown.resolved()
    seen, layer, maps = resolved.survey, resolved.layer, resolved.maps
    weights, rows, columns = seen.layer(layer, most=MAX_CELLS)
    titled(f"Every head of layer {layer}", heads_said(rows, columns, scale=resolved.scale))
    first = maps.layers.index(layer) * maps.n_heads
    figure = heads_figure(
        weights,
        rows,
        columns,
        maps.query_tokens,
        maps.key_tokens,
        ends=seen.ends[first : first + maps.n_heads].tolist(),
        about=[_about(shown, layer, head) for head in range(maps.n_heads)],
        scale=resolved.scale,
        width=room,
        theme=theme(),
    )
    alt = heads_alt(maps.n_heads, layer, len(seen.rows), len(seen.columns))
    chart(figure, key="heads_figure", alt=alt, config=_CONFIG)
    follow_browser()


def _about(shown: Shown, layer: int, head: int) -> str:
    """What a head does, for the title of its map: what was measured, else where most of its weight goes, if it does."""
    title, does, _ = shown.scene().about(layer, head)
    return f"{title}: {_lower(does)}" if (layer, head) in shown.beforehand.about else _lower(title)


def _lower(sentence: str) -> str:
    """A sentence within another one."""
    return f"{sentence[:1].lower()}{sentence[1:].removesuffix('.')}"


def _take(shown: Shown | None, sent: Any) -> None:
    """Take in what the picture sent, and have those parts of the page run again that it changes."""
    here = visit()
    before, room = here.view, here.room
    was = None if shown is None else shown.resolved()
    here.take(sent)
    if shown is None or was is None or any(getattr(before, name) != getattr(here.view, name) for name in OF_A_RUN):
        st.rerun("text")
    now = shown.resolved()
    parts = ["picture"]
    if now.survey is not was.survey:
        parts.append("words")
    if (now.survey, now.layer, now.scale, here.room) != (was.survey, was.layer, was.scale, room):
        parts.append("heads")
    if _ROW(now) != _ROW(was) and any(map(st.session_state.get, OPENED)):
        parts.append("worth")
    if len(parts) > 1:  # else the picture, which told it, runs again by itself
        st.rerun(parts)
