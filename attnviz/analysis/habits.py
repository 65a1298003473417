"""Where a head looks whatever the words are: the token before, the token itself, the one after, special tokens.

Many heads of pretrained models do little else (Clark et al. 2019, sections 3.1 and 3.2, arXiv:1906.04341; "positional
heads": Voita et al. 2019, arXiv:1905.09418). It says where the weight goes, which is not yet why the model answers as
it does.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnviz.analysis.sinks import allowed_cells, is_sink
from attnviz.trace import AttentionMaps


@dataclass(frozen=True)
class Habit:
    """Where the weight of one head goes in one text, as means over the rows that have a choice.

    before, itself, after: the weight on the token one before the query, on the query itself, on the one after it, over
        the rows that may attend there; None where there is none, or where a text attends to another one.
    sinks: the weight on special tokens and on the first one, over the rows that may attend to another one.
    largest: the largest weight of a row.
    """

    before: float | None
    itself: float | None
    after: float | None
    sinks: float
    largest: float


def habits(maps: AttentionMaps) -> tuple[Habit, ...]:
    """The habit of every head, layer by layer."""
    return tuple(habit for layer in maps.layers for habit in _of_layer(maps, layer))


def _of_layer(maps: AttentionMaps, layer: int) -> list[Habit]:
    weights = maps.weights(layer)  # (head, query, key)
    allowed = allowed_cells(maps, layer)  # (*head_or_one, query, key)
    sink = torch.tensor(is_sink(maps.key_tokens))  # (key,)
    has_choice = allowed.sum(dim=-1) > 1  # (*head_or_one, query)
    sinks = _mean(weights[..., sink].sum(dim=-1), (allowed & ~sink).any(dim=-1))
    largest = _mean(weights.amax(dim=-1), has_choice)
    neighbours: list[list[float] | list[None]] = [[None] * maps.n_heads] * 3
    if maps.is_one_text:
        n_tokens = len(maps.query_tokens)  # a sink is nobody's neighbour
        links, counts = weights[..., :n_tokens], (allowed & has_choice[..., None])[..., :n_tokens]
        neighbours = [_on_diagonal(links, counts, offset) for offset in (-1, 0, 1)]
    return [Habit(*values) for values in zip(*neighbours, sinks.tolist(), largest.tolist(), strict=True)]


def _on_diagonal(
    weights: Float[Tensor, "head query key"], counts: Bool[Tensor, "*head_or_one query key"], offset: int
) -> list[float] | list[None]:
    """Of every head the mean weight on the key so many places from the query; None where no row may attend there."""
    links = torch.diagonal(weights, offset=offset, dim1=-2, dim2=-1)  # (head, link)
    counted = torch.diagonal(counts, offset=offset, dim1=-2, dim2=-1)  # (*head_or_one, link)
    return _mean(links, counted).tolist() if counted.any() else [None] * len(weights)


def _mean(values: Float[Tensor, "head row"], counts: Bool[Tensor, "*head_or_one row"]) -> Float[Tensor, " head"]:
    """The mean over the rows that count; 0 where none does."""
    return (values * counts).sum(dim=-1) / counts.sum(dim=-1).clamp(min=1)
