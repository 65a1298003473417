"""What is on screen: everything that a view leaves open decided, everything that does not exist replaced, and said.

`resolve` is the one place that does so, and it changes nothing: the view keeps what a person asked for. A word that was
chosen carries how it read, so it is found again in the next text, wherever that has it; where a text does not have it,
or it is not on screen, the view is shown as if the word had not been chosen, until it is there again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from attnviz.address import Place, View, read_heads, write_heads
from attnviz.analysis.strongest import strongest_in
from attnviz.chosen import Chosen, find
from attnviz.drawn import Drawn, Places, Visible, drawn, visible
from attnviz.events import update
from attnviz.first import NOTHING_KNOWN, Opening
from attnviz.tokens import listed, reading, second_text
from attnviz.trace import AttentionMaps, Trace, attending

__all__ = ["Opening", "Place", "Places", "Resolved", "Start", "View", "resolve", "update"]

Heads: TypeAlias = tuple[tuple[int, int], ...]
MAX_LISTED = 5  # words that a sentence lists


Surveyor: TypeAlias = Callable[..., Any]  # survey(maps, rows=…, columns=…) -> Survey


class Start(NamedTuple):
    """Where one looks who chose nothing; tokens of the model, None where the strongest weight decides."""

    layer: int
    head: int
    query: int | None
    key: int | None


@dataclass(frozen=True, eq=False)
class Resolved(Drawn):
    """What is on screen, every value of it there; the names are those of the view.

    view: what was asked for, each chosen word with its place in this text. found: without the words that it lacks.
    kinds, kind, stack: the kinds of attention of the model, the one shown, and its maps as the model has them.
    survey: of the maps that are drawn, in their window.
    average, heads: what is averaged ("" for one head alone), and the heads that what is shown is the mean of.
    query, key, pins: tokens of the model, all of them on screen. second: the place drawn where the second text begins.
    start: where one looks who chose nothing. sentences: what was asked for and cannot be, and what stands in for it.
    """

    view: View
    found: View
    trace: Trace[Any]
    kinds: tuple[str, ...]
    kind: str
    stack: Any
    survey: Any
    layer: int
    head: int
    average: str
    heads: Heads
    query: int
    key: int
    pins: tuple[int, ...]
    direction: str
    face: str
    between: str
    second: int | None
    words: bool
    scale: str
    start: Start
    sentences: tuple[str, ...]

    @property
    def link(self) -> tuple[int, int]:
        """Row and column, as drawn, of the chosen link."""
        return self.queries[self.query], self.keys[self.key]

    @property
    def name(self) -> str:
        """The name of the map that is shown: "3.0", "layer 3", "all" or "0.1-2.3"."""
        return f"layer {self.layer}" if self.average == "layer" else self.average or f"{self.layer}.{self.head}"


def resolve(view: View, trace: Trace[Any], survey: Surveyor, *, opening: Opening = NOTHING_KNOWN) -> Resolved:
    """What is on screen for a view and what a model did with its text.

    survey: derives all maps that are drawn, once: `survey(maps, rows=…, columns=…)`; an app keeps what it gives.
    opening: what is known beforehand of this model and text.
    """
    said = _not_read(view, trace)
    kinds = tuple(trace.stacks)
    kind = _kind(view, kinds, said)
    stack = trace.stacks[kind]
    shown = drawn(stack, view)
    seen = survey(shown.maps, rows=shown.rows, columns=shown.columns)
    start = _start(seen.notable, opening, stack, shown)
    layer, head = _head(view, stack, start, said)
    average, heads = _averaged(view, stack, (layer, head), said)
    chosen = find(view, stack)
    second = _second(trace, kind, shown, stack)
    between = "" if second is None else view.between or ""
    sides = visible(shown, second, between)
    is_start = (layer, head) == start[:2] and not average
    start_here = start if is_start else start._replace(key=None)
    query, key = _link(chosen, sides, seen.exact(heads), start_here, is_one_text=shown.maps.is_one_text)
    _say_what_is_not_shown(view, shown, second, said)
    _say_which_words_are_not_shown(chosen, stack, sides, said)
    return Resolved(
        **vars(shown), view=chosen.view, found=chosen.found, trace=trace, kinds=kinds, kind=kind, stack=stack,
        survey=seen, layer=layer, head=head, average=average, heads=heads, query=query, key=key,
        pins=_pins(chosen, sides), direction=view.value("direction"), face=view.value("face"), second=second,
        between=between, words=view.value("words"), scale=view.value("scale"), start=start, sentences=tuple(said),
    )  # fmt: skip


def _not_read(view: View, trace: Trace[Any]) -> list[str]:
    """A sentence for each thing that the model was not told, because it cannot read it."""
    said = []
    if (view.pair or "").strip() and trace.pair is None:
        said.append("This model reads no second text, so the second text is left out.")
    for asked, told in (
        (view.source_language, trace.source_language),
        (view.target_language, trace.target_language),
    ):
        if asked is not None and asked != told:
            said.append(f"This model was not told the language {asked}, which it does not know.")
    return said


def _kind(view: View, kinds: tuple[str, ...], said: list[str]) -> str:
    if view.stack is None or view.stack in kinds:
        return view.stack or kinds[0]
    said.append(f"This model has no attention “{view.stack}”, only {' and '.join(kinds)}.")
    return kinds[0]


def _start(notable: tuple[int, int, int, int] | None, opening: Opening, stack: AttentionMaps, shown: Drawn) -> Start:
    """Where to look first: at the word known beforehand, in the head that is, else at the link that says most."""
    is_known = opening.first is not None and opening.first < len(stack.query_tokens)
    if notable is not None and not is_known:
        query, key = shown.queries.index(notable[2]), shown.keys.index(notable[3])
        return Start(*notable[:2], query, key)
    layer, head = opening.layer, opening.head
    if layer is None or head is None:
        layer, head = (stack.layers[0], 0) if notable is None else notable[:2]
    layer, head = _nearest(layer, stack.layers), min(head, stack.n_heads - 1)
    return Start(layer, head, opening.first if is_known else None, None)


def _head(view: View, stack: AttentionMaps, start: Start, said: list[str]) -> tuple[int, int]:
    """Layer and head: those asked for, or the nearest that the model has."""
    layer, head = start.layer if view.layer is None else view.layer, start.head if view.head is None else view.head
    there = _nearest(layer, stack.layers), min(head, stack.n_heads - 1)
    if layer != there[0]:
        said.append(f"{_no_layer(layer, stack.layers)} Layer {there[0]} is shown.")
    if head != there[1]:
        most = stack.n_heads - 1
        said.append(f"There is no head {head}: this model has heads 0 to {most}. Head {there[1]} is shown.")
    return there


def _averaged(view: View, stack: AttentionMaps, one: tuple[int, int], said: list[str]) -> tuple[str, Heads]:
    """What is averaged, without heads that the model lacks, and the heads."""
    if view.average is None:
        return "", (one,)
    if view.average == "all":
        return "all", tuple((layer, head) for layer in stack.layers for head in range(stack.n_heads))
    if view.average == "layer":
        return "layer", tuple((one[0], head) for head in range(stack.n_heads))
    asked = dict.fromkeys(read_heads(view.average))
    there = tuple((layer, head) for layer, head in asked if layer in stack.layers and head < stack.n_heads)
    instead = "the others are averaged" if len(there) > 1 else "one head is shown"
    if len(there) < len(asked):
        said.append(f"The mean is asked of heads that this model does not have; {instead}.")
    return (write_heads(there), there) if len(there) > 1 else ("", (one,))


def _link(
    chosen: Chosen, sides: tuple[Visible, Visible], cells: NDArray[np.float32], start: Start, *, is_one_text: bool
) -> tuple[int, int]:
    """The two tokens whose weight is worked out: of what is on screen, those that were chosen.

    cells: the map that is shown, in the window. A word goes with the one that has the largest weight there. Where no
    word is chosen, the last one that is looked at together with others stands for them.
    """
    queries, keys = sides
    query, key = queries.seen(chosen.query), keys.seen(chosen.key)
    if query is None and key is None and (pins := _pins(chosen, sides)):
        query, key = (None, pins[-1]) if _is_from(chosen) else (pins[-1], None)
    if query is None and key is None and (query := queries.seen(start.query)) is not None:
        key = keys.seen(start.key)
    if query is None or key is None:
        cells = np.where(np.logical_and.outer(queries.takes_part, keys.takes_part), cells, np.float32("nan"))
        row, column = queries.at(query), keys.at(key)
        best = strongest_in(cells, queries.tokens, keys.tokens, is_one_text=is_one_text, row=row, column=column)
        row, column = best or (row or 0, column or 0)
        query, key = (queries.token(row) if query is None else query), (keys.token(column) if key is None else key)
    return query, key


def _pins(chosen: Chosen, sides: tuple[Visible, Visible]) -> tuple[int, ...]:
    """The words that are looked at together, of those on screen."""
    side = sides[1] if _is_from(chosen) else sides[0]
    return tuple(pin for pin in chosen.pins if side.seen(pin) is not None)


def _is_from(chosen: Chosen) -> bool:
    return bool(chosen.view.direction == "from")


def _second(trace: Trace[Any], kind: str, shown: Drawn, stack: AttentionMaps) -> int | None:
    """The place where the second text of a pair begins in what is drawn; None where there is none."""
    first = second_text(stack.query_tokens) if kind == "encoder" and trace.pair else None
    return None if first is None else shown.queries[first]


def _say_what_is_not_shown(view: View, shown: Drawn, second: int | None, said: list[str]) -> None:
    if shown.special != view.value("special"):
        said.append("Every token of this text is a special one: with them hidden nothing would be left, so they stay.")
    for start, tokens in ((view.rows, shown.maps.query_tokens), (view.columns, shown.maps.key_tokens)):
        if start is not None and start >= len(tokens):
            said.append(f"The window cannot begin at {start}: this text has words 0 to {len(tokens) - 1}.")
    if view.between and second is None:
        said.append("There is no second text beside the first one, so all links are shown.")


def _say_which_words_are_not_shown(
    chosen: Chosen, stack: AttentionMaps, sides: tuple[Visible, Visible], said: list[str]
) -> None:
    if words := [f"“{place.text}”" for place in chosen.lost if place.text]:
        said.append(f"You chose {listed(words, most=MAX_LISTED)}, which this text does not have.")
    if numbers := [str(place.token) for place in chosen.lost if not place.text]:
        most = max(len(stack.query_tokens), len(stack.key_tokens)) - 1
        said.append(f"There is no word {listed(numbers, most=MAX_LISTED)}: this text has words 0 to {most}.")
    of_query = (chosen.query, *(() if _is_from(chosen) else chosen.pins))
    of_key = (chosen.key, *(chosen.pins if _is_from(chosen) else ()))
    hidden = [
        f"“{reading(names[token])}”"
        for tokens, names, side in zip((of_query, of_key), (stack.query_tokens, stack.key_tokens), sides, strict=True)
        for token in tokens
        if token is not None and side.seen(token) is None
    ]
    if hidden:
        verb = "is" if len(set(hidden)) == 1 else "are"
        said.append(f"{listed(hidden, most=MAX_LISTED)} {verb} chosen, but not shown here.")


def _nearest(layer: int, layers: tuple[int, ...]) -> int:
    """The last layer up to this one that attends, else the first that does."""
    return max((each for each in layers if each <= layer), default=layers[0])


def _no_layer(layer: int, layers: tuple[int, ...]) -> str:
    if layers == tuple(range(len(layers))):
        return f"There is no layer {layer}: this model has layers 0 to {layers[-1]}."
    return f"Layer {layer} does not attend: of this model {attending(layers)}."
