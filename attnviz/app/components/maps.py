"""The heat maps of a layer: one for each head, and the chosen one large."""

from typing import Any

import streamlit as st

from attnviz import Stack
from attnviz.app import session
from attnviz.app.components.scheme import theme
from attnviz.figures.cells import MAX_SMALL, window
from attnviz.figures.heatmap import SMALL, heat_map, small_heat_map

_SMALL_CONFIG = {"displayModeBar": False}
_LARGE_CONFIG = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["zoom2d", "pan2d", "select2d", "lasso2d", "autoScale2d"],
}


def head_maps(stack: Stack, *, layer: int, head: int) -> None:
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
                    small_heat_map(stack, layer, each, theme=colours),
                    key=f"map_{each}",
                    width="content",
                    theme=None,
                    config=_SMALL_CONFIG,
                    alt=f"Heat map of layer {layer}, head {each}",
                )


def large_map(stack: Stack, *, layer: int, head: int, rows: int, columns: int) -> None:
    """The map of the chosen head, every weight of it exact."""
    n_rows, n_columns = len(stack.query_tokens), len(stack.key_tokens)
    figure = heat_map(stack, layer, head, theme=theme(), rows=window(n_rows, rows), columns=window(n_columns, columns))
    with st.container(key="heatmap"):
        st.plotly_chart(
            figure,
            key="map_chosen",
            width=figure.layout.width,
            theme=None,
            config=_config(layer, head),
            alt=f"Heat map of layer {layer}, head {head}: a row attends to a column",
        )


def pooling_note(stack: Stack) -> str | None:
    """What to say where a small map has fewer cells than the text has tokens."""
    longest = max(len(stack.query_tokens), len(stack.key_tokens))
    if longest <= MAX_SMALL:
        return None
    block = -(-longest // MAX_SMALL)
    return f"Pooled: a cell of a small map shows the largest weight of up to {block} × {block} tokens."


def _config(layer: int, head: int) -> dict[str, Any]:
    image = {"format": "svg", "filename": f"attention-layer-{layer}-head-{head}"}
    return _LARGE_CONFIG | {"toImageButtonOptions": image}
