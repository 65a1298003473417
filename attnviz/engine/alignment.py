"""Tokens that know which characters of the typed text they stand for.

Most tokenizers tell the characters of every piece. Those written in Python do not; for them the pieces are found again
in the typed text, one after the other.
"""

import unicodedata
from collections.abc import Sequence
from typing import Any

from attnviz.tokens import Token, special_token, word_at, word_spans

Span = tuple[int, int]
# How tokenizers mark the start or the inside of a word.
_MARKS = ("▁", "Ġ", "</w>", "##", "@@")
_LOOK_AHEAD = 64  # characters; a piece that is not found within them is taken to be unknown


def tokens_of(tokenizer: Any, batch: Any, pieces: Sequence[str], texts: Sequence[str]) -> tuple[Token, ...]:
    """The tokens of what a tokenizer made of a text or a pair, offsets included where it is a fast one."""
    if tokenizer.is_fast:
        special = batch.encodings[0].special_tokens_mask
        spans: Sequence[Span | None] = [
            None if hidden else span for span, hidden in zip(batch["offset_mapping"], special, strict=True)
        ]
        owners = [owner or 0 for owner in batch.sequence_ids(0)]
    else:
        spans, owners = _found_again(_added(tokenizer, batch), pieces, texts)
    words = tuple(word_spans(text) for text in texts)
    return tuple(
        special_token(piece) if span is None else _token(texts[owner], span, piece, words[owner])
        for piece, span, owner in zip(pieces, spans, owners, strict=True)
    )


def _token(text: str, span: Span, piece: str, words: Sequence[Span]) -> Token:
    """The token that shows what was typed; blanks at its ends do not count as its characters."""
    start, end = span
    shown = text[start:end]
    stripped = shown.strip()
    if stripped:
        start += len(shown) - len(shown.lstrip())
        end = start + len(stripped)
        return Token(stripped, start, end, word_at(words, start, end))
    # A piece of blanks alone, or one that the tokenizer put in front, such as "▁".
    visible = shown.replace("\n", "↵").replace("\t", "⇥").replace(" ", "␣")
    return Token(visible or piece, start, end, None)


def _added(tokenizer: Any, batch: Any) -> list[bool]:
    """Which tokens the tokenizer has put beside the text, for one that tells no characters."""
    ids, mask = batch["input_ids"], batch.get("special_tokens_mask") or ()
    if len(mask) == len(ids):
        return [bool(added) for added in mask]
    mask = tokenizer.get_special_tokens_mask(list(ids), already_has_special_tokens=True)
    # An unknown word is special to some tokenizers, but somebody typed it.
    return [bool(added) and token_id != tokenizer.unk_token_id for added, token_id in zip(mask, ids, strict=True)]


def _found_again(
    special: Sequence[bool], pieces: Sequence[str], texts: Sequence[str]
) -> tuple[list[Span | None], list[int]]:
    """Characters and text of each piece, for a tokenizer that does not tell; None for special tokens."""
    groups: list[list[int]] = [[] for _ in texts]
    owner = 0
    for index, hidden in enumerate(special):
        if not hidden:
            groups[owner].append(index)
        elif groups[owner] and owner + 1 < len(texts):
            owner += 1
    spans: list[Span | None] = [None] * len(pieces)
    owners = [0] * len(pieces)
    for owner, (text, group) in enumerate(zip(texts, groups, strict=True)):
        for index, span in zip(group, align([pieces[index] for index in group], text), strict=True):
            spans[index], owners[index] = span, owner
    return spans, owners


def align(pieces: Sequence[str], text: str) -> list[Span]:
    """Characters `text[start:end]` of each piece, in order.

    Pieces are compared without marks, case and accents. Those that are not found (unknown words) share the characters
    between their neighbours: one piece a byte where the count fits, all of them otherwise.
    """
    if _are_bytes(pieces, text):
        return _shared(text, 0, len(text), len(pieces))
    characters = [
        (folded, position)
        for position, character in enumerate(text)
        for folded in _folded(character)
        if not folded.isspace()
    ]
    stream = "".join(folded for folded, _ in characters)
    positions = [position for _, position in characters]
    spans: list[Span | None] = []
    cursor = 0
    for piece in pieces:
        wanted = "".join(_folded(_without_marks(piece)).split())
        # Only behind an unknown piece may there be characters that nobody has claimed.
        reach = _LOOK_AHEAD if spans and spans[-1] is None else 0
        found = stream.find(wanted, cursor, cursor + reach + len(wanted)) if wanted else -1
        if found < 0:
            spans.append(None)
            continue
        cursor = found + len(wanted)
        spans.append((positions[found], positions[cursor - 1] + 1))
    return _filled(spans, text)


def _filled(spans: Sequence[Span | None], text: str) -> list[Span]:
    """The spans, with each run of missing ones laid over the characters between its neighbours."""
    filled: list[Span] = []
    index = 0
    while index < len(spans):
        span = spans[index]
        if span is not None:
            filled.append(span)
            index += 1
            continue
        stop = next((later for later in range(index, len(spans)) if spans[later] is not None), len(spans))
        following = spans[stop] if stop < len(spans) else None
        start, end = filled[-1][1] if filled else 0, following[0] if following else len(text)
        filled += _shared(text, start, max(start, end), stop - index)
        index = stop
    return filled


def _shared(text: str, start: int, end: int, n_pieces: int) -> list[Span]:
    """Characters `text[start:end]` shared out among pieces: one piece a byte where the count fits."""
    by_byte = [(position, position + 1) for position in range(start, end) for _ in text[position].encode()]
    if len(by_byte) == n_pieces:
        return by_byte
    gap = text[start:end]
    start, end = start + len(gap) - len(gap.lstrip()), start + len(gap.rstrip())
    return [(start, max(start, end))] * n_pieces


def _are_bytes(pieces: Sequence[str], text: str) -> bool:
    """Whether each piece is one byte of the text, written as the character of that number."""
    return [ord(piece) for piece in pieces if len(piece) == 1] == list(text.encode())


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character)).casefold()


def _without_marks(piece: str) -> str:
    for mark in _MARKS:
        piece = piece.replace(mark, "")
    return piece
