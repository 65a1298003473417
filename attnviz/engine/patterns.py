"""The shape of a sentence, to tell whether the built-in model was trained on sentences like it.

A sentence is reduced to its kinds of words: determiners, attributive adjectives, adverbs and commas fall away, nouns
and names become one kind, verbs another, prepositions a third; pronouns and conjunctions stay.

    The animal didn't cross the wide street because it was too tired.  →  N X V N C it B A
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

ENDS = frozenset(".?!;:")
DROPPED = frozenset("DR,")
UNKNOWN_KINDS = ("N", "A", "V", "R")
MAX_UNKNOWN = 3


def sentences(words: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The words, cut after full stops and their like, without them."""
    found: list[list[str]] = [[]]
    for word in words:
        if word in ENDS:
            found.append([])
        else:
            found[-1].append(word)
    return tuple(tuple(sentence) for sentence in found if sentence)


def shape(kinds: Sequence[str]) -> str:
    """The kinds of words that remain of a sentence."""
    kept: list[str] = []
    for place, kind in enumerate(kinds):
        following = next((other for other in kinds[place + 1 :] if other not in ("R", ",", "A")), "")
        if kind in DROPPED or (kind == "A" and following == "N"):
            continue
        kept.append(kind)
    return " ".join(kept)


def has_known_shape(sentence: Sequence[str], kind_of: Mapping[str, str], known: Iterable[str]) -> bool:
    """Whether a sentence has one of the known shapes, with unknown words taken for what fits.

    A sentence with more than three unknown words counts as none: with enough of them anything would fit.
    """
    shapes = known if isinstance(known, (set, frozenset)) else frozenset(known)
    unknown = sum(word not in kind_of for word in sentence)
    if unknown > MAX_UNKNOWN:
        return False
    for guess in product(UNKNOWN_KINDS, repeat=unknown):
        guesses = iter(guess)
        if shape([kind_of[word] if word in kind_of else next(guesses) for word in sentence]) in shapes:
            return True
    return False
