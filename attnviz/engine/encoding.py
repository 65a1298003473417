"""The call of a tokenizer: from a text to what a model reads."""

from dataclasses import dataclass
from typing import Any

from attnviz.engine.alignment import tokens_of
from attnviz.errors import TextError, TextTooLongError
from attnviz.tokens import Token


@dataclass(frozen=True)
class Encoded:
    """What a model reads, and the tokens behind it.

    ids: one number a token. segments: 0 for the first text of a pair and 1 for the second; None where the tokenizer
    gives none, because the model was trained without (GPT-2 would take them for words).
    """

    ids: tuple[int, ...]
    segments: tuple[int, ...] | None
    tokens: tuple[Token, ...]


def encode(tokenizer: Any, text: str, pair: str | None = None) -> Encoded:
    """Ids and tokens of a text or a pair, special tokens included, nothing cut off."""
    batch = tokenizer(text, pair, return_offsets_mapping=bool(tokenizer.is_fast), verbose=False)
    segments = batch.get("token_type_ids")
    tokens = tokens_of(tokenizer, batch, [text] if pair is None else [text, pair])
    return Encoded(tuple(batch["input_ids"]), None if segments is None else tuple(segments), tokens)


def check_length(encoded: Encoded, *, name: str, max_tokens: int) -> None:
    """Raise TextTooLongError unless the model can read that many tokens."""
    n_tokens = len(encoded.ids)
    if n_tokens > max_tokens:
        raise TextTooLongError(
            f"This text has {n_tokens} tokens; {name} reads at most {max_tokens}. Shorten it or choose another model."
        )
    if not n_tokens:
        raise TextError(f"The tokenizer of {name} makes no token of this text. Type something else.")
