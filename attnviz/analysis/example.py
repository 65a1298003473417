"""The numbers of the worked example: four words as vectors of four numbers, and matrices to project them with.

The vectors were chosen so that the scores are whole numbers and the sums of the rows differ: then the scores are
symmetric and the weights are not.
"""

from typing import TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from attnviz.attention import Step

Matrix: TypeAlias = Float[Tensor, "_ _"]  # rows and columns of any number
Vector: TypeAlias = Float[Tensor, " _"]

WORDS = ("She", "ate", "the", "apple")
COLUMNS = ("x1", "x2", "x3", "x4")
VECTORS = torch.tensor([[1.0, 0, 1, 0], [0, 1, 0, 1], [1, 1, 0, 0], [0, 1, 1, 1]])
D_HEAD = 3
SEED = 16  # of the first forty, one where every word has a favourite, and that of “ate” is “apple”


def projection(index: int) -> Matrix:
    """One of the matrices: whole numbers from −1 to 1, drawn at random with a fixed seed for each index."""
    generator = torch.Generator().manual_seed(SEED + index)
    return torch.randint(-1, 2, (len(COLUMNS), D_HEAD), generator=generator).float()


def exercise(number: int, *, d: int, scale: float, n_keys: int = 3) -> Step:
    """One query and some keys of `d` whole numbers from 0 to 2, another draw for each number; no two scores are equal.

    The keys are their own values, as in attention without parameters.
    """
    generator = torch.Generator().manual_seed(number)
    while True:
        query, keys = (torch.randint(0, 3, (1, n, d), generator=generator).float() for n in (1, n_keys))
        step = Step(query, keys, keys, scale)
        if len(set(step.raw_scores(0)[0].tolist())) == n_keys:
            return step
