"""The call of a tokenizer: from a text to what a model reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from attnviz.engine.alignment import tokens_of
from attnviz.errors import NotTraceableError, TextError, TextTooLongError
from attnviz.tokens import Token


@dataclass(frozen=True)
class Encoded:
    """What a tokenizer makes of a text.

    ids: one number a token. segments: the token types that the tokenizer's file gives, 0 for the first text of a pair
    and mostly 1 for the second; None where nobody gave any. What a model reads of them: `token_types`.
    """

    ids: tuple[int, ...]
    segments: tuple[int, ...] | None
    tokens: tuple[Token, ...]


def encode(tokenizer: Any, text: str, pair: str | None = None) -> Encoded:
    """Ids and tokens of a text or a pair, special tokens included, nothing cut off."""
    batch = tokenizer(text, pair, **_asked(tokenizer))
    texts = [text] if pair is None else [text, pair]
    return _encoded(tokenizer, batch, _source_pieces(tokenizer, batch["input_ids"]), texts)


def encode_as_target(tokenizer: Any, text: str) -> Encoded:
    """A text as the tokenizer cuts it for the decoder: with the target's pieces and in the target's language."""
    batch = tokenizer(text_target=text, **_asked(tokenizer))
    return _encoded(tokenizer, batch, tokenizer.convert_ids_to_tokens(batch["input_ids"]), [text])


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


def joins_pairs(tokenizer: Any) -> bool:
    """Whether the tokenizer puts special tokens between two texts."""
    return bool(tokenizer.num_special_tokens_to_add(pair=True) > tokenizer.num_special_tokens_to_add(pair=False))


def check_length(encoded: Encoded, *, name: str, max_tokens: int) -> None:
    """Raise TextTooLongError unless the model can read that many tokens."""
    n_tokens = len(encoded.ids)
    if n_tokens > max_tokens:
        raise TextTooLongError(
            f"This text has {n_tokens} tokens; {name} reads at most {max_tokens}. Shorten it or choose another model."
        )
    if not n_tokens:
        raise TextError(f"The tokenizer of {name} makes no token of this text. Type something else.")


def _asked(tokenizer: Any) -> dict[str, Any]:
    """What a tokenizer is asked for beside ids: by itself it hands out types and characters only now and then."""
    fast = bool(tokenizer.is_fast)  # that kind tells both of the following in its encodings
    return {
        "return_offsets_mapping": fast,
        "return_special_tokens_mask": not fast,
        "return_token_type_ids": True,
        "verbose": False,
    }


def _source_pieces(tokenizer: Any, ids: Sequence[int]) -> list[str]:
    """The pieces of a text; a Marian tokenizer with two vocabularies looks every number up in the target's."""
    if getattr(tokenizer, "separate_vocabs", False):
        piece_of = {number: piece for piece, number in tokenizer.get_src_vocab().items()}
        return [piece_of[number] for number in ids]
    pieces: list[str] = tokenizer.convert_ids_to_tokens(ids)
    return pieces


def _encoded(tokenizer: Any, batch: Any, pieces: Sequence[str], texts: Sequence[str]) -> Encoded:
    tokens = tokens_of(tokenizer, batch, pieces, texts)
    return Encoded(tuple(batch["input_ids"]), tuple(batch["token_type_ids"]), tokens)
