"""Figures side by side, each narrow enough for a telephone, and their numbers as tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from attnviz.analysis.example import Matrix
from attnviz.app.shared.charts import chart
from attnviz.app.shared.scheme import theme
from attnviz.app.shared.tables import Column
from attnviz.app.shared.words import plain
from attnviz.figures.base import Spec
from attnviz.figures.charts import Values, bars, lines
from attnviz.figures.matrices import matrix_map

NARROW = 340  # pixels that a telephone has for a figure
_CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure, what it is called, and its numbers by column."""

    title: str
    figure: Spec
    numbers: Mapping[str, Column]


def matrix_picture(
    title: str,
    values: Matrix,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    **options: Any,
) -> Picture:
    """A matrix (row, column) with its numbers in the cells; `options` are those of `figures.matrices.matrix_map`."""
    shown = values.detach().float().numpy()
    figure = matrix_map(shown, rows=rows, columns=columns, title=title, theme=theme(), **options)
    is_twice = len(set(columns)) < len(columns)  # a table tells its columns by name
    labels = [f"{name} ({index})" if is_twice else name for index, name in enumerate(columns)]
    return Picture(title, figure, {"": list(rows)} | dict(zip(labels, values.T.tolist(), strict=True)))


def bars_picture(title: str, values: Values, *, groups: Sequence[str], **options: Any) -> Picture:
    """Groups of bars; `options` are those of `figures.charts.bars`."""
    figure = bars(values, groups=groups, theme=theme(), **options)
    return Picture(title, figure, {"": list(groups)} | dict(values))


def lines_picture(title: str, values: Values, *, x: Sequence[float | int], x_title: str, **options: Any) -> Picture:
    """Lines; `options` are those of `figures.charts.lines`."""
    figure = lines(values, x=x, x_title=x_title, theme=theme(), **options)
    return Picture(title, figure, {x_title: options.get("x_names") or list(x)} | dict(values))


def show(*pictures: Picture, key: str) -> None:
    """Draw the pictures, and offer their numbers as tables below."""
    with st.container(horizontal=True, gap="medium", key=key):
        for index, picture in enumerate(pictures):
            fixed = picture.figure["layout"].get("width")
            if fixed and fixed > NARROW:  # Streamlit would squeeze it on a telephone; so it scrolls
                frame = f'.st-key-{key}_{index} [data-testid="stFullScreenFrame"]'
                st.html(f"<style>{frame} {{ min-width: {fixed}px; }}</style>")
            width = fixed or "stretch"
            chart(picture.figure, key=f"{key}_{index}", width=width, config=_CONFIG, alt=picture.title)
    with st.expander("The numbers as tables" if len(pictures) > 1 else "The numbers as a table"):
        for picture in pictures:
            st.caption(picture.title)
            names = {next(iter(picture.numbers)): st.column_config.Column(pinned=True)}
            st.dataframe(dict(picture.numbers), hide_index=True, width="content", column_config=names)


def table(columns: Mapping[str, Sequence[str]], *, alt: str) -> None:
    """A table whose words wrap, so that all of its columns can be read on a telephone."""
    shown = {plain(name): [plain(cell) for cell in column] for name, column in columns.items()}
    st.table(shown, hide_index=True, hide_header=False, border="horizontal", width="content", alt=alt)
