"""Maps to analyse: random weights over texts whose words are cut into pieces."""

import numpy as np
import torch
from hypothesis import strategies

from attnviz.attention import Step
from attnviz.tokens import Token, special_token, word_spans
from attnviz.trace import Stack, StoredStack


def pieces(text: str, *, size: int = 3) -> tuple[Token, ...]:
    """The words of a text cut into pieces of at most `size` characters, between [CLS] and [SEP]."""
    cut = [
        Token(text[at : min(at + size, end)], at, min(at + size, end), word)
        for word, (start, end) in enumerate(word_spans(text))
        for at in range(start, end, size)
    ]
    return (special_token("[CLS]"), *cut, special_token("[SEP]"))


def stored(weights: np.ndarray | torch.Tensor, queries: tuple[Token, ...], keys: tuple[Token, ...]) -> StoredStack:
    """Maps with given weights (query, key) in one layer of one head."""
    return StoredStack(queries, keys, torch.as_tensor(np.asarray(weights), dtype=torch.float32)[None, None])


def random_stack(queries, keys, *, seed: int = 0, n_layers: int = 2, n_heads: int = 3, mask=None) -> Stack:
    generator = torch.Generator().manual_seed(seed)

    def step() -> Step:
        q, k, v = (torch.randn(n_heads, len(t), 4, generator=generator) for t in (queries, keys, keys))
        return Step(q, k, v, scale=1.0, mask=mask)

    return Stack(queries, keys, tuple(step() for _ in range(n_layers)))


texts = strategies.lists(strategies.text(alphabet="abcdefg", min_size=1, max_size=9), min_size=1, max_size=6).map(
    " ".join
)
seeds = strategies.integers(0, 10_000)
