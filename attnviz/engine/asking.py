"""What is asked of a model: the texts of a question, and the token that it is about."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from attnviz.errors import SelectionError, TextError
from attnviz.selection import check_place
from attnviz.tokens import Token, reading
from attnviz.trace import Trace

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
