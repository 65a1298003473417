"""What a model reads of a text: numbers and tokens, and whether it can read them."""

from collections.abc import Sequence
from dataclasses import dataclass

from attnviz.errors import NotTraceableError, TextError, TextTooLongError
from attnviz.tokens import Token, check_texts


@dataclass(frozen=True)
class Encoded:
    """What a tokenizer makes of a text.

    ids: one number a token. segments: the token types that the tokenizer's file gives, 0 for the first text of a pair
    and mostly 1 for the second; None where nobody gave any. What a model reads of them: `token_types`.
    """

    ids: tuple[int, ...]
    segments: tuple[int, ...] | None
    tokens: tuple[Token, ...]


def token_types(encoded: Encoded, n_types: int) -> tuple[int, ...] | None:
    """The token types that a model with a table of `n_types` rows reads; None without a table.

    A table of one row, as RoBERTa's, tells no texts apart: all tokens have type 0. Raises NotTraceableError, what is
    wrong with the model, for a type that its table does not have.
    """
    if not n_types or encoded.segments is None:
        return None
    if n_types == 1:
        return (0,) * len(encoded.ids)
    highest = max(encoded.segments, default=0)
    if highest >= n_types:
        raise NotTraceableError(
            f"has a tokenizer that gives token type {highest}, but its table of token types ends at {n_types - 1}"
        )
    return encoded.segments


def check_given(text: str, pair: str | None, *, name: str, reads_pairs: bool) -> None:
    """Raise TextError unless a tokenizer can read the texts, and the model that many of them."""
    check_texts(text, pair)
    if pair is not None and not reads_pairs:
        raise TextError(f"{name} reads one text, not two. Leave the second text out.")


def check_vectors(encoded: Encoded, n_vectors: int) -> None:
    """Raise TextError for a token that was added to the tokenizer beyond the model's table of `n_vectors` rows."""
    for token_id, token in zip(encoded.ids, encoded.tokens, strict=True):
        if not 0 <= token_id < n_vectors:
            raise TextError(
                f"“{token.text}” is number {token_id} of the tokenizer, but the model has vectors for the numbers 0 to "
                f"{n_vectors - 1} alone: the token was added after training. Leave it out, or choose another model."
            )


def beginning(tokens: Sequence[Token], most: int) -> tuple[int, int] | None:
    """How many typed tokens fit beside the special ones, whole words of them, and where the last one ends."""
    typed = [token for token in tokens if not token.is_special]
    n = most - (len(tokens) - len(typed))
    while 0 < n < len(typed) and typed[n].word is not None and typed[n].word == typed[n - 1].word:
        n -= 1
    return (n, typed[n - 1].end) if n > 0 else None


def check_length(encoded: Encoded, *, name: str, max_tokens: int) -> None:
    """Raise TextTooLongError unless the model can read that many tokens."""
    n_tokens = len(encoded.ids)
    if n_tokens > max_tokens:
        error = TextTooLongError(
            f"This text has {n_tokens} tokens; {name} reads at most {max_tokens}. Shorten it or choose another model."
        )
        error.fits = beginning(encoded.tokens, max_tokens)
        raise error
    if not n_tokens:
        raise TextError(f"The tokenizer of {name} makes no token of this text. Type something else.")
