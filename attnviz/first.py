"""Where one looks first: what is known of a model and a text beforehand, and what a first visit shows of it."""

from dataclasses import dataclass
from typing import Any

from attnviz.address import DEFAULT_TEXT, OTHER_TEXT
from attnviz.engine.known import known
from attnviz.protocols import Engine
from attnviz.tokens import reading
from attnviz.trace import Trace


@dataclass(frozen=True)
class Opening:
    """What is known of a model and a text beforehand: layer, head and token to look at first; None is not known."""

    layer: int | None = None
    head: int | None = None
    first: int | None = None


NOTHING_KNOWN = Opening()


@dataclass(frozen=True)
class First:
    """What a first visit shows: one word of a sentence changes, and another word looks elsewhere.

    index: the place of the word that looks. before, after: the weights of its row. changed: the place of the word that
    changes, its text, and the other text.
    """

    index: int
    before: tuple[float, ...]
    after: tuple[float, ...]
    changed: tuple[int, str, str]


def opening(trace: Trace[Any]) -> Opening:
    """Where to look first in what a model did with a text, as far as that is known beforehand."""
    beforehand = known(trace.model, trace.text)
    tokens = next(iter(trace.stacks.values())).query_tokens
    places = (place for place, token in enumerate(tokens) if token.word == beforehand.word is not None)
    return Opening(beforehand.layer, beforehand.head, next(places, None))


def first_visit(engine: Engine) -> First | None:
    """What a first visit shows, computed by the engine; None where the two sentences are not alike but for one word.

    Kept by whoever asks: it takes two passes through the model.
    """
    traces = [engine.run(text) for text in (DEFAULT_TEXT, OTHER_TEXT)]
    before, after = (trace.encoder for trace in traces)
    start = opening(traces[0])
    layer, head, row = start.layer, start.head, start.first
    if before is None or after is None or layer is None or head is None or row is None:
        return None
    words, others = ([reading(token) for token in maps.query_tokens] for maps in (before, after))
    changed = [place for place, (word, other) in enumerate(zip(words, others, strict=False)) if word != other]
    if len(words) != len(others) or len(changed) != 1:
        return None
    rows = (maps.weights(layer, head, rows=range(row, row + 1))[0] for maps in (before, after))
    old, new = (tuple(round(weight, 6) for weight in each.tolist()) for each in rows)
    return First(row, old, new, (changed[0], words[changed[0]], others[changed[0]]))
