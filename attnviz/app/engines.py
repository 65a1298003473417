"""The engine of a view, with what the page shows while it loads and where it cannot be had."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from attnviz import DEFAULT_MODEL, AttnVizError, Engine, Progress
from attnviz.address import shortened
from attnviz.app import loading, models
from attnviz.app.shared.words import plain
from attnviz.app.visit import visit
from attnviz.engine import OWN_MODELS
from attnviz.errors import BrokenModelError
from attnviz.numbers import size_text


def engine_of(name: str, *, from_scratch: bool, notes: DeltaGenerator) -> tuple[Engine, str]:
    """The engine of a model and its name, or the default engine where a model cannot be had or needs a click first.

    Before the click nothing is looked up under the name that an address gives, not even whether there is such a folder.
    """
    bar = st.empty()  # not within the notes: what is empty takes no room, but a place that holds it does
    instead = plain(f"Shown instead: {models.title(DEFAULT_MODEL)}.")
    if models.needs_click(name) and name not in visit().asked:
        notes.warning(f"This link asks for the model {plain(shortened(name))}. {models.download(name)} {instead}")
        _ask(notes, "Load this model", name, icon="download")
    else:
        if name in visit().again:
            visit().again.discard(name)
            loading.ask_again(name)
        try:
            coming = _waited_for(name, from_scratch=from_scratch and name not in OWN_MODELS, bar=bar)
            engine = coming.result()
        except AttnVizError as error:
            if name == DEFAULT_MODEL:
                raise
            notes.error(f"{plain(str(error))} {instead}")
            with notes.container(horizontal=True):
                _say_what_to_try(name, error, from_scratch=from_scratch)
        else:
            if coming.is_outdated:
                notes.info(f"The files of {plain(models.title(name))} were saved again after they were loaded.")
                _ask(notes, "Load again", name, icon="refresh")
            return engine, name
    return _waited_for(DEFAULT_MODEL, from_scratch=False, bar=bar).result(), DEFAULT_MODEL


def _ask(place: DeltaGenerator, label: str, name: str, *, icon: str) -> None:
    """A button that asks for a model."""
    place.button(label, key=f"load_{name}", on_click=visit().ask, args=(name,), icon=f":material/{icon}:")


def _say_what_to_try(name: str, error: AttnVizError, *, from_scratch: bool) -> None:
    """Buttons for who wants to try a model again that failed."""
    _ask(st.container(width="content"), "Try again", name, icon="refresh")
    if isinstance(error, BrokenModelError) and models.is_on_the_hub(name):
        st.button(
            "Fetch its files again",
            key=f"fetch_{name}",
            on_click=loading.fetch_again,
            args=(name,),
            kwargs={"from_scratch": from_scratch},
            icon=":material/download:",
        )


def _waited_for(name: str, *, from_scratch: bool, bar: DeltaGenerator) -> loading.Loading:
    """A loading that has ended, with its progress in `bar` for as long as it took."""
    coming = loading.loading(name, from_scratch=from_scratch)
    if not coming.wait(loading.POLL_SECONDS):
        while not coming.wait(loading.POLL_SECONDS):
            with bar:
                _show(coming.progress, models.title(name))
        bar.empty()
    return coming


def _show(progress: Progress | None, title: str) -> None:
    name = plain(title)
    if progress is None or progress.stage == "load":
        st.progress(1.0 if progress else 0.0, text=f"Loading {name}")
    elif not progress.total:
        st.progress(0.0, text=f"Downloading {name}: {size_text(progress.done)}")
    else:
        share = min(1.0, progress.done / progress.total)
        st.progress(share, text=f"Downloading {name}: {size_text(progress.done)} of {size_text(progress.total)}")
