"""What is drawn of a model's maps: pieces merged to words, special tokens hidden, a window of a long text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from attnviz.address import View
from attnviz.analysis.regroup import LEFT_OUT, RegroupedMaps, hide_special, merge_words
from attnviz.packing import MAX_TOKENS
from attnviz.tokens import Token
from attnviz.trace import AttentionMaps

# Where each token of the model stands in what is drawn: with other pieces in one word, or, hidden, at `LEFT_OUT`.
Places: TypeAlias = tuple[int, ...]


def tokens_at(place: int, places: Places) -> tuple[int, ...]:
    """The tokens that are drawn at a place, none where there is no such place."""
    return tuple(token for token, drawn in enumerate(places) if drawn == place != LEFT_OUT)


@dataclass(frozen=True, eq=False)
class Drawn:
    """The maps that are drawn, where the model's tokens stand among their rows and columns, and which are on screen.

    maps, queries, keys: the maps, and where the tokens stand. rows, columns: the places that are on screen.
    special: what was done with special tokens.
    """

    maps: AttentionMaps
    queries: Places
    keys: Places
    rows: range
    columns: range
    special: str


@dataclass(frozen=True, eq=False)
class Visible:
    """The rows or the columns that are on screen.

    tokens: as they are drawn, those of the window. takes_part: of each of them, whether the choice between the texts of
    a pair leaves it.
    """

    places: Places
    window: range
    tokens: Sequence[Token]
    takes_part: NDArray[np.bool_]

    def at(self, token: int | None) -> int | None:
        """Where a token of the model stands in the window; None where it is not on screen."""
        place = LEFT_OUT if token is None else self.places[token]
        if place not in self.window or not self.takes_part[place - self.window.start]:
            return None
        return place - self.window.start

    def seen(self, token: int | None) -> int | None:
        """The token itself; None where it is not on screen."""
        return None if self.at(token) is None else token

    def token(self, at: int) -> int:
        """The first token of the model at a place of the window."""
        return self.places.index(self.window[at])


def visible(shown: Drawn, second: int | None, between: str) -> tuple[Visible, Visible]:
    """The rows and the columns that are on screen.

    second: the place where the second text begins. between: of which text each are, as in a `View`; "" where of both.
    """
    maps, sides = shown.maps, []
    for places, window, tokens, text in (
        (shown.queries, shown.rows, maps.query_tokens, between[:1]),
        (shown.keys, shown.columns, maps.key_tokens, between[1:]),
    ):
        takes_part = np.array([not text or text == ("b" if place >= (second or 0) else "a") for place in window], bool)
        sides.append(Visible(places, window, tokens[window.start : window.stop], takes_part))
    return sides[0], sides[1]


def drawn(stack: AttentionMaps, view: View) -> Drawn:
    """What a view shows of a stack; special tokens are kept where nothing else would be left."""
    stages: list[RegroupedMaps] = []
    maps, special = stack, view.value("special")
    if view.value("words"):
        stages.append(merge_words(maps))
        maps = stages[-1]
    if any(all(token.is_special for token in tokens) for tokens in (stack.query_tokens, stack.key_tokens)):
        special = "keep"
    if special != "keep":
        stages.append(hide_special(maps, renormalise=special == "renormalise"))
        maps = stages[-1]
    queries = _places(len(stack.query_tokens), [stage.query_group.tolist() for stage in stages])
    keys = _places(len(stack.key_tokens), [stage.key_group.tolist() for stage in stages])
    rows = window(len(maps.query_tokens), view.value("rows"))
    columns = window(len(maps.key_tokens), view.value("rows" if maps.is_one_text else "columns"))
    return Drawn(maps, queries, keys, rows, columns, special)


def _places(n_tokens: int, groups: Sequence[Sequence[int]]) -> Places:
    """The places after each of some regroupings, one after the other."""
    places: Sequence[int] = range(n_tokens)
    for group in groups:
        places = [group[place] if place != LEFT_OUT else LEFT_OUT for place in places]
    return tuple(places)


def window(n_tokens: int, start: int) -> range:
    """The tokens that are on screen: all, or `MAX_TOKENS` of them from `start`, moved back where they end."""
    start = max(0, min(start, n_tokens - MAX_TOKENS))
    return range(start, min(start + MAX_TOKENS, n_tokens))
