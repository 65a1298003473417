"""Attention masks, all of one kind: boolean, `True` = this query may attend to this key.

Masks combine with `&`.
"""

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from attnviz.errors import AttentionError


def causal_mask(n_query: int, n_key: int) -> Bool[Tensor, "query key"]:
    """Mask under which a query sees the keys up to its own position.

    Where there are more keys than queries, the queries are the last positions, as in generation from a cache.
    Vaswani et al. 2017, section 3.2.3, arXiv:1706.03762.
    """
    return torch.ones(n_query, n_key, dtype=torch.bool).tril(diagonal=n_key - n_query)


def sliding_window_mask(n_query: int, n_key: int, *, window: int) -> Bool[Tensor, "query key"]:
    """Causal mask under which a query sees its own position and the `window - 1` before it.

    Beltagy et al. 2020, section 3.1, arXiv:2004.05150; causal as in Jiang et al. 2023, arXiv:2310.06825.
    """
    if window < 1:
        raise AttentionError(f"A sliding window of {window} leaves nothing to attend to; it must be at least 1.")
    causal = causal_mask(n_query, n_key)
    return causal & ~causal.tril(diagonal=n_key - n_query - window)


def padding_mask(lengths: Int[Tensor, " batch"], *, n_key: int) -> Bool[Tensor, "batch 1 1 key"]:
    """Mask that hides the padding after each text; the two axes of size 1 stand for heads and queries."""
    positions = torch.arange(n_key, device=lengths.device)
    return (positions < lengths[:, None])[:, None, None, :]  # (batch, 1, 1, key)
