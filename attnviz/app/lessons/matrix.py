"""A table of numbers that can be edited.

What is typed is text until it was read here: a cell that holds no number is named in a sentence, and the number that
stood there at first is computed with in its place.
"""

import math
from collections.abc import Mapping, Sequence

import streamlit as st

from attnviz.analysis.example import Matrix
from attnviz.app.words import plain
from attnviz.figures.matrices import number

LARGEST = 1000.0  # scores of two such vectors still fit in float32 with room to spare
NAME = "row"  # of the column that names the rows


def edit_matrix(key: str, title: str, start: Matrix, *, rows: Sequence[str], columns: Sequence[str]) -> Matrix:
    """The numbers of a table as they stand, after what is wrong with it was said."""
    shown = {NAME: list(rows)} | {name: [number(v) for v in start[:, i].tolist()] for i, name in enumerate(columns)}
    st.markdown(f"**{title}**")
    plain_title = title.translate(str.maketrans("", "", "$*"))
    config = {name: st.column_config.TextColumn(width=62, alignment="right") for name in columns}
    round_number = st.session_state.setdefault(f"{key}_round", 0)
    edited = st.data_editor(
        shown,
        key=f"{key}_{round_number}",
        hide_index=True,
        width=74 + 66 * len(columns),
        disabled=[NAME],
        column_config={NAME: st.column_config.TextColumn("", width=66, pinned=True)} | config,
        alt=f"Editable table: {plain_title}",
    )
    values, complaints = read_table(edited, start, rows=rows, columns=columns)
    for complaint in complaints:
        st.warning(plain(complaint), icon=":material/edit_off:")
    if edited != shown:
        st.button("Back to the first numbers", key=f"{key}_reset", on_click=_reset, args=(key,), type="tertiary")
    return values


def read_table(
    table: Mapping[str, Sequence[str | None]],
    start: Matrix,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
) -> tuple[Matrix, tuple[str, ...]]:
    """The numbers of a table, and a sentence for every cell that holds none; there the number of `start` is taken."""
    values, complaints = start.clone(), []
    for j, column in enumerate(columns):
        for i, row in enumerate(rows):
            read = read_number(table[column][i])
            if isinstance(read, str):
                complaints.append(f"Row {row}, column {column}: {read} {number(float(start[i, j]))} is used instead.")
            else:
                values[i, j] = read
    return values, tuple(complaints)


def read_number(typed: str | None) -> float | str:
    """The number that was typed, as .5, 0,5, 50 % or 1/2, or the sentence that says why it is none."""
    text = (typed or "").strip().replace("−", "-")
    if not text:
        return "the cell is empty. Type a number such as 0.5."
    try:
        value = _value(text)
    except (ValueError, ZeroDivisionError):
        shown = text if len(text) <= 20 else text[:20] + "…"
        return f"“{shown}” is not a number. Type one such as 0.5."
    if not math.isfinite(value) or abs(value) > LARGEST:
        return f"{text[:20]} is out of range. Type a number from −{LARGEST:g} to {LARGEST:g}."
    return value


def _value(text: str) -> float:
    """A number with a point or a comma, a fraction of two such, or a percentage; raises ValueError where it is none."""
    if text.endswith("%"):
        return _value(text[:-1].strip()) / 100
    over, slash, under = text.partition("/")
    if slash:
        return _value(over.strip()) / _value(under.strip())
    has_comma = text.count(",") == 1 and "." not in text
    return float(text.replace(",", ".") if has_comma else text)


def _reset(key: str) -> None:
    st.session_state[f"{key}_round"] += 1


def as_code(matrix: Matrix) -> str:
    """The numbers as `torch.tensor` takes them, a row on each line."""
    lines = ",\n    ".join(str([round(value, 6) for value in row]) for row in matrix.tolist())
    return f"torch.tensor([\n    {lines},\n])"


def table(values: Matrix, *, rows: Sequence[str], columns: Sequence[str]) -> dict[str, list[str] | list[float]]:
    """A matrix as the columns of a table, the names of its rows first."""
    named: dict[str, list[str] | list[float]] = {"": list(rows)}
    return named | {name: values[:, index].tolist() for index, name in enumerate(columns)}
