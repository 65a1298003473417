"""The trial that every pretrained model stands before it is shown.

The same ids go through our recording and through the model's own eager attention; if a call went unrecorded, or a
weight differs, the model is refused by name. So what is shown is what the model computes, for families that nobody has
tried as well. What windows hide cannot be seen in a short text, so one of the texts is longer than they are.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import Any, Literal

import torch
from torch import Tensor

from attnviz.attention import Step
from attnviz.edits import Extent
from attnviz.engine import seam
from attnviz.engine.encoded import Encoded
from attnviz.engine.encoding import encode, joins_pairs
from attnviz.engine.forward import Passes, Steps, encode_target, n_vectors
from attnviz.engine.languages import check_speaks, speaking, trial_languages
from attnviz.engine.refusals import reason_of
from attnviz.errors import ModelError, NotTraceableError
from attnviz.tokens import special_token

Kind = Literal["encoder", "decoder", "encoder-decoder"]
Case = tuple[Encoded, Encoded | None]
Record = Callable[[Encoded, Encoded | None], Steps]
# Largest difference seen between recorded and eager weights over all families tested: 2.4e-6 (float32).
TOLERANCE = 1e-4
TRIAL_TEXT, TRIAL_TARGET = "The cat sat on the mat because it was soft.", "A soft mat."
ALTERNATIVES = "google-bert/bert-base-uncased, openai-community/gpt2 or google-t5/t5-small"
FEWEST = 4  # tokens; with fewer, a mask and an order of positions hardly show
FROM_VOCABULARY = 40  # tokens of the trial's second text where the model has no window
BEYOND = 8  # tokens by which that text is longer than a window
# Weights of all layers and heads that the eager pass may return at once: 1 GiB in float32.
MAX_WEIGHTS = 2**28
# Where configurations say how far a layer looks, or from which length on it computes something else.
WINDOWS = ("window", "local_attention", "chunk_size", "floor_scale", "original_max_position_embeddings")


@dataclass(frozen=True)
class Verdict:
    """What the trial found out: the model's kind, and the most tokens that it was tried to be right for.

    extents: its kinds of attention, in the order of computation.
    """

    kind: Kind
    extents: Mapping[str, Extent]
    max_tokens: int


def try_out(name: str, passes: Passes, tokenizer: Any, *, limit: int, record: Record | None = None) -> Verdict:
    """The verdict, if every weight that is derived equals the one that the model computes; NotTraceableError if not.

    limit: most tokens that the model reads. record: what records the calls; the seam, which stays in place, by default.
    """
    model, record = passes.model, record or passes.record
    family = f"{name} ({model.config.model_type})"
    window, limit = _longest_window(model, limit)
    try:
        check_speaks(tokenizer)
        with speaking(tokenizer, trial_languages(tokenizer)):
            cases = tuple(_cases(model, tokenizer, limit, window))
        for source, target in cases:
            model.set_attn_implementation("eager")
            expected = _eager_weights(passes, source, target)
            model.set_attn_implementation(seam.IMPLEMENTATION)
            steps = record(source, target)
            written = source if target is None else target
            lengths = [(len(queries.ids), len(keys.ids)) for queries, keys in ((source, source), (written, written))]
            lengths.append((len(written.ids), len(source.ids)))
            for recorded, weights, sides in zip(steps.kinds, expected, lengths, strict=True):
                _compare(recorded, weights, sides)
    except NotTraceableError as error:  # what is wrong, to go on after the model's name
        raise refusal(family, str(error)) from error
    except ModelError:
        raise
    except Exception as error:  # the code of any model, given nothing but a text
        raise refusal(family, f"cannot run on a text alone ({reason_of(error)})") from error
    if not steps.encoder:
        raise refusal(family, "makes no attention call that could be recorded")
    first = steps.encoder[0]
    n_queries = first.query.shape[-2]
    causal = first.mask is not None and not first.mask[..., :n_queries].triu(diagonal=1).any()
    kind: Kind = "encoder-decoder" if model.config.is_encoder_decoder else "decoder" if causal else "encoder"
    return Verdict(kind, _extents(kind, steps, [n_keys for _, n_keys in lengths]), limit)


def _extents(kind: Kind, steps: Steps, n_keys: Sequence[int]) -> dict[str, Extent]:
    """What there is of each kind of attention; a key that is no token is an attention sink."""
    kinds = ("encoder", "decoder", "cross") if kind == "encoder-decoder" else (kind,)
    return {
        name: Extent(layers, calls[0].n_heads, n_keys=max(step.key.shape[-2] for step in calls) - n)
        for name, calls, layers, n in zip(kinds, steps.kinds, steps.layers, n_keys, strict=False)
    }


def refusal(family: str, reason: str) -> NotTraceableError:
    """The error that names the model, the reason, and what to choose instead."""
    return NotTraceableError(
        f"{family} {reason}, so its attention cannot be shown. Choose for instance {ALTERNATIVES}."
    )


def short_case(model: Any, tokenizer: Any, limit: int) -> Case:
    """The English text of the trial, or what stands in its place, and a target where the model reads one."""
    with speaking(tokenizer, trial_languages(tokenizer)):
        return tuple(_cases(model, tokenizer, limit, window=0))[-2]


def _cases(model: Any, tokenizer: Any, limit: int, window: int) -> Iterator[Case]:
    """What is tried: an English text, a pair, and ids of the vocabulary, more of them than any window is long."""
    both = bool(model.config.is_encoder_decoder)
    ids = _vocabulary(model, tokenizer)
    try:
        source = encode(tokenizer, TRIAL_TEXT)
        target = encode_target(model, tokenizer, TRIAL_TARGET) if both else None
        if not both and joins_pairs(tokenizer):
            yield _cut(encode(tokenizer, TRIAL_TEXT, TRIAL_TARGET), limit), None
    except ModelError:
        raise
    except Exception:  # a tokenizer of digits, moves or bases may know no English at all
        source, target = _written((), None), _written((), None) if both else None
    some = _written(ids, min(limit, 2 * FEWEST))
    enough = min(FEWEST, limit)
    source = _cut(source, limit) if len(source.ids) >= enough else some
    if target is not None:
        target = _cut(target, limit) if len(target.ids) >= enough else _begun(model, tokenizer, some)
    yield source, target
    long = _written(ids, min(limit, max(FROM_VOCABULARY, window + BEYOND)))
    yield long, _begun(model, tokenizer, long) if both else None


def _vocabulary(model: Any, tokenizer: Any) -> list[int]:
    """Ids that the model has a row for and that stand for themselves, not all from one corner of the table."""
    table = n_vectors(model)
    special = set(tokenizer.all_special_ids)
    known = [token for token in sorted(tokenizer.get_vocab().values()) if token not in special]
    known = [token for token in known if table is None or token < table]
    if not known:
        raise NotTraceableError("has a tokenizer without any token that could be tried")
    return known[:: max(1, len(known) // 64)]


def _written(ids: Sequence[int], n_tokens: int | None) -> Encoded:
    """So many tokens, the ids over and over, no two equal neighbours; nobody typed them."""
    chosen = tuple(islice(cycle(ids), n_tokens)) if ids else ()
    return Encoded(chosen, None, tuple(special_token(str(token)) for token in chosen))


def _begun(model: Any, tokenizer: Any, encoded: Encoded) -> Encoded:
    """The same ids as a target: what the decoder starts with stands in front, and the length stays."""
    start = encode_target(model, tokenizer, None)
    n_kept = len(encoded.ids) - len(start.ids)
    return Encoded((*start.ids, *encoded.ids[:n_kept]), None, (*start.tokens, *encoded.tokens[:n_kept]))


def _cut(encoded: Encoded, limit: int) -> Encoded:
    segments = None if encoded.segments is None else encoded.segments[:limit]
    return replace(encoded, ids=encoded.ids[:limit], segments=segments, tokens=encoded.tokens[:limit])


def _longest_window(model: Any, limit: int) -> tuple[int, int]:
    """The longest window that a text can be longer than, 0 without one, and the most tokens that can be tried.

    Where the maps of a text beyond the window would take more memory than is there, the model reads no text beyond it:
    up to there a window hides nothing.
    """
    windows = sorted(window for window in _windows(model.config.to_dict()) if 0 < window < limit)
    size = getattr(model.config, "get_text_config", lambda: model.config)()
    layers, heads = (getattr(size, key, None) or 1 for key in ("num_hidden_layers", "num_attention_heads"))
    while windows and layers * heads * (windows[-1] + BEYOND) ** 2 > MAX_WEIGHTS:
        limit = windows.pop()
    return (windows[-1] if windows else 0), limit


def _windows(config: Any) -> Iterator[int]:
    """Every length in a configuration, at any depth, from which on a layer may compute something else."""
    for key, value in config.items() if isinstance(config, dict) else ():
        if isinstance(value, dict):
            yield from _windows(value)
        elif any(word in str(key) for word in WINDOWS):
            yield from (
                part
                for part in (value if isinstance(value, list) else [value])
                if isinstance(part, int) and not isinstance(part, bool)
            )


def _eager_weights(passes: Passes, source: Encoded, target: Encoded | None) -> tuple[Sequence[Tensor], ...]:
    """The weights that the model's own code returns: encoder, decoder, cross, each layer (1, head, query, key)."""
    with torch.inference_mode():
        output = passes.model(**passes.inputs(source, target), output_attentions=True)
    if target is None:
        return output.get("attentions") or (), (), ()
    return output.encoder_attentions, output.decoder_attentions, output.cross_attentions


def _returned(step: Step, *, n_keys: int) -> tuple[Tensor, ...]:
    """The weights that the model's own code may return for a step: without the column of a sink.

    Most leave the others as they are; some hand them out as if there were none (GraniteSWA), and the layers above tell
    whether it took part.
    """
    derived = step.weights()
    if derived.shape[-1] != n_keys + 1:
        return (derived,)
    text = derived[..., :-1]
    return text, text / text.sum(dim=-1, keepdim=True)


def _difference(derived: Tensor, expected: Tensor) -> float:
    return (derived - expected).abs().max().item() if derived.shape == expected.shape else float("inf")


def _compare(steps: Sequence[Step], expected: Sequence[Tensor], sides: tuple[int, int]) -> None:
    """Raise NotTraceableError unless the steps give the weights that the model itself computed."""
    if not steps and expected:
        raise NotTraceableError("does not hand its attention to transformers' attention interface")
    if len(steps) != len(expected) or any(weights is None for weights in expected):
        raise NotTraceableError(f"let {len(steps)} attention calls be recorded, but reports {len(expected)} layers")
    for layer, (step, weights) in enumerate(zip(steps, expected, strict=True)):
        if weights.shape[-2:] != sides:
            raise NotTraceableError(f"attends to other things than the tokens of the text (layer {layer})")
        difference = min(_difference(derived, weights[0]) for derived in _returned(step, n_keys=weights.shape[-1]))
        if not difference <= TOLERANCE:
            raise NotTraceableError(f"computes other weights than were recorded (layer {layer}, by {difference:.1e})")
    if len({step.n_heads for step in steps}) > 1:
        raise NotTraceableError("has layers with different numbers of heads")
