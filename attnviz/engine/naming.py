"""The built-in model: a transformer whose last layer's heads are asked to name words.

Every head of the last layer has a readout: what the head gathered, mapped back to the word it names.

    names (head, query, word) = head_outputs(last layer) · readout(head) · embeddingsᵀ

Training judges these names and nothing else about the attention: to name the apple that was eaten, the head at "ate"
must fetch it from where it stands. The readouts read the head outputs alone, not the sums that other layers and heads
add to.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attnviz.attention import Step
from attnviz.recorder import recording
from attnviz.shapes import Hidden, TokenIds
from attnviz.transformer import Transformer, TransformerConfig

HEADS = ("any", "subject", "object", "reference", "modifier", "sense")


class NamingTransformer(nn.Module):
    """A `Transformer` with one readout for every head of its last layer.

    generator: where the readouts are drawn from; without one from torch's own, as torch's modules are.
    """

    def __init__(self, config: TransformerConfig, *, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.transformer = Transformer(config)
        d_head = config.d_model // config.n_heads
        drawn = torch.randn(config.n_heads, d_head, config.d_model, generator=generator)
        self.readouts = nn.Parameter(drawn * d_head**-0.5)

    def forward(
        self, token_ids: TokenIds, *, padding: Bool[Tensor, "batch position"] | None = None, position_offset: int = 0
    ) -> tuple[Hidden, Step]:
        """The vectors after the last layer, and the inputs of the last layer's attention."""
        with recording() as recorder:
            hidden = self.transformer(token_ids, padding=padding, position_offset=position_offset)
        return hidden, recorder.steps[-1]

    def gathered(self, step: Step) -> Float[Tensor, "batch head query d_model"]:
        """What every head of the last layer gathered, as a vector among the word embeddings."""
        return torch.einsum("bhqd,hdm->bhqm", step.head_output(), self.readouts)

    def names(self, step: Step) -> Float[Tensor, "batch head query word"]:
        """Scores of every word of the vocabulary: what each head names at each position."""
        return self.gathered(step) @ self.transformer.embeddings.tokens.weight.T
