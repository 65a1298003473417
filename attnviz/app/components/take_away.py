"""What is shown, to take away: as a picture for a paper, as a page that opens without a network, as numbers.

A file is made when its button is pressed, not before.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from attnviz import Stack, Trace
from attnviz.app import session
from attnviz.app.components import canvas
from attnviz.app.components.maps import windows
from attnviz.app.display import Display
from attnviz.app.selection import Selection
from attnviz.app.shared.scheme import theme
from attnviz.app.shared.words import counted
from attnviz.export import CSV_HEADER, lines_of_head, n_bytes, readable_size, save
from attnviz.figures.files import IMAGES, can_draw_images, caption, image, one_head, page, with_caption
from attnviz.figures.heatmap import Figure
from attnviz.figures.overview import all_heads, is_pooled
from attnviz.figures.scales import PER_HEAD
from attnviz.trace import named_layers

MAX_NPZ = 2**28  # bytes: the file lies in the memory of the server while it is fetched
_PICTURES = {"head": "This head", "all": "All heads", "sentence": "Sentence"}
_TYPES = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png", "html": "text/html", "csv": "text/csv"}


@dataclass(frozen=True, eq=False)
class _Drawing:
    """A picture that can be taken away: the name of its files, which heads it shows, what is said, and the figure."""

    name: str
    heads: str
    notes: tuple[str, ...]
    draw: Callable[[], Figure]


def take_away(trace: Trace[Stack], chosen: Selection, shown: Display, figure: Figure, seen: canvas.Picture) -> None:
    """Buttons for the pictures as they are shown, for the numbers of the chosen head, and for those of all heads."""
    place = st.popover("Take away", icon=":material/download:", key="take_away", on_change="rerun")
    if not place.open:
        return
    with place:
        which = st.segmented_control(
            "Picture", _PICTURES, format_func=_PICTURES.__getitem__, default="head", required=True, key="taken"
        )
        drawing, colours = _drawing(which, chosen, shown, figure, seen), theme()
        about = caption(
            trace.text, pair=trace.pair, model=trace.model, kind=chosen.kind, heads=drawing.heads, notes=drawing.notes
        )

        def captioned() -> Figure:
            return with_caption(drawing.draw(), about, theme=colours)

        with st.container(horizontal=True):
            if can_draw_images():
                for kind in IMAGES:
                    _button(kind.upper(), f"{drawing.name}.{kind}", partial(_drawn, captioned, kind))
            _button("HTML", f"{drawing.name}.html", lambda: page(captioned(), title=drawing.name))
        with st.container(horizontal=True):
            rows, columns = windows(shown.maps)
            _button("CSV, this head", f"{_name(chosen)}.csv", lambda: _csv(chosen, shown, rows, columns))
            if n_bytes(trace) <= MAX_NPZ:
                _button("NPZ, all heads", "attention.npz", lambda: _npz(trace))
        if notes := _what_is_left_out(trace, shown, rows, columns):
            st.caption(" ".join(notes))
        if not can_draw_images():
            st.caption("The camera above the map saves it as SVG. PDF and PNG need Chrome or Chromium on this machine.")
        st.caption("The caption, which goes with every picture. The address of this page shows the same view again.")
        st.code(about, language=None, wrap_lines=True)


def _drawing(which: str, chosen: Selection, shown: Display, figure: Figure, seen: canvas.Picture) -> _Drawing:
    """One of `_PICTURES`. What it needs of the page is read here: it is drawn where there is no page, on a click."""
    name, head = _name(chosen), one_head(chosen.layer, chosen.head)
    if which == "head":
        return _Drawing(name, head, (*shown.notes, *shown.of_head), lambda: figure)
    if which == "sentence":
        sentence, said = canvas.sentence_picture(seen), canvas.sentence_said(seen)
        return _Drawing(f"sentence-{name}", seen.averaged_heads or head, (said, *shown.notes), lambda: sentence)
    maps, scale = shown.maps, session.view().scale
    every = f"{named_layers(maps.layers)} of {counted(maps.n_heads, 'head')} (both from 0)"
    of_scale = ("100 % is its largest weight.",) if scale == PER_HEAD else ()
    pooled = ("Pooled: a cell is the largest weight of several.",) if is_pooled(maps) else ()
    draw = partial(all_heads, maps, theme=theme(), scale=scale, chosen=(chosen.layer, chosen.head))
    return _Drawing("attention-all-heads", every, (*shown.notes, *of_scale, *pooled), draw)


def _name(chosen: Selection) -> str:
    return f"attention-layer-{chosen.layer}-head-{chosen.head}"


def _button(label: str, name: str, make: Callable[[], str | bytes]) -> None:
    mime = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    st.download_button(label, make, name, mime, key=f"take_{name}", on_click="ignore")


def _drawn(captioned: Callable[[], Figure], kind: str) -> bytes:
    return image(captioned(), kind)


def _what_is_left_out(trace: Trace[Stack], shown: Display, rows: range, columns: range) -> list[str]:
    """A sentence for each of the two files that does not hold all of a long text."""
    notes, (n_rows, n_columns) = [], (len(shown.maps.query_tokens), len(shown.maps.key_tokens))
    if (len(rows), len(columns)) != (n_rows, n_columns):
        notes.append(f"CSV: the {len(rows)} of {n_rows} rows and {len(columns)} of {n_columns} columns that are shown.")
    if n_bytes(trace) > MAX_NPZ:
        notes.append(
            f"NPZ of all heads would have {readable_size(n_bytes(trace))}; a page gives at most "
            f"{readable_size(MAX_NPZ)}. `python -m attnviz trace` writes it to the disk, layer by layer."
        )
    return notes


def _csv(chosen: Selection, shown: Display, rows: range, columns: range) -> str:
    """The weights of the chosen head as they are shown, one a line."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(CSV_HEADER)
    place = (chosen.kind, chosen.layer, chosen.head)
    weights = shown.maps.weights(chosen.layer, chosen.head)
    lines.writerows(lines_of_head(place, shown.maps, weights, rows=rows, columns=columns))
    return text.getvalue()


def _npz(trace: Trace[Stack]) -> bytes:
    """The weights of all heads as the model computed them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "attention.npz"
        save(trace, path)
        return path.read_bytes()
