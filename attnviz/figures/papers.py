"""The figure of one head with its caption, as one puts it into a paper."""

import plotly.graph_objects as go

from attnviz.analysis.regroup import merge_words
from attnviz.errors import SelectionError
from attnviz.figures.cells import window
from attnviz.figures.files import caption, one_head, with_caption
from attnviz.figures.heatmap import heat_map
from attnviz.figures.scales import PER_HEAD
from attnviz.figures.theme import LIGHT, Theme
from attnviz.trace import AttentionMaps, Trace


def paper_figure(
    trace: Trace[AttentionMaps],
    kind: str,
    *,
    layer: int,
    head: int,
    words: bool = False,
    scale: str = PER_HEAD,
    theme: Theme = LIGHT,
) -> go.Figure:
    """The heat map of one head and what it shows, in words.

    Raises SelectionError for attention that the model does not have.
    """
    if kind not in trace.stacks:
        raise SelectionError(f"{trace.model} has no attention '{kind}', only {' and '.join(trace.stacks)}.")
    maps = merge_words(trace.stacks[kind]) if words else trace.stacks[kind]
    n_rows, n_columns = len(maps.query_tokens), len(maps.key_tokens)
    rows, columns = window(n_rows, 0), window(n_columns, 0)
    notes = ["Pieces merged to words: columns added up, rows averaged."] if words else []
    if len(rows) < n_rows or len(columns) < n_columns:
        notes.append(f"The first {len(rows)} of {n_rows} rows and {len(columns)} of {n_columns} columns.")
    figure = heat_map(maps, layer, head, theme=theme, rows=rows, columns=columns, scale=scale)
    about = caption(
        trace.text, pair=trace.pair, model=trace.model, kind=kind, heads=one_head(layer, head), notes=tuple(notes)
    )
    return with_caption(figure, about, theme=theme)
