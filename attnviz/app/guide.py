"""What is known of a model before one looks: the view to open with, what its heads do, and which words it knows.

Only the built-in model has been measured in this way; of any other, nothing is claimed.
"""

from attnviz.app.words import counted, plain
from attnviz.engine import builtin
from attnviz.trace import AttentionMaps


def first_view(model: str) -> tuple[int, int]:
    """Layer and head to open with."""
    return builtin.default_view() if model == builtin.NAME else (0, 0)


def heads(model: str, maps: AttentionMaps) -> tuple[str, ...]:
    """A sentence for every head, layer by layer: what it was measured to do, "" where that is not known."""
    if model != builtin.NAME:
        return ()
    does = {(entry.layer, entry.head): entry for entry in builtin.head_guide()}
    places = ((layer, head) for layer in range(maps.n_layers) for head in range(maps.n_heads))
    return tuple(_sentence(does[place]) if place in does else "" for place in places)


def known(model: str, text: str) -> str:
    """How much of a text the model was made for, as Markdown; "" where that is not known."""
    if model != builtin.NAME:
        return ""
    reading = builtin.read(text)
    words = f"It knows {reading.n_known} of {counted(reading.n_words, 'word')}"
    if reading.is_trained_pattern:
        return f"{words} and was trained on sentences of this shape."
    return (
        f"{words} and was not trained on sentences of this shape: "
        "the picture is a real computation, but no evidence about English."
    )


def measured(model: str, maps: AttentionMaps, layer: int, head: int) -> str:
    """What the chosen head was measured to do, as Markdown; "" where that is not known."""
    sentences = heads(model, maps)
    return plain(sentences[layer * maps.n_heads + head]) if sentences else ""


def _sentence(entry: builtin.HeadEntry) -> str:
    return (
        f"{entry.title}: {entry.does}. Right in {entry.accuracy:.1%} of {entry.measured_on}; "
        f"the best fixed distance is right in {entry.baseline:.1%}."
    )
