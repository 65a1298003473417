"""Changes to the attention of a run: small values, one meaning each, that act in the order in which they are given.

    cut        a query no longer looks at a key: score −∞, so the softmax shares the row out anew
               (attention knockout: Geva et al. 2023, arXiv:2304.14767)
    take_away  a weight becomes 0 and nothing is shared out: the row sums to less than 1
    mute       the output of a head becomes 0, as if its slice of the output projection were zeroed
    look       all weights of a head are replaced: it looks at all keys alike, at itself, the first or the one before
    patch      a head takes its weights, or its outputs, from another text of equal length
    set_row    the weights of one query are set by hand

Without a head, an edit is of all heads of its layer. Each has a text form, which `read_edit` reads:

    [kind] verb layer[.head] …      cut 3.0 8 2 · mute 3 · cross look 1.2 uniform · patch 3.0 weights "Another text"

In a row that was replaced before, a cut takes the weight away and the others grow by one factor, so that their sum
stays; a row that is replaced later is as it was set. Outputs that are set win over weights.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from reprlib import repr as brief
from typing import Any, ClassVar

from attnviz.errors import EditError
from attnviz.tokens import Token, reading

Places = Callable[[str, str], int]
SUM = 1e-4  # how far from 1 a row may be: a float32 sum of 4,096 weights is within 1e-5
_LOOKS = {
    "uniform": "at all that it may see alike",
    "itself": "only at itself",
    "first": "only at the first one",
    "previous": "only at the one before it",
}
_CHOICES: Mapping[str, Sequence[str | None]] = {
    "kind": (None, "encoder", "decoder", "cross"),
    "at": tuple(_LOOKS),
    "what": ("weights", "outputs"),
}
_NUMBERS = ("layer", "head", "query", "key")
_FORM = re.compile(r"\s*(?:(encoder|decoder|cross)\s+)?([a-z_]+)\s+(\d+)(?:\.(\d+))?(?:\s+(.*))?", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One change of a layer; without a head, of all its heads; without a kind, of the model's only attention.

    Raises EditError for what cannot be the number of a layer, a head or a token, and for what is no choice.
    """

    layer: int
    head: int | None = None
    kind: str | None = None
    verb: ClassVar[str]
    example: ClassVar[str]
    sentence: ClassVar[str]

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            is_number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
            if name in _NUMBERS and not is_number and (name, value) != ("head", None):
                raise EditError(f"{self.verb} takes a {name} that is counted from 0, not {brief(value)}.")
            if value not in _CHOICES.get(name, [value]):
                raise EditError(f"{self.verb} knows no {name} {brief(value)}. Write it as in “{self.example}”.")

    def __str__(self) -> str:
        """The text form."""
        place = str(self.layer) if self.head is None else f"{self.layer}.{self.head}"
        return " ".join([*([self.kind] if self.kind else []), self.verb, place, *self.rest])

    @property
    def rest(self) -> tuple[str, ...]:
        """What stands behind layer and head in the text form."""
        return tuple(str(getattr(self, each.name)) for each in fields(self)[3:])

    def said(self, queries: Sequence[Token], keys: Sequence[Token]) -> str:
        """What it does, in one sentence, with the words of the text."""
        kind = f"{self.kind} " if self.kind else ""
        heads = (
            f"all heads of {kind}layer {self.layer}" if self.head is None else f"{kind}head {self.layer}.{self.head}"
        )
        words = vars(self) | {"heads": heads}
        for name, tokens in (("query", queries), ("key", keys)):
            if name in words:
                words[name] = f"“{reading(tokens[words[name]])}”"
        return self.sentence.format(**words)


@dataclass(frozen=True, kw_only=True)
class Cut(Edit):
    """A query no longer looks at a key, and its other keys share what this frees."""

    query: int
    key: int
    verb = "cut"
    example = "cut 3.0 8 2"
    sentence = "In {heads}, {query} no longer looks at {key}; what it still sees shares that weight."


@dataclass(frozen=True, kw_only=True)
class TakeAway(Edit):
    """A weight is 0, and the others stay as they are."""

    query: int
    key: int
    verb = "take_away"
    example = "take_away 3.0 8 2"
    sentence = "In {heads}, {query} gets nothing from {key}; its other weights stay as they are."


@dataclass(frozen=True, kw_only=True)
class Mute(Edit):
    """The output of a head is 0."""

    verb = "mute"
    example = "mute 3.0"
    sentence = "What {heads} would add is 0."


@dataclass(frozen=True, kw_only=True)
class Look(Edit):
    """Every query looks "uniform" at all keys that it may see, or only at "itself", the "first" or the "previous" key.

    The first query has none before it and looks at itself.
    """

    at: str
    verb = "look"
    example = "look 3.0 uniform"

    @property
    def sentence(self) -> str:  # type: ignore[override]  # which one depends on where it looks
        """As in `Edit`."""
        return f"In {{heads}}, every token looks {_LOOKS[self.at]}."


@dataclass(frozen=True, kw_only=True)
class Patch(Edit):
    """A head takes its weights, or its outputs, from another text, or pair, of as many tokens."""

    what: str = "weights"
    text: str
    pair: str | None = None
    verb = "patch"
    example = 'patch 3.0 weights "Another text"'
    sentence = "The {what} of {heads} come from the text “{text}”."

    @property
    def rest(self) -> tuple[str, ...]:
        """As in `Edit`; the texts as JSON, without the mark that stands between edits."""
        texts = [self.text] if self.pair is None else [self.text, self.pair]
        return self.what, json.dumps(texts, ensure_ascii=False)[1:-1].replace(";", r"\u003b")


@dataclass(frozen=True, kw_only=True)
class SetRow(Edit):
    """The weights of one query, one for each key, none below 0, 1 in all; EditError for others."""

    query: int
    weights: Sequence[float]
    verb = "set_row"
    example = "set_row 3.0 1 0.25 0.75"
    sentence = "In {heads}, the weights of {query} are set by hand."

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "weights", tuple(float(weight) for weight in self.weights))
        wrong = [weight for weight in self.weights if not 0 <= weight <= 1 + SUM]
        if wrong:
            raise EditError(f"A row cannot have the weight {wrong[0]:g}. Give numbers from 0 to 1.")
        if abs(sum(self.weights) - 1) > SUM:
            raise EditError(f"The weights of a row sum to 1, and these to {sum(self.weights):.4g}. Change one of them.")

    @property
    def rest(self) -> tuple[str, ...]:
        """As in `Edit`."""
        return str(self.query), *map(repr, self.weights)


cut, take_away, mute, look, patch, set_row = Cut, TakeAway, Mute, Look, Patch, SetRow
_VERBS: Mapping[str, type[Edit]] = {each.verb: each for each in (Cut, TakeAway, Mute, Look, Patch, SetRow)}


@dataclass(frozen=True)
class Extent:
    """What there is of one kind of attention: the numbers of its layers, and how many heads, queries and keys.

    Before there is a text, there are no queries, and no keys but perhaps an attention sink.
    """

    layers: Sequence[int]
    n_heads: int
    n_queries: int = 0
    n_keys: int = 0

    def over(self, n_queries: int, n_keys: int) -> "Extent":
        """The same over a text of so many tokens."""
        return replace(self, n_queries=n_queries, n_keys=self.n_keys + n_keys)


def checked(edits: Iterable[Edit], extents: Mapping[str, Extent]) -> tuple[Edit, ...]:
    """The edits, each with its kind; EditError, naming the edit, for a kind, layer, head or token that is not there."""
    if isinstance(edits, (str, Edit)) or not isinstance(edits, Iterable):
        raise EditError(f"edits=… takes a list, such as [attnviz.mute(layer=0, head=1)], and was given {brief(edits)}.")
    return tuple(_checked(edit, extents) for edit in edits)


def _checked(edit: Edit, extents: Mapping[str, Extent]) -> Edit:
    if not isinstance(edit, Edit):
        raise EditError(f"An edit is made by attnviz.cut, attnviz.mute and their like, and this is {brief(edit)}.")
    if edit.kind is None and len(extents) > 1:
        raise EditError(f"“{edit}” does not say which attention: write one of {', '.join(extents)} in front of it.")
    kind = edit.kind or next(iter(extents))
    if kind not in extents:
        raise EditError(f"“{edit}” is of the {kind}, and this model has {', '.join(extents)} alone.")
    extent, asked = extents[kind], vars(edit)
    if edit.layer not in extent.layers:
        raise EditError(f"“{edit}” names layer {edit.layer}, and the layers are {', '.join(map(str, extent.layers))}.")
    for name, n in (("head", extent.n_heads), ("query", extent.n_queries), ("key", extent.n_keys)):
        if asked.get(name) is not None and asked[name] >= n:
            raise EditError(f"“{edit}” names {name} {asked[name]}, and there are {name} 0 to {n - 1}.")
    if isinstance(edit, SetRow) and len(edit.weights) != extent.n_keys:
        raise EditError(
            f"A row set by hand has {len(edit.weights)} weights, and there are {extent.n_keys} keys: give one each."
        )
    if isinstance(edit, Look) and kind == "cross" and edit.at in ("itself", "previous"):
        raise EditError(f"“{edit}” has no meaning between two texts: no key is the query itself or the one before it.")
    return replace(edit, kind=kind)


def read_edit(text: str, *, places: Places | None = None) -> Edit:
    """The edit of a text form, the inverse of `str`; EditError where it cannot be read.

    places: the place of a token from "query" or "key" and what is written there; whole numbers alone unless given.
    """
    found = _FORM.fullmatch(text.rstrip())
    made = _VERBS.get(found[2]) if found else None
    if found is None or made is None:
        raise EditError(f"{brief(text)} is no edit. One begins with {', '.join(_VERBS)}, such as “{Cut.example}”.")
    head = None if found[4] is None else int(found[4])
    try:
        rest = _read_rest(made, found[5] or "", places or (lambda side, written: int(written)))
    except ValueError as error:
        raise EditError(f"The edit {brief(text)} cannot be read. Write it as “{made.example}”.") from error
    return made(layer=int(found[3]), head=head, kind=found[1], **rest)


def _read_rest(made: type[Edit], text: str, places: Places) -> dict[str, Any]:
    """What stands behind layer and head; ValueError where it is something else."""
    match made.verb, text.split():
        case "cut" | "take_away", [query, key]:
            return {"query": places("query", query), "key": places("key", key)}
        case "mute", []:
            return {}
        case "look", [at]:
            return {"at": at}
        case "set_row", [query, *weights]:
            return {"query": places("query", query), "weights": tuple(map(float, weights))}
        case "patch", [what, _, *_]:
            texts = json.loads(f"[{text.split(maxsplit=1)[1]}]")
            if 1 <= len(texts) <= 2 and all(isinstance(each, str) for each in texts):
                return {"what": what, "text": texts[0], "pair": texts[1] if len(texts) == 2 else None}
    raise ValueError(text)


def write_edits(edits: Iterable[Edit]) -> str:
    """The text forms of the edits, with a mark between them, as an address and a file of numbers hold them."""
    return "; ".join(map(str, edits))


def read_edits(text: str, *, places: Places | None = None) -> tuple[Edit, ...]:
    """The edits of a text, the inverse of `write_edits`; EditError for the first that cannot be read."""
    return tuple(read_edit(part, places=places) for part in text.split(";") if part.strip())
