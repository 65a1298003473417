"""What an event does is the same in Python and in the browser, which draws it before the host has answered."""

import base64
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from attnviz.address import DEFAULT_TEXT, View
from attnviz.events import read_event, update
from attnviz.first import opening
from attnviz.scene import scene, written_view
from attnviz.survey import survey
from attnviz.tokens import reading
from attnviz.trace import Stack, Trace
from attnviz.view import resolve
from tests.canvas import fixtures
from tests.canvas.javascript import call

FIELDS = (
    *("kinds", "kind", "layer", "head", "query", "key", "pins", "average", "heads", "name", "direction", "face"),
    *("between", "words", "special", "scale"),
)
IN_A_STORE = """({ messages, events }) => {
  const store = new Store(() => {});
  for (const each of messages) store.take(Uint8Array.from(atob(each), (letter) => letter.charCodeAt(0)));
  for (const each of events) store.choose(each);
  return { shown: store.shown, view: store.view.view };
}"""
TRACES = {
    "built in": (lambda: fixtures.attnviz.load("builtin").run(DEFAULT_TEXT), View()),
    "pair": (fixtures.pair, View()),
    "pair without special tokens": (fixtures.pair, View(special="hide", between="ab")),
    "decoder": (fixtures.decoder, View()),
    "translation": (fixtures.translation, View(stack="cross")),
    "window": (lambda: fixtures.decoder("the cat sat " * 180), View(rows=20)),
}


def word(generator: np.random.Generator, tokens: Any) -> dict[str, Any]:
    few = generator.random() < 0.5  # the same word twice, as one that is pinned leaves again
    token = int(generator.integers(3 if few else len(tokens)))
    return {"token": token, "text": reading(tokens[token])}


def in_the_picture(generator: np.random.Generator, stack: Stack) -> dict[str, Any]:
    """An event that needs no other text."""
    any_of = generator.choice
    layer, head = int(any_of(stack.layers)), int(generator.integers(stack.n_heads))
    side = str(any_of(["query", "key"]))
    chosen = word(generator, stack.query_tokens if side == "query" else stack.key_tokens)
    events: list[dict[str, Any]] = [
        {"type": "head", "layer": layer, "head": head},
        {"type": "layer", "layer": layer},
        {"type": "word", "side": side, **chosen},
        *[{"type": "pin", "side": side, **chosen}] * 4,
        {"type": "unpin"},
        {"type": "link", "query": word(generator, stack.query_tokens), "key": word(generator, stack.key_tokens)},
        {"type": "direction", "direction": str(any_of(["to", "from"]))},
        {"type": "face", "face": str(any_of(["text", "columns"]))},
        {"type": "scale", "scale": str(any_of(["head", "unit", "log"]))},
        {"type": "average", "average": any_of([None, "layer", "all", f"{layer}.{head}-{stack.layers[0]}.0"])},
        {"type": "between", "between": any_of([None, "aa", "ab", "ba", "bb"])},
        {"type": "edits", "edits": any_of([None, "mute 3", "mute 3; cut 1.0 2 3", "cross set_row 3.0 1 0.5 0.5"])},
        {"type": "edited", "edited": str(any_of(["changed", "before"]))},
    ]
    return dict(events[int(generator.integers(len(events)))])


def anywhere(generator: np.random.Generator) -> dict[str, Any]:
    """An event that changes what a picture is of."""
    any_of = generator.choice
    events: list[dict[str, Any]] = [
        {"type": "text", "text": str(any_of(["", "other", "a b c"]))},
        {"type": "pair", "pair": any_of([None, "second"])},
        {"type": "other", "other": "x y"},
        {"type": "other_pair", "other_pair": "y z"},
        {"type": "model", "model": "untrained"},
        {"type": "other_model", "other_model": any_of([None, "untrained"])},
        {"type": "from_scratch", "on": bool(any_of([True, False]))},
        {"type": "language", "side": str(any_of(["source", "target"])), "language": any_of([None, "de"])},
        {"type": "stack", "stack": any_of([None, "cross", "encoder"])},
        {"type": "words", "on": bool(any_of([True, False]))},
        {"type": "special", "special": str(any_of(["keep", "hide", "renormalise"]))},
        {"type": "window", "rows": int(generator.integers(900))},
        {"type": "window", "rows": 3, "columns": int(generator.integers(900))},
    ]
    return dict(events[int(generator.integers(len(events)))])


def read(event: dict[str, Any]) -> Any:
    found = read_event(event)
    assert found is not None, f"the host refuses {event}"
    return found


def test_every_event_changes_the_same_fields_in_both():
    generator = np.random.default_rng(0)
    stack = fixtures.pair().encoder
    asked, expected = [], []
    for _ in range(150):
        events = [
            anywhere(generator) if generator.random() < 0.4 else in_the_picture(generator, stack) for _ in range(8)
        ]
        views = [View()]
        for event in events:
            views.append(update(views[-1], read(event)))
        asked.append([written_view(View()), events])
        expected.append([written_view(view) for view in views[1:]])
    found = call("update", "([view, events]) => events.map((event) => (view = update(view, event)))", asked)
    assert found == expected


@pytest.mark.parametrize("name", TRACES)
def test_the_browser_shows_what_the_host_decides(name):
    """The words and maps are there; a store shows the same after a choice as `resolve` does when it has come."""
    generator = np.random.default_rng(1)
    made, base = TRACES[name]
    trace: Trace[Stack] = made()
    first = picture(trace, base)
    stack = trace.stacks[first.said["shown"]["kind"]]
    asked, expected = [], []
    for _ in range(30 if name != "window" else 6):
        events = [in_the_picture(generator, stack) for _ in range(int(generator.integers(1, 5)))]
        view = base
        for event in events:
            view = update(view, read(event))
        after = picture(trace, view)
        messages = [first.text, first.map, first.view, after.map]
        asked.append({"messages": [base64.b64encode(each).decode() for each in messages], "events": events})
        expected.append({"shown": plain(after.said["shown"]), "view": written_view(view)})
    for found, wanted, case in zip(call("store", IN_A_STORE, asked), expected, asked, strict=True):
        assert found["shown"] == wanted["shown"], case["events"]
        assert found["view"] == wanted["view"], case["events"]


def picture(trace: Trace[Stack], view: View) -> Any:
    return scene(resolve(replace(view), trace, survey, opening=opening(trace)))


def plain(shown: Any) -> dict[str, Any]:
    return {name: listed(shown[name]) for name in FIELDS}


def listed(value: Any) -> Any:
    return [listed(each) for each in value] if isinstance(value, tuple | list) else value
