"""What a person does, as events, and what each of them changes in the view.

An event is a JSON object with a `type`, whoever sends it: a widget, a choice in a picture, an address. It comes from
a browser, so it is read as an address is: what is wrong in any way (another type, out of range, too long, a name that
nobody sends) is nothing that a person did, and is left as a whole. An event changes its own fields and no others; what
a new text or model means for a word or a layer that was chosen, `resolve` decides when it sees them.

The picture in the browser draws by the same rules before the server knows: `canvas/update.js`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from attnviz.address import (
    MAX_PINS,
    TEXTS,
    Place,
    View,
    is_number,
    is_value,
    may_be_unset,
    place,
    read_address,
)

Event: TypeAlias = Mapping[str, Any]

MAX_SEQUENCE = 2**53  # as far as JavaScript counts
MAX_EVENTS = 512  # that a browser sends together
MAX_PARAMETERS = 200
WINDOW = ("rows", "columns")
OF_A_MODEL = ("stack", "layer", "head", "average", "source_language", "target_language", "from_scratch", *WINDOW)
OF_A_STACK = ("query", "key", *WINDOW)
SIDES = {"query": "to", "key": "from"}
OPENS = ("card", "files")
# What names layers, heads or tokens belongs to the text and model that were on screen.
OF_A_PICTURE = ("layer", "head", "word", "pin", "link", "average", "window")
OF_ANOTHER_PICTURE = ("text", "pair", "model", "from_scratch", "language", "stack", "address")


@dataclass(frozen=True)
class Taken:
    """What came of what a browser sent.

    sequence: of the last event that was read, taken or refused.
    opened: what a person asked to see beside the view, "card" or "files".
    """

    view: View
    sequence: int
    opened: str | None = None


def read_event(sent: object) -> Event | None:
    """The event that was sent; None where it is none, or names what cannot exist."""
    if not isinstance(sent, Mapping):
        return None
    kind = sent.get("type")
    checks = _PARTS.get(kind) if isinstance(kind, str) else None
    if checks is None:
        return None
    parts = {name: part for name, part in sent.items() if name != "type"}
    is_whole = parts.keys() == checks.keys() or (kind == "window" and parts.keys() and parts.keys() <= checks.keys())
    if not is_whole or not all(checks[name](part) for name, part in parts.items()):
        return None
    return {"type": kind, **parts}


def update(view: View, event: Event) -> View:
    """The view after an event that `read_event` gave."""
    kind = event["type"]
    if kind in ("text", "pair"):
        return _changed(view, **{kind: _asked(kind, event[kind])}, **dict.fromkeys(WINDOW))
    if kind == "model":
        return _changed(view, **dict.fromkeys(OF_A_MODEL), model=event["model"])
    if kind == "stack":
        return _changed(view, **dict.fromkeys(OF_A_STACK), pins=(), stack=_asked("stack", event["stack"]))
    if kind == "language":
        return replace(view, **{f"{event['side']}_language": _asked("source_language", event["language"])})
    if kind == "head":
        return replace(view, layer=event["layer"], head=event["head"], average=None)
    if kind in ("word", "pin"):
        return (_word if kind == "word" else _pin)(view, event["side"], _place(event))
    if kind == "unpin":
        return replace(view, pins=())
    if kind == "link":
        return replace(view, query=_place(event["query"]), key=_place(event["key"]), pins=())
    if kind == "window":
        return replace(view, **{side: event[side] for side in WINDOW if side in event})
    if kind == "address":
        return read_address(event["parameters"])[0]
    if kind == "between":
        return replace(view, between=_asked("between", event["between"]), pins=())
    if kind in ("from_scratch", "words"):
        return replace(view, **{kind: event["on"]})
    return view if kind == "open" else replace(view, **{kind: _asked(kind, event[kind])})


def take(view: View, sent: object, *, after: int, digests: Collection[str]) -> Taken:
    """The view after all that a browser sent, in the order in which it was done.

    A browser sends what it knows of no answer to, each time: `{"events": [{"sequence", "digest", "event"}, …]}`. What
    was read before (up to `after`) is not taken twice; what is refused counts as read, so that it is not sent again.
    digests: of the pictures that were sent since text and model are what they are; a word, a layer or a head of
        another picture is not taken.
    """
    taken, gone = Taken(view, after), set[str]()
    for sequence, digest, event in _entries(sent):
        if sequence <= taken.sequence:
            continue
        taken = replace(taken, sequence=sequence)
        is_of_this_picture = digest in digests and digest not in gone
        if event is None or (event["type"] in OF_A_PICTURE and not is_of_this_picture):
            continue
        if event["type"] in OF_ANOTHER_PICTURE:
            gone.add(digest)
        opened = event["what"] if event["type"] == "open" else taken.opened
        taken = replace(taken, view=update(taken.view, event), opened=opened)
    return taken


def _word(view: View, side: str, chosen: Place) -> View:
    """One word is chosen: the other end of its link is again the one that goes best with it."""
    return _changed(view, **{"query": None, "key": None, side: chosen}, pins=(), direction=SIDES[side])


def _pin(view: View, side: str, chosen: Place) -> View:
    """A word joins those that are looked at together, or leaves them; the one that was chosen before is the first."""
    pins = view.pins if view.value("direction") == SIDES[side] else ()
    before: Place | None = getattr(view, side)
    if not pins and before is not None:
        pins = (before,)
    kept = tuple(pin for pin in pins if pin.token != chosen.token)
    pins = (*kept, chosen) if kept == pins else kept
    return replace(view, pins=pins[:MAX_PINS], direction=SIDES[side])


def _changed(view: View, **values: Any) -> View:
    return replace(view, **values)


def _place(sent: Event) -> Place:
    chosen = place(sent["token"], sent["text"])
    assert chosen is not None, "an event is read before it is taken"
    return chosen


def _asked(name: str, value: Any) -> Any:
    return None if may_be_unset(name, value) else value


def _entries(sent: object) -> Iterator[tuple[int, str, Event | None]]:
    """Sequence, digest and event of everything that was sent and has a number."""
    events = sent.get("events") if isinstance(sent, Mapping) else None
    for entry in events[:MAX_EVENTS] if isinstance(events, list) else ():
        sequence = entry.get("sequence") if isinstance(entry, Mapping) else None
        if type(sequence) is int and 0 < sequence < MAX_SEQUENCE:
            digest = entry.get("digest")
            yield sequence, digest if isinstance(digest, str) else "", read_event(entry.get("event"))


def _is_place(sent: object) -> bool:
    return (
        isinstance(sent, Mapping)
        and sent.keys() == {"token", "text"}
        and place(sent["token"], sent["text"]) is not None
    )


def _is_address(sent: object) -> bool:
    if not isinstance(sent, Mapping) or len(sent) > MAX_PARAMETERS:
        return False
    return all(isinstance(part, str) for pair in sent.items() for part in pair)


def _field(name: str) -> Callable[[object], bool]:
    return lambda sent: is_value(name, sent) or may_be_unset(name, sent)


def _one_of(*names: str) -> Callable[[object], bool]:
    return lambda sent: isinstance(sent, str) and sent in names


_SIDE = _one_of(*SIDES)
_ON = _field("words")
_ALONE = (
    *TEXTS,
    "model",
    "other_model",
    "stack",
    "layer",
    "direction",
    "face",
    "special",
    "scale",
    "average",
    "between",
)
_PARTS: Mapping[str, Mapping[str, Callable[[object], bool]]] = {
    **{name: {name: _field(name)} for name in _ALONE},
    "from_scratch": {"on": _ON},
    "words": {"on": _ON},
    "language": {"side": _one_of("source", "target"), "language": _field("source_language")},
    "head": {"layer": is_number, "head": is_number},
    "word": {"side": _SIDE, "token": is_number, "text": lambda sent: place(0, sent) is not None},
    "pin": {"side": _SIDE, "token": is_number, "text": lambda sent: place(0, sent) is not None},
    "unpin": {},
    "link": {"query": _is_place, "key": _is_place},
    "window": {"rows": is_number, "columns": is_number},
    "address": {"parameters": _is_address},
    "open": {"what": _one_of(*OPENS)},
}
