"""The call of a tokenizer: from a text to what a model reads."""

from collections.abc import Sequence
from typing import Any

from attnviz.engine.alignment import tokens_of
from attnviz.engine.encoded import Encoded
from attnviz.engine.refusals import reason_of
from attnviz.errors import TextError
from attnviz.tokens import word_spans


def encode(tokenizer: Any, text: str, pair: str | None = None) -> Encoded:
    """Ids and tokens of a text or a pair, special tokens included, nothing cut off."""
    texts = [text] if pair is None else [text, pair]
    batch = _called(tokenizer, texts, text=text, text_pair=pair)
    return _encoded(tokenizer, batch, _source_pieces(tokenizer, batch["input_ids"]), texts)


def encode_as_target(tokenizer: Any, text: str) -> Encoded:
    """A text as the tokenizer cuts it for the decoder: with the target's pieces and in the target's language."""
    batch = _called(tokenizer, [text], text_target=text)
    return _encoded(tokenizer, batch, tokenizer.convert_ids_to_tokens(batch["input_ids"]), [text])


def joins_pairs(tokenizer: Any) -> bool:
    """Whether the tokenizer puts special tokens between two texts."""
    return bool(tokenizer.num_special_tokens_to_add(pair=True) > tokenizer.num_special_tokens_to_add(pair=False))


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
    """The pieces of a text; a Marian tokenizer with two vocabularies looks every number up in the target's.

    It keeps a table from numbers to pieces of the target's alone (`decoder`), and is given one of the source's here.
    """
    if getattr(tokenizer, "separate_vocabs", False):
        if not hasattr(tokenizer, "source_decoder"):
            tokenizer.source_decoder = {number: piece for piece, number in tokenizer.get_src_vocab().items()}
        return [tokenizer.source_decoder[number] for number in ids]
    pieces: list[str] = tokenizer.convert_ids_to_tokens(ids)
    return pieces


def _encoded(tokenizer: Any, batch: Any, pieces: Sequence[str], texts: Sequence[str]) -> Encoded:
    tokens = tokens_of(tokenizer, batch, pieces, texts)
    return Encoded(tuple(batch["input_ids"]), tuple(batch["token_type_ids"]), tokens)
