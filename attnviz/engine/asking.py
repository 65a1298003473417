"""What is asked of a model: the texts of a question, the token that it is about, and the edits of each variant.

Many variants of one question are one batch, a text for each, as long as it fits into memory.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from attnviz.edits import Edit
from attnviz.errors import SelectionError, TextError
from attnviz.prediction import Prediction
from attnviz.selection import check_place
from attnviz.tokens import Token, reading
from attnviz.trace import Trace

Variants: TypeAlias = Sequence[Sequence[Edit]]
# Numbers in float32 that the variants of one batch may take at once: 256 MiB.
MAX_NUMBERS = 2**26
COSINE = "An effect is 1 − cosine of these vectors, before and after."


class Asked(NamedTuple):
    """The texts of a question, and their languages; None where nobody named one."""

    text: str
    pair: str | None = None
    source_language: str | None = None
    target_language: str | None = None


def asked(name: str, text: "str | Trace[Any]", *others: str | None) -> Asked:
    """The question about a text, or about that of a trace of the same model, which brings its other texts along.

    others: as in `Asked`, from `pair` on.
    """
    if not isinstance(text, Trace):
        return Asked(text, *others)
    if text.model != name:
        raise SelectionError(f"This trace is of {text.model}, not of {name}. Give its text: predict(trace.text).")
    if any(other is not None for other in others):
        raise TextError("A trace brings its second text and its languages along. Leave them out, or give a text.")
    return Asked(text.text, text.pair, text.source_language, text.target_language)


def check_no_head(name: str, head: int | None) -> None:
    """Raise SelectionError if a head is chosen in a model whose heads name nothing."""
    if head is not None:
        raise SelectionError(f"The heads of {name} name no words, only those of the built-in model do. Leave head out.")


def quoted(token: Token) -> str:
    """A token as a sentence names it."""
    return f"“{reading(token)}”"


def about_vectors(at: int | None, tokens: Sequence[Token]) -> str:
    """What the values of a model without a head are, in words."""
    if at is None:
        return "the mean of the final vectors"
    return f"the final vector of {quoted(tokens[check_place(at, tokens)])}"


class Answering(ABC):
    """The half of an engine that answers."""

    @abstractmethod
    def _asking(self, asked: Asked, at: int | None, head: int | None) -> tuple[Callable[[Variants], Any], int]:
        """What answers a question for the variants of a batch, in their order, and how many fit into one."""

    name: str

    def predict(
        self,
        text: str | Trace[Any],
        *,
        pair: str | None = None,
        source_language: str | None = None,
        target_language: str | None = None,
        at: int | None = None,
        head: int | None = None,
        edits: Sequence[Edit] | None = None,
    ) -> Prediction:
        """What the model answers at a token, or for the whole text; see `Engine.predict`."""
        if edits is None:
            edits = text.edits if isinstance(text, Trace) else ()
        others = {"pair": pair, "source_language": source_language, "target_language": target_language}
        return self.predictions(text, variants=[edits], at=at, head=head, **others)[0]

    def predictions(
        self,
        text: str | Trace[Any],
        *,
        variants: Variants,
        pair: str | None = None,
        source_language: str | None = None,
        target_language: str | None = None,
        at: int | None = None,
        head: int | None = None,
    ) -> tuple[Prediction, ...]:
        """What the model answers with the edits of each variant; see `Engine.predictions`."""
        question = asked(self.name, text, pair, source_language, target_language)
        answer, most = self._asking(question, at, head)
        return tuple(
            found for first in range(0, len(variants), most) for found in answer(variants[first : first + most])
        )


def most_variants(n_tokens: int, n_numbers: int) -> int:
    """How many variants are computed at once, of a text whose every token takes so many numbers."""
    return max(1, MAX_NUMBERS // (n_tokens * n_numbers))
