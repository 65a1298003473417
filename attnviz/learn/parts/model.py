"""The model of the lessons, and what it did with a text."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from attnviz import DEFAULT_MODEL, Engine, Stack, Trace
from attnviz.analysis.residual import ResidualStream, residual_stream
from attnviz.app import loading
from attnviz.app.models import title
from attnviz.app.shared.words import plain
from attnviz.edits import Edit
from attnviz.engine import builtin
from attnviz.errors import SelectionError
from attnviz.learn.frame import text as paragraph
from attnviz.learn.parts import trained
from attnviz.numbers import weight_text
from attnviz.tokens import Token, listed

UNTRAINED = "untrained"
MOST_NAMED = 4  # words that are equally strong


def engine(name: str = DEFAULT_MODEL) -> Engine:
    """An engine of this package, loaded once for everybody."""
    with st.spinner(f"Loading {title(name)}"):
        return loading.finish(name, from_scratch=False)


def stack(text: str, name: str = DEFAULT_MODEL) -> Stack:
    """The attention of a text in this model."""
    return only(loading.trace(engine(name), text, None))


def only(trace: Trace[Stack]) -> Stack:
    """The attention of a trace that has no other."""
    (stack,) = trace.stacks.values()
    return stack


def named(text: str | Trace[Stack], head: int, *, at: int, edits: Sequence[Edit] | None = None) -> str:
    """The word that a head of the last layer names at a token, in a trace with its edits unless others are given."""
    ((word, _),) = engine().predict(text, at=at, head=head, edits=edits).top(1)
    return word


def choose_head(key: str) -> tuple[int, int]:
    """Layer and head of the model that the reader chooses, at first those that were trained on every kind of link."""
    loaded, first = engine(), builtin.default_view()
    with st.container(horizontal=True, gap="large"):
        layer, head = (
            st.segmented_control(name.capitalize(), range(n), default=chosen, required=True, key=f"{key}_{name}")
            for name, n, chosen in (("layer", loaded.n_layers, first[0]), ("head", loaded.n_heads, first[1]))
        )
    return layer, head


def stream(text: str) -> ResidualStream:
    """What every layer of the model adds to the vectors of a text."""
    loaded = engine()
    return _stream(loaded, loading.serial(loaded), text)


@st.cache_resource(max_entries=8, show_spinner=False)
def _stream(_engine: Engine, serial: int, text: str) -> ResidualStream:
    return residual_stream(_engine, text)


def position_of(word: str, tokens: tuple[Token, ...]) -> int:
    """The first place of a word; raises SelectionError where the text does not have it."""
    for position, token in enumerate(tokens):
        if not token.is_special and token.text.casefold() == word.strip().casefold():
            return position
    raise SelectionError(f"The word “{word}” is not in this text. Choose a word that stands in it.")


def names(tokens: tuple[Token, ...]) -> tuple[str, ...]:
    """The tokens as labels of rows and columns.

    Those that occur twice are told apart by their place, and words that the built-in model does not know are marked.
    """
    is_twice = {text for text, n in Counter(token.text for token in tokens).items() if n > 1}
    return tuple(marked(token, *([str(place)] if token.text in is_twice else [])) for place, token in enumerate(tokens))


def marked(token: Token, *notes: str) -> str:
    """A word as labels have it, with notes behind it; the last one where the model does not know the word."""
    notes = notes if trained.is_known(token) else (*notes, "unknown")
    return f"{token.text} ({', '.join(notes)})" if notes else token.text


def attended(rows: Sequence[list[float]], tokens: tuple[Token, ...], *, places: Sequence[int]) -> dict[str, list[str]]:
    """A table of rows of weights, each of the word at its place: which other word gets most, and what the rest gets."""
    most = [strongest(row, tokens, but=place) for row, place in zip(rows, places, strict=True)]
    special = [place for place, token in enumerate(tokens) if token.is_special]
    return {
        "of the other words, most to": [word for word, _ in most],
        "weight": [weight for _, weight in most],
        "to itself": [weight_text(row[place]) for row, place in zip(rows, places, strict=True)],
        "to special tokens": [weight_text(min(1.0, sum(row[index] for index in special))) for row in rows],
    }


def strongest(weights: list[float], tokens: tuple[Token, ...], *, but: int) -> tuple[str, str]:
    """The word with the largest weight, special tokens and one place left out; all words whose weights read the same.

    Where there is no other word, that is said in its place, and there is no weight.
    """
    places = [place for place, token in enumerate(tokens) if not token.is_special and place != but]
    if not places:
        return "no other word", ""
    largest = weight_text(max(weights[place] for place in places))
    labels = names(tokens)
    return alike([labels[place] for place in places if weight_text(weights[place]) == largest]), largest


def alike(words: Sequence[str]) -> str:
    """One word, or several that are equally strong: `a and b alike`."""
    return words[0] if len(words) == 1 else f"{listed(words, most=MOST_NAMED)} alike"


def say_which() -> None:
    """Which model the numbers come from, and what may be read into them."""
    loaded = engine()
    paragraph(
        f"The numbers come from this model: **{plain(title(loaded.name))}**, {loaded.n_layers} layers of "
        f"{loaded.n_heads} heads. It was trained for these pages on sentences of a small grammar, and knows nothing "
        "else of English."
    )
