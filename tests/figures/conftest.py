import pytest
import torch

from attnviz.attention import Step
from attnviz.masks import causal_mask
from attnviz.tokens import Token, special_token, word_tokens
from attnviz.trace import Stack

TEXT = "the animal saw the street because the animal was tired"


def tokens(text: str) -> tuple[Token, ...]:
    return (special_token("[CLS]"), *word_tokens(text), special_token("[SEP]"))


def random_stack(n_query: int, n_key: int, *, n_heads: int = 3, causal: bool = False) -> Stack:
    """A stack over numbered words, with spread-out weights."""
    generator = torch.Generator().manual_seed(n_query * 1000 + n_key)
    query, key, value = (torch.randn(n_heads, n, 8, generator=generator) for n in (n_query, n_key, n_key))
    mask = causal_mask(n_query, n_key)[None] if causal else None
    step = Step(query, key, value, scale=1.0, mask=mask)
    rows, columns = (tuple(Token(f"w{i}", 0, 0, i) for i in range(n)) for n in (n_query, n_key))
    return Stack(rows, columns, (step, step))


@pytest.fixture
def repeated() -> Stack:
    """A stack over a sentence in which "the" stands three times and "animal" twice."""
    generator = torch.Generator().manual_seed(0)
    words = tokens(TEXT)
    query, key, value = (torch.randn(3, len(words), 8, generator=generator) for _ in range(3))
    return Stack(words, words, (Step(query, key, value, scale=1.0),))
