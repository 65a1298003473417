"""One forward pass of a pretrained model over a finished text, recorded.

A target is teacher-forced, never generated: what the decoder reads is what was typed.
"""

import inspect
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from attnviz.attention import Step
from attnviz.engine.encoded import Encoded, check_vectors, token_types
from attnviz.engine.encoding import encode_as_target
from attnviz.engine.languages import has_target_language, is_language
from attnviz.errors import NotTraceableError
from attnviz.recorder import recording
from attnviz.tokens import special_token


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


class Passes:
    """The forward passes of a model, and what each of them asks of it, read once."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.paths = {id(module): path for path, module in model.named_modules()}
        self.n_types = _n_types(model)

    def record(self, source: Encoded, target: Encoded | None = None) -> Steps:
        """The calls of one pass over a text, or over a source and its target.

        A decoder layer of an encoder-decoder attends to its own text first and then to the other, so its calls
        alternate.
        """
        with torch.inference_mode():
            if target is None:
                with recording() as recorder:
                    self.model(**self.inputs(source))
                return Steps(recorder.of_text(0), layers=(layer_numbers(self.paths, recorder.callers), (), ()))
            encoder = self.model.get_encoder()
            with recording() as first:
                encoded = encoder(**self.inputs(source, part=encoder))
            with recording() as second:
                self.model(**self.inputs(source, target), encoder_outputs=encoded)
        callers = (first.callers, second.callers[0::2], second.callers[1::2])
        layers = tuple(layer_numbers(self.paths, modules) for modules in callers)
        steps = second.of_text(0)
        return Steps(first.of_text(0), steps[0::2], steps[1::2], layers)

    def inputs(self, source: Encoded, target: Encoded | None = None, *, part: Any = None) -> dict[str, Any]:
        """The arguments of a forward pass that the `forward` of the model, or of a part of it, names."""
        runs = self.model if part is None else part
        for encoded, read_by in ((source, runs), (target, getattr(runs, "decoder", runs))):
            if encoded is not None and (n_rows := n_vectors(read_by)) is not None:
                check_vectors(encoded, n_rows)
        ids = torch.tensor([source.ids])  # (1, position)
        offered: dict[str, Any] = {
            "input_ids": ids,
            "attention_mask": torch.ones_like(ids),
            "use_cache": False,
            "return_dict": True,
        }
        types = token_types(source, self.n_types)
        if types is not None:
            offered["token_type_ids"] = torch.tensor([types])
        if target is not None:
            offered["decoder_input_ids"] = torch.tensor([target.ids])
        known = inspect.signature(runs.forward).parameters
        return {name: value for name, value in offered.items() if name in known}


def layer_numbers(paths: Mapping[int, str], callers: Sequence[Any]) -> tuple[int, ...]:
    """The model's own numbers of the layers that made these calls, in the order of the calls.

    paths: where each module stands in the model, by its id.
    A module stands in the list of layers by its path; hybrids have others there that make no call. Where one module is
    called for all layers (ALBERT), the calls are counted.
    """
    places = [paths.get(id(module), "") for module in callers]
    numbers = [int(found.group()) if (found := re.search(r"(?<![^.])\d+(?![^.])", path)) else -1 for path in places]
    is_ascending = numbers == sorted(set(numbers)) and -1 not in numbers
    return tuple(numbers) if is_ascending else tuple(range(len(callers)))


def n_vectors(model: Any) -> int | None:
    """How many tokens a model, or its decoder, has a vector for; None where it looks them up in another way.

    CANINE has no table: it reads characters.
    """
    try:
        n_rows: int | None = getattr(model.get_input_embeddings(), "num_embeddings", None)
    except (AttributeError, NotImplementedError):
        return None
    return n_rows


def _n_types(model: nn.Module) -> int:
    """Rows of a model's table of token types; 0 where it has none (GPT-2 would take the types for words)."""
    n_types: int = getattr(getattr(model, "config", None), "type_vocab_size", 0)
    has_table = any(
        isinstance(module, nn.Embedding) and "token_type" in path and module.num_embeddings == n_types
        for path, module in model.named_modules()
    )
    return n_types if has_table else 0


def encode_target(model: Any, tokenizer: Any, pair: str | None) -> Encoded:
    """What the decoder reads: the start token, then the target without its end, as in training.

    Without a target, what stands before its first word: the start token, and the language where one is forced.
    Raises NotTraceableError, what is wrong with the model, where it has no start token.
    """
    written = encode_as_target(tokenizer, pair or "") if has_target_language(tokenizer) else Encoded((), None, ())
    ends = bool(written.tokens) and written.tokens[-1].is_special
    start = _start(model, written.ids[-1] if ends else None)
    n_kept = len(written.ids) - ends
    if pair is None:
        n_kept = max(
            (place for place in range(1, n_kept + 1) if is_language(written.tokens[place - 1].text)), default=0
        )
    first = special_token(str(tokenizer.convert_ids_to_tokens(start)))
    return Encoded((start, *written.ids[:n_kept]), None, (first, *written.tokens[:n_kept]))


def wraps_labels(model: Any) -> bool:
    """Whether the model's own code has no start token, but wraps the end of the target round (mBART, PLBart)."""
    shift = getattr(sys.modules[type(model).__module__], "shift_tokens_right", None)
    return shift is not None and "decoder_start_token_id" not in inspect.signature(shift).parameters


def _start(model: Any, last: int | None) -> int:
    """What the decoder reads first, where the target ends with the token `last`."""
    if last is not None and wraps_labels(model):
        return last
    config, name = model.config, "decoder_start_token_id"
    if hasattr(model, "_shift_right") and hasattr(config, "decoder"):  # T5Gemma's own code looks there
        config, name = config.decoder, "bos_token_id"
    start = getattr(config, name, None)
    if start is None:
        raise NotTraceableError(f"has no token for its decoder to start with ({name} in config.json)")
    return int(start)
