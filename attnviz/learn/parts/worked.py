"""How one number came about, written out as one would on paper."""

from collections.abc import Sequence
from math import exp

from attnviz.analysis.example import Vector
from attnviz.figures.matrices import number

LARGEST_POWER = 8.0  # e⁸ is about 3000, e⁻⁸ about 0.0003


def word(text: str) -> str:
    """A word of a lesson inside a formula."""
    return rf"\text{{{text}}}"


def value(of: float) -> str:
    """A number inside a formula."""
    mantissa, is_power, exponent = number(of).replace("−", "-").partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if is_power else mantissa


def factor(of: float) -> str:
    """A number that others stand before: in brackets where it is negative."""
    return f"({value(of)})" if of < 0 else value(of)


def row(of: Vector) -> str:
    """A vector inside a formula."""
    return f"({', '.join(map(value, of.tolist()))})"


def dot_product(name: str, left: Vector, right: Vector, result: float) -> str:
    """`name = a · b + c · d + … = result` for two vectors."""
    terms = [rf"{factor(a)} \cdot {factor(b)}" for a, b in zip(left.tolist(), right.tolist(), strict=True)]
    return _steps(name, _broken(terms), value(result))


def scaled(raw: Sequence[float], scores: Sequence[float], *, d: int) -> str:
    """`s_j = a / √d = result` for one row of dot products."""
    lines = r" \\ ".join(
        rf"s_{index} &= {value(product)} / \sqrt{{{d}}} = {value(score)}"
        for index, (product, score) in enumerate(zip(raw, scores, strict=True), start=1)
    )
    return rf"\begin{{aligned}} {lines} \end{{aligned}}"


def softmax(name: str, scores: Sequence[float], chosen: int, result: float) -> str:
    """`name = exp(s_j) / Σ exp(s) = result` for one row of scores.

    The powers are written out between the two, unless one is too large or too small for paper.
    """
    fractions = [_fraction([f"e^{{{value(score)}}}" for score in scores], chosen)]
    if all(abs(score) <= LARGEST_POWER for score in scores):
        fractions.append(_fraction([value(exp(score)) for score in scores], chosen))
    return _steps(name, *fractions, value(result))


def weighted_sum(name: str, weights: Vector, values: Vector, result: float) -> str:
    """`name = w · v + w · v + … = result` for one column of the values."""
    terms = [rf"{value(w)} \cdot {factor(v)}" for w, v in zip(weights.tolist(), values.tolist(), strict=True)]
    return _steps(name, _broken(terms), value(result))


def _broken(terms: Sequence[str]) -> str:
    """A sum, with a new line after every second term."""
    return r" \\ &\quad + ".join(" + ".join(terms[start : start + 2]) for start in range(0, len(terms), 2))


def _fraction(terms: Sequence[str], chosen: int) -> str:
    return rf"\frac{{{terms[chosen]}}}{{{' + '.join(terms)}}}"


def _steps(name: str, *steps: str) -> str:
    """A line for each step, so that it fits on a telephone."""
    lines = r" \\[8pt] &= ".join(steps)
    return rf"\begin{{aligned}} {name} &= {lines} \end{{aligned}}"
