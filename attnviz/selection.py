"""Whether there is such a layer, head, row or token: what is asked for is checked before anything is computed."""

from collections.abc import Sequence
from numbers import Integral
from reprlib import repr as brief

from attnviz.errors import SelectionError
from attnviz.tokens import Token, reading, word_numbers


def check_rows(rows: range, n_rows: int) -> None:
    """Raise SelectionError unless these are rows of a map, beside each other and in their order."""
    if rows.step != 1 or not 0 <= rows.start <= rows.stop <= n_rows:
        raise SelectionError(f"rows is a range of the rows 0 to {n_rows - 1}, such as range(0, 1), not {brief(rows)}.")


def check_head(head: int, n_heads: int) -> None:
    """Raise SelectionError unless there is such a head."""
    check_number("head", head)
    if not 0 <= head < n_heads:
        raise SelectionError(f"Head {head} does not exist; this layer has heads 0 to {n_heads - 1}.")


def check_number(name: str, number: object) -> None:
    """Raise SelectionError unless this can be the number of a layer or a head."""
    if isinstance(number, bool) or not isinstance(number, Integral):
        given = f"{type(number).__name__}: {brief(number)}"
        raise SelectionError(f"weights and step take one {name}, a whole number, and were given {given}.")


def check_place(at: object, tokens: Sequence[Token]) -> int:
    """The index of a token, if there is one there."""
    if isinstance(at, bool) or not isinstance(at, Integral):
        raise SelectionError(f"at is the number of a token, and was given {type(at).__name__}: {brief(at)}.")
    place = int(at)
    if not 0 <= place < len(tokens):
        raise SelectionError(f"Token {place} does not exist; this text has tokens 0 to {len(tokens) - 1}.")
    return place


def place_of(written: str, tokens: Sequence[Token]) -> int:
    """The index of the token that is written so: the first piece of a word of the text, or the number of a token.

    Raises SelectionError for what is not in the text, and for a word that is there more than once.
    """
    words: dict[int, str] = {}
    starts: dict[int, int] = {}
    for place, (token, number) in enumerate(zip(tokens, word_numbers(tokens), strict=True)):
        words[number] = words.get(number, "") + reading(token)
        starts.setdefault(number, place)
    asked = written.strip().casefold()
    found = [starts[number] for number, word in words.items() if word.casefold() == asked]
    if not found and written.strip().isdecimal():
        return check_place(int(written), tokens)
    if not found:
        raise SelectionError(f"{brief(written)} is no word of this text. Give one that is, or the number of a token.")
    if len(found) > 1:
        places = " and ".join(map(str, found))
        raise SelectionError(f"“{written}” stands in this text more than once, at {places}. Give one of these numbers.")
    return found[0]
