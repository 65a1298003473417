"""`Trace`, what a person looks at: what a forward pass did.

A trace keeps the inputs of every attention call, O(layers · tokens · d_model) numbers; the maps of O(tokens²) numbers
are derived for the layer and head that somebody looks at.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from reprlib import repr as brief
from types import MappingProxyType
from typing import Generic, Protocol, TypeVar, cast, runtime_checkable

from jaxtyping import Bool, Float
from torch import Tensor

from attnviz.attention import Step
from attnviz.edits import Edit, write_edits
from attnviz.errors import SelectionError
from attnviz.selection import check_head, check_number, check_rows
from attnviz.tokens import SINK, Token


@runtime_checkable
class AttentionMaps(Protocol):
    """What figures, analyses and exports read: one kind of attention, computed now or read from a file."""

    @property
    def query_tokens(self) -> tuple[Token, ...]:
        """The tokens of the rows."""
        ...

    @property
    def key_tokens(self) -> tuple[Token, ...]:
        """The tokens of the columns."""
        ...

    @property
    def is_one_text(self) -> bool:
        """Whether queries and keys are of one text, so that the key in a query's place is the query itself."""
        ...

    @property
    def layers(self) -> tuple[int, ...]:
        """The model's own numbers of the layers that attend, ascending."""
        ...

    @property
    def n_layers(self) -> int:
        """How many layers attend."""
        ...

    @property
    def n_heads(self) -> int:
        """Number of heads of every layer."""
        ...

    def weights(self, layer: int, head: int | None = None, *, rows: range | None = None) -> Tensor:
        """Weights, (head, query, key) for one of `layers` or (query, key) for one head of it; float32.

        rows: these queries alone; a long text is derived some rows at a time.
        """
        ...

    def mask(self, layer: int, head: int | None = None, *, rows: range | None = None) -> Tensor | None:
        """Where one head may attend, (query, key) bool; None where nothing is hidden: a weight of 0 does not tell.

        Without a head, those of the layer, (head, query, key); one may stand for all: (1, query, key).
        """
        ...


@dataclass(frozen=True, eq=False)
class Stack:
    """All layers of one kind of attention: encoder, decoder or cross.

    layers: the model's own number of the layer behind each step; 0, 1, 2, … unless given.
    is_one_text: whether queries and keys are of one text; unless given, whether they are the same tokens. A target that
        equals its source is still another text. Keys may have one token more, the sink.
    """

    query_tokens: tuple[Token, ...]
    key_tokens: tuple[Token, ...]
    steps: tuple[Step, ...]
    layers: tuple[int, ...] = None  # type: ignore[assignment]  # never None once it is made
    is_one_text: bool = field(default=None, kw_only=True)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        """Number the layers from 0, and compare the tokens, where nobody said it."""
        _complete(self, len(self.steps))

    def __repr__(self) -> str:
        """The stack in one line."""
        return f"{type(self).__name__}({size(self)})"

    @property
    def n_layers(self) -> int:
        """How many layers attend, one call each."""
        return len(self.steps)

    @property
    def n_heads(self) -> int:
        """Number of heads of every layer."""
        return self.steps[0].n_heads

    def step(self, layer: int) -> Step:
        """The inputs of a layer's attention, from which every stage can be derived."""
        return self.steps[place_of_layer(layer, self.layers)]

    def weights(
        self, layer: int, head: int | None = None, *, rows: range | None = None
    ) -> Float[Tensor, "*head query key"]:
        """Attention weights, (head, query, key) for a layer or (query, key) for one head; float32."""
        return self.step(layer).weights(head, rows=rows)

    def mask(
        self, layer: int, head: int | None = None, *, rows: range | None = None
    ) -> Bool[Tensor, "*head_or_one query key"] | None:
        """Where one head may attend, or the heads of a layer, of which one may stand for all; None without a mask."""
        mask = self.step(layer).mask
        whole = None if mask is None else mask.expand(-1, len(self.query_tokens), len(self.key_tokens))
        return _picked(whole, self, head, rows)


@dataclass(frozen=True, eq=False)
class StoredStack:
    """Weights that were read from a file: the same maps as a `Stack`, without the steps behind them.

    masks: of every layer where its heads may attend, one for all of them or one for each; None where nothing is hidden.
    layers, is_one_text: as in a `Stack`.
    """

    query_tokens: tuple[Token, ...]
    key_tokens: tuple[Token, ...]
    stored: Float[Tensor, "layer head query key"]
    masks: tuple[Bool[Tensor, "head_or_one query key"] | None, ...] | None = None
    layers: tuple[int, ...] = None  # type: ignore[assignment]  # never None once it is made
    is_one_text: bool = field(default=None, kw_only=True)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        """Number the layers from 0, and compare the tokens, where nobody said it."""
        _complete(self, len(self.stored))

    def __repr__(self) -> str:
        """The stack in one line."""
        return f"{type(self).__name__}({size(self)})"

    @property
    def n_layers(self) -> int:
        """How many layers attend."""
        return self.stored.shape[0]

    @property
    def n_heads(self) -> int:
        """Number of heads of every layer."""
        return self.stored.shape[1]

    def weights(
        self, layer: int, head: int | None = None, *, rows: range | None = None
    ) -> Float[Tensor, "*head query key"]:
        """Attention weights, (head, query, key) for a layer or (query, key) for one head; a copy, float32."""
        weights = self.stored[place_of_layer(layer, self.layers)]
        return cast(Tensor, _picked(weights, self, head, rows)).clone()

    def mask(
        self, layer: int, head: int | None = None, *, rows: range | None = None
    ) -> Bool[Tensor, "*head_or_one query key"] | None:
        """Where one head may attend, or the heads of a layer, of which one may stand for all; None without a mask."""
        place = place_of_layer(layer, self.layers)
        mask = _picked(None if self.masks is None else self.masks[place], self, head, rows)
        return None if mask is None else mask.clone()


Maps = TypeVar("Maps", bound=AttentionMaps, covariant=True)


@dataclass(frozen=True, eq=False)
class Trace(Generic[Maps]):
    """What a model's attention did with one text, or with one pair of texts.

    `encoder`, `decoder` and `cross` are None where the model has no such attention.
    source_language, target_language: as the tokenizer names them, where the model was told.
    token_types: what the model was told of the two texts of a pair, a number for each token of its first stack.
    note: a sentence that whoever looks at it should know, such as that the text is longer than usual.
    edits: what was changed of the attention before it was computed.
    """

    model: str
    text: str
    pair: str | None = None
    encoder: Maps | None = None
    decoder: Maps | None = None
    cross: Maps | None = None
    source_language: str | None = field(default=None, kw_only=True)
    target_language: str | None = field(default=None, kw_only=True)
    token_types: tuple[int, ...] | None = field(default=None, kw_only=True)
    note: str | None = field(default=None, kw_only=True)
    edits: tuple[Edit, ...] = field(default=(), kw_only=True)

    def __repr__(self) -> str:
        """The trace in one line."""
        texts = [brief(text) for text in (self.text, self.pair) if text is not None]
        stacks = [f"{kind}: {size(stack)}" for kind, stack in self.stacks.items()]
        edits = [f"edits: {brief(write_edits(self.edits))}"] if self.edits else []
        return f"Trace({', '.join([repr(self.model), *texts, *stacks, *edits])})"

    @property
    def stacks(self) -> Mapping[str, Maps]:
        """The kinds of attention that the model has, by name, in the order of computation."""
        kinds = {"encoder": self.encoder, "decoder": self.decoder, "cross": self.cross}
        return MappingProxyType({kind: stack for kind, stack in kinds.items() if stack is not None})


def place_of_layer(layer: int, layers: tuple[int, ...]) -> int:
    """Where a layer stands among those that attend; SelectionError, which names these, for any other number."""
    check_number("layer", layer)
    if layer in layers:
        return layers.index(layer)
    if layers == tuple(range(len(layers))):
        raise SelectionError(f"Layer {layer} does not exist; this model has layers 0 to {layers[-1]}.")
    raise SelectionError(f"Layer {layer} does not attend; of this model {attending(layers)}.")


def size(maps: AttentionMaps) -> str:
    """How much there is of an attention, in a few words."""
    layers = "layers × heads" if maps.layers[-1] == maps.n_layers - 1 else f"layers {maps.layers} × heads"
    return f"{layers}: {maps.n_layers} × {maps.n_heads}, tokens: {len(maps.query_tokens)} × {len(maps.key_tokens)}"


def attending(layers: tuple[int, ...]) -> str:
    """Which layers attend, in words: `layers 2 and 4 attend`."""
    if len(layers) > 1 and layers == tuple(range(len(layers))):
        return f"layers 0 to {layers[-1]} attend"
    return f"{_listed(layers)} {'attends' if len(layers) == 1 else 'attend'}"


def named_layers(layers: tuple[int, ...]) -> str:
    """How many layers there are, or which of them where others do not attend: `4 layers`, `layers 2 and 4`."""
    if layers == tuple(range(len(layers))):
        return "1 layer" if len(layers) == 1 else f"{len(layers)} layers"
    return _listed(layers)


def _listed(layers: tuple[int, ...]) -> str:
    *most, last = map(str, layers)
    return f"layers {', '.join(most)} and {last}" if most else f"layer {last}"


def _picked(
    whole: Tensor | None, maps: AttentionMaps, head: int | None, rows: range | None
) -> Float[Tensor, "*head query key"] | Bool[Tensor, "*head query key"] | None:
    """One head, or some rows, of the (head, query, key) of a layer, in which one head may stand for all."""
    if head is not None:
        check_head(head, maps.n_heads)
    if rows is not None:
        check_rows(rows, len(maps.query_tokens))
    if whole is None:
        return None
    picked = whole if rows is None else whole[:, rows.start : rows.stop]
    return picked if head is None else picked[head if len(picked) > 1 else 0]


def _complete(stack: Stack | StoredStack, n_layers: int) -> None:
    """Give a stack the numbers 0, 1, 2, … where it has none; refuse numbers that cannot be those of its layers.

    Where nobody said whether it is of one text, the tokens say it.
    """
    if vars(stack)["layers"] is None:
        object.__setattr__(stack, "layers", tuple(range(n_layers)))
    numbers = list(stack.layers)
    if len(numbers) != n_layers or numbers != sorted(set(numbers)) or min(numbers, default=-1) < 0:
        raise SelectionError(f"{n_layers} layers cannot have the numbers {stack.layers}: one each, ascending, from 0.")
    if vars(stack)["is_one_text"] is None:
        is_same = stack.key_tokens in (stack.query_tokens, (*stack.query_tokens, SINK))
        object.__setattr__(stack, "is_one_text", is_same)
