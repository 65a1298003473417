"""Tokens, and how the typed text is cut into words.

A tokenizer cuts a text into pieces; people read words. Every token therefore knows the characters of the typed text
that it stands for and the word they belong to. Words are those of Unicode (UAX #29), whatever the tokenizer calls a
word, so that the pieces of two models meet in the same words.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from reprlib import repr as brief
from typing import NoReturn

import regex

from attnviz.errors import TextError, TextTooLongError

# Nothing here reads more than 4,096 tokens; a token has about four letters of English, and blanks may be many.
MAX_CHARACTERS = 40_960
# Words that stand for another one, which people look for.
PRONOUNS = frozenset({"it", "he", "she", "they", "him", "them", "his", "her", "its", "their"})
_WORD = regex.compile(r"\b(?:\S+?)\b|\S", flags=regex.WORD | regex.VERSION1)
_PICTURES = {" ": "␣", "\n": "⏎", "\r": "␍", "\t": "⇥", "\x7f": "␡", "\u00a0": "⍽"}
# A flag is two regional indicators, whatever invisible marks stand between them.
_FLAG = regex.compile(r"[🇦-🇿](?:((?:\p{WB=Extend}|\p{WB=Format}|\p{WB=ZWJ})*+)[🇦-🇿])?", flags=regex.VERSION1)


@dataclass(frozen=True)
class Token:
    """One position of a model's input.

    text: what is shown; the characters typed, or the name of a special token.
    start, end: characters of the typed text, `text[start:end]`; both 0 where no character stands behind the token.
    word: index of the word among the words of its text (a pair counts each text from 0), None for special tokens.
    is_special: put there by the tokenizer, not typed.
    dropped: characters typed behind it, in its word, that the tokenizer dropped, such as an accent.
    """

    text: str
    start: int
    end: int
    word: int | None
    is_special: bool = False
    dropped: str = ""


def check_texts(text: str, pair: str | None = None) -> None:
    """Raise TextError unless a tokenizer can read the text and, where there is one, the second text."""
    _check_type(text, "text")
    _check_type("" if pair is None else pair, "text, pair=…")
    if pair is not None and max(len(text), len(pair)) <= MAX_CHARACTERS < len(text) + len(pair):
        _refuse_length("text and the second text together have", len(text) + len(pair))
    check_text(text)
    if pair is not None:
        check_text(pair, name="second text")


def _check_type(text: object, taken: str) -> None:
    if not isinstance(text, str):
        hint = " Run it once for each text." if isinstance(text, (list, tuple, set, dict)) else ""
        raise TextError(
            f"run({taken}) takes one text, a str, and was given {type(text).__name__}: {brief(text)}.{hint}"
        )


def check_text(text: str, *, name: str = "text") -> str:
    """The text itself, if a tokenizer can read it.

    Raises TextError for an empty or blank text, a NUL character and half of a surrogate pair, TextTooLongError for one
    of more than `MAX_CHARACTERS`.
    """
    if len(text) > MAX_CHARACTERS:  # before anything is done with each of them
        _refuse_length(f"{name} has", len(text))
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
    return tuple(match.span() for match in _WORD.finditer(_FLAG.sub(_as_one_symbol, text)))


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


def _as_one_symbol(flag: regex.Match[str]) -> str:
    """A symbol and a mark in place of a flag, a symbol in place of half a flag: as long, with the same boundaries.

    Whether one may cut between two indicators depends on how many stand before them, and the regex library counts
    these at every one: a text of flags would take the square of its length.
    """
    return "¤" if flag[1] is None else f"¤{flag[1]}\u0301"


def _refuse_length(what: str, n_characters: int) -> NoReturn:
    raise TextTooLongError(
        f"The {what} {n_characters:,} characters; attnviz reads at most {MAX_CHARACTERS:,}. Shorten it."
    )


# The key that an attention sink makes: weight that goes to no token of the text.
SINK = special_token("[sink]")


def second_text(tokens: Sequence[Token]) -> int | None:
    """Place of the first token of the second text of a pair; None where it has none.

    Characters count from 0 in each text, and special tokens stand between the two.
    """
    end = 0  # of what was typed before
    for place, token in enumerate(tokens):
        if token.is_special:
            continue
        if token.start < end and tokens[place - 1].is_special:
            return place
        end = token.end
    return None


def word_numbers(tokens: Sequence[Token]) -> list[int]:
    """Of every token the number of its word, counted through both texts of a pair; others have one of their own."""
    is_new = (
        token.word is None or token.word != before.word or token.start < before.start  # there the second text begins
        for before, token in pairwise(tokens)
    )
    return list(accumulate(is_new, initial=0))


def listed(names: Iterable[str], *, most: int) -> str:
    """Names in a sentence, each once: `a, b and c`; of more than `most`, the first and how many more there are."""
    *first, last = dict.fromkeys(names)
    if len(first) >= most:
        first, last = first[:most], f"{len(first) + 1 - most} more"
    return f"{', '.join(first)} and {last}" if first else last


def dropped_from(text: str, tokens: Iterable[Token]) -> tuple[str, ...]:
    """What of a text no token stands for, blanks aside: every run of such characters, in order."""
    lost = [not character.isspace() for character in text]
    for token in tokens:
        if not token.is_special:
            lost[token.start : token.end] = [False] * (token.end - token.start)
    runs = groupby(range(len(text)), key=lost.__getitem__)
    return tuple("".join(text[place] for place in places) for is_lost, places in runs if is_lost)


def labels(tokens: Iterable[Token]) -> tuple[str, ...]:
    """The texts of the tokens, in order."""
    return tuple(token.text for token in tokens)


def visible(text: str) -> str:
    """The text with a picture for every control character, and for a blank where there is nothing else."""
    if text and not text.strip(" \u00a0"):
        return "".join(_PICTURES[character] for character in text)
    return "".join(_picture(character) for character in text)


def reading(token: Token) -> str:
    """How a token reads wherever it is a word: without the blank that some pieces begin with."""
    return visible(token.text.strip() or token.text)


def _picture(character: str) -> str:
    if character in "\n\r\t\x7f":
        return _PICTURES[character]
    return chr(0x2400 + ord(character)) if character < " " else character
