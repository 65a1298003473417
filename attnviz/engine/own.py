"""The engines that run our own transformer: checks, one pass, a trace. What differs is how a text is read."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from attnviz.attention import Step
from attnviz.edits import Edit, Extent
from attnviz.engine.asking import COSINE, Answering, Asked, Variants, about_vectors, check_no_head, most_variants
from attnviz.engine.changed import changed
from attnviz.engine.encoded import Encoded, check_given, check_length, check_vectors, token_types
from attnviz.engine.languages import check_no_language
from attnviz.prediction import Prediction, PredictionKind
from attnviz.protocols import described
from attnviz.recorder import recording
from attnviz.tokens import Token, special_token, word_tokens
from attnviz.trace import Stack, Trace
from attnviz.transformer import Transformer

CLS, SEP = "[CLS]", "[SEP]"


@dataclass(frozen=True, eq=False, kw_only=True)
class OwnEngine(Answering):
    """An engine around our own transformer.

    model: the transformer, or a module that holds it.
    """

    model: Any
    name: str
    max_tokens: int
    reads_pairs: bool = True
    languages: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """The engine in one line."""
        return described(self)

    @property
    def transformer(self) -> Transformer:
        """What computes."""
        return self.model

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        return self.transformer.config.n_layers

    @property
    def n_heads(self) -> int:
        """Number of heads of every layer."""
        return self.transformer.config.n_heads

    @property
    def answers(self) -> PredictionKind:
        """What `predict` answers with."""
        return "vectors"

    @abstractmethod
    def read(self, text: str, pair: str | None = None) -> Encoded:
        """A text or a pair as the transformer reads it, however long."""

    def run(
        self,
        text: str,
        *,
        pair: str | None = None,
        source_language: str | None = None,
        target_language: str | None = None,
        edits: Sequence[Edit] = (),
    ) -> Trace[Stack]:
        """What the attention does with a text or, where the engine reads them, with a pair; see `Engine.run`."""
        encoded = self._encoded(Asked(text, pair, source_language, target_language))
        with self._changed([edits], len(encoded.ids)):
            steps = self.steps(encoded)
        stack = Stack(encoded.tokens, encoded.tokens, steps, is_one_text=True)
        encoder, decoder = (None, stack) if self.transformer.config.causal else (stack, None)
        return Trace(self.name, text, pair, encoder, decoder, token_types=self._types(encoded), edits=tuple(edits))

    def _changed(self, variants: Sequence[Sequence[Edit]], n_tokens: int) -> AbstractContextManager[None]:
        """A block in which one pass over a batch of this text computes with the edits of the variants."""
        kind = "decoder" if self.transformer.config.causal else "encoder"
        extent = Extent(range(self.n_layers), self.n_heads, n_tokens, n_tokens)
        return changed(variants, {kind: extent}, lambda text, pair: self.run(text, pair=pair))

    def _asking(self, asked: Asked, at: int | None, head: int | None) -> tuple[Callable[[Variants], Any], int]:
        encoded = self._encoded(asked)
        n_tokens, config = len(encoded.ids), self.transformer.config

        def answer(variants: Variants) -> tuple[Prediction, ...]:
            with torch.inference_mode(), self._changed(variants, n_tokens):
                return self._answers(encoded, at=at, head=head, n=len(variants))

        return answer, most_variants(n_tokens, 8 * config.d_model + 3 * config.n_heads * n_tokens)

    def _answers(self, encoded: Encoded, *, at: int | None, head: int | None, n: int) -> tuple[Prediction, ...]:
        """The final vector of a token, or the mean one, `n` times: our transformer alone answers nothing."""
        check_no_head(self.name, head)
        about, note = about_vectors(at, encoded.tokens), f"{self._headless} {COSINE}"
        hidden = self._forward(encoded, n=n)
        values = hidden.mean(dim=1) if at is None else hidden[:, at]
        return tuple(Prediction(self.name, self.answers, about, each, at=at, note=note) for each in values)

    @property
    def _headless(self) -> str:
        """Why there are vectors alone."""
        return f"{self.name} has no head that answers."

    def _encoded(self, asked: Asked) -> Encoded:
        """What the transformer reads of a question's texts, if it can."""
        check_no_language(self.name, asked.source_language, asked.target_language)
        check_given(asked.text, asked.pair, name=self.name, reads_pairs=self.reads_pairs)
        encoded = self.read(asked.text, asked.pair)
        check_length(encoded, name=self.name, max_tokens=self.max_tokens)
        return encoded

    def steps(self, encoded: Encoded) -> tuple[Step, ...]:
        """The attention calls over a text that was read."""
        with torch.inference_mode(), recording() as recorder:
            self._forward(encoded)
        return recorder.of_text(0)

    def _forward(self, encoded: Encoded, *, n: int = 1) -> Tensor:
        """The vectors after the last layer of a text, `n` times in a batch, (n, position, d_model)."""
        check_vectors(encoded, self.transformer.config.vocab_size)
        types = self._types(encoded)
        segments = None if types is None else torch.tensor([types] * n)
        hidden: Tensor = self.transformer(torch.tensor([encoded.ids] * n), segment_ids=segments)
        return hidden

    def _types(self, encoded: Encoded) -> tuple[int, ...] | None:
        return token_types(encoded, self.transformer.config.n_segments)


def whole_words(text: str, pair: str | None = None) -> tuple[tuple[Token, ...], tuple[int, ...]]:
    """The tokens of `[CLS] text [SEP]`, or `[CLS] text [SEP] pair [SEP]`, a word each, and the segment of each."""
    tokens: tuple[Token, ...] = (special_token(CLS),)
    segments = [0]
    for segment, part in enumerate([text] if pair is None else [text, pair]):
        added = (*word_tokens(part), special_token(SEP))
        tokens += added
        segments += [segment] * len(added)
    return tokens, tuple(segments)
