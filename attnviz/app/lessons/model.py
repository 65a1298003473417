"""The model of the lessons, and what it did with a text."""

import streamlit as st

from attnviz import DEFAULT_MODEL, Engine, Stack
from attnviz.analysis.residual import ResidualStream, residual_stream
from attnviz.app import loading
from attnviz.app.lessons.page import text as paragraph
from attnviz.app.models import title
from attnviz.app.words import plain
from attnviz.engine import builtin
from attnviz.errors import SelectionError
from attnviz.tokens import Token

UNTRAINED = "untrained"


def engine(name: str = DEFAULT_MODEL) -> Engine:
    """An engine of this package, loaded once for everybody."""
    with st.spinner(f"Loading {title(name)}"):
        return loading.finish(name, from_scratch=False)


def stack(text: str, name: str = DEFAULT_MODEL) -> Stack:
    """The attention of a text in this model."""
    (only,) = loading.trace(engine(name), text, None, from_scratch=False).stacks.values()
    return only


def stream(text: str, name: str = DEFAULT_MODEL) -> ResidualStream:
    """What every layer of this model adds to the vectors of a text."""
    return _stream(engine(name), name, text)


@st.cache_resource(max_entries=8, show_spinner=False)
def _stream(_engine: Engine, name: str, text: str) -> ResidualStream:
    return residual_stream(_engine, text)


def position_of(word: str, tokens: tuple[Token, ...]) -> int:
    """The first place of a word; raises SelectionError where the text does not have it."""
    for position, token in enumerate(tokens):
        if not token.is_special and token.text.casefold() == word.strip().casefold():
            return position
    raise SelectionError(f"The word “{word}” is not in this text. Choose a word that stands in it.")


def names(tokens: tuple[Token, ...]) -> tuple[str, ...]:
    """The tokens as labels of rows and columns; those that occur twice are told apart by their place."""
    texts = [token.text for token in tokens]
    return tuple(f"{t} ({i})" if texts.count(t) > 1 else t for i, t in enumerate(texts))


def strongest(weights: list[float], tokens: tuple[Token, ...], *, but: int) -> tuple[str, float]:
    """The word with the largest weight, special tokens and one place left out."""
    places = [place for place, token in enumerate(tokens) if not token.is_special and place != but]
    best = max(places, key=lambda place: weights[place], default=but)
    return tokens[best].text, weights[best]


def say_which(name: str = DEFAULT_MODEL) -> None:
    """Which model the numbers come from, and what may be read into them."""
    loaded = engine(name)
    size = f"{loaded.n_layers} layers of {loaded.n_heads} heads"
    note = f"The numbers come from this model: **{plain(title(name))}**, {size}."
    if name == UNTRAINED:
        note += " Its weights are random: no pattern here means anything."
    elif name == builtin.NAME:
        note += " It was trained for these pages on sentences of a small grammar, and knows nothing else of English."
    paragraph(note)
