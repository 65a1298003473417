"""How the number in the chosen cell came about, as the picture tells it: from q and k to the weight, on to the cell.

Where words are merged, special tokens taken out or heads averaged, the cell has another number than the head that the
arithmetic is of. Then the chain goes on (`then`), so that it ends at the number that the page shows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, TypeAlias

import torch

from attnviz.analysis.arithmetic import Arithmetic, arithmetic
from attnviz.analysis.written import (
    DECIMALS,
    WrittenRow,
    WrittenScore,
    decimals_of,
    fewest,
    written_parts,
    written_weight,
)  # fmt: skip
from attnviz.drawn import tokens_at
from attnviz.edits import Cut
from attnviz.numbers import weight_text
from attnviz.packing import MAX_TOKENS
from attnviz.tokens import reading
from attnviz.trace import Stack
from attnviz.view import Resolved

Line: TypeAlias = dict[str, str]


@dataclass(frozen=True)
class _Link:
    """One step on the way from the weight to the cell: what it starts from, and what is taken together with it.

    how: the step in words, of its two written numbers.
    """

    name: str
    values: tuple[float, float]
    of: Callable[[Sequence[float]], float]
    how: Callable[[str, str], str]

    @property
    def result(self) -> float:
        """What comes out."""
        return self.of(self.values)


def explained(resolved: Resolved) -> dict[str, Any] | None:
    """The arithmetic of the chosen link, as plain data; None where only weights are known, not what they came from."""
    stack = resolved.stack
    if not isinstance(stack, Stack):
        return None
    layer, head = _head(resolved)
    query, key = resolved.query, resolved.key
    numbers = arithmetic(stack.step(layer), head, query=query, key=key)
    cell = _cell(resolved)
    links = [] if isnan(cell) else _links(resolved, (layer, head), cell)
    needed, _ = _written(links)
    row, score = written_weight(numbers, least=needed)
    _, then = _written(links, first=len(row.weights[key].partition(".")[2]))
    names = [reading(stack.query_tokens[query]), reading(stack.key_tokens[key])]
    cuts, used = _cuts(resolved, layer, head), _used(numbers, row)
    drawn = " → ".join(_drawn_names(resolved))
    number = weight_text(0.0 if isnan(cell) else cell)
    return {
        "layer": layer,
        "head": head,
        "query": query,
        "key": key,
        "names": names,
        "number": number,
        "title": f"{drawn} is cut" if isnan(cell) and key in cuts else f"Why {drawn} is {number}",
        "subject": _subject(resolved, layer, head, names),
        "then": then,
        "written": {"q": score.query_vector, "k": score.key_vector, "products": score.products},
        "steps": _steps(numbers, score, row, cuts, used[key]),
        **_row(resolved, numbers, row, used),
    }


def _head(resolved: Resolved) -> tuple[int, int]:
    """The head that the arithmetic is of: the chosen one, or one of those that the mean is of."""
    chosen = (resolved.layer, resolved.head)
    return chosen if chosen in resolved.heads else resolved.heads[0]


def _cell(resolved: Resolved) -> float:
    """The number in the chosen cell, NaN where masked."""
    row, column = resolved.link
    cells = resolved.survey.exact(resolved.heads)
    return float(cells[row - resolved.rows.start, column - resolved.columns.start])


def _drawn_names(resolved: Resolved) -> list[str]:
    """The two words as they are drawn: pieces merged."""
    row, column = resolved.link
    return [reading(resolved.maps.query_tokens[row]), reading(resolved.maps.key_tokens[column])]


def _subject(resolved: Resolved, layer: int, head: int, names: list[str]) -> str:
    """Which head and which pieces the arithmetic is of, where the title does not say it."""
    said = []
    if len(resolved.heads) > 1:
        said.append(f"layer {layer}, head {head}, one of the {len(resolved.heads)} heads of the mean")
    if max(map(len, _pieces(resolved))) > 1:
        said.append(f"the pieces “{names[0]}” → “{names[1]}”")
    return f"Computed for {'; for '.join(said)}." if said else ""


def _pieces(resolved: Resolved) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The tokens that are drawn as the chosen row and as the chosen column."""
    row, column = resolved.link
    return tokens_at(row, resolved.queries), tokens_at(column, resolved.keys)


def _links(resolved: Resolved, place: tuple[int, int], cell: float) -> list[_Link]:
    """The steps from the weight of a query on a key to the number in the cell."""
    queries, keys = _pieces(resolved)
    if len(queries) == len(keys) == len(resolved.heads) == 1 and resolved.special != "renormalise":
        return []
    layer, head = place
    step = resolved.stack.step(layer)
    rows = torch.stack(
        [arithmetic(step, head, query=piece, key=resolved.key).used for piece in queries]
    )  # (piece, key)
    looks = rows[:, list(keys)].sum(dim=-1)  # (piece,)
    own = looks[queries.index(resolved.query)].item()
    weight = rows[queries.index(resolved.query), resolved.key].item()
    links = []
    if len(keys) > 1:
        links.append(_sum_of_pieces(weight, own - weight, len(keys)))
    if len(queries) > 1:
        links.append(_mean("mean of rows", own, looks.sum().item(), len(queries), "pieces"))
    if resolved.special == "renormalise":
        left = [key for key, drawn in enumerate(resolved.keys) if drawn >= 0]
        links.append(_renormalised(looks.mean().item(), 1.0 - rows[:, left].sum(dim=-1).mean().item()))
    if (n := len(resolved.heads)) > 1:
        own = links[-1].result if links else weight
        links.append(_mean("mean of heads", own, cell * n, n, "heads"))
    return links


def _sum_of_pieces(weight: float, others: float, n: int) -> _Link:
    return _Link(
        "+ pieces", (weight, others), lambda pair: pair[0] + pair[1],
        lambda one, rest: f"{one} + {rest} of the other {_several(n - 1, 'pieces')}",
    )  # fmt: skip


def _mean(name: str, one: float, total: float, n: int, what: str) -> _Link:
    return _Link(
        name, (one, total - one), lambda pair: (pair[0] + pair[1]) / n,
        lambda one, rest: f"({one} + {rest} of the other {_several(n - 1, what)}) ÷ {n}",
    )  # fmt: skip


def _renormalised(weight: float, special: float) -> _Link:
    return _Link(
        "÷ (1 − special)", (weight, special), lambda pair: pair[0] / (1.0 - pair[1]) if pair[1] < 1.0 else 0.0,
        lambda one, rest: f"{one} ÷ (1 − {rest} on special tokens)",
    )  # fmt: skip


def _several(n: int, what: str) -> str:
    return what.removesuffix("s") if n == 1 else f"{n} {what}"


def _written(links: list[_Link], *, first: int = DECIMALS) -> tuple[int, list[Line]]:
    """The decimals that the weight must have, and the steps after it, each computed from the numbers that are shown.

    first: decimals of the numbers of the first step, where they are more than it needs.
    """
    lines: list[Line] = []
    decimals = decimals_of(links[-1].result) if links else DECIMALS
    for at, link in reversed(list(enumerate(links))):
        result = f"{link.result:.{decimals}f}"
        decimals = max(fewest(link.values, link.of, decimals), 0 if at else first)
        how = link.how(*(f"{value:.{decimals}f}" for value in link.values))
        lines.append({"name": link.name, "how": how, "result": result})
    return decimals, lines[::-1]


def _cuts(resolved: Resolved, layer: int, head: int) -> frozenset[int]:
    """The keys that edits cut out of the chosen row."""
    cuts = (edit for edit in resolved.trace.edits if isinstance(edit, Cut) and edit.kind in (None, resolved.kind))
    return frozenset(
        edit.key for edit in cuts if edit.layer == layer and edit.head in (None, head) and edit.query == resolved.query
    )


def _steps(numbers: Arithmetic, score: WrittenScore, row: WrittenRow, cuts: frozenset[int], used: str) -> list[Line]:
    """From the products to the weight, a line for each step; used: the weight that the head used."""
    largest = max(numbers.products.tolist(), key=abs)
    steps = [
        ("q · k", f"{len(score.products)} products added, largest {largest:.2f}".replace("-", "−"), score.raw),
        ("× scale", f"{score.raw} × {score.scale}", score.scaled),
    ]
    before = score.scaled
    if score.bias is not None and score.biased is not None:
        steps.append(("+ bias", f"{before} + {_bracketed(score.bias)}", score.biased))
        before = score.biased
    if score.softcap is not None:
        capped = score.score if numbers.is_allowed else "masked next"
        steps.append(("soft cap", f"{score.softcap} · tanh({before} ÷ {score.softcap})", capped))
    hidden = set(numbers.scores.isneginf().nonzero()[:, 0].tolist())
    if numbers.key in cuts:
        steps.append(("cut", "taken out of the row", score.score))
    elif numbers.has_mask and not (cuts and hidden == cuts):  # a mask that hides nothing else is that of the cuts
        steps.append(("mask", "it may look there" if numbers.is_allowed else "it may not look there", score.score))
    exponential = _short(row.exponentials[numbers.key])
    steps.append(("exp", f"of {score.score} − {_bracketed(row.largest)} (largest)", exponential))
    n = len(row.weights)
    steps.append(("÷ row sum", f"{exponential} ÷ {row.total}, all {n} added", row.weights[numbers.key]))
    is_weight, is_output = numbers.is_set
    steps += [("edit", "set in its place", used)] if is_weight else []
    steps += [("edit", "the head gives what was set, whatever it mixes", used)] if is_output else []
    return [{"name": name, "how": how, "result": result} for name, how, result in steps]


def _used(numbers: Arithmetic, row: WrittenRow) -> Sequence[str]:
    """The weights that the head used, as they are written: those of the row, but where an edit set others."""
    if torch.equal(numbers.used, numbers.weights):
        return row.weights
    decimals = len(row.weights[numbers.key].partition(".")[2])
    return [f"{weight:.{decimals}f}" for weight in numbers.used.tolist()]


def _row(resolved: Resolved, numbers: Arithmetic, row: WrittenRow, used: Sequence[str]) -> dict[str, Any]:
    """The whole row, what it mixes in, and the output; of a very long text the keys of the window.

    used: the weights that the head used. keys: how they read, where they are not what the page draws.
    """
    tokens = resolved.stack.key_tokens
    drawn, is_long = resolved.keys, len(tokens) > MAX_TOKENS
    kept = [at for at in range(len(tokens)) if not is_long or drawn[at] in resolved.columns]
    are_drawn = resolved.maps is resolved.stack and kept == list(resolved.columns)
    parts = written_parts(numbers)
    return {
        "keys": None if are_drawn else [reading(tokens[key]) for key in kept],
        "at": kept.index(resolved.key),
        "row": {
            "scores": [row.scores[key] for key in kept],
            "exps": [row.exponentials[key] for key in kept],
            "weights": [used[key] for key in kept],
            "total": row.total,
            "largest": row.largest,
            "all": len(tokens),
        },
        "mixed": {
            "weight": [parts.weights[key] for key in kept],
            "length": [parts.lengths[key] for key in kept],
            "part": [parts.parts[key] for key in kept],
        },
        "output": {"weight": parts.weight, "v": parts.value, "part": parts.part, "out": parts.output},
    }


def _short(number: str) -> str:
    """A number without zeros at its end after the fourth decimal."""
    end = number.index(".") + 1 + DECIMALS
    return number[:end] + number[end:].rstrip("0")


def _bracketed(number: str) -> str:
    return f"({number})" if number.startswith("−") else number
