"""Where the heads look, on sentences that training never saw."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import torch

from attnviz.engine.naming import HEADS, NamingTransformer
from training.draft import Link, Sentence
from training.grammar import Source
from training.lexicon import load_lexicon
from training.objective import HEAD_OF, encode
from training.split import is_held_out
from training.stream import Pattern


@dataclass(frozen=True)
class Case:
    """A text and the one link in it that is measured."""

    words: tuple[str, ...]
    link: Link


def held_out_sentences(pattern: Pattern, *, kind: str, n: int, seed: int, both: bool) -> list[tuple[Sentence, ...]]:
    """Sentences of a pattern (with `both`, minimal pairs) whose pairs ("pairs") or nouns ("nouns") are held out."""
    found: list[tuple[Sentence, ...]] = []
    attempt = 0
    while len(found) < n:
        attempt += 1
        drawn = []
        for choice in (0, 1) if both else (attempt % 2,):
            source = Source(Random(f"{seed}/{kind}/{attempt}"), load_lexicon(), "all" if kind == "pairs" else "unseen")
            drawn.append(pattern(source, choice))
        if kind == "nouns" or all(s.pairs and all(is_held_out(*pair) for pair in s.pairs[:1]) for s in drawn):
            found.append(tuple(drawn))
    return found


def last_layer_weights(model: NamingTransformer, texts: Sequence[tuple[str, ...]], *, batch: int = 256) -> list[np.ndarray]:
    """Weights (head, query, key) of the last layer for every text."""
    found: list[np.ndarray] = [np.zeros(0)] * len(texts)
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    for first in range(0, len(order), batch):
        part = order[first : first + batch]
        encoded = [encode(texts[index]) for index in part]
        longest = max(map(len, encoded))
        ids = torch.tensor([row + [0] * (longest - len(row)) for row in encoded])
        padding = torch.tensor([[True] * len(row) + [False] * (longest - len(row)) for row in encoded])
        with torch.no_grad():
            _, step = model(ids, padding=padding)
            weights = step.weights().numpy()
        for row, index in enumerate(part):
            n = len(encoded[row])
            found[index] = weights[row, :, :n, :n]
    return found


def is_right(weights: np.ndarray, link: Link) -> bool:
    """Whether the key of the link is what the query attends to most, among the other words of the text."""
    row = weights[link.query + 1, 1:-1].copy()
    row[link.query] = -1
    return int(row.argmax()) == link.key


def prefers(weights: np.ndarray, link: Link) -> bool:
    """Whether the key of the link gets more than its rival."""
    return bool(weights[link.query + 1, link.key + 1] > weights[link.query + 1, link.rival + 1])


def best_offset_accuracy(links: Sequence[Link]) -> float:
    """Share of links that the best fixed distance gets right: the positional baseline, chosen in hindsight."""
    offsets = [link.key - link.query for link in links]
    return max(offsets.count(offset) for offset in set(offsets)) / len(offsets)


def head_of(link: Link) -> int:
    """The head of the last layer whose readout is asked for such a link."""
    return HEADS.index(HEAD_OF[link.relation])
