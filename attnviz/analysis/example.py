"""The numbers of the worked example: four words as vectors of four numbers, and matrices to project them with."""

from typing import TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

Matrix: TypeAlias = Float[Tensor, "_ _"]  # rows and columns of any number
Vector: TypeAlias = Float[Tensor, " _"]

WORDS = ("She", "ate", "the", "apple")
COLUMNS = ("x1", "x2", "x3", "x4")
VECTORS = torch.tensor([[1.0, 0, 1, 0], [0, 1, 0, 1], [1, 1, 0, 0], [0, 0, 1, 1]])
D_HEAD = 3
SEED = 7


def projection(index: int) -> Matrix:
    """One of the matrices: whole numbers from −1 to 1, drawn at random with a fixed seed for each index."""
    generator = torch.Generator().manual_seed(SEED + index)
    return torch.randint(-1, 2, (len(COLUMNS), D_HEAD), generator=generator).float()
