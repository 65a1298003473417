"""A table of numbers that can be edited.

What is typed is text until it was read here: a cell that holds no number is named in a sentence, and the number that
stood there at first is computed with in its place.
"""

import math
import re
from collections.abc import Mapping, Sequence

import streamlit as st

from attnviz.analysis.example import Matrix
from attnviz.app.shared.words import counted, plain
from attnviz.figures.matrices import number

LARGEST = 1000.0  # scores of two such vectors still fit in float32 with room to spare
MOST_SAID = 4  # cells that are named
_BETWEEN = (r"\t", ";", r",?\s+", r",\s*")  # numbers that are pasted, in the order in which they are tried
NAME = "row"  # of the column that names the rows


def edit_matrix(key: str, title: str, start: Matrix, *, rows: Sequence[str], columns: Sequence[str]) -> Matrix:
    """The numbers of a table as they stand, after what is wrong with it was said."""
    pasted = st.session_state.get(f"{key}_pasted")
    start = start if pasted is None else start.new_tensor(pasted)
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
    if complaints:
        st.warning(_all(complaints), icon=":material/edit_off:")
    shape = (len(rows), len(columns))
    with st.popover("Paste numbers", icon=":material/content_paste:", type="tertiary", key=f"{key}_paste_menu"):
        label = f"{shape[0]} rows of {shape[1]} numbers, as from a spreadsheet, NumPy or PyTorch"
        st.text_area(label, key=f"{key}_paste", on_change=_paste, args=(key, shape), placeholder="1 0 0.5\n0 1 −2")
        if (refused := st.session_state.get(f"{key}_refused")) is not None:
            st.warning(plain(refused), icon=":material/edit_off:")
    if edited != shown or pasted is not None:
        st.button("Back to the first numbers", key=f"{key}_reset", on_click=_reset, args=(key,), type="tertiary")
    return values


def read_table(
    table: Mapping[str, Sequence[str | None]],
    start: Matrix,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
) -> tuple[Matrix, tuple[str, ...]]:
    """The numbers of a table, and a sentence for every cell that holds none; there the number of `start` is taken.

    One sentence stands for all where every cell is empty.
    """
    if not any((cell or "").strip() for column in columns for cell in table[column]):
        return start.clone(), ("The table is empty. Its first numbers are used instead.",)
    values, complaints = start.clone(), []
    for j, column in enumerate(columns):
        for i, row in enumerate(rows):
            read = read_number(table[column][i])
            if isinstance(read, str):
                complaints.append(f"Row {row}, column {column}: {read} {number(float(start[i, j]))} is used instead.")
            else:
                values[i, j] = read
    return values, tuple(complaints)


def _all(complaints: Sequence[str]) -> str:
    """What is wrong with one cell or with several, these in a list."""
    if len(complaints) == 1:
        return plain(complaints[0])
    said = [f"- {plain(complaint)}" for complaint in complaints[:MOST_SAID]]
    more = len(complaints) - len(said)
    return "\n".join([*said, *([f"- {counted(more, 'more cell')} without a number."] if more else [])])


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


def read_pasted(typed: str, shape: tuple[int, int]) -> list[list[float]] | str:
    """The numbers of a pasted matrix, or the sentence that says why they cannot be taken.

    Rows stand in brackets or on lines of their own; numbers are set apart by tabs, semicolons, blanks or commas.
    """
    n_rows, n_columns = shape
    lines = re.findall(r"\[([^\[\]]*)\]", typed) or [line for line in typed.splitlines() if line.strip()]
    if len(lines) != n_rows:
        return f"The text has {counted(len(lines), 'row')} of numbers; this table has {n_rows}. Paste as many."
    numbers = []
    for place, line in enumerate(lines, start=1):
        ways = [[cell for cell in re.split(way, line.strip()) if cell.strip()] for way in _BETWEEN]
        cells = next((way for way in ways if len(way) == n_columns), max(ways, key=len))
        if len(cells) != n_columns:
            return (
                f"Row {place} has {counted(len(cells), 'number')}; this table has {n_columns} columns. Paste as many."
            )
        read = [read_number(cell) for cell in cells]
        wrong = next((each for each in read if isinstance(each, str)), None)
        if wrong is not None:
            return f"Row {place}: {wrong}"
        numbers.append([each for each in read if not isinstance(each, str)])
    return numbers


def _paste(key: str, shape: tuple[int, int]) -> None:
    """Take what was pasted as the numbers of the table, or remember why it cannot be taken."""
    typed = st.session_state[f"{key}_paste"]
    read = read_pasted(typed, shape) if typed.strip() else None
    st.session_state[f"{key}_refused"] = read if isinstance(read, str) else None
    if isinstance(read, list):
        st.session_state[f"{key}_pasted"] = read
        st.session_state[f"{key}_round"] += 1


def _reset(key: str) -> None:
    st.session_state[f"{key}_pasted"] = None
    st.session_state[f"{key}_paste"] = ""
    st.session_state[f"{key}_round"] += 1


def as_code(matrix: Matrix) -> str:
    """The numbers as `torch.tensor` takes them, a row on each line."""
    rows = ([str(float(str(value))) for value in row] for row in matrix.numpy())  # the fewest digits that mean the same
    lines = ",\n    ".join(f"[{', '.join(row)}]" for row in rows)
    return f"torch.tensor([\n    {lines},\n])"
