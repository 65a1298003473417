"""What training never sees: pairs of words, nouns in a pattern, the example sentences.

Whether two words are kept apart is decided by a hash of the two, so that every part of the code agrees without a list:
a held-out pair stands together in no training text, in whatever roles. Nouns are kept out of one pattern by the hash of
noun and pattern, and occur in the others.
"""

from functools import cache
from itertools import combinations
from zlib import crc32

from training.draft import Kind, Sentence
from training.examples import EXAMPLES

PAIRS_PER_THOUSAND = 60
OWN_NOUNS_PER_HUNDRED = 12
SPLIT_KINDS = frozenset({("noun", "noun"), ("adjective", "noun"), ("noun", "verb")})


@cache
def is_held_out(first: str, second: str) -> bool:
    """Whether two words (base forms) are kept apart in training."""
    low, high = sorted((first, second))
    return (low, high) in _example_pairs() or crc32(f"{low}|{high}".encode()) % 1000 < PAIRS_PER_THOUSAND


@cache
def is_own_noun(pattern: str, noun: str) -> bool:
    """Whether a noun is kept out of a pattern in training."""
    return crc32(f"{pattern}/{noun}".encode()) % 100 < OWN_NOUNS_PER_HUNDRED


def held_out_pairs(content: frozenset[tuple[str, Kind]]) -> tuple[tuple[str, str], ...]:
    """The pairs of words of a text that training keeps apart."""
    return tuple(
        (first, second)
        for (first, kind), (second, other) in combinations(sorted(content), 2)
        if (kind, other) in SPLIT_KINDS or (other, kind) in SPLIT_KINDS
        if first != second and is_held_out(first, second)
    )


def may_train(sentence: Sentence) -> bool:
    """Whether a sentence may stand in the training stream."""
    return not held_out_pairs(sentence.content) and sentence.words not in _example_words()


@cache
def _example_pairs() -> frozenset[tuple[str, str]]:
    return frozenset(
        (min(a, b), max(a, b)) for example in EXAMPLES for a, b in combinations(sorted(set(example.content)), 2)
    )


@cache
def _example_words() -> frozenset[tuple[str, ...]]:
    return frozenset(example.words for example in EXAMPLES)
