"""The two components, what they are sent, and what comes back from them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from attnviz import Stack
from attnviz.app import session
from attnviz.app.components.canvas.pins import pins
from attnviz.app.components.canvas.words import texts, written
from attnviz.app.selection import Selection
from attnviz.app.state import read_address, read_heads, write_heads, write_places
from attnviz.figures.cells import window
from attnviz.figures.theme import DARK, LIGHT
from attnviz.packing import PackedMaps, exact_map, message, pack_maps

MAX_PACKED = 8  # texts whose maps are kept, at most 3 MB each
MAX_CHOSEN = 16  # maps that are kept, at most 1 MB each
_SEQUENCE = "_canvas_sequence"  # of the last choice taken, so that the browser knows an answer that came too late
_CHOICES = {"layer", "head", "average", "pins", "direction", "face", "between", "stack"}
_NAMES = {"cross": ("second text, attends", "first text, is attended to")}


def _source(*names: str) -> str:
    folder = Path(__file__).parent
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


_SCALES = f"const SCALES = {json.dumps({'light': asdict(LIGHT), 'dark': asdict(DARK)})};\n"
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
    js=_SCALES + _source("shared.js", "arcs.js", "sentence.js"),
)


@dataclass(frozen=True, eq=False)
class Picture:
    """What both parts show: a stack, the tokens of it that are on screen, and the maps of all its heads.

    source: what the stack was computed from (model, texts, and what else changes its numbers); its name in caches.
    average, heads: the heads that the sentence shows the mean of; "" and the chosen one in most cases.
    """

    chosen: Selection
    source: tuple[object, ...]
    rows: range
    columns: range
    maps: PackedMaps
    average: str
    heads: tuple[tuple[int, int], ...]
    guide: tuple[str, ...]
    group: str
    is_asked: bool

    @property
    def name(self) -> str:
        """The heads that are shown, as the browser names them, too."""
        if self.average == "layer":
            return f"layer {self.chosen.layer}"
        return self.average or f"{self.chosen.layer}.{self.chosen.head}"


def picture(
    chosen: Selection,
    source: tuple[object, ...],
    *,
    is_asked: bool,
    guide: Sequence[str] = (),
    group: str = "explore",
) -> Picture:
    """What both parts show.

    is_asked: whether the stack is that of the model asked for; the view is corrected only then.
    guide: a sentence for every head, layer by layer, that the overview says when it is looked at; may be empty.
    group: parts of one group look at one text together.
    """
    stack = chosen.stack
    rows = window(len(stack.query_tokens), session.view().rows)
    columns = rows if _is_one_text(stack) else window(len(stack.key_tokens), session.view().columns)
    source = (*source, chosen.kind)
    maps = _packed(stack, source, rows.start, columns.start, group)
    average, heads = averaged(session.view().average, chosen)
    if is_asked and average != session.view().average:
        session.correct("The address asks for the mean of heads that this model does not have.", average=average)
    return Picture(chosen, source, rows, columns, maps, average, heads, tuple(guide), group, is_asked)


def overview(picture: Picture) -> None:
    """All layers × heads as small maps; hovering looks at a head, a click chooses it."""
    key = f"overview_{picture.group}"
    with st.container(key="overview"):
        _overview(key=key, data=picture.maps.message, on_choice_change=_taker(key))


def sentence(picture: Picture) -> None:
    """The text as words; hovering one shows what it attends to, a click pins it."""
    key = f"sentence_{picture.group}"
    with st.container(key="sentence"):
        _sentence(key=key, data=_words_and_map(picture), on_choice_change=_taker(key))


def averaged(average: str, chosen: Selection) -> tuple[str, tuple[tuple[int, int], ...]]:
    """What a view averages, without heads that the model lacks, and the heads, each as (layer, head)."""
    stack = chosen.stack
    if average == "all":
        return average, tuple((layer, head) for layer in range(stack.n_layers) for head in range(stack.n_heads))
    if average == "layer":
        return average, tuple((chosen.layer, head) for head in range(stack.n_heads))
    pairs = dict.fromkeys(read_heads(average))
    there = tuple((layer, head) for layer, head in pairs if layer < stack.n_layers and head < stack.n_heads)
    if len(there) < 2:
        return "", ((chosen.layer, chosen.head),)
    return write_heads(there), there


def _words_and_map(picture: Picture) -> bytes:
    """The words, the selection and the map of the heads that are shown."""
    view, chosen, stack = session.view(), picture.chosen, picture.chosen.stack
    is_pair = chosen.kind == "encoder" and bool(view.pair.strip())
    is_one = _is_one_text(stack)
    tokens, seen = (
        (stack.key_tokens, picture.columns) if view.direction == "from" else (stack.query_tokens, picture.rows)
    )
    places, note = pins(texts(tokens), is_asked=picture.is_asked)
    header = {
        "group": picture.group,
        "digest": picture.maps.digest,
        "sequence": st.session_state.get(_SEQUENCE, 0),
        "layers": stack.n_layers,
        "heads": stack.n_heads,
        "tokens": [len(picture.rows), len(picture.columns)],
        "query": written(stack.query_tokens, picture.rows, is_pair=is_pair),
        "key": None if is_one else written(stack.key_tokens, picture.columns, is_pair=False),
        "names": _NAMES.get(chosen.kind, ("attends", "is attended to")),
        "layer": chosen.layer,
        "head": chosen.head,
        "average": picture.average,
        "shows": picture.name,
        "pins": [place - seen.start for place in places if place in seen],
        "direction": view.direction,
        "face": view.face,
        "between": view.between if is_pair else "",
        "stack": chosen.kind,
        "stacks": chosen.kinds,
        "guide": picture.guide,
        "note": note,
    }
    return message(header, _exact(stack, picture.source, picture.heads, picture.rows.start, picture.columns.start))


@st.cache_resource(max_entries=MAX_PACKED, show_spinner=False)
def _packed(_stack: Stack, source: tuple[object, ...], row: int, column: int, group: str) -> PackedMaps:
    rows, columns = window(len(_stack.query_tokens), row), window(len(_stack.key_tokens), column)
    return pack_maps(_stack, rows=rows, columns=columns, group=group)


@st.cache_resource(max_entries=MAX_CHOSEN, show_spinner=False)
def _exact(
    _stack: Stack, source: tuple[object, ...], heads: tuple[tuple[int, int], ...], row: int, column: int
) -> NDArray[np.float32]:
    rows, columns = window(len(_stack.query_tokens), row), window(len(_stack.key_tokens), column)
    return exact_map(_stack, heads, rows=rows, columns=columns)


def _is_one_text(stack: Stack) -> bool:
    return stack.query_tokens == stack.key_tokens


def _taker(key: str) -> Callable[[], None]:
    """Takes what was chosen in a part into the view; a choice that cannot be read, as no person makes it, is left."""

    def take() -> None:
        choice = dict(st.session_state[key].get("choice") or {})
        sequence = choice.pop("sequence", None)
        if isinstance(choice.get("pins"), list):
            choice["pins"] = write_places(choice["pins"])
        asked, complaints = read_address({name: str(value) for name, value in choice.items() if name in _CHOICES})
        if isinstance(sequence, int) and not complaints:
            st.session_state[_SEQUENCE] = sequence
            session.change(**{name: getattr(asked, name) for name in _CHOICES & choice.keys()})

    return take
