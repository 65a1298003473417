"""What a single self-attention knows of the order of words: with random weights, with and without positions."""

from collections.abc import Sequence
from zlib import crc32

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnviz.attention import Step
from attnviz.masks import causal_mask, padding_mask, sliding_window_mask
from attnviz.recorder import recording
from attnviz.seeds import seeded
from attnviz.transformer import MultiHeadAttention, sinusoidal_positions

D_MODEL, SEED = 16, 0
MASKS = ("no mask", "causal", "sliding window of 2", "padding")
N_PADDING = 2


def word_vectors(words: Sequence[str]) -> Float[Tensor, "position d_model"]:
    """A random vector for every word; the same word has the same one, wherever it stands."""
    rows = [
        torch.randn(D_MODEL, generator=torch.Generator().manual_seed(crc32(word.casefold().encode()))) for word in words
    ]
    return torch.stack(rows)


def attended(
    words: Sequence[str],
    *,
    with_positions: bool,
    mask: Bool[Tensor, "1 1 position key"] | None = None,
) -> tuple[Float[Tensor, "position d_model"], Step]:
    """New vectors of the words, and the inputs of the attention that made them."""
    attention = seeded(lambda: MultiHeadAttention(D_MODEL, 1), seed=SEED)
    x = word_vectors(words)
    if with_positions:
        x = x + sinusoidal_positions(torch.arange(len(words)), d_model=D_MODEL)
    with torch.inference_mode(), recording() as recorder:
        outputs = attention(x[None], mask=mask)[0]
    return outputs, recorder.steps[0].of_text(0)


def change_by_order(words: Sequence[str], order: Sequence[int], *, with_positions: bool) -> list[float]:
    """How much each word's new vector changes when the words are put in another order.

    The length of the change over the length of the vector, for the words in their first order; `order[i]` is the
    index of the word that comes to stand at place i.
    """
    before, _ = attended(words, with_positions=with_positions)
    moved, _ = attended([words[index] for index in order], with_positions=with_positions)
    after = torch.empty_like(moved)
    after[list(order)] = moved
    return ((after - before).norm(dim=-1) / before.norm(dim=-1)).tolist()


def mask_of(kind: str, n_words: int) -> Bool[Tensor, "1 1 query key"] | None:
    """The mask of this name, (1, 1, query, key); `n_words` counts the padding too."""
    if kind == "no mask":
        return None
    if kind == "padding":
        return padding_mask(torch.tensor([n_words - N_PADDING]), n_key=n_words).expand(1, 1, n_words, n_words)
    mask = causal_mask(n_words, n_words) if kind == "causal" else sliding_window_mask(n_words, n_words, window=2)
    return mask[None, None]
