"""A transformer from scratch: embeddings, multi-head attention, feed-forward, blocks, stack.

    token_ids (batch, position) → embeddings (batch, position, d_model)
    → n_layers × [attention + residual, feed-forward + residual] → (batch, position, d_model)

Vaswani et al. 2017, arXiv:1706.03762. With `norm="post"`, learned positions and segments it is BERT
(Devlin et al. 2019, arXiv:1810.04805) and runs on BERT's weights. Nothing here is a shortcut: a head's scores, weights
and outputs are computed by the functions of `attention.py`, and every call is handed to the recorder, as is what the
parts of a layer add where its norm comes first.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from attnviz.attention import Step, attend, share_heads
from attnviz.masks import causal_mask
from attnviz.recorder import record, record_residual
from attnviz.shapes import Hidden, TokenIds


@dataclass(frozen=True)
class TransformerConfig:
    """Sizes and choices of a transformer.

    n_kv_heads: key/value heads, shared evenly by the heads; as many as heads unless given.
    d_feed_forward: size of the feed-forward layer; None leaves it out everywhere.
    feed_forward_layers: the layers that have one; None for all.
    norm: layer norm "pre" (inside the residual branch) or "post" (after the sum, as in the paper).
    max_positions: rows of the learned position table; sinusoidal positions have no end, but share the limit.
    n_segments: rows of the segment table, for pairs of texts; 0 for none.
    """

    vocab_size: int
    d_model: int = 64
    n_layers: int = 4
    n_heads: int = 4
    n_kv_heads: int | None = None
    d_feed_forward: int | None = None
    feed_forward_layers: tuple[int, ...] | None = None
    norm: Literal["pre", "post"] = "pre"
    activation: Literal["gelu", "relu"] = "gelu"
    positions: Literal["sinusoidal", "learned", "none"] = "sinusoidal"
    max_positions: int = 512
    n_segments: int = 0
    norm_embeddings: bool = False
    final_norm: bool = True
    layer_norm_eps: float = 1e-5
    causal: bool = False
    dropout: float = 0.0

    def has_feed_forward(self, layer: int) -> bool:
        """Whether this layer has a feed-forward sublayer."""
        chosen = self.feed_forward_layers
        return self.d_feed_forward is not None and (chosen is None or layer in chosen)


class MultiHeadAttention(nn.Module):
    """Project to queries, keys and values, attend in every head, join the heads, project back."""

    def __init__(self, d_model: int, n_heads: int, *, n_kv_heads: int | None = None) -> None:
        super().__init__()
        n_kv_heads = n_kv_heads or n_heads
        if d_model % n_heads or n_heads % n_kv_heads:
            raise ValueError(f"{n_heads} heads and {n_kv_heads} key/value heads do not divide d_model {d_model} evenly")
        self.n_heads, self.n_kv_heads, self.d_head = n_heads, n_kv_heads, d_model // n_heads
        self.query = nn.Linear(d_model, n_heads * self.d_head)
        self.key = nn.Linear(d_model, n_kv_heads * self.d_head)
        self.value = nn.Linear(d_model, n_kv_heads * self.d_head)
        self.output = nn.Linear(n_heads * self.d_head, d_model)

    def forward(
        self,
        hidden: Hidden,
        context: Float[Tensor, "batch key d_model"] | None = None,
        *,
        mask: Bool[Tensor, "#batch #head #position #key"] | None = None,
    ) -> Hidden:
        """New vectors for `hidden`, gathered from `context`: another text, or itself (self-attention)."""
        context = hidden if context is None else context
        query = self._split(self.query(hidden), self.n_heads)  # (batch, head, query, d_head)
        key = self._split(self.key(context), self.n_kv_heads)  # (batch, kv_head, key, d_head)
        value = self._split(self.value(context), self.n_kv_heads)
        step = Step(query, key, value, scale=self.d_head**-0.5, mask=mask)
        outputs, _ = attend(
            query,
            share_heads(key, n_heads=self.n_heads),
            share_heads(value, n_heads=self.n_heads),
            scale=step.scale,
            mask=mask,
        )
        outputs = record(step, outputs)
        concatenated = outputs.transpose(1, 2).flatten(-2)  # (batch, query, head · d_head)
        return self.output(concatenated)

    def _split(self, projected: Tensor, n_heads: int) -> Tensor:
        split = projected.view(*projected.shape[:-1], n_heads, self.d_head)  # (batch, position, head, d_head)
        return split.transpose(1, 2)  # (batch, head, position, d_head)


class FeedForward(nn.Module):
    """Two linear maps with a non-linearity between, at every position alike."""

    def __init__(self, d_model: int, d_feed_forward: int, *, activation: str) -> None:
        super().__init__()
        self.inner = nn.Linear(d_model, d_feed_forward)
        self.outer = nn.Linear(d_feed_forward, d_model)
        self.activation = nn.GELU() if activation == "gelu" else nn.ReLU()

    def forward(self, hidden: Hidden) -> Hidden:
        """`outer(activation(inner(x)))`."""
        return self.outer(self.activation(self.inner(hidden)))


class Block(nn.Module):
    """One layer: attention and feed-forward, each added to what came in, each with its layer norm."""

    def __init__(self, config: TransformerConfig, layer: int) -> None:
        super().__init__()
        self.norm = config.norm
        self.attention = MultiHeadAttention(config.d_model, config.n_heads, n_kv_heads=config.n_kv_heads)
        self.attention_norm = nn.LayerNorm(config.d_model, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.dropout)
        self.feed_forward: FeedForward | None = None
        if config.d_feed_forward is not None and config.has_feed_forward(layer):
            self.feed_forward = FeedForward(config.d_model, config.d_feed_forward, activation=config.activation)
            self.feed_forward_norm = nn.LayerNorm(config.d_model, eps=config.layer_norm_eps)

    def forward(self, hidden: Hidden, *, mask: Bool[Tensor, "#batch #head #position #key"] | None = None) -> Hidden:
        """`x + attention(norm(x))` then `x + feed_forward(norm(x))`; with norm last, `norm(x + …)`."""
        if self.norm == "pre":
            attention = self.dropout(self.attention(self.attention_norm(hidden), mask=mask))
            between = hidden + attention
            if self.feed_forward is None:
                record_residual(hidden, attention, torch.zeros_like(hidden))
                return between
            feed_forward = self.dropout(self.feed_forward(self.feed_forward_norm(between)))
            record_residual(hidden, attention, feed_forward)
            return between + feed_forward
        hidden = self.attention_norm(hidden + self.dropout(self.attention(hidden, mask=mask)))
        if self.feed_forward is not None:
            hidden = self.feed_forward_norm(hidden + self.dropout(self.feed_forward(hidden)))
        return hidden


class Blocks(nn.Module):
    """All layers, and the layer norm after the last one if there is one."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.causal = config.causal
        self.layers = nn.ModuleList(Block(config, layer) for layer in range(config.n_layers))
        self.final_norm = nn.LayerNorm(config.d_model, eps=config.layer_norm_eps) if config.final_norm else None

    def forward(self, hidden: Hidden, *, padding: Bool[Tensor, "batch position"] | None = None) -> Hidden:
        """The vectors after the last layer; `padding` is `True` where there is a token."""
        mask = None if padding is None else padding[:, None, None, :]  # (batch, 1, 1, key)
        if self.causal:
            n_tokens = hidden.shape[1]
            causal = causal_mask(n_tokens, n_tokens).to(hidden.device)[None, None]  # (1, 1, query, key)
            mask = causal if mask is None else mask & causal
        for layer in self.layers:
            hidden = layer(hidden, mask=mask)
        return hidden if self.final_norm is None else self.final_norm(hidden)


class Embeddings(nn.Module):
    """A vector for each token: the token's own, plus its position's, plus its segment's."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.tokens = nn.Embedding(config.vocab_size, config.d_model)
        self.learned = nn.Embedding(config.max_positions, config.d_model) if config.positions == "learned" else None
        self.segments = nn.Embedding(config.n_segments, config.d_model) if config.n_segments else None
        self.norm = nn.LayerNorm(config.d_model, eps=config.layer_norm_eps) if config.norm_embeddings else None
        self.positions = config.positions
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self, token_ids: TokenIds, *, segment_ids: TokenIds | None = None, position_offset: int = 0
    ) -> Float[Tensor, "batch position d_model"]:
        """Sum of the embeddings; positions count from `position_offset`."""
        positions = torch.arange(position_offset, position_offset + token_ids.shape[1], device=token_ids.device)
        hidden = self.tokens(token_ids)
        if self.learned is not None:
            hidden = hidden + self.learned(positions)
        elif self.positions == "sinusoidal":
            hidden = hidden + sinusoidal_positions(positions, d_model=hidden.shape[-1])
        if self.segments is not None:
            hidden = hidden + self.segments(torch.zeros_like(token_ids) if segment_ids is None else segment_ids)
        return self.dropout(hidden if self.norm is None else self.norm(hidden))


class Transformer(nn.Module):
    """Token ids in, one vector for each token out."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.embeddings = Embeddings(config)
        self.blocks = Blocks(config)

    def forward(
        self,
        token_ids: TokenIds,
        *,
        padding: Bool[Tensor, "batch position"] | None = None,
        segment_ids: TokenIds | None = None,
        position_offset: int = 0,
    ) -> Float[Tensor, "batch position d_model"]:
        """Vectors after the last layer; `padding` is `True` where there is a token."""
        hidden = self.embeddings(token_ids, segment_ids=segment_ids, position_offset=position_offset)
        return self.blocks(hidden, padding=padding)


def sinusoidal_positions(positions: Int[Tensor, " position"], *, d_model: int) -> Float[Tensor, "position d_model"]:
    """Sines and cosines of falling frequency: `sin(p / 10000^(2i/d_model))`, and the cosine beside it.

    Vaswani et al. 2017, section 3.5.
    """
    pairs = torch.arange(0, d_model, 2, device=positions.device)
    angles = positions[:, None] * torch.exp(pairs * (-math.log(10_000.0) / d_model))  # (position, d_model / 2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)[:, :d_model]  # (position, d_model)
