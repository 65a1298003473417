"""What opens over the page: the model card, and files that the server makes."""

from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from attnviz import DEFAULT_MODEL, Stack, Trace
from attnviz.app import models
from attnviz.app.shared.scheme import theme
from attnviz.app.shared.words import plain
from attnviz.app.visit import visit
from attnviz.canvas.files import can_draw_images, image
from attnviz.canvas.page import page
from attnviz.engine import builtin, minilm
from attnviz.engine.known import Known
from attnviz.export import n_bytes, save
from attnviz.figures.theme import DARK
from attnviz.numbers import size_text
from attnviz.scene import Scene

MAX_FILE = 2**28  # bytes: the file lies in the memory of the server while it is fetched
NUMBERS = ("NPZ", "JSON", "CSV")
CONTENTS = {"HTML": "picture", "PDF": "map"}  # in the names of files; of the others it is the weights
KINDS = {
    "HTML": "The whole picture as a page that answers by itself, without a network.",
    "PDF": "The map that is shown, for a paper.",
    "NPZ": "All layers and heads, as the model computed them, for NumPy and for attnviz.",
    "JSON": "All layers and heads, as the model computed them, for any program.",
    "CSV": "All layers and heads, as the model computed them, for a spreadsheet.",
}

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
    """The numbers of all heads, and the picture as it is on screen, each made when it is asked for.

    A file is made before it is offered: one that is to be made later Streamlit forgets as soon as others use the app.
    """
    size, kinds = n_bytes(trace), dict(KINDS)
    if size > MAX_FILE:
        st.info(
            f"The numbers of all heads have {size_text(size)}; a page gives at most {size_text(MAX_FILE)}. "
            "`python -m attnviz trace` writes them to the disk, layer by layer."
        )
        kinds = {kind: said for kind, said in kinds.items() if kind not in NUMBERS}
    if not can_draw_images():
        del kinds["PDF"]
    kind = st.segmented_control("Kind of file", list(kinds), key="take_kind")
    if kind is None:
        return
    st.markdown(kinds[kind])
    with st.spinner("Making the file …"):
        content = _made(kind, trace, shown)
    name = f"attnviz {CONTENTS.get(kind, 'weights')}.{kind.lower()}"
    st.download_button(
        f"Download {name}", content, name, key="take_file", on_click="ignore", icon=":material/download:"
    )


def _made(kind: str, trace: Trace[Stack], shown: Scene) -> str | bytes:
    if kind == "HTML":
        return page(shown, title=f"attnviz: {trace.text[:60]}")
    if kind == "PDF":
        return image(shown, "pdf", theme="dark" if theme() is DARK else "light")
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"attention.{kind.lower()}"
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
