"""How much of a head's weight goes to simple places: the word itself, its neighbours, the special tokens."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from attnviz.trace import Stack

PLACES = ("previous", "itself", "next", "special")


@dataclass(frozen=True, eq=False)
class HeadShares:
    """Shares of the weight, as means over the words of a text.

    shares: (head, place), the places in the order of `PLACES`; the rest goes to other words.
    n_effective: exp(entropy) of a row, the number of tokens that a word attends to if it attended to them alike.
    """

    shares: Float[Tensor, "head place"]
    n_effective: Float[Tensor, " head"]


def head_shares(stack: Stack, layer: int) -> HeadShares:
    """What the heads of a layer attend to; queries are the words, not the special tokens."""
    weights = stack.weights(layer)  # (head, query, key)
    is_special = torch.tensor([token.is_special for token in stack.key_tokens])
    rows = [row for row, token in enumerate(stack.query_tokens) if not token.is_special]
    at_word = weights[:, rows]  # (head, word, key)
    special = at_word[:, :, is_special].sum(dim=-1).mean(dim=-1)  # (head)
    offsets = [_at_offset(weights, rows, is_special, offset) for offset in (-1, 0, 1)]
    entropy = torch.special.entr(at_word).sum(dim=-1)  # (head, word)
    return HeadShares(torch.stack([*offsets, special], dim=-1), entropy.exp().mean(dim=-1))


def _at_offset(weights: Tensor, rows: list[int], is_special: Tensor, offset: int) -> Tensor:
    """Mean weight on the word this far away; 0 where a special token or nothing stands there."""
    n_keys = weights.shape[-1]
    taken = [
        weights[:, row, row + offset]
        if 0 <= row + offset < n_keys and not is_special[row + offset]
        else torch.zeros(len(weights))
        for row in rows
    ]
    return torch.stack(taken, dim=-1).mean(dim=-1)  # (head)
