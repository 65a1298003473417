"""The heat maps of a layer: one for each head, and the chosen one large."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from attnviz.analysis.scores import strongest_link
from attnviz.app import session
from attnviz.app.components.scheme import theme
from attnviz.app.components.tables import Columns
from attnviz.figures.cells import MAX_SMALL, window
from attnviz.figures.heatmap import SMALL, Figure, heat_map, small_heat_map
from attnviz.figures.labels import visible
from attnviz.tokens import Token
from attnviz.trace import AttentionMaps

_SMALL_CONFIG = {"displayModeBar": False}
_LARGE_CONFIG = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["zoom2d", "pan2d", "select2d", "lasso2d", "autoScale2d"],
}


def head_maps(stack: AttentionMaps, *, layer: int, head: int) -> None:
    """The map of every head of a layer, each with a button that chooses it."""
    colours = theme()
    with st.container(key="heads", horizontal=True, gap="small"):
        for each in range(stack.n_heads):
            with st.container(width=SMALL + 8, gap=None):
                st.button(
                    f"Head {each}",
                    key=f"head_{each}",
                    type="primary" if each == head else "tertiary",
                    on_click=session.change,
                    kwargs={"head": each},
                )
                st.plotly_chart(
                    small_heat_map(stack, layer, each, theme=colours, scale=session.view().scale),
                    key=f"map_{each}",
                    width="content",
                    theme=None,
                    config=_SMALL_CONFIG,
                    alt=described(stack, layer, each),
                )


def large_map(stack: AttentionMaps, *, layer: int, head: int, framed: tuple[int, int] | None = None) -> Figure:
    """The map of the chosen head, every weight of it exact; the figure, for who wants to take it away."""
    view = session.view()
    rows, columns = window(len(stack.query_tokens), view.rows), window(len(stack.key_tokens), view.columns)
    figure = heat_map(stack, layer, head, theme=theme(), rows=rows, columns=columns, scale=view.scale, framed=framed)
    with st.container(key="heatmap"):
        st.plotly_chart(
            figure,
            key="map_chosen",
            width=figure.layout.width,
            theme=None,
            config=_config(layer, head),
            alt=described(stack, layer, head),
        )
    return figure


def described(stack: AttentionMaps, layer: int, head: int) -> str:
    """A map in words: the one thing that one would see first."""
    link = strongest_link(stack, layer, head)
    query, key = (visible(token.text) for token in (stack.query_tokens[link.query], stack.key_tokens[link.key]))
    return (
        f"Heat map of layer {layer}, head {head}, {len(stack.query_tokens)} rows by {len(stack.key_tokens)} columns. "
        f"The strongest link between two words: {query} attends to {key} with weight {link.weight:.2f}."
    )


def columns(stack: AttentionMaps, *, layer: int, head: int) -> Columns:
    """The map as a table: a line for every row, a column for every key; equal tokens are told apart by position."""
    return as_columns(stack.weights(layer, head).tolist(), stack.query_tokens, stack.key_tokens)


def as_columns(rows: Sequence[Sequence[float]], queries: Sequence[Token], keys: Sequence[Token]) -> Columns:
    """Numbers (query, key) as columns with the names of their tokens."""
    columns: dict[str, Sequence[str] | Sequence[float]] = {
        "attends": [f"{visible(token.text)} ({at})" for at, token in enumerate(queries)]
    }
    for at, (token, column) in enumerate(zip(keys, zip(*rows, strict=True), strict=True)):
        columns[f"{visible(token.text)} ({at})"] = column
    return columns


def pooling_note(stack: AttentionMaps) -> str | None:
    """What to say where a small map has fewer cells than the text has tokens."""
    longest = max(len(stack.query_tokens), len(stack.key_tokens))
    if longest <= MAX_SMALL:
        return None
    block = -(-longest // MAX_SMALL)
    return f"Pooled: a cell of a small map shows the largest weight of up to {block} × {block} tokens."


def _config(layer: int, head: int) -> dict[str, Any]:
    image = {"format": "svg", "filename": f"attention-layer-{layer}-head-{head}"}
    return _LARGE_CONFIG | {"toImageButtonOptions": image}
