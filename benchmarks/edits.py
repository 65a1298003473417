"""What does an edit cost, and what does it cost to ask what every head and every link is worth?

    python -m benchmarks.edits        measures, and writes benchmarks/README.md

Ratios of medians in one run, one thread, in turns with what they are measured against. The large model is a random BERT
of base size with the head of a masked language model.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import BertForMaskedLM

import attnviz
from attnviz.address import Place, View
from attnviz.analysis.effects import knockout, link_effects
from attnviz.answered import answer
from attnviz.scene import scene
from attnviz.survey import survey
from attnviz.trace import Stack, Trace
from attnviz.view import Resolved, resolve
from benchmarks.explore import N_HEADS, N_LAYERS, save_model, text_of
from benchmarks.recording import timed
from benchmarks.report import milliseconds, table, write_section

ROUNDS = 5
HEADING = "What an edit costs"
HEAD = ("what", "time", "beside", "time", "ratio", "at most")
SENTENCE = "The trophy did not fit in the suitcase because it was too big for it"
WORD = 8


def main() -> None:
    """Measure, and write the table."""
    torch.set_num_threads(1)
    minilm = attnviz.load("minilm")
    with tempfile.TemporaryDirectory() as folder:
        path = save_model(Path(folder), kind=BertForMaskedLM, d_model=768, inner=3072, spread=0.02)
        large = attnviz.load(path)
    cut = attnviz.cut(layer=2, head=1, query=WORD, key=2)

    before = minilm.run(SENTENCE)

    def drawn(trace: Trace[Stack]) -> Resolved:
        resolved = resolve(View(layer=2, head=1, query=Place(WORD), key=Place(2)), trace, survey)
        made = scene(resolved)
        for message in (made.text, made.map, made.view):  # made when they are asked for
            assert message
        return resolved

    def edited() -> None:
        after = minilm.run(SENTENCE, edits=[cut])
        answer(minilm, before, after, drawn(after))

    def whole(n_tokens: int) -> Callable[[], object]:
        return lambda: large.predict(text_of(n_tokens), at=WORD)

    n_tokens = len(before.stacks["encoder"].query_tokens)
    heads, row, long = text_of(16), text_of(128), text_of(512)
    rows = [
        line(
            f"MiniLM, {n_tokens} tokens: a cut, its picture and both answers",
            edited,
            "a run and its picture",
            lambda: drawn(minilm.run(SENTENCE)),
            2.5,
        ),
        line(
            f"BERT base, 16 tokens: {N_LAYERS * N_HEADS} heads muted one by one",
            lambda: knockout(large, heads, at=WORD),
            "an answer, 512 tokens",
            whole(512),
            8,
        ),
        line(
            "BERT base, 128 tokens: the links of a row cut one by one",
            lambda: link_effects(large, row, layer=0, head=0, query=WORD, at=WORD),
            "128 × an answer, 128 tokens",
            lambda: [large.predict(row, at=WORD) for _ in range(8)],
            1.8,
            scale=16,
            rounds=2,
        ),
        line(
            "BERT base, 512 tokens: a run with no edit",
            lambda: large.run(long, edits=()),
            "the same without the argument",
            lambda: large.run(long),
            1.05,
        ),
    ]
    write_section(HEADING, f"Medians of {ROUNDS} rounds, in turns, one thread.\n\n{table(HEAD, rows)}")


def line(
    what: str,
    way: Callable[[], object],
    beside: str,
    other: Callable[[], object],
    most: float,
    *,
    scale: int = 1,
    rounds: int = ROUNDS,
) -> list[str]:
    """One line of the table; scale: how many times what is measured beside it counts."""
    seconds = [(timed(way), scale * timed(other)) for _ in range(rounds)]
    one, two = (statistics.median(times) for times in zip(*seconds, strict=True))
    found = [what, milliseconds(1e3 * one), beside, milliseconds(1e3 * two), f"{one / two:.2f}", f"{most:g}"]
    print(found, file=sys.stderr)
    return found


if __name__ == "__main__":
    main()
