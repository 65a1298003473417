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

from attnviz.address import FORMS, MAX_PINS, MAX_WORD, Place, View, is_number, is_word, read_address
from attnviz.edits import read_edits, write_edits

Event: TypeAlias = Mapping[str, Any]

MAX_SEQUENCE = 2**53  # as far as JavaScript counts
MAX_EVENTS = 512  # that a browser sends together
MAX_PARAMETERS = 200
WINDOW = ("rows", "columns")
OF_A_MODEL = (
    "stack", "layer", "head", "average", "source_language", "target_language", "from_scratch", "edits", *WINDOW,
)  # fmt: skip
OF_A_STACK = ("query", "key", *WINDOW)
SIDES = {"query": "to", "key": "from"}
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


@dataclass(frozen=True)
class Kind:
    """Of one type of events, the parts that it has beside its type, each with what it may be, and what it changes."""

    parts: Mapping[str, Callable[[Any], bool]]
    change: Callable[[View, Event], View]


def read_event(sent: object) -> Event | None:
    """The event that was sent; None where it is none, or names what cannot exist."""
    if not isinstance(sent, Mapping) or not isinstance(sent.get("type"), str) or sent["type"] not in KINDS:
        return None
    checks = KINDS[sent["type"]].parts
    parts = {name: part for name, part in sent.items() if name != "type"}
    is_window = sent["type"] == "window" and parts.keys() and parts.keys() <= checks.keys()  # of one side or of both
    if parts.keys() != checks.keys() and not is_window:
        return None
    return dict(sent) if all(checks[name](part) for name, part in parts.items()) else None


def update(view: View, event: Event) -> View:
    """The view after an event that `read_event` gave."""
    return KINDS[event["type"]].change(view, event)


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


def _entries(sent: object) -> Iterator[tuple[int, str, Event | None]]:
    """Sequence, digest and event of everything that was sent and has a number."""
    events = sent.get("events") if isinstance(sent, Mapping) else None
    for entry in events[:MAX_EVENTS] if isinstance(events, list) else ():
        sequence = entry.get("sequence") if isinstance(entry, Mapping) else None
        if type(sequence) is int and 0 < sequence < MAX_SEQUENCE:
            digest = entry.get("digest")
            yield sequence, digest if isinstance(digest, str) else "", read_event(entry.get("event"))


def _word(view: View, event: Event) -> View:
    """One word is chosen: the other end of its link is again the one that goes best with it."""
    side = event["side"]
    chosen: dict[str, Any] = {"query": None, "key": None, side: _place(event)}
    return replace(view, **chosen, pins=(), direction=SIDES[side])


def _pin(view: View, event: Event) -> View:
    """A word joins those that are looked at together, or leaves them; the one that was chosen before is the first."""
    side, chosen = event["side"], _place(event)
    pins = view.pins if view.value("direction") == SIDES[side] else ()
    before: Place | None = getattr(view, side)
    if not pins and before is not None:
        pins = (before,)
    kept = tuple(pin for pin in pins if pin.token != chosen.token)
    pins = (*kept, chosen) if kept == pins else kept
    return replace(view, pins=pins[:MAX_PINS], direction=SIDES[side])


def _link(view: View, event: Event) -> View:
    return replace(view, query=_place(event["query"]), key=_place(event["key"]), pins=())


def _head(view: View, event: Event) -> View:
    return replace(view, layer=event["layer"], head=event["head"], average=None)


def _window(view: View, event: Event) -> View:
    return replace(view, **{side: event[side] for side in WINDOW if side in event})


def _language(view: View, event: Event) -> View:
    language: dict[str, Any] = {f"{event['side']}_language": event["language"] or None}
    return replace(view, **language)


def _sets(
    name: str, *, part: str = "", unsets: Collection[str] = (), unpins: bool = False, unlinks: bool = False
) -> Kind:
    """What sets one field to the part of this name, that of the field unless given.

    unsets, unpins: what it resets. unlinks: whether edits that name tokens go, which are others in another text.
    """
    part, form = part or name, FORMS[name]

    def change(view: View, event: Event) -> View:
        values: dict[str, Any] = dict.fromkeys(unsets) | ({"pins": ()} if unpins else {})
        if unlinks:
            values["edits"] = _of_heads(view.edits)
        values[name] = None if event[part] in form.unset else event[part]
        return replace(view, **values)

    return Kind({part: form.takes}, change)


def _of_heads(edits: str | None) -> str | None:
    """Those of the edits that name no token."""
    return write_edits(each for each in read_edits(edits or "") if not hasattr(each, "query")) or None


def _one_of(names: Collection[str]) -> Callable[[object], bool]:
    return lambda sent: isinstance(sent, str) and sent in names


def _place(sent: Event) -> Place:
    return Place(sent["token"], sent["text"][:MAX_WORD])


def _is_place(sent: object) -> bool:
    return isinstance(sent, Mapping) and sent.keys() == _PLACE.keys() and all(_PLACE[part](sent[part]) for part in sent)


def _is_address(sent: object) -> bool:
    if not isinstance(sent, Mapping) or len(sent) > MAX_PARAMETERS:
        return False
    return all(isinstance(part, str) for pair in sent.items() for part in pair)


_PLACE: Mapping[str, Callable[[Any], bool]] = {"token": is_number, "text": is_word}
_PLACE_OF_A_SIDE = {"side": _one_of(SIDES), **_PLACE}
_ALONE = (
    *("other", "other_pair", "other_model", "layer", "direction", "face", "special", "scale", "average"),
    *("edits", "edited"),
)
KINDS: Mapping[str, Kind] = {
    **{name: _sets(name) for name in _ALONE},
    "text": _sets("text", unsets=WINDOW, unlinks=True),
    "pair": _sets("pair", unsets=WINDOW, unlinks=True),
    "model": _sets("model", unsets=OF_A_MODEL),
    "stack": _sets("stack", unsets=OF_A_STACK, unpins=True),
    "between": _sets("between", unpins=True),
    "from_scratch": _sets("from_scratch", part="on"),
    "words": _sets("words", part="on"),
    "language": Kind({"side": _one_of(("source", "target")), "language": FORMS["source_language"].takes}, _language),
    "head": Kind({"layer": is_number, "head": is_number}, _head),
    "word": Kind(_PLACE_OF_A_SIDE, _word),
    "pin": Kind(_PLACE_OF_A_SIDE, _pin),
    "unpin": Kind({}, lambda view, _: replace(view, pins=())),
    "link": Kind({"query": _is_place, "key": _is_place}, _link),
    "window": Kind({"rows": is_number, "columns": is_number}, _window),
    "address": Kind({"parameters": _is_address}, lambda _, event: read_address(event["parameters"])[0]),
    "open": Kind({"what": _one_of(("card", "files"))}, lambda view, _: view),
}
