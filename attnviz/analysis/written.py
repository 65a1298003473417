"""The numbers of an `Arithmetic`, written with as many decimals as it takes to compute each from those before it.

A result rounded to four decimals can often not be computed again from inputs rounded to four decimals. So the decimals
are chosen from the end to the beginning: the weight first, then exponentials that give this weight, then scores that
give these exponentials, and so on to the sum of the products. What stands for one dimension each has four.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attnviz.analysis.arithmetic import Arithmetic

DECIMALS = 4  # of every result, where more are not needed
MOST = 14  # decimals of a double that is not large
_BLUR = 8 * float(np.finfo(np.float64).eps)
TIE = 1e-6  # of the last digit: nearer to the middle, a number would be rounded either way

Numbers = NDArray[np.float64]
Texts = tuple[str, ...]


@dataclass(frozen=True)
class WrittenScore:
    """From the vectors of one query and one key to their score; what the model has no step for is None.

    `raw · scale = scaled`, `scaled + bias = biased`, `softcap · tanh(biased / softcap) = score`.
    biased is None without a bias and is the score without a soft cap. score is "−∞" where masked.
    """

    query_vector: Texts
    key_vector: Texts
    products: Texts
    raw: str
    scale: str
    scaled: str
    bias: str | None
    biased: str | None
    softcap: str | None
    score: str


@dataclass(frozen=True)
class WrittenRow:
    """The row of the query: `exp(score − largest) = exponential`, `Σ exponentials = total`, `exponential / total`."""

    scores: Texts
    largest: str
    exponentials: Texts
    total: str
    weights: Texts


@dataclass(frozen=True)
class WrittenParts:
    """What each key adds, by its length: `weight · |value| = |part|`, and that of the chosen key by its dimensions."""

    weights: Texts
    lengths: Texts
    parts: Texts
    weight: str
    value: Texts
    part: Texts
    output: Texts


def written_weight(numbers: Arithmetic, *, least: int = DECIMALS) -> tuple[WrittenRow, WrittenScore]:
    """The whole row, its weights with at least so many decimals, and the numbers of the chosen key up to its score.

    A tiny weight has its first digit, where a double holds all that leads to it.
    """
    for visible in range(max(least, decimals_of(float(numbers.weights[numbers.key]))), DECIMALS - 1, -1):
        row = _row(numbers, visible)
        score = _score(numbers, row)
        if max(map(_decimals, (row.largest, row.total, score.raw))) < MOST:
            break
    return row, score


def _row(numbers: Arithmetic, visible: int) -> WrittenRow:
    """The row, its weights with at least so many decimals."""
    scores, exponentials = _array(numbers.scores), _array(numbers.exponentials)
    weights, total = _array(numbers.weights), numbers.total
    of_weights = _fewest(weights, least=visible)
    of_exponentials, of_total = _sum_decimals(exponentials, total, weights, of_weights)

    def gives_exponentials(decimals: int) -> bool:
        rounded = np.round(scores, decimals)
        return _same(np.exp(rounded - rounded.max()), exponentials, of_exponentials)

    of_scores = _fewest(scores[np.isfinite(scores)], gives_exponentials)
    return WrittenRow(
        scores=_texts(scores, of_scores),
        largest=_text(scores.max(), of_scores),
        exponentials=_texts(exponentials, of_exponentials),
        total=_text(total, of_total),
        weights=_texts(weights, of_weights),
    )


def _score(numbers: Arithmetic, row: WrittenRow) -> WrittenScore:
    """The numbers of the chosen key, up to the score that stands in its row."""
    shown = row.scores[numbers.key]
    of_score = _decimals(row.largest)
    of_biased = of_scaled = of_score
    raw, scaled, scale, biased = numbers.raw, numbers.scaled, numbers.scale, numbers.biased
    bias, cap = numbers.bias, numbers.softcap
    if cap is not None:
        capped = cap * np.tanh(biased / cap)
        of_biased = of_scaled = _fewest(
            biased, lambda d: _same(cap * np.tanh(round(biased, d) / cap), capped, of_score), of_score
        )
    if bias is not None:
        of_scaled = _fewest(scaled, lambda d: _same(round(scaled, d) + round(bias, d), biased, of_biased), of_biased)
    of_raw = _fewest(raw, lambda d: _same(round(raw, d) * round(scale, d + 3), scaled, of_scaled))
    vectors = (numbers.query_vector, numbers.key_vector, numbers.products)
    query_vector, key_vector, products = (_texts(_array(vector), DECIMALS) for vector in vectors)
    return WrittenScore(
        query_vector=query_vector,
        key_vector=key_vector,
        products=products,
        raw=_text(raw, of_raw),
        scale=_text(scale, of_raw + 3).rstrip("0").rstrip("."),
        scaled=_text(scaled, of_scaled),
        bias=None if bias is None else _text(bias, of_scaled),
        biased=None if bias is None else _text(biased, of_biased),
        softcap=None if cap is None else f"{cap:g}",
        score=shown,
    )


def written_parts(numbers: Arithmetic) -> WrittenParts:
    """What is mixed in: of every key the weight, the length of its value and of its part, and the chosen key's part."""
    weights, values, output = map(_array, (numbers.used, numbers.values, numbers.output))
    lengths = np.linalg.norm(values, axis=1)
    parts = weights * lengths
    of_parts = _fewest(parts)
    of_lengths = _fewest(lengths, lambda d: _same(np.round(weights, d) * np.round(lengths, d), parts, of_parts))
    weight, value = float(weights[numbers.key]), values[numbers.key]
    return WrittenParts(
        weights=_texts(weights, of_lengths),
        lengths=_texts(lengths, of_lengths),
        parts=_texts(parts, of_parts),
        weight=_text(weight, decimals_of(weight)),
        value=_texts(value, DECIMALS),
        part=_texts(weight * value, DECIMALS),
        output=_texts(output, DECIMALS),
    )


def fewest(values: Sequence[float], of: Callable[[Sequence[float]], float], decimals: int) -> int:
    """The fewest decimals with which values give a result that reads the same with so many decimals."""
    exact = of(values)
    return _fewest(_array(values), lambda d: _same(of(np.round(values, d).tolist()), exact, decimals), decimals)


def _sum_decimals(exponentials: Numbers, total: float, weights: Numbers, of_weights: int) -> tuple[int, int]:
    """The fewest decimals of the exponentials, and of their sum, that give the sum and all weights."""
    for decimals in range(DECIMALS, MOST):
        rounded = np.round(exponentials, decimals)
        for of_total in range(decimals, DECIMALS - 1, -1):
            gives = _same(rounded.sum(), total, of_total) and _same(
                rounded / round(total, of_total), weights, of_weights
            )
            if gives and not _tied(exponentials, decimals) and not _tied(total, of_total):
                return decimals, of_total
    return MOST, MOST


def decimals_of(weight: float) -> int:
    """Decimals under which a weight is not written as 0: four, of a smaller one up to its first digit."""
    if weight <= 0.0:
        return DECIMALS
    return max(DECIMALS, min(MOST - 4, -int(np.floor(np.log10(weight)))))


def _fewest(values: Numbers | float, gives: Callable[[int], bool] = lambda _: True, least: int = DECIMALS) -> int:
    """The fewest decimals with which values give what comes next, and can be rounded themselves."""
    return next((d for d in range(least, MOST) if not _tied(values, d) and gives(d)), MOST)


def _same(computed: Numbers | float, exact: Numbers | float, decimals: int) -> bool:
    """Whether a computed number rounds to what the exact one reads with so many decimals, and is far from a tie."""
    off = np.abs(computed - np.round(exact, decimals)) * 10.0**decimals
    return bool(np.all(off < 0.5 - TIE / 10 - _blurred(computed, decimals)))


def _tied(values: Numbers | float, decimals: int) -> bool:
    """Whether a value lies so near the middle between two roundings that people would round it both ways."""
    off = np.abs(np.mod(np.asarray(values) * 10.0**decimals, 1.0) - 0.5)
    return bool(np.any(off < TIE + _blurred(values, decimals)))


def _blurred(values: Numbers | float, decimals: int) -> Numbers | float:
    """By how much of the last digit a sum of doubles of this size may be off, whatever order it is added in."""
    return np.abs(values) * (_BLUR * 10.0**decimals)


def _array(tensor: object) -> Numbers:
    return np.asarray(tensor, dtype=np.float64)


def _texts(values: Numbers, decimals: int) -> Texts:
    return tuple([_text(value, decimals) for value in values.tolist()])


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _text(value: float, decimals: int) -> str:
    """A number with so many decimals, a true minus sign, and no minus zero."""
    if value == float("-inf"):
        return "−∞"
    return f"{value:z.{decimals}f}".replace("-", "−")
