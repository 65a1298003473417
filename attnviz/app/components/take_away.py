"""The chosen head to take away: as a picture for a paper, as a page that opens without a network, as numbers.

A file is made when its button is pressed, not before.
"""

import csv
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from attnviz import Stack, Trace
from attnviz.app.components.scheme import theme
from attnviz.app.display import Display
from attnviz.app.selection import Selection
from attnviz.export import CSV_HEADER, save
from attnviz.figures.files import IMAGES, can_draw_images, caption, image, page, with_caption
from attnviz.figures.heatmap import Figure

_TYPES = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png", "html": "text/html", "csv": "text/csv"}


def take_away(trace: Trace[Stack], chosen: Selection, shown: Display, figure: Figure) -> None:
    """Buttons for the map of the chosen head as it is shown, for its numbers, and for those of all heads."""
    name = f"attention-layer-{chosen.layer}-head-{chosen.head}"
    about = caption(
        trace.text, pair=trace.pair, model=trace.model, kind=chosen.kind, layer=chosen.layer, head=chosen.head,
        notes=shown.notes,
    )  # fmt: skip

    def captioned() -> Figure:
        return with_caption(figure, about, theme=theme())

    place = st.popover("Take away", icon=":material/download:", key="take_away", on_change="rerun")
    if not place.open:
        return
    with place:
        with st.container(horizontal=True):
            if can_draw_images():
                for kind in IMAGES:
                    _button(kind.upper(), f"{name}.{kind}", partial(_drawn, captioned, kind))
            _button("HTML", f"{name}.html", lambda: page(captioned(), title=name))
            _button("CSV", f"{name}.csv", lambda: _csv(chosen, shown))
            _button("NPZ, all heads", "attention.npz", lambda: _npz(trace))
        if not can_draw_images():
            st.caption("The camera above the map saves it as SVG. PDF and PNG need Chrome or Chromium on this machine.")
        st.caption("The caption, which goes with every picture. The address of this page shows the same view again.")
        st.code(about, language=None, wrap_lines=True)


def _button(label: str, name: str, make: Callable[[], str | bytes]) -> None:
    mime = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    st.download_button(label, make, name, mime, key=f"take_{name}", on_click="ignore")


def _drawn(captioned: Callable[[], Figure], kind: str) -> bytes:
    return image(captioned(), kind)


def _csv(chosen: Selection, shown: Display) -> str:
    """The weights of the chosen head as they are shown, one a line."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(CSV_HEADER)
    maps = shown.maps
    weights = maps.weights(chosen.layer, chosen.head).tolist()
    for query, (query_token, row) in enumerate(zip(maps.query_tokens, weights, strict=True)):
        for key, (key_token, weight) in enumerate(zip(maps.key_tokens, row, strict=True)):
            place = (chosen.kind, chosen.layer, chosen.head)
            lines.writerow((*place, query, query_token.text, key, key_token.text, weight))
    return text.getvalue()


def _npz(trace: Trace[Stack]) -> bytes:
    """The weights of all heads as the model computed them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "attention.npz"
        save(trace, path)
        return path.read_bytes()
