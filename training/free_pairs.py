"""The hand-written pairs outside the grammar, and how many of them each head of a model gets right."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from attnviz.engine.naming import NamingTransformer
from attnviz.tokens import word_tokens
from training.measure import all_weights

FILE = Path(__file__).parent / "free_pairs.txt"
WordWeights = Callable[[str], np.ndarray]  # text → (layer, head, word, word)


@dataclass(frozen=True)
class FreePair:
    """Two sentences that differ in a word or two; the pronoun, and what it means in the first and in the second."""

    texts: tuple[str, str]
    pronoun: str
    meant: tuple[str, str]


@cache
def free_pairs() -> tuple[FreePair, ...]:
    """The pairs of the file."""
    found = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            sentence, pronoun, first, second = (part.strip() for part in line.split("|"))
            texts = tuple(re.sub(r"\[(.+?)/(.+?)\]", rf"\{number}", sentence) for number in (1, 2))
            found.append(FreePair((texts[0], texts[1]), pronoun, (first, second)))
    return tuple(found)


def flips(word_weights: WordWeights) -> np.ndarray:
    """Number of pairs in which both sentences prefer what is meant to the other noun, for every (layer, head)."""
    return np.sum(
        [_is_right(pair, 0, word_weights) & _is_right(pair, 1, word_weights) for pair in free_pairs()], axis=0
    )


def _is_right(pair: FreePair, which: int, word_weights: WordWeights) -> np.ndarray:
    words = [token.text.lower() for token in word_tokens(pair.texts[which])]
    pronoun = max(place for place, word in enumerate(words) if word == pair.pronoun)
    right, wrong = (words.index(pair.meant[index].lower()) for index in (which, 1 - which))
    row = word_weights(pair.texts[which])[..., pronoun, :]
    return row[..., right] > row[..., wrong]


def free_pair_score(model: NamingTransformer) -> dict[str, object]:
    """The score of the model's default view, of its reference head, and of the best head chosen in hindsight."""

    def word_weights(text: str) -> np.ndarray:
        words = [token.text.lower() for token in word_tokens(text)]
        return all_weights(model, [words])[0][..., 1:-1, 1:-1]

    right = flips(word_weights)
    return {
        "n": len(free_pairs()),
        "default_view": int(right[-1, 0]),
        "reference_head": int(right[-1, 3]),
        "best_head_in_hindsight": int(right.max()),
        "n_heads_tried": int(right.size),
    }
