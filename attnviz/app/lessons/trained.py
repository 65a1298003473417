"""What a trained model of this package may bring beyond its attention: a guide to its heads, and words that they name.

Whatever the model of the lessons does not bring is left out of the lessons.
"""

from typing import Any

from attnviz import DEFAULT_MODEL, Engine
from attnviz import engine as engines
from attnviz.analysis.cut import NamesWords, named_word
from attnviz.attention import Step
from attnviz.tokens import word_tokens

_GUIDE = ("layer", "head", "title", "does", "accuracy", "baseline")


def guide() -> dict[str, list[Any]]:
    """What the heads were measured to do, by column; empty where the model has no guide."""
    read = getattr(getattr(engines, DEFAULT_MODEL, None), "head_guide", None)
    entries = () if read is None else read()
    return {name: [getattr(entry, name) for entry in entries] for name in _GUIDE} if entries else {}


def unknown_words(text: str) -> list[str]:
    """The words of a text that the model does not know, each once; empty where it does not tell."""
    read = getattr(getattr(engines, DEFAULT_MODEL, None), "read", None)
    if read is None:
        return []
    known = read(text).known
    return list(
        dict.fromkeys(token.text for token, is_known in zip(word_tokens(text), known, strict=True) if not is_known)
    )


def default_view(engine: Engine) -> tuple[int, int]:
    """The layer and head to look at first: those that the model recommends, else the first head of the last layer."""
    recommend = getattr(getattr(engines, engine.name, None), "default_view", None)
    return (engine.n_layers - 1, 0) if recommend is None else recommend()


def named(engine: Engine, step: Step, head: int, *, query: int) -> str | None:
    """The word that a head of the last layer names, None where the model names none."""
    model = getattr(engine, "model", None)
    if not isinstance(model, NamesWords):
        return None
    words: tuple[str, ...] = engine.vocabulary.typed  # type: ignore[attr-defined]  # a model that names has one
    return words[named_word(model, step, head, query=query, n_words=len(words))]
