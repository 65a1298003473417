"""What the built-in model brings beyond its attention: a guide to its heads, and words that they name."""

from attnviz.app.shared.words import plain
from attnviz.engine import builtin
from attnviz.learn.frame import in_a_real_bert
from attnviz.learn.frame import text as paragraph
from attnviz.tokens import Token, word_tokens


def guide() -> dict[str, list[str]]:
    """What the heads were measured to do, as a table."""
    entries = builtin.head_guide()
    return {
        "head": [f"{entry.title} (layer {entry.layer}, head {entry.head})" for entry in entries],
        "what it does, measured on": [f"{entry.does}; {entry.measured_on}" for entry in entries],
        "right (fixed distance)": [f"{entry.accuracy:.1%} ({entry.baseline:.1%})" for entry in entries],
    }


def entry_of(layer: int, head: int) -> builtin.HeadEntry | None:
    """What one head was measured to do, None where nothing nameable was."""
    return next((entry for entry in builtin.head_guide() if (entry.layer, entry.head) == (layer, head)), None)


def unknown_words(*texts: str) -> list[str]:
    """The words of some texts that the model does not know, each once."""
    words = [
        token.text
        for text in texts
        for token, is_known in zip(word_tokens(text), builtin.read(text).known, strict=True)
        if not is_known
    ]
    return list(dict.fromkeys(words))


def is_known(token: Token) -> bool:
    """Whether the model has a vector for this word; else it takes the one of every unknown word."""
    return token.is_special or all(builtin.read(token.text).known)


def say_what_is_new(*texts: str) -> None:
    """Name the words that the model does not know, and say where it was not trained on sentences of this shape.

    A link leads from there to the same sentence in a real BERT.
    """
    unknown = unknown_words(*texts)
    if unknown:
        paragraph(
            f":material/help: **The model does not know {plain(', '.join(unknown))}.** It reads every such word as one "
            "and the same unknown word: what the page shows of it comes from its place and from the other words, and "
            "tells nothing about what it means. Pictures and tables mark it as unknown."
        )
    is_of_its_shapes = all(builtin.read(text).is_trained_pattern for text in texts)
    if not is_of_its_shapes:
        paragraph(
            ":material/help: The model was not trained on sentences of this shape: the numbers are a real computation, "
            "but no evidence about English."
        )
    if unknown or not is_of_its_shapes:
        in_a_real_bert(*texts)
