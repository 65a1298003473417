"""What does a trace cost? Recording the inputs of attention against asking the model for all its weights.

    make bench        measures, and writes benchmarks/README.md

Three ways to run one text through the same random BERT, in turns: plainly; recorded by attnviz, which keeps queries,
keys and values; and in transformers' eager attention with `output_attentions=True`, which keeps every map. One thread,
the best of several rounds, because load only ever adds; what counts is the ratio within a row.
"""

import platform
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import torch
import transformers
from torch import Tensor
from transformers import BertConfig, BertModel

from attnviz.attention import Step
from attnviz.engine import seam
from attnviz.recorder import recording
from benchmarks.report import table, write_section

ROUNDS = 11
LENGTHS = (16, 128, 512)
HEADING = "Cost of a trace"
HEAD = ("model", "layers × heads", "tokens", "plain", "recorded", "eager", "record keeps", "maps keep", "one map")


class Size(NamedTuple):
    """A size of BERT."""

    name: str
    n_layers: int
    n_heads: int
    d_model: int


SIZES = (Size("BERT tiny", 2, 2, 128), Size("MiniLM", 6, 12, 384), Size("BERT base", 12, 12, 768))


def main() -> None:
    """Measure every size and length, and write the table."""
    torch.set_num_threads(1)
    rows = []
    for size in SIZES:
        model = random_bert(size)
        for n_tokens in LENGTHS:
            rows.append(row(size, model, n_tokens))
            print(rows[-1], file=sys.stderr)
    write_section(HEADING, section(rows))


def random_bert(size: Size) -> BertModel:
    """A BERT of this size that can run in all three ways."""
    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=size.d_model,
        num_hidden_layers=size.n_layers,
        num_attention_heads=size.n_heads,
        intermediate_size=4 * size.d_model,
    )
    seam.register()
    model = BertModel(config, add_pooling_layer=False)
    model.train(mode=False)
    return model


def row(size: Size, model: BertModel, n_tokens: int) -> list[str]:
    """One line of the table."""
    token_ids = torch.randint(1000, 2000, (1, n_tokens))

    def plain() -> None:
        model(token_ids)

    def recorded() -> tuple[Step, ...]:
        with recording() as recorder:
            model(token_ids)
        return recorder.of_text(0)

    def eager() -> tuple[Tensor, ...]:
        return model(token_ids, output_attentions=True).attentions

    with torch.inference_mode():
        model.set_attn_implementation(seam.IMPLEMENTATION)
        steps = recorded()
        model.set_attn_implementation("eager")
        maps = eager()
        difference = max(
            (step.weights() - of_layer[0]).abs().max().item() for step, of_layer in zip(steps, maps, strict=True)
        )
        assert difference < 1e-5, f"the two ways disagree by {difference}"
        ways = (("sdpa", plain), (seam.IMPLEMENTATION, recorded), ("eager", eager))
        seconds: dict[str, list[float]] = {implementation: [] for implementation, _ in ways}
        for _ in range(ROUNDS):
            for implementation, way in ways:
                model.set_attn_implementation(implementation)
                seconds[implementation].append(timed(way))
        one_map = min(timed(lambda: steps[-1].weights(0)) for _ in range(ROUNDS))
    base, trace, all_maps = (min(times) for times in seconds.values())
    kept = n_bytes([tensor for step in steps for tensor in (step.query, step.key, step.value)])
    return [
        size.name, f"{size.n_layers} × {size.n_heads}", f"{n_tokens}", f"{base * 1e3:.1f} ms", f"{trace / base:.2f}",
        f"{all_maps / base:.2f}", f"{kept / 2**20:.2f} MiB", f"{n_bytes(maps) / 2**20:.2f} MiB",
        f"{one_map * 1e3:.2f} ms",
    ]  # fmt: skip


def timed(way: Callable[[], object]) -> float:
    """Seconds that `way` takes."""
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


def n_bytes(tensors: list[Tensor] | tuple[Tensor, ...]) -> int:
    """Bytes that these tensors keep alive, each storage counted once."""
    return sum({tensor.data_ptr(): tensor.untyped_storage().nbytes() for tensor in tensors}.values())


def section(rows: list[list[str]]) -> str:
    """What was measured and how, and the table."""
    versions = f"Python {platform.python_version()}, torch {torch.__version__}, transformers {transformers.__version__}"
    return (
        "One text through a random BERT, three ways in turns: plainly (scaled-dot-product attention, nothing kept), "
        "recorded by attnviz (inputs of attention kept), and in transformers' eager attention with every map returned. "
        "*Recorded* and *eager* are times relative to the plain run of the same row, one thread, best of "
        f"{ROUNDS} rounds. *One map* is the time to derive the weights of one head from the record. A record grows "
        "with the number of tokens, maps with its square: below about 3 · d_head tokens the maps are the smaller ones."
        f"\n\n{versions}.\n\n{table(HEAD, rows)}"
    )


if __name__ == "__main__":
    main()
