"""The call of a tokenizer: from a text to what a model reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from attnviz.engine.alignment import tokens_of
from attnviz.engine.refusals import reason_of
from attnviz.errors import NotTraceableError, TextError, TextTooLongError
from attnviz.tokens import Token, word_spans


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
    texts = [text] if pair is None else [text, pair]
    batch = _called(tokenizer, texts, text=text, text_pair=pair)
    return _encoded(tokenizer, batch, _source_pieces(tokenizer, batch["input_ids"]), texts)


def encode_as_target(tokenizer: Any, text: str) -> Encoded:
    """A text as the tokenizer cuts it for the decoder: with the target's pieces and in the target's language."""
    batch = _called(tokenizer, [text], text_target=text)
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


def check_vectors(encoded: Encoded, n_vectors: int) -> None:
    """Raise TextError for a token that was added to the tokenizer beyond the model's table of `n_vectors` rows."""
    for token_id, token in zip(encoded.ids, encoded.tokens, strict=True):
        if not 0 <= token_id < n_vectors:
            raise TextError(
                f"“{token.text}” is number {token_id} of the tokenizer, but the model has vectors for the numbers 0 to "
                f"{n_vectors - 1} alone: the token was added after training. Leave it out, or choose another model."
            )


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


def _called(tokenizer: Any, texts: Sequence[str], **arguments: str | None) -> Any:
    """What the tokenizer makes of the texts; TextError where it cannot read them."""
    try:
        batch = tokenizer(**arguments, **_asked(tokenizer))
    except Exception as error:  # the code of any tokenizer
        raise _unreadable(tokenizer, texts, reason_of(error)) from error
    if None in batch["input_ids"]:
        raise _unreadable(tokenizer, texts, "it gives a piece no number")
    return batch


def _unreadable(tokenizer: Any, texts: Sequence[str], reason: str) -> TextError:
    """The sentence for a text that a tokenizer cannot read: it names the first word that it does not know, if any."""
    for text in texts:
        for start, end in word_spans(text):
            if not _is_read(tokenizer, text[start:end]):
                return TextError(
                    f"The tokenizer of this model has no piece for “{text[start:end]}” (from character {start} on), "
                    "and no token for what it does not know. Leave it out, or choose another model."
                )
    return TextError(f"This model's tokenizer cannot read this text: {reason}. Change it, or choose another model.")


def _is_read(tokenizer: Any, word: str) -> bool:
    try:
        return None not in tokenizer(word, add_special_tokens=False, verbose=False)["input_ids"]
    except Exception:  # the code of any tokenizer
        return False


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
