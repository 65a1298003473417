"""Pretrained models: any that transformers runs through its attention interface.

A model is loaded once, put on trial, and then shared by all threads. The trial runs one short text through the seam
and through the model's own eager attention: if a call went unrecorded, or a weight differs, the model is refused by
name. So what is shown is what the model computes, for families that nobody has tried as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from attnviz.attention import Step
from attnviz.engine import seam
from attnviz.engine.encoding import Encoded, check_length, encode
from attnviz.engine.files import find_files
from attnviz.engine.forward import encode_target, forward_inputs, record_pass
from attnviz.engine.pretrained import load_model, load_tokenizer
from attnviz.engine.scratch import load_scratch
from attnviz.errors import NotTraceableError, TextError
from attnviz.protocols import Engine, OnProgress, Progress
from attnviz.tokens import check_text
from attnviz.trace import Stack, Trace

Kind = Literal["encoder", "decoder", "encoder-decoder"]
# Models without a limit of their own stop here: one head's map then has 16.8 million weights, 64 MiB.
MAX_TOKENS = 4096
# Largest difference seen between recorded and eager weights over all families tested: 2.4e-6 (float32).
TOLERANCE = 1e-4
TRIAL_TEXT, TRIAL_TARGET = "The cat sat on the mat because it was soft.", "A soft mat."
ALTERNATIVES = "google-bert/bert-base-uncased, openai-community/gpt2 or google-t5/t5-small"


@dataclass(frozen=True, eq=False)
class HuggingFaceEngine:
    """A pretrained model that runs its own code, its attention recorded."""

    name: str
    model: nn.Module
    tokenizer: Any
    kind: Kind
    n_layers: int
    n_heads: int
    max_tokens: int

    @property
    def reads_pairs(self) -> bool:
        """Encoders whose tokenizer joins two texts; encoder-decoders, where the second text is the target."""
        return self.kind == "encoder-decoder" or (self.kind == "encoder" and joins_pairs(self.tokenizer))

    def run(self, text: str, *, pair: str | None = None) -> Trace[Stack]:
        """What the model's attention does with a text; the pair of an encoder-decoder is the target it has written."""
        check_text(text)
        if pair is not None:
            check_text(pair, name="second text")
            if not self.reads_pairs:
                raise TextError(f"{self.name} reads one text, not two. Leave the second text out.")
        if self.kind == "encoder-decoder":
            return self._run_both(text, pair)
        encoded = encode(self.tokenizer, text, pair)
        check_length(encoded, name=self.name, max_tokens=self.max_tokens)
        steps = record_pass(self.model, encoded)
        stack = Stack(encoded.tokens, encoded.tokens, steps.encoder, steps.layers[0])
        if self.kind == "encoder":
            return Trace(self.name, text, pair, encoder=stack)
        return Trace(self.name, text, pair, decoder=stack)

    def _run_both(self, text: str, pair: str | None) -> Trace[Stack]:
        source, target = encode(self.tokenizer, text), encode_target(self.model, self.tokenizer, pair)
        for encoded in (source, target):
            check_length(encoded, name=self.name, max_tokens=self.max_tokens)
        steps = record_pass(self.model, source, target)
        return Trace(
            self.name,
            text,
            pair,
            encoder=Stack(source.tokens, source.tokens, steps.encoder, steps.layers[0]),
            decoder=Stack(target.tokens, target.tokens, steps.decoder, steps.layers[1]),
            cross=Stack(target.tokens, source.tokens, steps.cross, steps.layers[2]),
        )


def load_huggingface(name: str, *, from_scratch: bool = False, progress: OnProgress | None = None) -> Engine:
    """The engine of a hub id or a local folder; see `attnviz.load`."""
    files = find_files(name, progress=progress)
    n_bytes = sum(path.stat().st_size for path in files.folder.glob("model*.safetensors"))
    if progress is not None:
        progress(Progress("load", 0, n_bytes))
    tokenizer = load_tokenizer(files)
    engine: Engine
    engine = load_scratch(files, tokenizer) if from_scratch else on_trial(name, load_model(files), tokenizer)
    if progress is not None:
        progress(Progress("load", n_bytes, n_bytes))
    return engine


def on_trial(name: str, model: Any, tokenizer: Any) -> HuggingFaceEngine:
    """The engine, if on a short text every weight that is derived equals the one that the model computes."""
    both = bool(model.config.is_encoder_decoder)
    family = f"{name} ({model.config.model_type})"
    try:
        source = encode(tokenizer, TRIAL_TEXT)
        target = encode_target(model, tokenizer, TRIAL_TARGET) if both else None
        model.set_attn_implementation("eager")
        expected = _eager_weights(model, source, target)
        model.set_attn_implementation(seam.IMPLEMENTATION)
        steps = record_pass(model, source, target)
    except NotTraceableError as error:
        raise _refusal(family, f"cannot be recorded ({error})") from error
    except Exception as error:  # the code of any model, given nothing but a text
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise _refusal(family, f"cannot run on a text alone ({reason})") from error
    for recorded, weights in zip(steps.kinds, expected, strict=True):
        _compare(family, recorded, weights)
    if not steps.encoder:
        raise _refusal(family, "makes no attention call that could be recorded")
    first = steps.encoder[0]
    causal = first.mask is not None and not first.mask.triu(diagonal=1).any()
    kind: Kind = "encoder-decoder" if both else "decoder" if causal else "encoder"
    limit = token_limit(model, tokenizer)
    return HuggingFaceEngine(name, model, tokenizer, kind, len(steps.encoder), first.n_heads, limit)


def joins_pairs(tokenizer: Any) -> bool:
    """Whether the tokenizer puts special tokens between two texts."""
    return bool(tokenizer.num_special_tokens_to_add(pair=True) > tokenizer.num_special_tokens_to_add(pair=False))


def token_limit(model: Any, tokenizer: Any) -> int:
    """Most tokens the model reads: the tokenizer's limit, the configuration's, and the position table's."""
    limits = [MAX_TOKENS, tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", None)]
    for path, module in model.named_modules():
        # RoBERTa's tables start after the row for padding.
        if "position" in path and isinstance(module, nn.Embedding) and module.padding_idx is not None:
            limits.append(module.num_embeddings - module.padding_idx - 1)
    return min(int(limit) for limit in limits if limit is not None and limit > 0)


def _eager_weights(model: Any, source: Encoded, target: Encoded | None) -> tuple[Sequence[Tensor], ...]:
    """The weights that the model's own code returns: encoder, decoder, cross, each layer (1, head, query, key)."""
    with torch.inference_mode():
        output = model(**forward_inputs(model, source, target), output_attentions=True)
    if target is None:
        return output.get("attentions") or (), (), ()
    return output.encoder_attentions, output.decoder_attentions, output.cross_attentions


def _compare(family: str, steps: Sequence[Step], expected: Sequence[Tensor]) -> None:
    """Raise NotTraceableError unless the steps give the weights that the model itself computed."""
    if not steps and expected:
        raise _refusal(family, "does not hand its attention to transformers' attention interface")
    if len(steps) != len(expected) or any(weights is None for weights in expected):
        raise _refusal(family, f"let {len(steps)} attention calls be recorded, but reports {len(expected)} layers")
    for layer, (step, weights) in enumerate(zip(steps, expected, strict=True)):
        derived = step.weights()
        same_shape = derived.shape == weights.shape[1:]
        difference = (derived - weights[0]).abs().max().item() if same_shape else float("inf")
        if not difference <= TOLERANCE:
            raise _refusal(family, f"computes other weights than were recorded (layer {layer}, by {difference:.1e})")
    if len({step.n_heads for step in steps}) > 1:
        raise _refusal(family, "has layers with different numbers of heads")


def _refusal(family: str, reason: str) -> NotTraceableError:
    return NotTraceableError(
        f"{family} {reason}, so its attention cannot be shown. Choose for instance {ALTERNATIVES}."
    )
