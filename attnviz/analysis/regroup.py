"""Maps regrouped: pieces merged to words, special tokens hidden. What comes out is maps again, and can be regrouped.

    weights'[g, h] = mean over queries q of group g  ( sum over keys k of group h  ( weights[q, k] ) )

A key of several pieces is looked at by way of any of them, so their weights add up; a query of several pieces looks
once from each, so their rows are averaged. A row that summed to 1 still does.
Clark et al. 2019, section 4.1, arXiv:1906.04341.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from attnviz.errors import SelectionError
from attnviz.selection import check_rows
from attnviz.tokens import Token, word_numbers
from attnviz.trace import AttentionMaps, size

LEFT_OUT = -1


@dataclass(frozen=True, eq=False)
class RegroupedMaps:
    """Attention maps whose rows and columns are groups of the rows and columns of others.

    query_group, key_group: the new index of every old token, or -1 for a token that is left out.
    is_renormalised: whether what is left of a row is divided by its sum. A row with nothing left stays 0.
    """

    source: AttentionMaps
    query_tokens: tuple[Token, ...]
    key_tokens: tuple[Token, ...]
    query_group: Int[Tensor, " old_query"]
    key_group: Int[Tensor, " old_key"]
    is_renormalised: bool = False

    def __repr__(self) -> str:
        """The stack in one line."""
        return f"{type(self).__name__}({size(self)})"

    @property
    def is_one_text(self) -> bool:
        """Whether queries and keys are of one text."""
        return self.source.is_one_text

    @property
    def layers(self) -> tuple[int, ...]:
        """The model's own numbers of the layers that attend."""
        return self.source.layers

    @property
    def n_layers(self) -> int:
        """How many layers attend."""
        return self.source.n_layers

    @property
    def n_heads(self) -> int:
        """Number of heads of every layer."""
        return self.source.n_heads

    def weights(
        self, layer: int, head: int | None = None, *, rows: range | None = None
    ) -> Float[Tensor, "*head query key"]:
        """Regrouped weights, (head, query, key) for a layer or (query, key) for one head; of some rows or of all."""
        old, group, n_rows = self._rows(rows)
        summed = _add_up(self.source.weights(layer, head, rows=old), self.key_group, len(self.key_tokens))
        added = _add_up(summed.mT, group, n_rows).mT
        pieces = _add_up(torch.ones(len(group)), group, n_rows)
        averaged = added / pieces[:, None]  # (*head, query, key)
        if not self.is_renormalised:
            return averaged
        total = averaged.sum(dim=-1, keepdim=True)
        return torch.where(total > 0, averaged / total.clamp(min=torch.finfo(total.dtype).tiny), averaged)

    def mask(
        self, layer: int, head: int | None = None, *, rows: range | None = None
    ) -> Bool[Tensor, "*head_or_one query key"] | None:
        """Where any piece of a row may attend to any piece of a column, for one head or for those of a layer.

        None where nothing is hidden.
        """
        old, group, n_rows = self._rows(rows)
        mask = self.source.mask(layer, head, rows=old)
        if mask is None:
            return None
        columns = _add_up(mask.float(), self.key_group, len(self.key_tokens))
        return _add_up(columns.mT, group, n_rows).mT > 0

    def _rows(self, rows: range | None) -> tuple[range | None, Int[Tensor, " old_row"], int]:
        """The old rows that some new ones are made of, the new row of each of them, and how many new ones there are."""
        if rows is None:
            return None, self.query_group, len(self.query_tokens)
        check_rows(rows, len(self.query_tokens))
        places = [place for place, group in enumerate(self.query_group.tolist()) if group in rows]
        old = range(places[0], places[-1] + 1) if places else range(0)
        group = self.query_group[old.start : old.stop] - rows.start
        return old, torch.where((group < 0) | (group >= len(rows)), LEFT_OUT, group), len(rows)


def merge_words(maps: AttentionMaps) -> RegroupedMaps:
    """The maps with one row and one column for each word; special tokens and blanks keep their own.

    A word's text is what was typed: each character once, those that the tokenizer dropped behind a piece included.
    """
    queries, query_tokens = _words(maps.query_tokens)
    keys, key_tokens = _words(maps.key_tokens)
    return RegroupedMaps(maps, query_tokens, key_tokens, queries, keys)


def hide_special(maps: AttentionMaps, *, renormalise: bool = False) -> RegroupedMaps:
    """The maps without the rows and columns of special tokens; `renormalise` makes the rows sum to 1 again.

    Raises SelectionError where nothing would be left.
    """
    queries, query_tokens = _typed(maps.query_tokens)
    keys, key_tokens = _typed(maps.key_tokens)
    return RegroupedMaps(maps, query_tokens, key_tokens, queries, keys, is_renormalised=renormalise)


def _add_up(weights: Float[Tensor, "*rows old"], group: Int[Tensor, " old"], n_groups: int) -> Tensor:
    """The columns of each group added up, (*rows, group)."""
    kept = group != LEFT_OUT
    sums = weights.new_zeros(*weights.shape[:-1], n_groups)
    return sums.index_add(-1, group[kept], weights[..., kept])


def _words(tokens: Sequence[Token]) -> tuple[Int[Tensor, " old"], tuple[Token, ...]]:
    """The group of every token, one group a word, and the words."""
    index = word_numbers(tokens)
    words = groupby(range(len(tokens)), key=index.__getitem__)
    return torch.tensor(index), tuple(_joined([tokens[place] for place in pieces]) for _, pieces in words)


def _joined(pieces: Sequence[Token]) -> Token:
    """One token for the pieces of a word: what was typed, with what the tokenizer dropped, each character once."""
    first = pieces[0]
    text, end, dropped = first.text, first.end, first.dropped
    for piece in pieces[1:]:
        if piece.end > end:
            text += dropped + piece.text[max(0, end - piece.start) :]
        if piece.end >= end:
            end, dropped = piece.end, piece.dropped
    return Token(text + dropped, first.start, end + len(dropped), first.word, first.is_special)


def _typed(tokens: Sequence[Token]) -> tuple[Int[Tensor, " old"], tuple[Token, ...]]:
    """The new index of every token that was typed, and these tokens."""
    typed = tuple(token for token in tokens if not token.is_special)
    if not typed:
        raise SelectionError("Every token of this text is a special one; with them hidden nothing is left to show.")
    index = iter(range(len(typed)))
    return torch.tensor([LEFT_OUT if token.is_special else next(index) for token in tokens]), typed
