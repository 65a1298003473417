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
    from_word, to_special = (
        torch.tensor([token.is_special == wanted for token in tokens])
        for tokens, wanted in ((stack.query_tokens, False), (stack.key_tokens, True))
    )
    weights = stack.weights(layer) * from_word[:, None]  # (head, query, key), 0 in the rows of special tokens
    between_words = weights * ~to_special
    beside = [between_words.diagonal(offset, dim1=-2, dim2=-1).sum(dim=-1) for offset in (-1, 0, 1)]  # (head) each
    special = weights[..., to_special].sum(dim=(-2, -1))  # (head)
    entropy = torch.special.entr(weights[:, from_word]).sum(dim=-1)  # (head, word)
    return HeadShares(torch.stack([*beside, special], dim=-1) / from_word.sum(), entropy.exp().mean(dim=-1))
