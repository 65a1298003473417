"""The heat maps of a layer: one for each head, and the chosen one large."""

import time
from collections.abc import Sequence
from typing import Any

import streamlit as st

from attnviz.analysis.scores import strongest_link
from attnviz.app import session
from attnviz.app.shared.charts import chart
from attnviz.app.shared.scheme import theme
from attnviz.app.shared.tables import Column, Columns, named
from attnviz.figures.cells import MAX_SMALL, pooled_cells, window
from attnviz.figures.heatmap import SMALL, Figure, heat_map, small_heat_map
from attnviz.tokens import Token, visible
from attnviz.trace import AttentionMaps

TOGETHER = 3  # small maps that are sent at once; drawing one takes 5 to 10 ms
BREATH = {"large": 0.2, "small": 0.1}  # seconds for a large map and the page around it, for small ones
_SMALL_CONFIG = {"displayModeBar": False}
LARGE_CONFIG = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["zoom2d", "pan2d", "select2d", "lasso2d", "autoScale2d"],
}


def head_maps(stack: AttentionMaps, *, layer: int, head: int) -> None:
    """The map of every head of a layer, each with a button that chooses it.

    They are sent a few at a time: what arrives together, the browser draws in one go, and answers to nothing meanwhile.
    """
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
                chart(
                    small_heat_map(stack, layer, each, theme=colours, scale=session.view().scale),
                    key=f"map_{each}",
                    width="content",
                    config=_SMALL_CONFIG,
                    alt=described(stack, layer, each),
                )
            if each % TOGETHER == TOGETHER - 1:
                let_draw("small")


def let_draw(what: str) -> None:
    """Give the browser time to draw what was sent.

    More that arrives meanwhile makes it begin again (React leaves a page half made for the newer one), and draw all of
    it in one go: the large map would be on screen after 350 ms where it can be there after 150.
    """
    if st.runtime.exists():  # and so a browser
        time.sleep(BREATH[what])


def large_map(stack: AttentionMaps, *, layer: int, head: int, framed: tuple[int, int] | None = None) -> Figure:
    """The map of the chosen head, every weight of it exact; the figure, for who wants to take it away."""
    view = session.view()
    rows, columns = windows(stack)
    figure = heat_map(stack, layer, head, theme=theme(), rows=rows, columns=columns, scale=view.scale, framed=framed)
    with st.container(key="heatmap"):
        chart(
            figure,
            key="map_chosen",
            width=figure.layout.width,
            room=session.room("heatmap"),
            config=_config(layer, head),
            alt=described(stack, layer, head),
        )
    return figure


def windows(stack: AttentionMaps) -> tuple[range, range]:
    """The rows and the columns of the chosen head's map."""
    view = session.view()
    return window(len(stack.query_tokens), view.rows), window(len(stack.key_tokens), view.columns)


def described(stack: AttentionMaps, layer: int, head: int) -> str:
    """A map in words: the one thing that one would see first."""
    link = strongest_link(stack, layer, head)
    query, key = (visible(token.text) for token in (stack.query_tokens[link.query], stack.key_tokens[link.key]))
    return (
        f"Heat map of layer {layer}, head {head}, {len(stack.query_tokens)} rows by {len(stack.key_tokens)} columns. "
        f"The strongest link between two words: {query} attends to {key} with weight {link.weight:.2f}."
    )


def columns(stack: AttentionMaps, *, layer: int, head: int, rows: range, columns: range) -> Columns:
    """The window of the map that is drawn as a table: a line for every row, a column for every key.

    Equal tokens are told apart by position.
    """
    weights = stack.weights(layer, head)[rows.start : rows.stop, columns.start : columns.stop].tolist()
    queries, keys = stack.query_tokens[rows.start : rows.stop], stack.key_tokens[columns.start : columns.stop]
    return as_columns(weights, queries, keys, first=(rows.start, columns.start))


def as_columns(
    rows: Sequence[Sequence[float]], queries: Sequence[Token], keys: Sequence[Token], *, first: tuple[int, int] = (0, 0)
) -> Columns:
    """Numbers (query, key) as columns with the names of their tokens; `first` are the positions of the first ones."""
    columns: dict[str, Column] = {"attends": [named(token, at) for at, token in enumerate(queries, first[0])]}
    for at, (token, column) in enumerate(zip(keys, zip(*rows, strict=True), strict=True), first[1]):
        columns[named(token, at)] = column
    return columns


def columns_of_heads(stack: AttentionMaps, *, layer: int) -> Columns:
    """The small maps as one table: a line for every cell, a column for every head; nothing where masked."""
    cells = [pooled_cells(stack, layer, head) for head in range(stack.n_heads)]
    queries = [_block(stack.query_tokens, block) for block in cells[0].rows]
    keys = [_block(stack.key_tokens, block) for block in cells[0].columns]
    columns: dict[str, Column] = {
        "attends": [query for query in queries for _ in keys],
        "to": keys * len(queries),
    }
    return columns | {f"head {head}": of_head.weights.ravel().tolist() for head, of_head in enumerate(cells)}


def _block(tokens: Sequence[Token], block: range) -> str:
    """The name of the tokens that a cell stands for."""
    first, last = (named(tokens[place], place) for place in (block.start, block.stop - 1))
    return first if len(block) == 1 else f"{first} … {last}"


def pooling_note(stack: AttentionMaps) -> str | None:
    """What to say where a small map has fewer cells than the text has tokens."""
    longest = max(len(stack.query_tokens), len(stack.key_tokens))
    if longest <= MAX_SMALL:
        return None
    block = -(-longest // MAX_SMALL)
    return f"Pooled: a cell of a small map shows the largest weight of up to {block} × {block} tokens."


def _config(layer: int, head: int) -> dict[str, Any]:
    image = {"format": "svg", "filename": f"attention-layer-{layer}-head-{head}"}
    return LARGE_CONFIG | {"toImageButtonOptions": image}
