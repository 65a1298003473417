"""The built-in engine: a small transformer trained for this project, inside the package, ready at once and offline.

It was trained on sentences of a grammar to name the words that words hang on (`naming.py`), never on attention itself.
What each of its heads does was measured on sentences kept from training: `head_guide()`. It reads whole words; a word
that it does not know keeps its spelling and is read as [UNK]. Off the sentences that it was trained on its maps are a
real computation, but no evidence about English: `read(text)` says which words and which sentences it knows.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from attnviz.engine.asking import quoted
from attnviz.engine.encoded import Encoded
from attnviz.engine.naming import NamingTransformer
from attnviz.engine.own import OwnEngine, whole_words
from attnviz.engine.patterns import ENDS, has_known_shape, sentences
from attnviz.errors import BrokenModelError, SelectionError
from attnviz.prediction import Prediction, PredictionKind
from attnviz.selection import check_head, check_place
from attnviz.tokens import Token, check_text, word_tokens
from attnviz.transformer import Transformer, TransformerConfig

NAME = "builtin"
UNKNOWN = "[UNK]"
WEIGHTS, VOCABULARY, GUIDE, CARD = "builtin.safetensors", "vocabulary.json", "head_guide.json", "MODEL_CARD.md"
REPORT = "report.json"


@dataclass(frozen=True)
class HeadEntry:
    """What one head was measured to do, on sentences kept from training.

    accuracy: share of links whose word is the head's strongest among the other words of the text.
    baseline: the same for the best fixed distance, chosen in hindsight on the same links.
    """

    layer: int
    head: int
    title: str
    does: str
    accuracy: float
    baseline: float
    measured_on: str


@dataclass(frozen=True)
class ExampleSentence:
    """A sentence to start from: the word to look at, and the word that it attends to in the default view."""

    text: str
    word: str
    attends_to: str


@dataclass(frozen=True)
class FreePairs:
    """Pairs of sentences written by hand outside the grammar: how many, and those right in both, in the default view.

    A coin would be right in a quarter of them.
    """

    n: int
    n_right: int


@dataclass(frozen=True)
class Reading:
    """What the built-in model knows of a text.

    known: for every word of the text (`Token.word` is the index), whether it is in the vocabulary.
    trained: for every sentence of the text, whether the model was trained on sentences of this shape.
    """

    known: tuple[bool, ...]
    trained: tuple[bool, ...]

    @property
    def n_words(self) -> int:
        """Number of words, punctuation marks included."""
        return len(self.known)

    @property
    def n_known(self) -> int:
        """Number of words that are in the vocabulary."""
        return sum(self.known)

    @property
    def is_trained_pattern(self) -> bool:
        """Whether every sentence has a shape that the model was trained on."""
        return bool(self.trained) and all(self.trained)


@dataclass(frozen=True)
class Vocabulary:
    """The words the model reads, their kinds, and the shapes of the sentences that it was trained on."""

    ids: dict[str, int]
    kinds: dict[str, str]
    shapes: frozenset[str]

    @property
    def typed(self) -> tuple[str, ...]:
        """The words that can be typed, in front of the names of senses and classes, which are answers only."""
        return tuple(word for word in self.ids if " (" not in word and ":" not in word[1:])

    def encode(self, tokens: tuple[Token, ...]) -> list[int]:
        """The numbers of the tokens."""
        return [self.ids[t.text] if t.is_special else self.ids.get(plain(t.text), self.ids[UNKNOWN]) for t in tokens]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BuiltinEngine(OwnEngine):
    """The trained model of the package."""

    model: NamingTransformer
    vocabulary: Vocabulary
    name: str = NAME
    reads_pairs: bool = False

    @property
    def transformer(self) -> Transformer:
        """The transformer below the readouts."""
        return self.model.transformer

    @property
    def answers(self) -> PredictionKind:
        """What `predict` answers with."""
        return "named word"

    def read(self, text: str, pair: str | None = None) -> Encoded:
        """`[CLS] text [SEP]`, a word each."""
        tokens, segments = whole_words(text, pair)
        return Encoded(tuple(self.vocabulary.encode(tokens)), segments, tokens)

    def _answers(self, encoded: Encoded, *, at: int | None, head: int | None, n: int) -> tuple[Prediction, ...]:
        """The word that a head of the last layer names at a token, `n` times; by default the head for all links."""
        if at is None:
            raise SelectionError(f"{self.name} names a word at every token. Say at which one (at).")
        at, head = check_place(at, encoded.tokens), default_view()[1] if head is None else head
        check_head(head, self.n_heads)
        _, step = self.model(torch.tensor([encoded.ids] * n))
        words = self.vocabulary.typed
        named = self.model.names(step.of_rows(range(at, at + 1)))[:, head, 0, : len(words)]  # (variant, word)
        about = f"the word that head {head} of the last layer names at {quoted(encoded.tokens[at])}"
        return tuple(Prediction(self.name, self.answers, about, each, words.__getitem__, at=at) for each in named)


def load_builtin() -> BuiltinEngine:
    """The engine with the weights inside the package; raises BrokenModelError where its files are damaged."""
    stored = _json(VOCABULARY)
    config = TransformerConfig(
        **(stored["config"] | {"feed_forward_layers": tuple(stored["config"]["feed_forward_layers"])})
    )
    with torch.device("meta"):  # no numbers are drawn: they come from the file
        model = NamingTransformer(config)
    try:
        tensors: dict[str, Tensor] = load(_file(WEIGHTS).read_bytes())
        model.load_state_dict(tensors, assign=True)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise BrokenModelError("The weights of the built-in model are damaged. Install attnviz again.") from error
    return BuiltinEngine(model=model.eval(), vocabulary=vocabulary(), max_tokens=config.max_positions)


def read(text: str) -> Reading:
    """Which words of a text the built-in model knows, and which sentences have a shape that it was trained on."""
    known_words = vocabulary()
    words = tuple(plain(token.text) for token in word_tokens(check_text(text)))
    known = tuple(word in known_words.kinds or word in ENDS for word in words)
    trained = tuple(has_known_shape(part, known_words.kinds, known_words.shapes) for part in sentences(words))
    return Reading(known, trained)


def plain(word: str) -> str:
    """A word as the vocabulary spells it."""
    return word.casefold().replace("’", "'")


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary inside the package."""
    stored = _json(VOCABULARY)
    ids = {word: number for number, word in enumerate(stored["words"])}
    return Vocabulary(ids, stored["kinds"], frozenset(stored["shapes"]))


@cache
def head_guide() -> tuple[HeadEntry, ...]:
    """What the heads of the built-in model were measured to do; heads that do nothing nameable are not in it."""
    return tuple(HeadEntry(**entry) for entry in _json(GUIDE)["heads"])


@cache
def example_sentences() -> tuple[ExampleSentence, ...]:
    """Sentences to start from, none of them seen in training."""
    return tuple(ExampleSentence(**entry) for entry in _json(GUIDE)["examples"])


@cache
def free_pairs() -> FreePairs:
    """What was measured outside the grammar when the model was made."""
    measured = _json(REPORT)["shipped"]["free_pairs"]
    return FreePairs(measured["n"], measured["default_view"])


def default_view() -> tuple[int, int]:
    """Layer and head to open with: the head that answers for all kinds of links at once."""
    layer, head = _json(GUIDE)["default_view"]
    return layer, head


def model_card() -> str:
    """The model card in Markdown: how the model was made, what was measured, where it fails."""
    return _file(CARD).read_text(encoding="utf-8")


def _file(name: str) -> Any:
    return files("attnviz.engine") / "weights" / name


def _json(name: str) -> Any:
    try:
        return json.loads(_file(name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BrokenModelError(f"{name} of the built-in model is damaged. Install attnviz again.") from error
