"""What one thing is worth: an answer with it and without it, for each head muted and for each link of a row cut.

An effect is the change in the log-odds of an answer, below 0 where it becomes less likely; where a model answers with
its final vectors alone, 1 − cosine (`Prediction.effect`). Whether the weights tell the effects is a question of their
order: Spearman's ρ, of the weights and of how large the effects are, whichever way they go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from attnviz.edits import Cut, Edit, Mute
from attnviz.errors import SelectionError
from attnviz.numbers import weight_text
from attnviz.prediction import Prediction
from attnviz.protocols import Engine
from attnviz.trace import Stack, Trace

FEWEST = 3  # of two links one is always the heavier, and has the larger effect or not: ρ would be 1 or −1


def knockout(
    engine: Engine,
    text: str | Trace[Stack],
    *,
    pair: str | None = None,
    kind: str | None = None,
    at: int | None = None,
    answer: int | None = None,
    answer_head: int | None = None,
) -> Float[Tensor, "layer head"]:
    """The effect of muting each head, one at a time, on what a model answers; a trace keeps its own edits.

    kind: whose heads, of a model with several kinds of attention. at, answer_head: as `at` and `head` in
    `Engine.predict`. answer: whose log-odds; the likeliest one of the untouched model unless given.
    """
    trace = text if isinstance(text, Trace) else engine.run(text, pair=pair)
    kind, stack = _of_kind(trace, kind)
    mutes = [Mute(layer=layer, head=head, kind=kind) for layer in stack.layers for head in range(stack.n_heads)]
    effects = _effects(engine, trace, mutes, answer, at=at, head=answer_head)
    return effects.view(stack.n_layers, stack.n_heads)


@dataclass(frozen=True, eq=False)
class LinkEffects:
    """The weights of one row, and the effect of cutting each of its links, one at a time.

    keys: the keys that the query may look at.
    """

    keys: tuple[int, ...]
    weights: Float[Tensor, " key"]
    effects: Float[Tensor, " key"]

    @property
    def rho(self) -> float | None:
        """Spearman's ρ of the weights and of the sizes of the effects; None where there is no order to compare."""
        return spearman(self.weights, self.effects.abs())

    @property
    def said(self) -> str:
        """What ρ says, in one sentence."""
        rho, n = self.rho, len(self.keys)
        if rho is None:
            return f"{n} links are too few, or too much alike, to tell whether the weight tells what matters."
        found = f"ρ = {'−' if rho < 0 else ''}{weight_text(abs(rho))}, n = {n}"
        if rho < -0.3:
            return f"In this head and text, a larger weight rather means that the link matters less: {found}."
        how = "hardly tells" if rho < 0.3 else "partly tells" if rho < 0.7 else "tells well"
        return f"In this head and text, the weight {how} what matters: {found}."


def link_effects(
    engine: Engine,
    text: str | Trace[Stack],
    *,
    layer: int,
    head: int,
    query: int,
    pair: str | None = None,
    kind: str | None = None,
    at: int | None = None,
    answer: int | None = None,
    answer_head: int | None = None,
) -> LinkEffects:
    """The links of a query in one head and what each is worth: the effect of cutting it; see `knockout`.

    Raises SelectionError where the query may look at one key alone: that link cannot be cut.
    """
    trace = text if isinstance(text, Trace) else engine.run(text, pair=pair)
    kind, stack = _of_kind(trace, kind)
    weights, mask = stack.weights(layer, head)[query], stack.mask(layer, head)
    keys = tuple(range(len(weights)) if mask is None else mask[query].nonzero()[:, 0].tolist())
    if len(keys) < 2:
        raise SelectionError(f"Query {query} looks at one key alone, which cannot be cut. Choose another query.")
    cuts = [Cut(layer=layer, head=head, query=query, key=key, kind=kind) for key in keys]
    return LinkEffects(keys, weights[list(keys)], _effects(engine, trace, cuts, answer, at=at, head=answer_head))


def spearman(one: Float[Tensor, " item"], other: Float[Tensor, " item"]) -> float | None:
    """Spearman's ρ: the correlation of the ranks, equal values sharing the mean of theirs (Spearman 1904).

    None for fewer than three values, and where all values of a side are equal.
    """
    ranks = torch.stack([_ranks(one), _ranks(other)])
    if len(one) < FEWEST or (ranks.std(dim=-1) == 0).any():
        return None
    return round(float(torch.corrcoef(ranks)[0, 1]), 9)  # of float64 the last digits are noise


def _ranks(values: Float[Tensor, " item"]) -> Float[Tensor, " item"]:
    """The rank of each value from 1, the mean rank among equal ones."""
    n_less = (values[None] < values[:, None]).sum(dim=-1)
    n_equal = (values[None] == values[:, None]).sum(dim=-1)
    return n_less + (n_equal.double() + 1) / 2


def _of_kind(trace: Trace[Stack], kind: str | None) -> tuple[str, Stack]:
    """The kind of attention that was asked for, and its stack."""
    kinds = ", ".join(trace.stacks)
    if kind is None and len(trace.stacks) == 1:
        kind = kinds
    if kind is None or kind not in trace.stacks:
        raise SelectionError(f"kind is one of {kinds}, which this model has, not {kind!r}.")
    return kind, trace.stacks[kind]


def _effects(
    engine: Engine, trace: Trace[Stack], edits: Sequence[Edit], answer: int | None, **asked: Any
) -> Float[Tensor, " edit"]:
    """The effect of each edit beside those that the trace has already."""
    variants = [trace.edits, *((*trace.edits, edit) for edit in edits)]
    predictions: tuple[Prediction, ...] = engine.predictions(trace, variants=variants, **asked)
    before, *after = predictions
    return torch.tensor([before.effect(each, answer) for each in after])
