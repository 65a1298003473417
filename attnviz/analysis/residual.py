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


def shares_of(parts: Float[Tensor, "*layer part position d_model"]) -> Float[Tensor, "*layer part position"]:
    """The length of every part along the sum of all, `part · sum / |sum|²`: the shares of all parts sum to 1.

    A part that points against the sum has a negative share.
    """
    whole = parts.sum(dim=-3, keepdim=True)
    return (parts * whole).sum(dim=-1) / whole.square().sum(dim=-1)


@dataclass(frozen=True, eq=False)
class ResidualStream:
    """The tokens of a text, and the parts of every layer.

    parts: what a layer was given, what its attention added and what its feed-forward added; without one, zeros.
    """

    tokens: tuple[Token, ...]
    parts: Float[Tensor, "layer part position d_model"]

    @property
    def hidden(self) -> Float[Tensor, "stage position d_model"]:
        """The vectors before the first layer and after each layer."""
        return torch.cat([self.parts[:1, 0], self.parts.sum(dim=1)])

    @property
    def layer_shares(self) -> Float[Tensor, "layer part position"]:
        """How much of a token's vector after each layer comes from what was there, attention and feed-forward."""
        return shares_of(self.parts)

    @property
    def shares(self) -> Float[Tensor, "part position"]:
        """How much of it after the last layer comes from the embedding, then from both sublayers of every layer."""
        return shares_of(torch.cat([self.parts[0, :1], self.parts[:, 1:].flatten(0, 1)]))


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
    parts = torch.stack([torch.cat(parts) for parts in recorder.residuals])  # (layer, part, position, d_model)
    return ResidualStream(stack.query_tokens, parts)


def cosines(one: Float[Tensor, "stage d_model"], other: Float[Tensor, "stage d_model"]) -> Float[Tensor, " stage"]:
    """Cosine of the angle between two vectors at every stage."""
    return torch.nn.functional.cosine_similarity(one, other, dim=-1)
