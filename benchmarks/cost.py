"""What does Explore cost the server: one visitor's sentence or click, and many visitors at once?

    python -m benchmarks.cost [--rounds 40] [--seconds 20]

The built-in model, 13 tokens; visitors without a screen, so that the browser's own work is left out. Beside it a page
of Streamlit with a text box and one Plotly chart, in the same run. Writes its table into `benchmarks/README.md`.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import count, product
from pathlib import Path
from typing import TypeAlias

from benchmarks.report import milliseconds, table, write_section
from benchmarks.serving import Server, serving
from benchmarks.visitor import Visitor

Choice: TypeAlias = Callable[[int], dict[str, object]]  # an event of the picture, by its number

HEADING = "What Explore costs the server"
EMPTY = """
import plotly.graph_objects as go
import streamlit as st

text = st.text_input("Sentence", "the dog")
figure = go.Figure(go.Heatmap(z=[[row * column for column in range(13)] for row in range(13)]))
st.plotly_chart(figure.update_layout(title=text))
"""
NOUNS = ("animal", "child", "dog", "cat", "bird", "man", "woman", "horse", "boy", "girl")
ENDS = ("tired", "wide", "old", "big", "hungry", "wet", "small", "cold")
CHOICES: dict[str, Choice] = {
    "another head": lambda at: {"type": "head", "layer": 3, "head": at % 6},
    "another word": lambda at: {"type": "word", "side": "query", "token": 1 + at % 10, "text": ""},
    "a cell": lambda at: {
        "type": "link",
        "query": {"token": 1 + at % 10, "text": ""},
        "key": {"token": 1 + at % 7, "text": ""},
    },
    "the other direction": lambda at: {"type": "direction", "direction": ("from", "to")[at % 2]},
    "a pin": lambda at: {"type": "pin", "side": "query", "token": 1 + at % 10, "text": ""},
    "another layer": lambda at: {"type": "layer", "layer": at % 4},
}
SESSIONS = 50
VISITORS, EACH_SECONDS, SHARE_OF_CHOICES = 100, 10.0, 0.7


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=20.0)
    wanted = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "empty.py"
        script.write_text(EMPTY, encoding="utf-8")
        with serving(script) as server:
            rows += asyncio.run(_alone(server, wanted.rounds, name="an empty page with one Plotly chart"))
        with serving() as server:
            rows += asyncio.run(_alone(server, wanted.rounds, name="a new sentence", choices=CHOICES))
            rows += asyncio.run(_together(server, wanted.seconds))
    explanation = (
        f"The built-in model, sentences of 13 tokens, {os.cpu_count()} cores that visitors and server share. *CPU*: of "
        "the server's process. *Bytes*: of all websocket messages. *Time*: from the click to the end of the answer, "
        "without the browser's part. *Closed loop*: each types the next sentence as soon as the one before is there. "
        f"*Open loop*: each does something every {EACH_SECONDS:.0f} seconds on average, {SHARE_OF_CHOICES:.0%} of it "
        "choices, else a new sentence; counted from when it was due."
    )
    write_section(HEADING, f"{explanation}\n\n{table(['', 'CPU', 'bytes', 'time, median', 'time, p95'], rows)}")


def sentences() -> Iterator[str]:
    """Sentences of 11 words, 13 tokens, none like another."""
    for at in count():
        for who, what, how in product(NOUNS, NOUNS, ENDS):
            yield f"The {who} didn't cross the {what} because it was {'too' if not at else f'w{at}'} {how}"


async def _alone(
    server: Server, rounds: int, *, name: str, choices: dict[str, Choice] | None = None
) -> list[list[str]]:
    """One visitor: what a sentence and each choice costs."""
    texts = sentences()
    visitor = await Visitor.arrive(server.url)
    for _ in range(5):
        await visitor.type(next(texts))
    rows = [await _row(server, visitor, name, rounds, lambda _: visitor.type(next(texts)))]
    for label, event in (choices or {}).items():
        rows.append(await _row(server, visitor, label, rounds, partial(_choose, visitor, event)))
    await visitor.leave()
    return rows


async def _choose(visitor: Visitor, event: Choice, at: int) -> None:
    await visitor.choose(**event(at))


async def _row(
    server: Server, visitor: Visitor, name: str, rounds: int, act: Callable[[int], Awaitable[None]]
) -> list[str]:
    """A line of the table: the same done several times by one visitor."""
    visitor.n_bytes, before, times = 0, server.cpu_seconds(), []
    for at in range(rounds):
        times.append(await _timed(act(at)))
    cpu = (server.cpu_seconds() - before) / rounds
    print(f"{name}: {cpu * 1000:.1f} ms of CPU, {visitor.n_bytes / rounds / 1000:.1f} kB", file=sys.stderr)
    return [name, milliseconds(cpu * 1000), f"{visitor.n_bytes / rounds / 1000:.1f} kB", *_middle_and_late(times)]


async def _together(server: Server, seconds: float) -> list[list[str]]:
    """Many visitors: those who come at once, who type without a pause, and who do something now and then."""
    started = time.monotonic()
    arrivals = await asyncio.gather(*(_arrival(server, started) for _ in range(SESSIONS)))
    visitors = [visitor for visitor, _ in arrivals]
    rows = [[f"{SESSIONS} who open the page at once", "", "", *_middle_and_late([seconds for _, seconds in arrivals])]]
    last = max(seconds for _, seconds in arrivals)
    rows[0][0] += f"; the last has it after {milliseconds(last * 1000)}"
    texts, times = sentences(), list[float]()
    end = time.monotonic() + seconds

    async def types(visitor: Visitor) -> None:
        while time.monotonic() < end:
            times.append(await _timed(visitor.type(next(texts))))

    await asyncio.gather(*map(types, visitors))
    rate = len(times) / seconds
    rows.append([f"{SESSIONS} sessions, closed loop: {rate:.0f} sentences a second", "", "", *_middle_and_late(times)])
    visitors += await asyncio.gather(*(Visitor.arrive(server.url) for _ in range(VISITORS - SESSIONS)))
    times = []
    dice = random.Random(0)
    end = time.monotonic() + seconds

    async def acts(visitor: Visitor) -> None:
        due = time.monotonic() + dice.expovariate(1 / EACH_SECONDS)
        while due < end:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            event = dice.choice(list(CHOICES.values()))(dice.randrange(100))
            is_choice = dice.random() < SHARE_OF_CHOICES
            await (visitor.choose(**event) if is_choice else visitor.type(next(texts)))
            times.append(time.monotonic() - due)
            due += dice.expovariate(1 / EACH_SECONDS)

    await asyncio.gather(*map(acts, visitors))
    rows.append([f"{VISITORS} sessions, open loop: {len(times)} actions", "", "", *_middle_and_late(times)])
    for row in rows:
        print(row, file=sys.stderr)
    await asyncio.gather(*(visitor.leave() for visitor in visitors))
    return rows


async def _arrival(server: Server, started: float) -> tuple[Visitor, float]:
    visitor = await Visitor.arrive(server.url)
    return visitor, time.monotonic() - started


async def _timed(doing: Awaitable[None]) -> float:
    """Seconds that something takes."""
    started = time.monotonic()
    await doing
    return time.monotonic() - started


def _middle_and_late(times: list[float]) -> list[str]:
    late = statistics.quantiles(times, n=20)[-1]
    return [milliseconds(1000 * statistics.median(times)), milliseconds(1000 * late)]


if __name__ == "__main__":
    main()
