"""Writes docs/models.md, which families are shown and which are refused, from what the tests try.

python -m tests.engine.document
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import torch
import transformers
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES

import attnviz
from attnviz.engine.encoding import encode
from attnviz.errors import ModelError
from attnviz.tokens import SINK
from attnviz.trace import Stack, Trace, attending
from tests.engine.families import ENCODERS, HYBRIDS, REFUSED, SEQUENCE_TO_SEQUENCE, TRACEABLE, WITH_SINK
from tests.engine.tiny import own_model, save_tiny

DOCUMENT = Path(__file__).parents[2] / "docs" / "models.md"
# The class that restores masked words, of each encoder that has one.
MASKED = {each: name for each, name in MODEL_FOR_MASKED_LM_MAPPING_NAMES.items() if each in ENCODERS}
TEXT = "The animal didn't cross the street because it was too tired"
TARGET = "She ate the apple on the mat"
HEAD = """\
# Models

Written by `python -m tests.engine.document` from the families that the tests try; do not edit.
Measured with transformers {version} on tiny random models of each family.

Every model is tried when it is loaded, of these families and of all others: the same ids go through attnviz and through
the model's own eager attention, and it is refused by name unless every weight agrees to {tolerance:.0e}. So what is not
in this list may work as well, and says so when it does not.

## Shown

The difference is the largest between a recorded weight and the one that the model's own code returns, over all layers
and heads; it comes from the order of float32 sums.

The answer is what `predict` gives for a checkpoint that restores masked words or writes text, where the family has such
ones. Encoders and decoders with a head for classes answer with a class, those without a head with their final vectors.

| Family | Attention | Special about it | Answer | Largest difference |
|---|---|---|---|---|
"""
REFUSED_HEAD = """
## Refused

Of any family, with a sentence that says what to do: adapters that are not merged, quantized weights, pairs of two
models, halves of such pairs, code of its own, what reads pictures or sound, tensors inside layers that no module takes,
and options that this version of transformers no longer reads.

| Family | Why |
|---|---|
"""


def main() -> None:
    """Try every family and write the document."""
    from attnviz.engine.trial import TOLERANCE

    lines = [HEAD.format(version=transformers.__version__, tolerance=TOLERANCE)]
    for family in sorted({**TRACEABLE, **HYBRIDS}):
        with TemporaryDirectory() as name:
            folder = save_tiny(family, Path(name), architecture=MASKED.get(family))
            trace = traced(family, folder)
            largest = max((ours - theirs).abs().max().item() for ours, theirs in compared(family, folder, trace))
            cells = (", ".join(trace.stacks), special(trace), attnviz.load(str(folder)).answers, f"{largest:.0e}")
            lines.append(f"| `{family}` | {' | '.join(cells)} |\n")
        print(lines[-1], end="")
    lines.append(REFUSED_HEAD)
    for family in sorted(REFUSED):
        with TemporaryDirectory() as name:
            lines.append(f"| `{family}` | {reason(family, save_tiny(family, Path(name)))} |\n")
        print(lines[-1], end="")
    DOCUMENT.write_text("".join(lines), encoding="utf-8")


def traced(family: str, folder: Path | str) -> Trace[Stack]:
    """What attnviz records of the text, and of a target where the family reads one."""
    return attnviz.load(str(folder)).run(TEXT, pair=TARGET if family in SEQUENCE_TO_SEQUENCE else None)


def compared(family: str, folder: Path | str, trace: Trace[Stack]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Of every layer of every kind of attention the weights recorded and those that the model's own code returns."""
    model, tokenizer = own_model(folder), transformers.AutoTokenizer.from_pretrained(folder)
    ids = torch.tensor([encode(tokenizer, TEXT).ids])
    with torch.inference_mode():
        if family in SEQUENCE_TO_SEQUENCE:
            target = [model.config.decoder_start_token_id, *encode(tokenizer, TARGET).ids[:-1]]
            output = model(ids, decoder_input_ids=torch.tensor([target]), output_attentions=True)
            expected = {
                "encoder": output.encoder_attentions,
                "decoder": output.decoder_attentions,
                "cross": output.cross_attentions,
            }
        else:
            expected = {next(iter(trace.stacks)): model(ids, output_attentions=True, use_cache=False).attentions}
    pairs = []
    for kind, stack in trace.stacks.items():
        for layer, weights in zip(stack.layers, expected[kind], strict=True):
            pairs.append((without_sink(family, stack.weights(layer)), weights[0]))
    return pairs


def without_sink(family: str, weights: torch.Tensor) -> torch.Tensor:
    """What the model's own code returns: no column for the sink, and of Granite no share for it either."""
    if family not in WITH_SINK:
        return weights
    text = weights[..., :-1]
    return text / text.sum(dim=-1, keepdim=True) if family.startswith("granite") else text


def special(trace: Trace[Stack]) -> str:
    """What sets a model's attention apart from softmax(QKᵀ/√d)V over all tokens, or over all before."""
    stack = next(iter(trace.stacks.values()))
    steps = stack.steps
    found = {
        attending(stack.layers): stack.layers != tuple(range(stack.n_layers)),
        "heads share keys": any(step.key.shape[0] < step.n_heads for step in steps),
        "windows": any(_has_window(step.mask) for step in steps),
        "scores not divided by √d": any(abs(step.scale - step.query.shape[-1] ** -0.5) > 1e-6 for step in steps),
        "position bias": any(step.bias is not None and bool(step.bias[..., :-1].any()) for step in steps),
        "soft cap": any(step.softcap is not None for step in steps),
        "sink": stack.key_tokens[-1] == SINK,
    }
    return ", ".join(name for name, is_so in found.items() if is_so)


def _has_window(mask: torch.Tensor | None) -> bool:
    """Whether some token is too far away to be attended to: the first one by the last, or the other way round."""
    if mask is None:
        return False
    last = mask[..., -1, :].reshape(-1, mask.shape[-1])
    return not bool(last[:, 0].all())


def reason(family: str, folder: Path | str) -> str:
    """Why a family is refused, as attnviz says it."""
    try:
        attnviz.load(str(folder))
    except ModelError as error:
        return str(error).removeprefix(f"{folder} ({family}) ").split(", so its attention cannot be shown")[0]
    raise AssertionError(f"{family} is not refused")


def documented() -> dict[str, tuple[str, ...]]:
    """The cells of each family's row in the document, without its name."""
    rows = {}
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            family, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            rows[family.strip("`")] = tuple(cells)
    return rows


if __name__ == "__main__":
    main()
