"""A token as a label: shown as it was typed, whatever it holds.

Plotly reads a small part of HTML in every text that it draws (`<b>`, `<br>`, `<a href>`, entities), and TeX between
dollar signs where a page brings MathJax; and Streamlit replaces some colours (`#000011`) wherever they stand in a
figure. A label is therefore escaped, and characters that cannot be seen are named by their control picture.
"""

import re
import unicodedata
from collections.abc import Sequence

from attnviz.tokens import Token, reading

MAX_SHOWN = 14  # characters of a token beside an axis; hover names it in full
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;", "#": "&#35;"})
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"


def escaped(text: str) -> str:
    """The text such that Plotly draws it letter by letter."""
    return text.translate(_ESCAPES)


def with_subscripts(name: str) -> str:
    """The text such that Plotly draws it letter by letter, but a letter or digit after `_` below the line."""
    return re.sub(r"_(\w)", r"<sub>\1</sub>", escaped(name))


def hover_label(token: Token, position: int) -> str:
    """The token in full and its position, as `animal (2)`."""
    return f"{_isolated(escaped(reading(token)))} ({position})"


def block_label(tokens: Sequence[Token], start: int, stop: int) -> str:
    """First and last token of a block and their positions, as `animal … cross (2 to 4)`."""
    if stop - start == 1:
        return hover_label(tokens[start], start)
    first, last = (_isolated(escaped(short(tokens[position]))) for position in (start, stop - 1))
    return f"{first} … {last} ({start} to {stop - 1})"


def axis_label(token: Token) -> str:
    """The token as it stands beside an axis, cut where it is long."""
    return _isolated(escaped(short(token)))


def short(token: Token) -> str:
    """How the token reads, cut after `MAX_SHOWN` characters."""
    text = reading(token)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def width(text: str) -> float:
    """About how wide a text is, in widths of a Latin letter."""
    return sum(1.8 if unicodedata.east_asian_width(character) in "WF" else 1.0 for character in text)


def _isolated(text: str) -> str:
    """Text that is written from right to left, kept from turning its surroundings round."""
    turns = any(unicodedata.bidirectional(character) in {"R", "AL", "RLE", "RLO", "RLI"} for character in text)
    return f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}" if turns else text
