"""What is drawn of a model's maps: pieces merged to words, special tokens hidden, a window of a long text."""

from collections.abc import Sequence
from dataclasses import dataclass

from attnviz.address import View
from attnviz.analysis.regroup import LEFT_OUT, RegroupedMaps, hide_special, merge_words
from attnviz.packing import MAX_TOKENS
from attnviz.trace import AttentionMaps


@dataclass(frozen=True)
class Places:
    """Where each token of the model stands in what is drawn: with other pieces in one word, or, hidden, nowhere.

    drawn: the place of every token; `LEFT_OUT` for one that is hidden.
    """

    drawn: tuple[int, ...]

    @classmethod
    def through(cls, n_tokens: int, groups: Sequence[Sequence[int]]) -> "Places":
        """The places after each of some regroupings, one after the other."""
        places: Sequence[int] = range(n_tokens)
        for group in groups:
            places = [group[place] if place != LEFT_OUT else LEFT_OUT for place in places]
        return cls(tuple(places))

    def tokens(self, place: int) -> tuple[int, ...]:
        """The tokens that are drawn at a place, none where there is no such place."""
        return tuple(token for token, drawn in enumerate(self.drawn) if drawn == place != LEFT_OUT)


@dataclass(frozen=True, eq=False)
class Drawn:
    """The maps that are drawn, where the model's tokens stand among their rows and columns, and which are on screen.

    special: what was done with special tokens.
    """

    maps: AttentionMaps
    queries: Places
    keys: Places
    rows: range
    columns: range
    special: str


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
    queries = Places.through(len(stack.query_tokens), [stage.query_group.tolist() for stage in stages])
    keys = Places.through(len(stack.key_tokens), [stage.key_group.tolist() for stage in stages])
    rows = window(len(maps.query_tokens), view.value("rows"))
    columns = window(len(maps.key_tokens), view.value("rows" if maps.is_one_text else "columns"))
    return Drawn(maps, queries, keys, rows, columns, special)


def window(n_tokens: int, start: int) -> range:
    """The tokens that are on screen: all, or `MAX_TOKENS` of them from `start`, moved back where they end."""
    start = max(0, min(start, n_tokens - MAX_TOKENS))
    return range(start, min(start + MAX_TOKENS, n_tokens))
