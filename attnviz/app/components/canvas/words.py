"""Tokens as the browser writes them: as words that wrap, in their order, each text of a pair by itself."""

from collections.abc import Sequence
from typing import Any

from attnviz.tokens import Token, reading


def texts(tokens: Sequence[Token]) -> tuple[str, ...]:
    """What is shown of every token; of a piece that begins with a blank, the rest."""
    return tuple(map(reading, tokens))


def written(
    tokens: Sequence[Token], window: range, *, second: int | None = None, unknown: frozenset[int] = frozenset()
) -> dict[str, Any]:
    """The tokens of a window: their texts, which are special, which begin a word, where the second text begins.

    unknown: indices of the words that the model does not know; their tokens are listed.
    """
    seen = tokens[window.start : window.stop]
    return {
        "first": window.start,
        "text": texts(seen),
        "special": [place for place, token in enumerate(seen) if token.is_special],
        "unknown": [place for place, token in enumerate(seen) if token.word in unknown],
        "starts": [int(place == 0 or _begins_word(seen[place - 1], seen[place])) for place in range(len(seen))],
        "second": second - window.start
        if second is not None and second - window.start in range(1, len(seen))
        else None,
    }


def _begins_word(before: Token, token: Token) -> bool:
    return token.is_special or before.is_special or token.word is None or token.word != before.word
