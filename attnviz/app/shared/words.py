"""Typed text and numbers, written so that Streamlit shows them as they are."""

import re
import string

_PUNCTUATION = re.compile(f"([{re.escape(string.punctuation)}])")
_WORD_JOINER = "\u2060"  # no width and no line break


def plain(text: str) -> str:
    """The text such that Markdown shows it letter by letter.

    Backslashes keep Markdown, HTML and TeX from being read. Streamlit replaces emoji names, directives and arrows
    after that, in finished text; a character without width between their letters keeps them apart.
    """
    escaped = _PUNCTUATION.sub(r"\\\1", " ".join(text.split()))
    return re.sub(r"\\([:<>-])", rf"\\\1{_WORD_JOINER}", escaped)


def counted(number: int, noun: str) -> str:
    """A number and its noun: `1 token`, `14 tokens`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
