"""Two sides that are compared: the same head for two texts or two models, word by word."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from attnviz.address import Place, View
from attnviz.analysis.differences import Move, align, moved, picked
from attnviz.app.loading import Traced
from attnviz.errors import SelectionError
from attnviz.protocols import Engine
from attnviz.scene import Scene, scene
from attnviz.tokens import Token, reading
from attnviz.trace import attending
from attnviz.view import Resolved

GROUPS = ("compare_first", "compare_second")
KEPT = ("stack", "layer", "head", "average", "special", "scale", "query")  # of the view, what holds for both sides


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two: what a model did with a text; pair: the second text that was asked for, read or not."""

    engine: Engine
    model: str
    traced: Traced
    pair: str | None

    def resolved(self, view: View) -> Resolved:
        """What is shown of this side."""
        trace = self.traced.trace
        shown = replace(view, text=trace.text, pair=self.pair, model=self.model, words=True)
        return self.traced.resolve(shown)


class Comparison:
    """Both sides, for a view: the same head of both, their words side by side, and a word that is looked at.

    Raises SelectionError where the second model lacks the attention, the layer or the head, and where the texts share
    no word.
    """

    def __init__(self, sides: tuple[Side, Side], asked: View) -> None:
        self.sides = sides
        self.view = kept(asked)
        self.first = sides[0].resolved(self.view)
        self.second = self._same_head()
        self.queries = align(drawn(self.first, "rows"), drawn(self.second, "rows"))
        self.keys = align(drawn(self.first, "columns"), drawn(self.second, "columns"))
        self.cells = tuple(each.survey.exact(each.heads) for each in (self.first, self.second))
        self.place = self._place()

    def _same_head(self) -> Resolved:
        first, stacks = self.first, self.sides[1].traced.trace.stacks
        if first.kind not in stacks:
            kinds = " and ".join(stacks)
            raise SelectionError(
                f"The second model has no attention “{first.kind}”, only {kinds}: choose another pair."
            )
        stack = stacks[first.kind]
        if first.layer not in stack.layers or first.head >= stack.n_heads:
            heads = f"{attending(stack.layers)}, each with heads 0 to {stack.n_heads - 1}"
            raise SelectionError(
                f"Of the second model {heads}: it has no layer {first.layer}, head {first.head} to compare with."
            )
        return self.sides[1].resolved(replace(self.view, stack=first.kind, layer=first.layer, head=first.head))

    def _place(self) -> int:
        """The place, of those that both texts share, of the word looked at: the chosen one, else what changed most."""
        found = self.first.found.query
        chosen = None if found is None else self.first.queries[self.first.query] - self.first.rows.start
        if chosen in self.queries.first:
            return self.queries.first.index(chosen)
        most = np.nan_to_num(np.abs(self.change)).max(axis=1)
        tokens = drawn(self.first, "rows")
        places = zip(self.queries.first, self.queries.is_same, strict=True)
        is_word = [same and not tokens[at].is_special for at, same in places]
        return int(np.argmax(np.where(is_word, most, -1)))

    @cached_property
    def change(self) -> NDArray[np.float32]:
        """Second minus first, (row, column), for the places that both texts share; NaN where one is masked."""
        first, second = picked(*self.cells, queries=self.queries, keys=self.keys)
        return second - first

    @property
    def word(self) -> Token:
        """The word that is looked at."""
        return drawn(self.first, "rows")[self.queries.first[self.place]]

    @property
    def move(self) -> Move:
        """Where its weight went."""
        rows = (self.queries.first[self.place], self.queries.second[self.place])
        first, second = (
            (cells[row], drawn(each, "columns"))
            for cells, row, each in zip(self.cells, rows, (self.first, self.second), strict=True)
        )
        return moved(first, second, self.keys)

    def names(self, side: str) -> list[Token]:
        """The words of the shared rows or columns: one where the texts agree, both where one was replaced."""
        places = self.queries if side == "rows" else self.keys
        one, other = drawn(self.first, side), drawn(self.second, side)
        return [
            one[mine] if same else Token(f"{reading(one[mine])} → {reading(other[theirs])}", 0, 0, None)
            for mine, theirs, same in zip(places.first, places.second, places.is_same, strict=True)
        ]

    def scenes(self, sequence: int) -> tuple[Scene, Scene]:
        """The sentence of each side, looked at from the same word."""
        made = []
        for side, shown, places, group in zip(
            self.sides, (self.first, self.second), (self.queries.first, self.queries.second), GROUPS, strict=True
        ):
            at = places[self.place] + shown.rows.start
            token = shown.queries.index(at)
            word = Place(token, reading(shown.maps.query_tokens[at]))
            view = replace(self.view, stack=shown.kind, layer=shown.layer, head=shown.head, query=word)
            made.append(scene(side.resolved(view), group=group, sequence=sequence))
        return made[0], made[1]


def kept(view: View) -> View:
    """What of a view holds for both sides."""
    return View(**{name: getattr(view, name) for name in KEPT})


def drawn(of: Resolved, side: str) -> Sequence[Token]:
    """The tokens of the rows or columns that are drawn."""
    tokens, window = (of.maps.query_tokens, of.rows) if side == "rows" else (of.maps.key_tokens, of.columns)
    return tokens[window.start : window.stop]
