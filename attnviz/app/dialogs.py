"""What opens over the page: the model card, and files that the server makes."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from attnviz import DEFAULT_MODEL, Stack, Trace
from attnviz.app import models
from attnviz.app.shared.scheme import theme
from attnviz.app.shared.words import plain
from attnviz.app.visit import visit
from attnviz.canvas.files import can_draw_images, image
from attnviz.engine import builtin, minilm
from attnviz.engine.known import Known
from attnviz.export import n_bytes, readable_size, save
from attnviz.figures.theme import DARK
from attnviz.scene import Scene

MAX_FILE = 2**28  # bytes: the file lies in the memory of the server while it is fetched

_OWN = (
    "The model is small and was trained from scratch, on sentences of a few patterns. The picture is a real "
    "computation. Of a sentence of another kind, or with words that it does not know (underlined with dots), it is no "
    "evidence about English."
)
_MINILM = (
    f"MiniLM is a BERT, trained on English text and then to embed sentences: `{minilm.ORIGIN}`, licence "
    f"{minilm.LICENCE}, from the package `{minilm.PACKAGE}`. What its heads do was not measured here."
)
_UNTRAINED = "The weights of this model are random: no pattern here means anything."


@st.dialog("About the model", width="large")
def card(name: str, beforehand: Known) -> None:
    """What the model is, what it knows of the text, and the way to a real one; of the built-in one, its card."""
    st.markdown(f"**{plain(models.title(name))}:** {plain(beforehand.badge.text)}.")
    st.markdown(_said(name))
    other = _other(name)
    label = "Back to the built-in model" if other == DEFAULT_MODEL else "Show this sentence in a real BERT"
    if other and st.button(label, key="to_bert", icon=":material/swap_horiz:"):
        visit().send({"type": "model", "model": other})
        st.rerun()
    if name == builtin.NAME:
        st.markdown(builtin.model_card().partition("\n")[2].strip())


@st.dialog("Files")
def files(trace: Trace[Stack], shown: Scene) -> None:
    """The numbers of all heads, and the chosen map as PDF; each made when it is asked for."""
    st.markdown(f"**{plain(models.title(trace.model))}:** all layers and heads, as the model computed them.")
    size = n_bytes(trace)
    if size > MAX_FILE:
        st.info(
            f"The file would have {readable_size(size)}; a page gives at most {readable_size(MAX_FILE)}. "
            "`python -m attnviz trace` writes it to the disk, layer by layer."
        )
    else:
        with st.container(horizontal=True):
            for kind in ("npz", "json", "csv"):
                _button(kind.upper(), f"attention.{kind}", partial(numbers, trace, kind))
    if can_draw_images():
        colours = "dark" if theme() is DARK else "light"
        st.markdown("The map that is shown, for a paper:")
        _button("PDF", f"attention-{shown.name}.pdf", partial(image, shown, "pdf", theme=colours))


def _button(label: str, name: str, make: Callable[[], str | bytes]) -> None:
    st.download_button(label, make, name, key=f"take_{name}", on_click="ignore", icon=":material/download:")


def numbers(trace: Trace[Stack], kind: str) -> bytes:
    """The weights of all heads as a file of this kind."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"attention.{kind}"
        save(trace, path)
        return path.read_bytes()


def _said(name: str) -> str:
    own = {builtin.NAME: _OWN, minilm.NAME: _MINILM, "untrained": _UNTRAINED}
    return own.get(name, "This model was made by others; what its heads do was not measured here.")


def _other(name: str) -> str | None:
    """The other one of the built-in model and MiniLM, where that is on this machine."""
    if minilm.folder() is None or name not in (DEFAULT_MODEL, minilm.NAME):
        return None
    return minilm.NAME if name == DEFAULT_MODEL else DEFAULT_MODEL
