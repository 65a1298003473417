"""Random weights from a seed, drawn from a generator of their own.

`torch.manual_seed` sets one generator for the whole process: two threads that set it draw each other's numbers, and
`torch.random.fork_rng` does not keep them apart. torch's modules draw from that one when they are made; so they are
made without numbers here, and filled as their `reset_parameters` would, number by number.
"""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)


def seeded(make: Callable[[], M], *, seed: int) -> M:
    """A module with the random weights that `torch.manual_seed(seed)` would give it, whatever other threads do.

    Raises TypeError for a part with weights of its own that is not one of `Linear, Embedding, LayerNorm, RNN`.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.device("meta"):  # shapes without numbers; a mode of this thread alone
        module = make()
    module.to_empty(device="cpu")
    for part in module.modules():
        _fill(part, generator)
    return module


@torch.no_grad()
def _fill(part: nn.Module, generator: torch.Generator) -> None:
    """The numbers of one part, in the order and from the distributions of its `reset_parameters`."""
    own = dict(part.named_parameters(recurse=False))
    if isinstance(part, nn.Embedding):
        part.weight.normal_(generator=generator)
    elif isinstance(part, nn.LayerNorm):
        part.weight.fill_(1)
        part.bias.fill_(0)
    elif isinstance(part, nn.Linear | nn.RNN):
        end = (part.in_features if isinstance(part, nn.Linear) else part.hidden_size) ** -0.5
        for parameter in own.values():
            parameter.uniform_(-end, end, generator=generator)
    elif own or any(True for _ in part.buffers(recurse=False)):
        raise TypeError(f"{type(part).__name__} has weights of its own, and no rule says how they are drawn.")
