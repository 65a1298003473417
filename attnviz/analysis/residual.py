"""The residual stream of our own transformer: what each sublayer adds to a token's vector.

    after = before + attention + feed_forward        (layer norm first: Xiong et al. 2020, arXiv:2002.04745)

The layers hand their parts to the recorder while the engine runs as it always does.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from attnviz.errors import NotTraceableError
from attnviz.protocols import Engine
from attnviz.recorder import recording
from attnviz.tokens import Token


def shares_of(parts: Float[Tensor, "part position d_model"]) -> Float[Tensor, "part position"]:
    """The length of every part along the sum of all, `part · sum / |sum|²`."""
    whole = parts.sum(dim=0)
    return (parts * whole).sum(dim=-1) / whole.square().sum(dim=-1)


@dataclass(frozen=True, eq=False)
class LayerParts:
    """What a layer was given, and what its two sublayers added to it; without feed-forward, zeros."""

    before: Float[Tensor, "position d_model"]
    attention: Float[Tensor, "position d_model"]
    feed_forward: Float[Tensor, "position d_model"]

    @property
    def after(self) -> Float[Tensor, "position d_model"]:
        """What the layer hands on."""
        return self.before + self.attention + self.feed_forward

    @property
    def shares(self) -> Float[Tensor, "part position"]:
        """How much of a token's new vector comes from what was there, from attention and from feed-forward.

        The share of a part is its length along the new vector, `part · after / |after|²`: the three sum to 1, and a
        part that points against the new vector has a negative share.
        """
        parts = torch.stack([self.before, self.attention, self.feed_forward])  # (part, position, d_model)
        return shares_of(parts)


@dataclass(frozen=True, eq=False)
class ResidualStream:
    """The tokens of a text, and the parts of every layer."""

    tokens: tuple[Token, ...]
    layers: tuple[LayerParts, ...]

    @property
    def hidden(self) -> Float[Tensor, "stage position d_model"]:
        """The vectors before the first layer and after each layer."""
        return torch.stack([self.layers[0].before, *(parts.after for parts in self.layers)])

    @property
    def shares(self) -> Float[Tensor, "part position"]:
        """How much of the vector after the last layer comes from each part of the stack.

        The parts are the embedding, then attention and feed-forward of every layer in turn; their shares sum to 1.
        """
        written = [part for layer in self.layers for part in (layer.attention, layer.feed_forward)]
        parts = torch.stack([self.layers[0].before, *written])  # (part, position, d_model)
        return shares_of(parts)


def residual_stream(engine: Engine, text: str) -> ResidualStream:
    """What every layer of our own transformer adds to the vectors of a text.

    Raises NotTraceableError for an engine that is not ours, or one with layer norm after the sum; and what
    `engine.run` raises.
    """
    with recording() as recorder:
        trace = engine.run(text)
    if not recorder.residuals:
        raise NotTraceableError(
            f"The layers of {engine.name} cannot be taken apart here; the models of this package can. Choose one "
            "of them."
        )
    (stack,) = trace.stacks.values()
    layers = tuple(LayerParts(*(part[0] for part in parts)) for parts in recorder.residuals)
    return ResidualStream(stack.query_tokens, layers)


def cosines(one: Float[Tensor, "stage d_model"], other: Float[Tensor, "stage d_model"]) -> Float[Tensor, " stage"]:
    """Cosine of the angle between two vectors at every stage."""
    return torch.nn.functional.cosine_similarity(one, other, dim=-1)
