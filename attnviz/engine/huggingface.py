"""Pretrained models: any that transformers runs through its attention interface.

A model is loaded once, put on trial, and then shared by all threads.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any, TypeVar

from torch import nn

from attnviz.attention import Step
from attnviz.edits import Edit, Extent
from attnviz.engine import trial
from attnviz.engine.asking import Answering, Asked, Variants, check_no_head
from attnviz.engine.changed import changed
from attnviz.engine.encoded import Encoded, check_given, check_length, token_types
from attnviz.engine.encoding import encode, joins_pairs
from attnviz.engine.files import ModelFiles, find_files
from attnviz.engine.forward import Passes, Steps, encode_target, wraps_labels
from attnviz.engine.head import Head, tried_head
from attnviz.engine.languages import (
    Languages,
    chosen_languages,
    file_languages,
    language_needed,
    languages_of,
    speaking,
)
from attnviz.engine.pretrained import load_model, load_tokenizer
from attnviz.engine.refusals import reason_of
from attnviz.engine.scratch import ScratchEngine, load_scratch
from attnviz.engine.trial import Kind, refusal
from attnviz.errors import AttnVizError, ModelError, NotTraceableError, TextError
from attnviz.prediction import Prediction, PredictionKind
from attnviz.protocols import Engine, OnProgress, Progress, described
from attnviz.tokens import SINK, Token
from attnviz.trace import Stack, Trace, attending

# Models without a limit of their own stop here: one head's map then has 16.8 million weights, 64 MiB.
MAX_TOKENS = 4096
# While transformers loads a model it puts functions of its own in the place of others, for all threads: two loadings
# side by side would leave them there.
_ONE_AT_A_TIME = Lock()
Answer = TypeVar("Answer")


@dataclass(frozen=True, eq=False)
class HuggingFaceEngine(Answering):
    """A pretrained model that runs its own code, its attention recorded."""

    name: str
    passes: Passes
    tokenizer: Any
    head: Head
    kind: Kind
    extents: Mapping[str, Extent]
    max_tokens: int

    def __repr__(self) -> str:
        """The engine in one line."""
        return described(self)

    @property
    def n_layers(self) -> int:
        """Number of layers that attend, of its encoder, or of its decoder where it has no encoder."""
        return len(next(iter(self.extents.values())).layers)

    @property
    def n_heads(self) -> int:
        """Number of heads of each of them."""
        return next(iter(self.extents.values())).n_heads

    @property
    def model(self) -> Any:
        """The model, with its own code and its head."""
        return self.head.model

    @property
    def answers(self) -> PredictionKind:
        """What its head answers with; "vectors" without one."""
        return self.head.kind

    @property
    def reads_pairs(self) -> bool:
        """Encoders whose tokenizer joins two texts; encoder-decoders, where the second text is the target."""
        return self.kind == "encoder-decoder" or (self.kind == "encoder" and joins_pairs(self.tokenizer))

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages that the tokenizer has a token for."""
        return languages_of(self.tokenizer)

    def run(
        self,
        text: str,
        *,
        pair: str | None = None,
        source_language: str | None = None,
        target_language: str | None = None,
        edits: Sequence[Edit] = (),
    ) -> Trace[Stack]:
        """What the model's attention does with a text; the pair of an encoder-decoder is the target it has written."""
        source, target, languages = self._read(Asked(text, pair, source_language, target_language))
        with self._changed([edits], source, target, languages):
            steps = self._said(lambda: self.passes.record(source, target))
        first = _stack(source.tokens, source.tokens, steps.encoder, steps.layers[0])
        told: dict[str, Any] = {"source_language": languages.source, "target_language": languages.target}
        told |= {"edits": tuple(edits)}
        if target is not None:
            return Trace(
                self.name,
                text,
                pair,
                encoder=first,
                decoder=_stack(target.tokens, target.tokens, steps.decoder, steps.layers[1]),
                cross=_stack(target.tokens, source.tokens, steps.cross, steps.layers[2], is_one_text=False),
                note=self._note(source, target),
                **told,
            )
        told |= {"token_types": token_types(source, self.passes.n_types)}
        told |= {"note": self._note(source, layers=steps.layers[0])}
        encoder, decoder = (first, None) if self.kind == "encoder" else (None, first)
        return Trace(self.name, text, pair, encoder, decoder, **told)

    def _asking(self, asked: Asked, at: int | None, head: int | None) -> tuple[Callable[[Variants], Any], int]:
        check_no_head(self.name, head)
        source, target, languages = self._read(asked)
        question = self.head.question(source, target, at)

        def answer(variants: Variants) -> tuple[Prediction, ...]:
            n = len(variants)
            with self._changed(variants, source, target, languages):
                return self._said(lambda: self.head.predictions(self.name, self.passes, question, n=n))

        return answer, self.head.most_variants(question)

    def _changed(
        self, variants: Sequence[Sequence[Edit]], source: Encoded, target: Encoded | None, languages: Languages
    ) -> AbstractContextManager[None]:
        """A block in which one pass over a batch of this text computes with the edits of the variants."""
        read, written = len(source.ids), len((target or source).ids)
        sides = {"encoder": (read, read), "decoder": (written, written), "cross": (written, read)}
        extents = {kind: extent.over(*sides[kind]) for kind, extent in self.extents.items()}
        told: dict[str, Any] = {"source_language": languages.source, "target_language": languages.target}
        return changed(variants, extents, lambda text, pair: self.run(text, pair=pair, **told))

    def _read(self, asked: Asked) -> tuple[Encoded, Encoded | None, Languages]:
        """What the model reads of a text or a pair: a source, the target of an encoder-decoder, and their languages."""
        check_given(asked.text, asked.pair, name=self.name, reads_pairs=self.reads_pairs)
        languages = self._languages(Languages(asked.source_language, asked.target_language))
        target = None
        if self.kind == "encoder-decoder":
            reads_target = asked.pair is not None or wraps_labels(self.passes.model)
            if self.languages and reads_target and languages.target is None:
                raise language_needed(self.name, self.languages, "target")
            with speaking(self.tokenizer, languages):
                source = encode(self.tokenizer, asked.text)
                target = encode_target(self.passes.model, self.tokenizer, asked.pair)
        else:
            if asked.target_language is not None:
                raise TextError(
                    f"{self.name} writes no target. Leave the target language {asked.target_language!r} out."
                )
            languages = Languages(languages.source)
            with speaking(self.tokenizer, languages):
                source = encode(self.tokenizer, asked.text, asked.pair)
        for encoded in (source, target):
            if encoded is not None:
                check_length(encoded, name=self.name, max_tokens=self.max_tokens)
        return source, target, languages

    def _languages(self, asked: Languages) -> Languages:
        """The languages of a run; a source language has to be known where the tokenizer writes one."""
        languages = chosen_languages(self.name, self.languages, asked, file_languages(self.tokenizer))
        if self.languages and languages.source is None:
            raise language_needed(self.name, self.languages, "source")
        return languages

    def _note(self, *texts: Encoded, layers: tuple[int, ...] = ()) -> str | None:
        """What to know of layers that do not attend and of a text longer than usual; None where there are none."""
        sentences = []
        n_layers = getattr(self.passes.model.config.get_text_config(), "num_hidden_layers", 0)
        if layers and n_layers > len(layers):
            sentences.append(
                f"Of this model's {n_layers} layers {attending(layers)}; the others mix the words in another way."
            )
        n_tokens, usual = max(len(encoded.ids) for encoded in texts), self.tokenizer.model_max_length
        if n_tokens > usual:
            sentences.append(
                f"This text has {n_tokens} tokens. {self.name} reads them all, because its positions are distances, "
                f"but its tokenizer was made for texts of at most {usual}."
            )
        return " ".join(sentences) or None

    def _said(self, computed: Callable[[], Answer]) -> Answer:
        """What the model computes; whatever its own code raises is a sentence about the model."""
        try:
            return computed()
        except NotTraceableError as error:
            raise refusal(self.name, str(error)) from error
        except AttnVizError:
            raise
        except Exception as error:  # the code of any model
            raise ModelError(
                f"{self.name} cannot run on this text: its own code says {reason_of(error)}. "
                "Change the text, or choose another model."
            ) from error


def _stack(
    query_tokens: tuple[Token, ...],
    key_tokens: tuple[Token, ...],
    steps: tuple[Step, ...],
    layers: tuple[int, ...],
    *,
    is_one_text: bool = True,
) -> Stack:
    """The stack of these steps; where some have an attention sink, it is the last key of all."""
    n_keys = len(key_tokens)
    if any(step.key.shape[-2] > n_keys for step in steps):
        key_tokens = (*key_tokens, SINK)
        steps = tuple(step if step.key.shape[-2] > n_keys else step.with_sink(None) for step in steps)
    return Stack(query_tokens, key_tokens, steps, layers, is_one_text=is_one_text)


def load_huggingface(
    name: str, *, from_scratch: bool = False, fetch_again: bool = False, progress: OnProgress | None = None
) -> Engine:
    """The engine of a hub id or a local folder; see `attnviz.load`."""
    files = find_files(name, fetch_again=fetch_again, progress=progress)
    n_bytes = sum(path.stat().st_size for path in files.weights)
    if progress is not None:
        progress(Progress("load", 0, n_bytes))
    engine: Engine
    with _ONE_AT_A_TIME:
        tokenizer = load_tokenizer(files)
        if from_scratch:
            engine = _scratch_on_trial(files, tokenizer)
        else:
            model, lost = load_model(files)
            engine = on_trial(name, model, tokenizer, lost=lost)
    if progress is not None:
        progress(Progress("load", n_bytes, n_bytes))
    return engine


def on_trial(name: str, model: Any, tokenizer: Any, *, lost: Collection[str] = ()) -> HuggingFaceEngine:
    """The engine, if every weight that is derived in its trial equals the one that the model computes.

    lost: the tensors that its checkpoint lacks; without those of its head it answers with its final vectors.
    """
    passes = Passes(model.base_model)
    limit = token_limit(passes.model, tokenizer)
    verdict = trial.try_out(name, passes, tokenizer, limit=limit)
    head = tried_head(name, model, passes, tokenizer, verdict, lost=lost)
    return HuggingFaceEngine(name, passes, tokenizer, head, **vars(verdict))


def _scratch_on_trial(files: ModelFiles, tokenizer: Any) -> ScratchEngine:
    """Our own transformer with these weights, if it gives what the model's own code computes from the same files."""
    engine = load_scratch(files, tokenizer)

    def record(source: Encoded, target: Encoded | None) -> Steps:
        return Steps(encoder=engine.steps(source))

    model, _ = load_model(files)
    trial.try_out(files.name, Passes(model.base_model), tokenizer, limit=engine.max_tokens, record=record)
    return engine


def token_limit(model: Any, tokenizer: Any) -> int:
    """Most tokens the model reads: the tokenizer's limit, the configuration's, and the position table's."""
    limits = [MAX_TOKENS, getattr(model.config, "max_position_embeddings", None)]
    if not has_relative_positions(model):
        limits.append(tokenizer.model_max_length)
    for path, module in model.named_modules():
        # RoBERTa's tables start after the row for padding.
        if "position" in path and isinstance(module, nn.Embedding) and module.padding_idx is not None:
            limits.append(module.num_embeddings - module.padding_idx - 1)
    return min(int(limit) for limit in limits if limit is not None and limit > 0)


def has_relative_positions(model: Any) -> bool:
    """Whether positions are distances that are put into buckets, as T5's: any text can be read, however long."""
    return hasattr(model.config, "relative_attention_num_buckets")
