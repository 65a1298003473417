"""What a forward pass did: the recorder that collects attention calls, and `Trace`, what a person looks at.

A trace keeps the inputs of every attention call, O(layers · tokens · d_model) numbers; the maps of O(tokens²) numbers
are derived for the layer and head that somebody looks at. The recorder lives in a `ContextVar`, so that many threads
can trace one shared model at once without seeing each other's calls.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Generic, Protocol, TypeVar, runtime_checkable

from jaxtyping import Bool, Float
from torch import Tensor

from attnviz.attention import Step
from attnviz.errors import SelectionError
from attnviz.tokens import Token


@dataclass(eq=False)
class Recorder:
    """The attention calls of one forward pass, in the order in which the model made them."""

    steps: list[Step] = field(default_factory=list)


_active: ContextVar[Recorder | None] = ContextVar("attnviz_recorder", default=None)


@contextmanager
def recording() -> Iterator[Recorder]:
    """Record the attention calls made inside the `with` block, in this thread of execution alone."""
    recorder = Recorder()
    token = _active.set(recorder)
    try:
        yield recorder
    finally:
        _active.reset(token)


def is_recording() -> bool:
    """Whether an attention call made now would be recorded."""
    return _active.get() is not None


def record(step: Step) -> None:
    """Hand a call to the active recorder; without one, nothing happens."""
    recorder = _active.get()
    if recorder is not None:
        recorder.steps.append(step)


@runtime_checkable
class AttentionMaps(Protocol):
    """What figures and exports read: the weights of one kind of attention, computed now or read from a file."""

    @property
    def query_tokens(self) -> tuple[Token, ...]:
        """The tokens of the rows."""
        ...

    @property
    def key_tokens(self) -> tuple[Token, ...]:
        """The tokens of the columns."""
        ...

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        ...

    @property
    def n_heads(self) -> int:
        """Number of heads of every layer."""
        ...

    def weights(self, layer: int, head: int | None = None) -> Tensor:
        """Weights, (head, query, key) for a layer or (query, key) for one head; float32."""
        ...


@runtime_checkable
class MaskedMaps(AttentionMaps, Protocol):
    """Maps that still know what the mask hid; a weight of 0 alone does not tell."""

    def mask(self, layer: int, head: int | None = None) -> Tensor | None:
        """Where one head may attend, (query, key) bool; None where nothing is hidden.

        Without a head, those of the layer, (head, query, key); one may stand for all: (1, query, key).
        """
        ...


@dataclass(frozen=True, eq=False)
class Stack:
    """All layers of one kind of attention: encoder, decoder or cross."""

    query_tokens: tuple[Token, ...]
    key_tokens: tuple[Token, ...]
    steps: tuple[Step, ...]

    @property
    def n_layers(self) -> int:
        """Number of layers, one attention call each."""
        return len(self.steps)

    @property
    def n_heads(self) -> int:
        """Number of heads of every layer."""
        return self.steps[0].n_heads

    def step(self, layer: int) -> Step:
        """The inputs of a layer's attention, from which every stage can be derived."""
        check_layer(layer, self.n_layers)
        return self.steps[layer]

    def weights(self, layer: int, head: int | None = None) -> Float[Tensor, "*head query key"]:
        """Attention weights, (head, query, key) for a layer or (query, key) for one head; float32."""
        return self.step(layer).weights(head)

    def mask(self, layer: int, head: int | None = None) -> Bool[Tensor, "*head_or_one query key"] | None:
        """Where one head may attend, or the heads of a layer, of which one may stand for all; None without a mask."""
        mask = self.step(layer).mask
        if head is not None:
            check_head(head, self.n_heads)
        if mask is None:
            return None
        mask = mask.expand(-1, len(self.query_tokens), len(self.key_tokens))
        return mask if head is None else mask[head if len(mask) > 1 else 0]


@dataclass(frozen=True, eq=False)
class StoredStack:
    """Weights that were read from a file: the same maps as a `Stack`, without the steps behind them."""

    query_tokens: tuple[Token, ...]
    key_tokens: tuple[Token, ...]
    stored: Float[Tensor, "layer head query key"]

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        return self.stored.shape[0]

    @property
    def n_heads(self) -> int:
        """Number of heads of every layer."""
        return self.stored.shape[1]

    def weights(self, layer: int, head: int | None = None) -> Float[Tensor, "*head query key"]:
        """Attention weights, (head, query, key) for a layer or (query, key) for one head; float32."""
        check_layer(layer, self.n_layers)
        if head is None:
            return self.stored[layer]
        check_head(head, self.n_heads)
        return self.stored[layer, head]


Maps = TypeVar("Maps", bound=AttentionMaps, covariant=True)


@dataclass(frozen=True, eq=False)
class Trace(Generic[Maps]):
    """What a model's attention did with one text, or with one pair of texts.

    `encoder`, `decoder` and `cross` are None where the model has no such attention.
    """

    model: str
    text: str
    pair: str | None = None
    encoder: Maps | None = None
    decoder: Maps | None = None
    cross: Maps | None = None

    @property
    def stacks(self) -> Mapping[str, Maps]:
        """The kinds of attention that the model has, by name, in the order of computation."""
        kinds = {"encoder": self.encoder, "decoder": self.decoder, "cross": self.cross}
        return MappingProxyType({kind: stack for kind, stack in kinds.items() if stack is not None})


def check_layer(layer: int, n_layers: int) -> None:
    """Raise SelectionError unless there is such a layer."""
    if not 0 <= layer < n_layers:
        raise SelectionError(f"Layer {layer} does not exist; this model has layers 0 to {n_layers - 1}.")


def check_head(head: int, n_heads: int) -> None:
    """Raise SelectionError unless there is such a head."""
    if not 0 <= head < n_heads:
        raise SelectionError(f"Head {head} does not exist; this layer has heads 0 to {n_heads - 1}.")
