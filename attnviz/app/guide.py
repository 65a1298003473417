"""What is known of a model before one looks: the view to open with, what its heads do, and which words it knows.

Only the built-in model has been measured in this way; of MiniLM the first word to look at is known, of others nothing.
"""

from dataclasses import dataclass

from attnviz.app.shared.words import counted
from attnviz.engine import builtin, minilm
from attnviz.tokens import word_tokens
from attnviz.trace import AttentionMaps

# Of MiniLM's heads the one that gives the noun of a pronoun most weight: .37 on average in the ten sentences of a test.
_FIRST = {minilm.NAME: (3, 1)}
_ABOUT_MINILM = (
    f"MiniLM is a BERT, trained on English text and then to embed sentences: `{minilm.ORIGIN}`, licence "
    f"{minilm.LICENCE}, from the package `{minilm.PACKAGE}`. What its heads do was not measured here."
)
_PRONOUNS = {"it", "he", "she", "they", "him", "them", "his", "her", "its", "their"}


@dataclass(frozen=True)
class Known:
    """What is known of a model and a text before one looks: nothing, of most models.

    heads: a sentence for every head, layer by layer; "" for one of which nothing was measured.
    first: the token to look at first. unknown: indices of the words that the model does not know.
    """

    heads: tuple[str, ...] = ()
    first: int | None = None
    unknown: frozenset[int] = frozenset()


NOTHING = Known()


def about(model: str, text: str, maps: AttentionMaps) -> Known:
    """What is known of a model and of its attention for a text."""
    if model not in {builtin.NAME, minilm.NAME}:
        return NOTHING
    word = first_word(text)
    first = next((place for place, token in enumerate(maps.query_tokens) if token.word == word), None)
    known = builtin.read(text).known if model == builtin.NAME else ()
    unknown = frozenset(place for place, is_known in enumerate(known) if not is_known)
    return Known(heads(model, maps), None if word is None else first, unknown)


def first_view(model: str) -> tuple[int, int]:
    """Layer and head to open with."""
    return builtin.default_view() if model == builtin.NAME else _FIRST.get(model, (0, 0))


def first_word(text: str) -> int | None:
    """Index of the word to look at first: the one an example is about, else the first pronoun after another word.

    None where the text has no such word.
    """
    words = _words(text)
    about = {_words(example.text): example.word for example in builtin.example_sentences()}.get(words)
    if about is not None:
        return words.index(about)
    return next((place for place, word in enumerate(words) if place and word in _PRONOUNS), None)


def heads(model: str, maps: AttentionMaps) -> tuple[str, ...]:
    """A sentence for every head, layer by layer: what it was measured to do, "" where that is not known."""
    if model != builtin.NAME:
        return ()
    does = {(entry.layer, entry.head): entry for entry in builtin.head_guide()}
    places = ((layer, head) for layer in maps.layers for head in range(maps.n_heads))
    return tuple(_sentence(does[place]) if place in does else "" for place in places)


def known(model: str, text: str) -> str:
    """What the model is and how much of a text it was made for, as Markdown; "" where that is not known."""
    if model != builtin.NAME:
        return _ABOUT_MINILM if model == minilm.NAME else ""
    reading = builtin.read(text)
    words = f"It knows {reading.n_known} of {counted(reading.n_words, 'word')}"
    if reading.n_known < reading.n_words:
        words += " (the others are underlined with dots in the sentence)"
    if reading.is_trained_pattern:
        return f"{words} and was trained on sentences of this shape."
    return (
        f"{words} and was not trained on sentences of this shape: "
        "the picture is a real computation, but no evidence about English."
    )


def is_evidence(model: str, text: str) -> bool:
    """Whether the picture says anything about English; the built-in model's does where it knows words and shape."""
    if model != builtin.NAME:
        return True
    reading = builtin.read(text)
    return reading.is_trained_pattern and reading.n_known == reading.n_words


def _words(text: str) -> tuple[str, ...]:
    """The words as the built-in model spells them, without the full stop at the end."""
    words = tuple(builtin.plain(token.text) for token in word_tokens(text))
    return words[:-1] if words[-1:] == (".",) else words


def card(model: str) -> str:
    """The model card as Markdown, below the title that its dialog has; "" where there is none."""
    return builtin.model_card().partition("\n")[2].strip() if model == builtin.NAME else ""


def _sentence(entry: builtin.HeadEntry) -> str:
    return (
        f"{entry.title}: {entry.does}. Right in {entry.accuracy:.1%} of {entry.measured_on}; "
        f"the best fixed distance is right in {entry.baseline:.1%}."
    )
