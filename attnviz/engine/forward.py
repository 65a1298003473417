"""One forward pass of a pretrained model over a finished text, recorded.

A target is teacher-forced, never generated: what the decoder reads is what was typed.
"""

import inspect
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from attnviz.attention import Step
from attnviz.engine.encoding import Encoded, encode, token_types
from attnviz.tokens import Token
from attnviz.trace import recording


@dataclass(frozen=True)
class Steps:
    """The recorded calls of one forward pass, by kind; those of a model with a single stack come first.

    layers: the numbers of the layers that made them, in the same order.
    """

    encoder: tuple[Step, ...] = ()
    decoder: tuple[Step, ...] = ()
    cross: tuple[Step, ...] = ()
    layers: tuple[tuple[int, ...], ...] = ((), (), ())

    @property
    def kinds(self) -> tuple[tuple[Step, ...], ...]:
        """Encoder, decoder, cross."""
        return self.encoder, self.decoder, self.cross


def record_pass(model: Any, source: Encoded, target: Encoded | None = None) -> Steps:
    """The calls of one pass over a text, or over a source and its target.

    A decoder layer of an encoder-decoder attends to its own text first and then to the other, so its calls alternate.
    """
    with torch.inference_mode():
        if target is None:
            with recording() as recorder:
                model(**forward_inputs(model, source))
            return Steps(tuple(recorder.steps), layers=(layer_numbers(model, recorder.callers), (), ()))
        encoder = model.get_encoder()
        with recording() as first:
            encoded = encoder(**forward_inputs(encoder, source))
        with recording() as second:
            model(**forward_inputs(model, source, target), encoder_outputs=encoded)
    callers = (first.callers, second.callers[0::2], second.callers[1::2])
    layers = tuple(layer_numbers(model, modules) for modules in callers)
    return Steps(tuple(first.steps), tuple(second.steps[0::2]), tuple(second.steps[1::2]), layers)


def layer_numbers(model: nn.Module, callers: Sequence[Any]) -> tuple[int, ...]:
    """The model's own numbers of the layers that made these calls, in the order of the calls.

    A module stands in the list of layers by its path; hybrids have others there that make no call. Where one module
    stands in several places, its calls are those of the places in turn (Zamba); where it is called several times in
    one place, calls are layers (ALBERT).
    """
    paths: dict[int, list[str]] = {}
    for path, module in model.named_modules(remove_duplicate=False):
        paths.setdefault(id(module), []).append(path)
    places = [paths.get(id(module), [""]) for module in callers]
    in_turn = [places[call][callers[:call].count(module) % len(places[call])] for call, module in enumerate(callers)]
    numbers = [int(found.group()) if (found := re.search(r"(?<![^.])\d+(?![^.])", path)) else -1 for path in in_turn]
    is_ascending = numbers == sorted(set(numbers)) and -1 not in numbers
    return tuple(numbers) if is_ascending else tuple(range(len(callers)))


def forward_inputs(model: nn.Module, source: Encoded, target: Encoded | None = None) -> dict[str, Any]:
    """The arguments of a forward pass that this model's `forward` names."""
    ids = torch.tensor([source.ids])  # (1, position)
    offered: dict[str, Any] = {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "use_cache": False,
    }
    types = types_read(model, source)
    if types is not None:
        offered["token_type_ids"] = torch.tensor([types])
    if target is not None:
        offered["decoder_input_ids"] = torch.tensor([target.ids])
    known = inspect.signature(model.forward).parameters
    return {name: value for name, value in offered.items() if name in known}


def types_read(model: nn.Module, encoded: Encoded) -> tuple[int, ...] | None:
    """The token types that a model reads; None where it has no table for them (GPT-2 would take them for words)."""
    n_types = getattr(getattr(model, "config", None), "type_vocab_size", None)
    has_table = any(
        isinstance(module, nn.Embedding) and "token_type" in path and module.num_embeddings == n_types
        for path, module in model.named_modules()
    )
    return token_types(encoded, n_types if has_table else 0)


def encode_target(model: Any, tokenizer: Any, pair: str | None) -> Encoded:
    """What the decoder reads: the start token, then the target without its end, as in training.

    Without a target, the start token alone: the first step of writing.
    """
    start = model.config.decoder_start_token_id
    if start is None:
        start = tokenizer.pad_token_id if tokenizer.bos_token_id is None else tokenizer.bos_token_id
    first = Token(str(tokenizer.convert_ids_to_tokens(start)), 0, 0, None, is_special=True)
    if pair is None:
        return Encoded((start,), None, (first,))
    with _as_target(tokenizer):
        written = encode(tokenizer, pair)
    n_kept = len(written.ids) - (1 if written.tokens and written.tokens[-1].is_special else 0)
    return Encoded((start, *written.ids[:n_kept]), None, (first, *written.tokens[:n_kept]))


@contextmanager
def _as_target(tokenizer: Any) -> Iterator[None]:
    """Tokenize in the target's language, for tokenizers that know two."""
    to_target = getattr(tokenizer, "_switch_to_target_mode", None)
    if to_target is None:
        yield
        return
    to_target()
    try:
        yield
    finally:
        tokenizer._switch_to_input_mode()
