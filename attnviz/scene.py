"""A picture as plain data: what is on screen, as three messages that change at different times, and as text.

    text   the words, and the maps of all heads as codes: once for a text and model
    map    the map that is shown, exactly: with every choice of a head
    view   what was chosen, how the chosen weight came about, and what is said of it: with every choice

`packing.message` says how each becomes bytes. Whatever draws the picture draws it from these alone: a page that a
server stands behind, a file, a notebook.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property, lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attnviz.address import DEFAULT_TEXT, OTHER_TEXT, Place, View
from attnviz.analysis.dropped import dropped, told
from attnviz.analysis.habits import Habit
from attnviz.answered import Edited
from attnviz.engine.known import Known, known
from attnviz.explained import explained
from attnviz.first import First
from attnviz.numbers import percent_text, weight_text
from attnviz.packing import message
from attnviz.tokens import Token, reading
from attnviz.view import Places, Resolved

EXAMPLES = (
    ("… it was too tired", DEFAULT_TEXT),
    ("… it was too wide", OTHER_TEXT),
    ("She ate the apple", "She ate the apple."),
    ("The cat sat on the mat …", "The cat sat on the mat because it was soft."),
    ("The trophy didn’t fit …", "The trophy didn't fit in the suitcase because it was too big."),
    ("… by the river bank", "She sat by the river bank"),
)
MOSTLY = 0.5  # share of a head's weight from which it is said to look there mostly
STRONGEST = 3  # words that a line of text names for each row
_NAMES = {"cross": ("second text, looks", "first text, is looked at")}
_LOOKS = ("looks", "is looked at")
_SHOWN = (
    "kinds", "kind", "layer", "head", "query", "key", "pins", "average", "heads", "name", "direction", "face",
    "between", "words", "special", "scale",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Scene:
    """What a picture shows, as plain data; `digest` names its tokens and weights.

    header, arrays: of the message `text`. cells: the map that is shown, (row, column), NaN where masked.
    said: the header of the message `view`.
    """

    digest: str
    header: Mapping[str, Any] = field(repr=False)
    arrays: tuple[NDArray[Any], ...] = field(repr=False)
    name: str
    cells: NDArray[np.float32] = field(repr=False)
    said: Mapping[str, Any] = field(repr=False)

    @cached_property
    def text(self) -> bytes:
        """The message of words and of all heads."""
        return message({"kind": "text", "digest": self.digest, **self.header}, *self.arrays)

    @cached_property
    def map(self) -> bytes:
        """The message of the map that is shown."""
        return message({"kind": "map", "digest": self.digest, "name": self.name}, self.cells)

    @cached_property
    def view(self) -> bytes:
        """The message of what was chosen, and of what is said of it."""
        return message({"kind": "view", "digest": self.digest, **self.said})

    def lines(self) -> list[str]:
        """The picture as text: the chosen word, what its head does, how its weight came about, and every word's row."""
        why = self.said["why"]
        return [*self._chosen(), *([] if why is None else _steps(why)), *map(self._row, range(len(self.cells)))]

    def about(self, layer: int, head: int) -> tuple[str, str, str]:
        """What a head does: a title, a sentence, and how often it was right; "" where that is not to be told."""
        about = self.header["about"][self.header["layers"].index(layer) * self.header["heads"] + head]
        if isinstance(about, dict):
            return about["title"], about["does"], about["right"]
        return about[0], self.header["habit"].format(*about[1:]), ""

    def _chosen(self) -> list[str]:
        shown = self.said["shown"]
        if shown["average"]:
            return [f"Mean of {len(shown['heads'])} heads."]
        title, does, right = self.about(shown["layer"], shown["head"])
        said = " ".join(filter(None, (title and f"{title}.", does, right)))
        return [f"Layer {shown['layer']}, head {shown['head']}: {said}"]

    def _row(self, row: int) -> str:
        words = self.header["query"]["text"]
        others = (self.header["key"] or self.header["query"])["text"]
        weights = self.cells[row]
        ranked = sorted(np.flatnonzero(~np.isnan(weights)).tolist(), key=lambda key: -weights[key])
        listed = ", ".join(f"{others[key]} {weight_text(float(weights[key]))}" for key in ranked[:STRONGEST])
        return f"{words[row]} → {listed or 'nothing'}"


def scene(
    resolved: Resolved,
    *,
    beforehand: Known | None = None,
    group: str = "picture",
    sequence: int = 0,
    sentences: Iterable[str] = (),
    examples: Iterable[tuple[str, str]] = EXAMPLES,
    first: First | None = None,
    dimmed: Mapping[str, Any] | None = None,
    edited: Edited | None = None,
    can_edit: bool = False,
) -> Scene:
    """The picture of what is on screen.

    beforehand: what is known of model and text; `known` of the trace unless given. group: parts of one group look at
    one text together. sequence: of the last event that was taken in. sentences: to be said beside those of `resolved`.
    examples: label and text of each. first: where the visit is the first one. dimmed: why the picture is not of the
    text that was asked for, a `sentence`, and what can be done, an `offer`. edited: what was changed. can_edit: whether
    somebody computes what follows from an edit.
    """
    trace, seen = resolved.trace, resolved.survey
    beforehand = known(trace.model, trace.text) if beforehand is None else beforehand
    cells = seen.exact(resolved.heads)
    notes = (trace.note, told(dropped(trace)))
    said = {
        "sequence": sequence,
        "view": written_view(resolved.found),
        "shown": {name: getattr(resolved, name) for name in _SHOWN},
        "why": explained(resolved),
        "sentences": [*resolved.sentences, *sentences],
        "note": " ".join(filter(None, notes)),
        "badge": asdict(beforehand.badge),
        "examples": _listed(examples),
        "first": None if first is None else asdict(first),
        "edits": None if edited is None else asdict(edited),
        "can_edit": can_edit,
    } | ({} if dimmed is None else {"dimmed": dimmed})
    arrays = (seen.ends, seen.link_weights, seen.link_queries, seen.link_keys, seen.codes)
    header = _header(resolved, beforehand, group)
    return Scene(_digest(resolved), header, arrays, resolved.name, cells, said)


def no_scene(view: View, *, sequence: int, sentences: Iterable[str], dimmed: Mapping[str, Any]) -> bytes:
    """The message `view` where there is no picture: the examples, and why there is none; arguments as of `scene`."""
    said = {"shown": None, "why": None, "note": "", "badge": None, "examples": _listed(EXAMPLES), "first": None}
    asked = {"sequence": sequence, "view": written_view(view), "sentences": list(sentences), "dimmed": dimmed}
    return message({"kind": "view", "digest": "", **asked, **said})


def written_view(view: View) -> dict[str, Any]:
    """A view as a message holds it."""
    return {each.name: _plain(getattr(view, each.name)) for each in fields(View)}


def _listed(examples: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"label": label, "text": text} for label, text in examples]


def _plain(value: Any) -> Any:
    if isinstance(value, Place):
        return {"token": value.token, "text": value.text}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _digest(resolved: Resolved) -> str:
    """A name for the tokens and the weights that are drawn, and for what they were made from."""
    trace = resolved.trace
    drawn = (resolved.kind, resolved.words, resolved.special, resolved.survey.digest)
    named = (trace.model, trace.text, trace.pair, *drawn)
    return blake2b(repr(named).encode(), digest_size=8).hexdigest()


def _header(resolved: Resolved, beforehand: Known, group: str) -> dict[str, Any]:
    """Words and what is known of all heads."""
    trace, maps, seen = resolved.trace, resolved.maps, resolved.survey
    rows, columns = resolved.rows, resolved.columns
    unknown = beforehand.unknown
    queries = _words(maps.query_tokens, resolved.queries, rows, second=resolved.second, unknown=unknown)
    is_one = maps.is_one_text and rows == columns and len(maps.query_tokens) == len(maps.key_tokens)
    keys = None if is_one else _words(maps.key_tokens, resolved.keys, columns, second=None, unknown=unknown)
    return {
        "group": group,
        "layers": maps.layers,
        "heads": maps.n_heads,
        "tokens": (len(rows), len(columns)),
        "cells": seen.codes.shape[-2:],
        "block": seen.block,
        "first": (rows.start, columns.start),
        "total": (len(maps.query_tokens), len(maps.key_tokens)),
        "is_one_text": maps.is_one_text,
        "query": queries,
        "key": keys,
        "names": _NAMES.get(resolved.kind, _LOOKS),
        **_about(resolved, beforehand),
        "opening": resolved.start._asdict(),
        "source": {"model": trace.model, "text": trace.text, "pair": trace.pair},
    }


@lru_cache(maxsize=32)
def _words(
    tokens: tuple[Token, ...], places: Places, window: range, *, second: int | None, unknown: frozenset[int]
) -> dict[str, Any]:
    """The words in a window: their texts, the model's tokens that each stands for, and what marks them.

    starts: 1 where a word begins that a blank stands before; a full stop stays with its word.
    second: the place from which on they are of the second text, the first one or behind the last where all are of one.
    """
    seen = tokens[window.start : window.stop]
    of_place: dict[int, list[int]] = {}
    for token, place in enumerate(places):
        of_place.setdefault(place, []).append(token)
    at = None if second is None else second - window.start
    return {
        "text": [reading(token) for token in seen],
        "tokens": [(of_place[place][0], of_place[place][-1]) for place in window],
        "special": [place for place, token in enumerate(seen) if token.is_special],
        "unknown": [place for place, token in enumerate(seen) if token.word in unknown],
        "starts": [int(place == 0 or _begins(seen[place - 1], seen[place])) for place in range(len(seen))],
        "second": None if at is None else min(max(at, 0), len(seen)),
    }


def _begins(before: Token, token: Token) -> bool:
    """Whether a token begins a word; a mark that was typed directly behind another token does not."""
    if token.is_special or before.is_special or token.start < before.start:
        return True
    if token.start == before.end and not any(character.isalnum() for character in token.text):
        return False
    return token.word is None or token.word != before.word


def _about(resolved: Resolved, beforehand: Known) -> dict[str, Any]:
    """What each head does, layer by layer: what it was measured to do, else where its weight goes in this text.

    That is one sentence for all heads, `habit`, with other numbers in it; of each head there are its title and these.
    A head with other numbers than most, because its mask is another one, has a sentence of its own.
    """
    maps, habits = resolved.maps, resolved.survey.habits
    has_special = any(token.is_special for token in maps.key_tokens)
    sentence = _sentence(_shares(habits[0], has_special))
    heads = ((layer, head) for layer in maps.layers for head in range(maps.n_heads))
    listed: list[dict[str, str] | list[str]] = []
    for each, habit in zip(heads, habits, strict=True):
        shares = _shares(habit, has_special)
        most = max(shares, key=shares.__getitem__)
        title = f"Mostly {most}" if shares[most] >= MOSTLY else ""
        numbers = [*map(percent_text, shares.values()), weight_text(habit.largest)]
        if each in beforehand.about:
            listed.append(asdict(beforehand.about[each]))
        elif _sentence(shares) == sentence:
            listed.append([title, *numbers])
        else:
            listed.append({"title": title, "does": _sentence(shares).format(*numbers), "right": ""})
    return {"habit": sentence, "about": listed}


def _shares(habit: Habit, has_special: bool) -> dict[str, float]:
    """The places that a head looks at whatever the words are, and the weight that they have."""
    shares = {
        "the token before": habit.before,
        "itself": habit.itself,
        "the one after": habit.after,
        "special tokens and the first one" if has_special else "the first token": habit.sinks,
    }
    return {name: share for name, share in shares.items() if share is not None}


def _sentence(shares: Mapping[str, float]) -> str:
    """Where the weight of a head goes, with room for its numbers."""
    return f"On average a row gives {', '.join(f'{name} {{}}' for name in shares)}; its largest weight is {{}}."


def _steps(why: Mapping[str, Any]) -> list[str]:
    steps = [*why["steps"], *why["then"]]
    return [why["title"], *(f"  {step['name']}: {step['how']} = {step['result']}" for step in steps)]
