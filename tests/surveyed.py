"""Traces made by hand, and a survey that derives their maps as a test asks for them."""

from dataclasses import dataclass

import numpy as np
import torch

from attnviz.survey import exact_map
from attnviz.tokens import Token, special_token, word_tokens
from attnviz.trace import StoredStack, Trace


@dataclass(frozen=True)
class Surveyed:
    """The maps of a window; `notable` is what a test says it is."""

    maps: object
    rows: range
    columns: range
    notable: tuple[int, int, int, int] | None = None

    def exact(self, heads):
        return exact_map(self.maps, heads, rows=self.rows, columns=self.columns)


def survey_with(notable=None):
    """A survey that finds this link, in places drawn, the one that says most."""
    return lambda maps, *, rows, columns: Surveyed(maps, rows, columns, notable)


survey = survey_with()


def marked(text):
    """The words of a text between two special tokens."""
    return (special_token("[CLS]"), *word_tokens(text), special_token("[SEP]"))


def pieces(*words):
    """Tokens of words that are given in pieces: `("play", "##ing")`."""
    tokens, start = [], 0
    for word, of_word in enumerate(words):
        for piece in of_word:
            typed = piece.removeprefix("##")
            tokens.append(Token(typed, start, start + len(typed), word))
            start += len(typed)
        start += 1
    return tuple(tokens)


def weights_of(n_layers, n_heads, n_queries, n_keys, *, seed=0):
    """Weights that sum to 1 in every row, each of another size."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(n_layers, n_heads, n_queries, n_keys, generator=generator).softmax(dim=-1)


def trace_of(
    tokens, key_tokens=None, *, n_layers=2, n_heads=3, seed=0, kind="encoder", masks=None, layers=None, **about
):
    """A trace of one kind of attention with weights that nobody chose."""
    keys = tokens if key_tokens is None else key_tokens
    stored = weights_of(n_layers, n_heads, len(tokens), len(keys), seed=seed)
    if masks is not None:
        stored = stored * masks
        stored = stored / stored.sum(dim=-1, keepdim=True)
        masks = (masks[None],) * n_layers
    stack = StoredStack(tokens, keys, stored, masks, layers or tuple(range(n_layers)), is_one_text=kind != "cross")
    return Trace("made by hand", " ".join(token.text for token in tokens), **{kind: stack}, **about)


def of_text(text, **options):
    """A trace of the words of a text, without special tokens."""
    return trace_of(word_tokens(text), **options)


def causal(n_tokens):
    """Where a decoder may attend: to itself and what stands before it."""
    return torch.from_numpy(np.tri(n_tokens, dtype=bool))
