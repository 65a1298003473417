"""What an engine is: something that runs a text through a model and tells what its attention did."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from attnviz.edits import Edit
    from attnviz.prediction import Prediction, PredictionKind
    from attnviz.trace import Stack, Trace


@dataclass(frozen=True)
class Progress:
    """How far a model has come.

    stage: "download" while its files travel, "load" while they are read.
    done, total: bytes; total is None while nobody knows it.
    """

    stage: Literal["download", "load"]
    done: int
    total: int | None = None


OnProgress = Callable[[Progress], None]


@runtime_checkable
class Engine(Protocol):
    """A model that is loaded and ready to run; one object serves many threads."""

    @property
    def name(self) -> str:
        """What `attnviz.load` was given, with the revision where one was pinned."""
        ...

    @property
    def n_layers(self) -> int:
        """Number of layers of its encoder, or of its decoder where it has no encoder."""
        ...

    @property
    def n_heads(self) -> int:
        """Number of heads of every layer."""
        ...

    @property
    def max_tokens(self) -> int | None:
        """Most tokens that it reads, special tokens included; None if it sets no limit."""
        ...

    @property
    def reads_pairs(self) -> bool:
        """Whether `run` takes a `pair`."""
        ...

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that text and target can be in; () where `run` takes none."""
        ...

    @property
    def answers(self) -> "PredictionKind":
        """What `predict` answers with: "vectors" where the model has no head, "class" for the whole text alone."""
        ...

    def run(
        self,
        text: str,
        *,
        pair: str | None = None,
        source_language: str | None = None,
        target_language: str | None = None,
        edits: "Sequence[Edit]" = (),
    ) -> "Trace[Stack]":
        """What the attention did with a text, or with a pair of texts.

        source_language, target_language: of the text and of the pair, each one of `languages`; without them, those that
        the model's files name.
        edits: changes of the attention, such as `attnviz.mute(layer=3, head=0)`, in the order in which they act.

        Raises TextError where the text cannot be read, TextTooLongError where it is longer than the model reads,
        EditError for an edit of what is not there.
        """
        ...

    def predict(
        self,
        text: "str | Trace[Any]",
        *,
        pair: str | None = None,
        source_language: str | None = None,
        target_language: str | None = None,
        at: int | None = None,
        head: int | None = None,
        edits: "Sequence[Edit] | None" = None,
    ) -> "Prediction":
        """What the model answers at a token, or for the whole text; its final vectors where it has no head.

        text: a text, with the others as in `run`, or a trace of this model, which brings them along.
        at: index of the token that is asked about. A masked language model covers the word there and says what it
            expects, by default at the one mask in the text; a decoder says what comes next, by default at the end (of
            the target, where there is one); a classifier answers for the whole text; of vectors None is their mean.
        head: of the built-in model, the head of its last layer that names a word.
        edits: as in `run`; by default those of the trace.

        Raises SelectionError for a token or a head that is not there, and what `run` raises.
        """
        ...

    def predictions(
        self,
        text: "str | Trace[Any]",
        *,
        variants: "Sequence[Sequence[Edit]]",
        pair: str | None = None,
        source_language: str | None = None,
        target_language: str | None = None,
        at: int | None = None,
        head: int | None = None,
    ) -> "tuple[Prediction, ...]":
        """What the model answers with each of several edits: `predict` for each, computed together."""
        ...


def described(engine: Engine) -> str:
    """An engine in one line, for its `repr`."""
    size = f"layers × heads: {engine.n_layers} × {engine.n_heads}"
    pairs = "texts and pairs" if engine.reads_pairs else "texts"
    limit = "" if engine.max_tokens is None else f" of at most {engine.max_tokens} tokens"
    return f"{type(engine).__name__}({engine.name!r}, {size}, reads {pairs}{limit})"
