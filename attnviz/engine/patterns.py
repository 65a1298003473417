"""The shape of a sentence, to tell whether the built-in model was trained on sentences like it.

A sentence is reduced to its kinds of words: determiners, attributive adjectives, adverbs and commas fall away, nouns
and names become one kind, verbs another, prepositions a third; pronouns and conjunctions stay.

    The animal didn't cross the wide street because it was too tired.  →  N X V N C it B A
"""

from collections.abc import Iterable, Mapping, Sequence

ENDS = frozenset(".?!;:")
DROPPED = frozenset("DR,")
UNKNOWN_KINDS = ("N", "A", "V", "R")


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
    following = ""  # the next kind that is neither adverb, comma nor adjective
    for kind in reversed(kinds):
        if kind not in DROPPED and not (kind == "A" and following == "N"):
            kept.append(kind)
        if kind not in ("R", ",", "A"):
            following = kind
    return " ".join(reversed(kept))


def has_known_shape(sentence: Sequence[str], kind_of: Mapping[str, str], known: Iterable[str]) -> bool:
    """Whether a sentence has one of the known shapes, with an unknown word taken for what fits.

    A sentence with two unknown words counts as none: the model reads both as [UNK] and cannot tell them apart.
    """
    unknown = [word for word in sentence if word not in kind_of]
    if len(unknown) > 1:
        return False
    shapes = known if isinstance(known, (set, frozenset)) else frozenset(known)
    guesses = UNKNOWN_KINDS if unknown else ("",)
    return any(shape([kind_of.get(word, guess) for word in sentence]) in shapes for guess in guesses)
