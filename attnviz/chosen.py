"""Chosen words in a text: found again by how they read, and the word that goes best with one of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from attnviz.address import MAX_WORD, Place, View
from attnviz.analysis.regroup import merge_words
from attnviz.tokens import Token, reading
from attnviz.trace import AttentionMaps


@dataclass(frozen=True)
class Chosen:
    """The words of a view that a text has, as tokens of the model; None where there is none.

    view: the view, each of these words with its place in this text.
    found: the same without the words that the text does not have, which are `lost`.
    """

    view: View
    found: View
    query: int | None
    key: int | None
    pins: tuple[int, ...]
    lost: tuple[Place, ...]


class Side:
    """The tokens of a text by how they read, alone and as words."""

    def __init__(self, tokens: Sequence[Token], words: Sequence[Token], group: Sequence[int]) -> None:
        self.reads = [_cut(token) for token in tokens]
        of_words = [_cut(word) for word in words]
        self.words = [of_words[place] for place in group]
        self.begins = [place == 0 or group[place - 1] != group[place] for place in range(len(tokens))]

    def find(self, chosen: Place, *, taken: Sequence[int] = ()) -> int | None:
        """The token itself where it still reads so, else the nearest one that does; None where there is none.

        taken: tokens that other words went to.
        """
        if not chosen.text:
            return chosen.token if chosen.token < len(self.reads) and chosen.token not in taken else None
        texts = enumerate(zip(self.reads, self.words, strict=True))
        here = [at for at, either in texts if chosen.text in either and at not in taken]
        if chosen.token in here:
            return chosen.token
        first = [at for at in here if self.begins[at] or self.reads[at] == chosen.text]
        return min(first, key=lambda at: abs(at - chosen.token), default=None)

    def now(self, chosen: Place, token: int) -> Place:
        """The word with its place in this text."""
        return Place(token, chosen.text or self.reads[token])


def find(view: View, maps: AttentionMaps) -> Chosen:
    """The words of a view among the tokens of a model's maps."""
    merged = merge_words(maps)
    queries = Side(maps.query_tokens, merged.query_tokens, merged.query_group.tolist())
    keys = Side(maps.key_tokens, merged.key_tokens, merged.key_group.tolist())
    lost: list[Place] = []
    query, of_query = _followed(view.query, queries, lost)
    key, of_key = _followed(view.key, keys, lost)
    side = keys if view.value("direction") == "from" else queries
    pins, now, found = list[int](), list[Place](), list[Place]()
    for pin in view.pins:
        token = side.find(pin, taken=pins)
        now.append(pin if token is None else side.now(pin, token))
        if token is not None:
            pins.append(token)
            found.append(now[-1])
        elif side.find(pin) is None:
            lost.append(pin)
    there = replace(view, query=of_query, key=of_key, pins=tuple(now))
    left = replace(
        there, query=None if query is None else of_query, key=None if key is None else of_key, pins=tuple(found)
    )
    return Chosen(there, left, query, key, tuple(pins), tuple(lost))


def _followed(chosen: Place | None, side: Side, lost: list[Place]) -> tuple[int | None, Place | None]:
    """Where a word stands in this text, and the word with this place."""
    if chosen is None:
        return None, None
    token = side.find(chosen)
    if token is None:
        lost.append(chosen)
        return None, chosen
    return token, side.now(chosen, token)


def _cut(token: Token) -> str:
    return reading(token)[:MAX_WORD]
