"""Tokens that know which characters of the typed text they stand for.

Most tokenizers tell the characters of every piece. Those written in Python do not; for them the pieces are found again
in the typed text, one after the other.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tokenizers.models import BPE

from attnviz.tokens import Token, special_token, word_at, word_spans

Span = tuple[int, int]
# How tokenizers mark the start or the inside of a word.
_BEFORE, _BEHIND = ("▁", "Ġ", "##"), ("</w>", "@@")
_LOOK_AHEAD = 64  # characters beyond an unknown word; a piece that is not found there is taken to be unknown, too
_LONGEST = 1000  # characters of an unknown word
_TEXT = -1  # stands for a text where only what is put beside it is asked for
_VISIBLE = {"\n": "↵", "\t": "⇥"}


def tokens_of(tokenizer: Any, batch: Any, pieces: Sequence[str], texts: Sequence[str]) -> tuple[Token, ...]:
    """The tokens of what a tokenizer made of a text or a pair, offsets included where it is a fast one."""
    if tokenizer.is_fast:
        special = [bool(added) for added in batch.encodings[0].special_tokens_mask]
        owners = [owner or 0 for owner in batch.sequence_ids(0)]
        spans: Sequence[Span | None] = [
            None if hidden else span for span, hidden in zip(batch["offset_mapping"], special, strict=True)
        ]
        if left_out := _left_out(tokenizer.backend_tokenizer, "".join(texts)):
            spans, owners = _found_again(special, pieces, texts, left_out=left_out)
    else:
        spans, owners = _found_again(_added(tokenizer, batch), pieces, texts)
    words = [word_spans(text) for text in texts]
    following = [*spans[1:], None][: len(spans)]
    tokens = [
        special_token(piece) if span is None else _token(texts[owner], span, piece, words[owner], following=after)
        for piece, span, owner, after in zip(pieces, spans, owners, following, strict=True)
    ]
    return _with_dropped(tokens, owners, texts, words)


def _token(text: str, span: Span, piece: str, words: Sequence[Span], *, following: Span | None) -> Token:
    """The token that shows what was typed; blanks at its ends do not count as its characters."""
    start, end = span
    shown = text[start:end]
    stripped = shown.strip()
    is_mark = _is_mark(piece) and piece != shown
    if stripped and not is_mark:
        start += len(shown) - len(shown.lstrip())
        end = start + len(stripped)
        return Token(stripped, start, end, word_at(words, start, end))
    # Blanks, or a mark: for a blank that was typed, or for one that the tokenizer has put in front of the text.
    if is_mark and (stripped or not shown):
        start = next((place for place in (start - 1, start) if text[max(0, place) : place + 1].isspace()), -1)
        end = start + 1
    if start < 0 or start == end or (is_mark and following == span):
        return special_token(piece)
    return Token("".join(_VISIBLE.get(blank, "␣") for blank in text[start:end]), start, end, None)


def _with_dropped(
    tokens: list[Token], owners: Sequence[int], texts: Sequence[str], words: Sequence[Sequence[Span]]
) -> tuple[Token, ...]:
    """The tokens, each with the characters behind it, up to the end of its word, that no token stands for."""
    starts = [len(text) for text in texts]  # of the token behind, in each text
    for place in reversed(range(len(tokens))):
        token, owner = tokens[place], owners[place]
        if token.is_special:
            continue
        if token.word is not None and token.end < starts[owner]:
            last = word_at(words[owner], token.end - 1, token.end)
            end = token.end if last is None else min(starts[owner], words[owner][last][1])
            tokens[place] = replace(token, dropped=texts[owner][token.end : end])
        starts[owner] = token.start
    return tuple(tokens)


def _left_out(backend: Any, text: str) -> frozenset[str]:
    """The characters that a tokenizer leaves out without counting them.

    Merges without a token for unknown characters do; what they say of the pieces behind is then too early.
    """
    model, normalizer, cut = backend.model, backend.normalizer, backend.pre_tokenizer
    if not isinstance(model, BPE) or model.unk_token is not None or model.byte_fallback:
        return frozenset()

    def letters(character: str) -> str:
        normal = character if normalizer is None else normalizer.normalize_str(character)
        return normal if cut is None else "".join(part for part, _ in cut.pre_tokenize_str(normal))

    return frozenset(
        character
        for character in set(text)
        if not character.isspace() and all(model.token_to_id(letter) is None for letter in letters(character))
    )


def _added(tokenizer: Any, batch: Any) -> list[bool]:
    """Which tokens the tokenizer has put beside the text, for one that tells no characters."""
    ids, mask = batch["input_ids"], batch.get("special_tokens_mask") or ()
    if len(mask) == len(ids):
        return [bool(added) for added in mask]
    around = tokenizer.build_inputs_with_special_tokens([_TEXT])
    before, behind = around.index(_TEXT), len(around) - around.index(_TEXT) - 1
    return [place < before or place >= len(ids) - behind for place in range(len(ids))]


def _found_again(
    special: Sequence[bool], pieces: Sequence[str], texts: Sequence[str], *, left_out: frozenset[str] = frozenset()
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
        aligned = align([pieces[index] for index in group], text, left_out=left_out)
        for index, span in zip(group, aligned, strict=True):
            spans[index], owners[index] = span, owner
    return spans, owners


def align(pieces: Sequence[str], text: str, *, left_out: frozenset[str] = frozenset()) -> list[Span]:
    """Characters `text[start:end]` of each piece, in order; none for a piece that is only a mark.

    Pieces are compared as they are, then without marks, case and accents. Those that are not found (unknown words)
    share the characters between their neighbours: one piece a byte where the count fits, all of them otherwise.

    left_out: characters that no piece stands for, wherever they are.
    """
    if _are_bytes(pieces, text):
        return _shared(text, 0, len(text), len(pieces))
    if list(pieces) == list(text):
        return [(place, place + 1) for place in range(len(text))]
    bare = ["" if _is_mark(piece) else _without_marks(piece) for piece in pieces]
    found = _found([piece for piece in bare if piece], _Stream.of(text, left_out))
    spans = iter(_filled(found, text))
    aligned = [next(spans) if piece else None for piece in bare]
    following = len(text)
    for place in reversed(range(len(aligned))):
        span = aligned[place] or (following, following)
        aligned[place], following = span, span[0]
    return [span for span in aligned if span is not None]


@dataclass(frozen=True)
class _Stream:
    """The characters of a text that pieces are compared with: without blanks, case and accents.

    positions: where each of them stands in the text. first: for every place of the text, the first of them from there
    on. ends: where the run without a blank ends that each of them is in.
    """

    text: str
    letters: str
    positions: list[int]
    first: list[int]
    ends: list[int]

    @classmethod
    def of(cls, text: str, left_out: frozenset[str] = frozenset()) -> "_Stream":
        letters, positions, first = list[str](), list[int](), list[int]()
        for position, character in enumerate(text):
            first.append(len(letters))
            if not character.isspace() and character not in left_out:
                folded = _folded(character)
                letters += folded
                positions += [position] * len(folded)
        ends = [0] * len(letters)
        for place in reversed(range(len(letters))):
            is_last = place + 1 == len(letters) or any(
                text[at].isspace() for at in range(positions[place] + 1, positions[place + 1])
            )
            ends[place] = place + 1 if is_last else ends[place + 1]
        return cls(text, "".join(letters), positions, [*first, len(letters)], ends)


def _found(pieces: Sequence[str], stream: _Stream) -> list[Span | None]:
    """The characters of each piece; None for one that is not found where it would have to stand."""
    spans: list[Span | None] = []
    at = 0
    for piece in pieces:
        looks_ahead = bool(spans) and spans[-1] is None
        span = _exact(piece, stream, at) or _alike(piece, stream, at, looks_ahead=looks_ahead)
        spans.append(span)
        at = at if span is None else span[1]
    return spans


def _exact(piece: str, stream: _Stream, at: int) -> Span | None:
    """The characters of a piece that stands in the text as it is, behind blanks and dropped accents at most."""
    rest = stream.first[at]
    for start in (at, stream.positions[rest] if rest < len(stream.positions) else at):
        if stream.text.startswith(piece, start):
            return start, start + len(piece)
    return None


def _alike(piece: str, stream: _Stream, at: int, *, looks_ahead: bool) -> Span | None:
    """The characters that a piece is made of but for case and accents."""
    wanted, cursor = "".join(_folded(piece).split()), stream.first[at]
    reach = 0
    if looks_ahead and cursor < len(stream.ends):  # else there are no characters that no piece has claimed
        reach = min(stream.ends[cursor] - cursor, _LONGEST) + _LOOK_AHEAD
    found = stream.letters.find(wanted, cursor, cursor + reach + len(wanted)) if wanted else -1
    if found < 0:
        return None
    end = stream.positions[found + len(wanted) - 1] + 1
    if unicodedata.combining(unicodedata.normalize("NFD", piece)[-1]):  # it has an accent, and those typed are its own
        while end < len(stream.text) and unicodedata.combining(stream.text[end]):
            end += 1
    return stream.positions[found], end


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
    return "".join(each for each in decomposed if unicodedata.category(each) not in {"Mn", "Me", "Cf"}).casefold()


def _is_mark(piece: str) -> bool:
    """Whether a piece stands for blanks alone."""
    return bool(piece) and not piece.strip("▁Ġ ")


def _without_marks(piece: str) -> str:
    for mark in _BEFORE:
        piece = piece.removeprefix(mark)
    for mark in _BEHIND:
        piece = piece.removesuffix(mark)
    return piece.replace("▁", " ")
