"""The numbers behind a picture, as a table that costs nothing until somebody opens it."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import streamlit as st

from attnviz.export import cell
from attnviz.tokens import Token, visible

Column: TypeAlias = Sequence[str] | Sequence[float | int]
Columns: TypeAlias = Mapping[str, Column]

_NAMES = {
    "difference": "Numbers of the difference",
    "ranking": "Numbers of all heads",
    "links": "Numbers of all links",
    "muted": "Numbers of all muted heads",
}


def named(token: Token, position: int) -> str:
    """A token as tables name it, told from its equals by its position.

    A table can be saved as CSV: in quotation marks, nothing is a formula to a spreadsheet.
    """
    text = visible(token.text)
    return f"“{text}” ({position})" if cell(text) != text else f"{text} ({position})"


def numbers_of(picture: str, columns: Callable[[], Columns]) -> None:
    """A table with these columns, computed when it is opened."""
    place = st.expander(_NAMES[picture], key=f"table_{picture}", on_change="rerun", type="compact")
    if place.open:
        with place:
            st.dataframe(columns(), hide_index=True, key=f"numbers_{picture}", alt=_NAMES[picture])


def map_columns(
    rows: Sequence[Sequence[float]], queries: Sequence[Token], keys: Sequence[Token], *, first: tuple[int, int] = (0, 0)
) -> Columns:
    """Numbers (query, key) as columns with the names of their tokens; `first` are the positions of the first ones."""
    columns: dict[str, Column] = {"attends": [named(token, at) for at, token in enumerate(queries, first[0])]}
    for at, (token, column) in enumerate(zip(keys, zip(*rows, strict=True), strict=True), first[1]):
        columns[named(token, at)] = column
    return columns
