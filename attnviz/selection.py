"""Whether there is such a layer, head or row: what is asked for by number is checked before anything is computed."""

from numbers import Integral
from reprlib import repr as brief

from attnviz.errors import SelectionError


def check_rows(rows: range, n_rows: int) -> None:
    """Raise SelectionError unless these are rows of a map, beside each other and in their order."""
    if rows.step != 1 or not 0 <= rows.start <= rows.stop <= n_rows:
        raise SelectionError(f"rows is a range of the rows 0 to {n_rows - 1}, such as range(0, 1), not {brief(rows)}.")


def check_head(head: int, n_heads: int) -> None:
    """Raise SelectionError unless there is such a head."""
    check_number("head", head)
    if not 0 <= head < n_heads:
        raise SelectionError(f"Head {head} does not exist; this layer has heads 0 to {n_heads - 1}.")


def check_number(name: str, number: object) -> None:
    """Raise SelectionError unless this can be the number of a layer or a head."""
    if isinstance(number, bool) or not isinstance(number, Integral):
        given = f"{type(number).__name__}: {brief(number)}"
        raise SelectionError(f"weights and step take one {name}, a whole number, and were given {given}.")
