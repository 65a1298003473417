"""The two components, what they are sent, and what comes back from them."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from attnviz.analysis.habits import Habit
from attnviz.app import sent, session
from attnviz.app.components.canvas.heads import habits_of, said
from attnviz.app.components.canvas.pins import Side, pins
from attnviz.app.components.canvas.words import texts, written
from attnviz.app.display import Display
from attnviz.app.guide import NOTHING, Known
from attnviz.app.selection import Selection
from attnviz.app.state import NOT_CHOSEN, is_value, read_heads, read_places, write_heads, write_places
from attnviz.figures.cells import window
from attnviz.figures.scales import FLOOR
from attnviz.figures.theme import DARK, LIGHT
from attnviz.packing import PackedMaps, exact_map, message, pack_maps
from attnviz.tokens import second_text
from attnviz.trace import AttentionMaps

MAX_PACKED = 8  # texts whose maps are kept, at most 3 MB each
MAX_CHOSEN = 16  # maps that are kept, at most 1 MB each
MAX_SEQUENCE = 2**53  # as far as JavaScript counts
_SEQUENCE = "_canvas_sequence"  # of the last choice taken, so that the browser knows an answer that came too late
_NAMES = {"cross": ("second text, attends", "first text, is attended to")}


def _source(*names: str) -> str:
    folder = Path(__file__).parent
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


_SCALES = f"const SCALES = {json.dumps({'light': asdict(LIGHT), 'dark': asdict(DARK)})}, FLOOR = {FLOOR};\n"
_overview = st.components.v2.component(
    "attnviz_overview",
    html="<section></section>",
    css=_source("overview.css"),
    js=_SCALES + _source("shared.js", "overview.js"),
)
_sentence = st.components.v2.component(
    "attnviz_sentence",
    html="<section></section>",
    css=_source("sentence.css"),
    js=_SCALES + _source("shared.js", "looking.js", "arcs.js", "sentence.js"),
)


@dataclass(frozen=True, eq=False)
class Picture:
    """What both parts show: the maps that are drawn, the tokens of them that are on screen, and all heads.

    source: what the maps were computed from (model, texts, and what else changes their numbers); their name in caches.
    average, heads: the heads that the sentence shows the mean of; "" and the chosen one in most cases.
    habits: where each head looks whatever the words are, layer by layer.
    """

    chosen: Selection
    shown: Display
    source: tuple[object, ...]
    rows: range
    columns: range
    maps: PackedMaps
    average: str
    heads: tuple[tuple[int, int], ...]
    known: Known
    habits: tuple[Habit, ...]
    group: str
    is_asked: bool

    @property
    def name(self) -> str:
        """The heads that are shown, as the browser names them, too."""
        if self.average == "layer":
            return f"layer {self.chosen.layer}"
        return self.average or f"{self.chosen.layer}.{self.chosen.head}"

    @property
    def averaged_heads(self) -> str:
        """The heads that the sentence shows the mean of, in words; "" where it is the chosen one alone."""
        if self.average in {"layer", "all"}:
            return f"mean of all heads{f' of layer {self.chosen.layer} (from 0)' if self.average == 'layer' else ''}"
        names = ", ".join(f"{layer}.{head}" for layer, head in self.heads)
        return f"mean of the heads {names} (layer.head, both from 0)" if self.average else ""

    @property
    def second(self) -> int | None:
        """Where the second text of a pair begins in what is drawn; None where there is none."""
        if self.chosen.kind != "encoder" or not session.view().pair.strip():
            return None
        first = second_text(self.chosen.stack.query_tokens)
        return None if first is None else self.shown.queries.drawn[first]

    @property
    def sides(self) -> dict[str, Side]:
        """The tokens that look, direction "to", and those that are looked at, direction "from"."""
        return {"to": Side(self.shown.queries, self.rows), "from": Side(self.shown.keys, self.columns)}

    @property
    def at_rest(self) -> int | None:
        """The place on screen of the word that is looked at while nobody looks at another one; None: nothing known."""
        side = self.sides[session.view().direction]
        places = () if self.known.first is None else side.drawn([self.known.first])
        return places[0] - side.seen.start if places else None


def picture(
    chosen: Selection,
    shown: Display,
    source: tuple[object, ...],
    *,
    is_asked: bool,
    known: Known = NOTHING,
    group: str = "explore",
) -> Picture:
    """What both parts show.

    shown: the maps of the stack as the page draws them.
    is_asked: whether the stack is that of the model asked for; the view is corrected only then.
    known: what the overview says of heads, which words the sentence marks, and which it shows at rest.
    group: parts of one group look at one text together.
    """
    maps = shown.maps
    rows = window(len(maps.query_tokens), session.view().rows)
    columns = rows if _is_one_text(maps) else window(len(maps.key_tokens), session.view().columns)
    source = (*source, chosen.kind, *shown.choices)
    packed = _packed(maps, source, rows.start, columns.start, group)
    found = habits_of(maps, source)
    average, heads = averaged(session.view().average, chosen)
    if is_asked and average != session.view().average:
        session.correct("The address asks for the mean of heads that this model does not have.", average=average)
    return Picture(chosen, shown, source, rows, columns, packed, average, heads, known, found, group, is_asked)


def overview(picture: Picture) -> None:
    """All layers × heads as small maps; hovering looks at a head, a click chooses it."""
    key = f"overview_{picture.group}"
    with st.container(key="overview"):
        _overview(key=key, data=picture.maps.message, on_choice_change=_taker(key, picture))


def sentence(picture: Picture) -> None:
    """The text as words; hovering one shows what it attends to, a click pins it."""
    key = f"sentence_{picture.group}"
    with st.container(key="sentence"):
        _sentence(key=key, data=_words_and_map(picture), on_choice_change=_taker(key, picture))


def averaged(average: str, chosen: Selection) -> tuple[str, tuple[tuple[int, int], ...]]:
    """What a view averages, without heads that the model lacks, and the heads, each as (layer, head)."""
    stack = chosen.stack
    if average == "all":
        return average, tuple((layer, head) for layer in stack.layers for head in range(stack.n_heads))
    if average == "layer":
        return average, tuple((chosen.layer, head) for head in range(stack.n_heads))
    pairs = dict.fromkeys(read_heads(average))
    there = tuple((layer, head) for layer, head in pairs if layer in stack.layers and head < stack.n_heads)
    if len(there) < 2:
        return "", ((chosen.layer, chosen.head),)
    return write_heads(there), there


def _words_and_map(picture: Picture) -> bytes:
    """The words, the selection and the map of the heads that are shown."""
    view, chosen, stack, maps = session.view(), picture.chosen, picture.chosen.stack, picture.shown.maps
    is_one = _is_one_text(maps)
    tokens = texts(stack.key_tokens if view.direction == "from" else stack.query_tokens)
    pinned, note = pins(tokens, is_asked=picture.is_asked)
    side = picture.sides[view.direction]
    if hidden := [tokens[token] for token in pinned if not side.drawn([token])]:
        note = f"{note} Pinned, but not shown here: {', '.join(hidden)}.".strip()
    header = {
        "group": picture.group,
        "digest": picture.maps.digest,
        "sequence": st.session_state.get(_SEQUENCE, 0),
        "layers": stack.layers,
        "heads": stack.n_heads,
        "tokens": [len(picture.rows), len(picture.columns)],
        "query": written(maps.query_tokens, picture.rows, second=picture.second, unknown=picture.known.unknown),
        "key": None if is_one else written(maps.key_tokens, picture.columns),
        "names": _NAMES.get(chosen.kind, ("attends", "is attended to")),
        "layer": chosen.layer,
        "head": chosen.head,
        "average": picture.average,
        "shows": picture.name,
        "pins": [place - side.seen.start for place in side.drawn(pinned)],
        "direction": view.direction,
        "face": view.face,
        "between": "" if picture.second is None else view.between,
        "scale": view.scale,
        "stack": chosen.kind,
        "stacks": chosen.kinds,
        "rest": picture.at_rest,
        "about": said(
            picture.known.heads, picture.habits, has_special=any(token.is_special for token in maps.key_tokens)
        ),
        "note": note,
    }
    return message(header, exact_map_of(picture))


def exact_map_of(picture: Picture) -> NDArray[np.float32]:
    """The map of the heads that the sentence shows, (query, key), NaN where masked."""
    rows, columns = picture.rows.start, picture.columns.start
    return _exact(picture.shown.maps, picture.source, picture.heads, rows, columns)


@st.cache_resource(max_entries=MAX_PACKED, show_spinner=False)
def _packed(_maps: AttentionMaps, source: tuple[object, ...], row: int, column: int, group: str) -> PackedMaps:
    rows, columns = window(len(_maps.query_tokens), row), window(len(_maps.key_tokens), column)
    return pack_maps(_maps, rows=rows, columns=columns, group=group)


@st.cache_resource(max_entries=MAX_CHOSEN, show_spinner=False)
def _exact(
    _maps: AttentionMaps, source: tuple[object, ...], heads: tuple[tuple[int, int], ...], row: int, column: int
) -> NDArray[np.float32]:
    rows, columns = window(len(_maps.query_tokens), row), window(len(_maps.key_tokens), column)
    return exact_map(_maps, heads, rows=rows, columns=columns)


def _is_one_text(maps: AttentionMaps) -> bool:
    return maps.query_tokens == maps.key_tokens


def _taker(key: str, picture: Picture) -> Callable[[], None]:
    """Takes what was chosen in a part into the view; a choice that cannot be read, as no person makes it, is left."""
    sides, digest, checks = picture.sides, picture.maps.digest, _checks(picture)  # a callback outlives the run

    def take() -> None:
        choice = sent.read(st.session_state[key].get("choice"), checks)
        session.note_rooms(choice.pop("rooms", None))
        if "sequence" not in choice or choice.pop("digest", digest) != digest:
            return
        st.session_state[_SEQUENCE] = choice.pop("sequence")
        if "pins" in choice:
            choice |= _pinned(tuple(sorted(set(choice["pins"]))), choice.get("direction"), sides)
        session.change(**choice)

    return take


def _checks(picture: Picture) -> dict[str, sent.Check]:
    """What a part of this picture may send: layers, heads and words that the picture has."""
    stack, kinds = picture.chosen.stack, picture.chosen.kinds

    def average(value: object) -> bool:
        return is_value("average", value) and averaged(str(value), picture.chosen)[0] == value

    return {
        "layer": sent.whole(stack.layers),
        "head": sent.whole(range(stack.n_heads)),
        "average": average,
        "pins": sent.wholes(range(max(picture.rows.stop, picture.columns.stop))),
        "direction": partial(is_value, "direction"),
        "face": partial(is_value, "face"),
        "between": partial(is_value, "between"),
        "stack": lambda value: value in kinds,
        "digest": lambda value: isinstance(value, str),
        "rooms": sent.anything,
        "sequence": sent.whole(range(MAX_SEQUENCE)),
    }


def _pinned(chosen: tuple[int, ...], direction: str | None, sides: dict[str, Side]) -> dict[str, str | int]:
    """What pinning these places does to the view: a word that was not pinned before is what the arithmetic is of."""
    view = session.view()
    before = read_places(view.pins) if direction in {None, view.direction} else ()
    direction = direction or view.direction
    side = sides[direction]
    values: dict[str, str | int] = {"pins": write_places(side.taken(chosen, before))}
    new = [tokens[0] for place in chosen if place not in side.drawn(before) and (tokens := side.places.tokens(place))]
    if len(new) == 1:
        values |= {"query": NOT_CHOSEN, "key": NOT_CHOSEN, "key" if direction == "from" else "query": new[0]}
    return values
