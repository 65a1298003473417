"""What is known of a model before one looks: what its heads do, where to look first, and how far it knows a text.

Only the built-in model was measured. How often a head was right is told only where a text is of the kind that this was
measured on: beside another one it would praise a picture that is no evidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Literal

from attnviz.engine import OWN_MODELS, builtin
from attnviz.tokens import PRONOUNS, word_tokens


@dataclass(frozen=True)
class About:
    """What a head does: a name for it, a sentence, and how often it was right ("" where that is not to be told)."""

    title: str
    does: str
    right: str = ""


@dataclass(frozen=True)
class Badge:
    """What a model knows of a text, in a few words: "known", "warn" where its picture is no evidence, or "real"."""

    state: Literal["known", "warn", "real"]
    text: str


@dataclass(frozen=True)
class Known:
    """What is known of a model and a text beforehand; of most models, nothing.

    about: of the heads that were measured, by layer and head.
    layer, head: to open with; word: index of the word to look at first. None: not known.
    unknown: indices of the words that the model does not know.
    """

    badge: Badge
    about: Mapping[tuple[int, int], About] = field(default_factory=dict)
    layer: int | None = None
    head: int | None = None
    word: int | None = None
    unknown: frozenset[int] = frozenset()


_REAL = Known(Badge("real", "real model · what its heads do was not measured"))
_RANDOM = Known(Badge("warn", "random weights · not evidence"))


@lru_cache(maxsize=256)
def known(model: str, text: str) -> Known:
    """What is known of a model, named as in its traces, and a text."""
    if model != builtin.NAME:
        return _RANDOM if model in OWN_MODELS else _REAL
    reading = builtin.read(text)
    knows_all = reading.n_known == reading.n_words
    words = f"knows {reading.n_known} of {reading.n_words} word{'' if reading.n_words == 1 else 's'}"
    kind = f"sentence{'s' if len(reading.trained) > 1 else ''} of a kind it was trained on"
    is_evidence = knows_all and reading.is_trained_pattern
    why_not = " · not of a kind it was trained on" if knows_all else ""
    badge = Badge("known", f"{words} · {kind}") if is_evidence else Badge("warn", f"{words}{why_not} · not evidence")
    unknown = frozenset(place for place, is_known in enumerate(reading.known) if not is_known)
    layer, head = builtin.default_view()
    return Known(badge, _about(with_accuracy=is_evidence), layer, head, first_word(text), unknown)


def first_word(text: str) -> int | None:
    """Index of the word to look at first: the one an example is about, else the first pronoun after another word.

    None where the text has no such word.
    """
    words = _words(text)
    about = _examples().get(words)
    if about is not None:
        return words.index(about)
    return next((place for place, word in enumerate(words) if place and word in PRONOUNS), None)


@cache
def _examples() -> dict[tuple[str, ...], str]:
    """The word that each example is about, by the words of the example."""
    return {_words(example.text): example.word for example in builtin.example_sentences()}


@cache
def _about(*, with_accuracy: bool) -> dict[tuple[int, int], About]:
    return {
        (entry.layer, entry.head): About(
            entry.title,
            f"{entry.does[0].upper()}{entry.does[1:]}.",
            f"Right in {_share(entry.accuracy)} {entry.measured_on}." if with_accuracy else "",
        )
        for entry in builtin.head_guide()
    }


def _words(text: str) -> tuple[str, ...]:
    """The words as the built-in model spells them, without the full stop at the end."""
    words = tuple(builtin.plain(token.text) for token in word_tokens(text))
    return words[:-1] if words[-1:] == (".",) else words


def _share(measured: float) -> str:
    """A measured share with the three digits that four hundred links give, as it stands before what it is of."""
    return "all" if measured == 1.0 else f"{100 * measured:.3g}\u202f% of"
