"""What the built-in model brings beyond its attention: a guide to its heads, and words that they name.

A model that does not bring it is left out of what the lessons say.
"""

import re
from typing import Any

from attnviz import Engine
from attnviz.analysis.cut import named_word
from attnviz.attention import Step
from attnviz.engine import builtin
from attnviz.tokens import word_tokens

_GUIDE = ("layer", "head", "title", "does", "accuracy", "baseline", "measured_on")


def guide() -> dict[str, list[Any]]:
    """What the heads were measured to do, by column."""
    entries = builtin.head_guide()
    return {name: [getattr(entry, name) for entry in entries] for name in _GUIDE}


def entry_of(layer: int, head: int) -> builtin.HeadEntry | None:
    """What one head was measured to do, None where nothing nameable was."""
    return next((entry for entry in builtin.head_guide() if (entry.layer, entry.head) == (layer, head)), None)


def unknown_words(text: str) -> list[str]:
    """The words of a text that the model does not know, each once."""
    known = builtin.read(text).known
    return list(
        dict.fromkeys(token.text for token, is_known in zip(word_tokens(text), known, strict=True) if not is_known)
    )


def default_view(engine: Engine) -> tuple[int, int]:
    """The layer and head to look at first: those that the model recommends, else the first head of the last layer."""
    return builtin.default_view() if engine.name == builtin.NAME else (engine.n_layers - 1, 0)


def off_grammar() -> tuple[int, int] | None:
    """Pairs right in both sentences and pairs in all, written outside the grammar, where the model card has them."""
    found = re.search(r"^\| this model, default view \| (\d+) of (\d+) \|$", builtin.model_card(), re.MULTILINE)
    return None if found is None else (int(found[1]), int(found[2]))


def named(engine: Engine, step: Step, head: int, *, query: int) -> str | None:
    """The word that a head of the last layer names, None where the model names none."""
    if not isinstance(engine, builtin.BuiltinEngine):
        return None
    words = engine.vocabulary.typed
    return words[named_word(engine.model, step, head, query=query, n_words=len(words))]
