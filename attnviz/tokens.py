"""Tokens, and how the typed text is cut into words.

A tokenizer cuts a text into pieces; people read words. Every token therefore knows the characters of the typed text
that it stands for and the word they belong to. Words are those of Unicode (UAX #29), whatever the tokenizer calls a
word, so that the pieces of two models meet in the same words.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import regex

from attnviz.errors import TextError

_WORD = regex.compile(r"\b(?:\S+?)\b|\S", flags=regex.WORD | regex.VERSION1)


@dataclass(frozen=True)
class Token:
    """One position of a model's input.

    text: what is shown; the characters typed, or the name of a special token.
    start, end: characters of the typed text, `text[start:end]`; both 0 where no character stands behind the token.
    word: index of the word among the words of its text (a pair counts each text from 0), None for special tokens.
    is_special: put there by the tokenizer, not typed.
    """

    text: str
    start: int
    end: int
    word: int | None
    is_special: bool = False


def check_text(text: str, *, name: str = "text") -> str:
    """The text itself, if a tokenizer can read it.

    Raises TextError for an empty or blank text, a NUL character and half of a surrogate pair.
    """
    if not text.strip():
        raise TextError(f"The {name} is empty. Type a sentence.")
    for position, character in enumerate(text):
        if character == "\0":
            raise TextError(f"The {name} has a NUL character at position {position}. Remove it.")
        if "\ud800" <= character <= "\udfff":
            raise TextError(
                f"The {name} has half of a surrogate pair (U+{ord(character):04X}) at position {position}, "
                "which stands for no character. Remove it."
            )
    return text


def word_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Start and end of every word and punctuation mark, by Unicode's word boundaries; blanks belong to none.

    "didn't" is one word; a Chinese character and an emoji with its joiners are one word each.
    """
    return tuple(match.span() for match in _WORD.finditer(text))


def word_at(spans: Sequence[tuple[int, int]], start: int, end: int) -> int | None:
    """Index of the first word that shares a character with `text[start:end]`, None if none does."""
    if start >= end:
        return None
    word = bisect_right(spans, start, key=lambda span: span[1])
    return word if word < len(spans) and spans[word][0] < end else None


def word_tokens(text: str) -> tuple[Token, ...]:
    """One token for every word of the text, for models that read whole words."""
    return tuple(Token(text[start:end], start, end, word) for word, (start, end) in enumerate(word_spans(text)))


def special_token(name: str) -> Token:
    """A token that no character of the typed text stands behind."""
    return Token(name, 0, 0, None, is_special=True)


def labels(tokens: Iterable[Token]) -> tuple[str, ...]:
    """The texts of the tokens, in order."""
    return tuple(token.text for token in tokens)
