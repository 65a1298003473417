"""The engine of a view, with what the page shows while it loads and where it cannot be had."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from attnviz import DEFAULT_MODEL, AttnVizError, Engine, Progress
from attnviz.app import loading, models, session
from attnviz.app.words import megabytes, plain


def engine_of(name: str, *, from_scratch: bool, notes: DeltaGenerator, place: DeltaGenerator) -> tuple[Engine, str]:
    """The engine of a model and its name, or the default engine where a model cannot be had or needs a click first."""
    instead = plain(f"Shown instead: {models.title(DEFAULT_MODEL)}.")
    if models.needs_click(name) and name not in session.chosen_models():
        notes.warning(f"This link asks for the model {plain(name)}. {models.download(name)} {instead}")
        notes.button(
            "Load this model",
            key=f"load_{name}",
            on_click=session.choose_model,
            args=(name,),
            icon=":material/download:",
        )
    else:
        try:
            return _loaded(name, from_scratch=from_scratch, place=place), name
        except AttnVizError as error:
            if name == DEFAULT_MODEL:
                raise
            notes.error(f"{plain(str(error))} {instead}")
    return _loaded(DEFAULT_MODEL, from_scratch=False, place=place), DEFAULT_MODEL


def _loaded(name: str, *, from_scratch: bool, place: DeltaGenerator) -> Engine:
    """The engine, with its progress in `place` for as long as it takes."""
    coming = loading.loading(name, from_scratch=from_scratch)
    if not coming.wait(loading.POLL_SECONDS):
        bar = place.empty()
        while not coming.wait(loading.POLL_SECONDS):
            with bar:
                _show(coming.progress, models.title(name))
        bar.empty()
    return loading.finish(name, from_scratch=from_scratch)


def _show(progress: Progress | None, title: str) -> None:
    name = plain(title)
    if progress is None or progress.stage == "load":
        st.progress(1.0 if progress else 0.0, text=f"Loading {name}")
    elif not progress.total:
        st.progress(0.0, text=f"Downloading {name}: {megabytes(progress.done)}")
    else:
        share = min(1.0, progress.done / progress.total)
        st.progress(share, text=f"Downloading {name}: {megabytes(progress.done)} of {megabytes(progress.total)}")
