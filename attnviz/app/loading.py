"""Engines and traces, each loaded or computed once for all sessions, and never more of them than fit.

An engine is loaded in a thread of its own: the page stays alive and shows how far it has come, two sessions that ask
for one model wait for one download, and a person who goes on typing does not break it off.
"""

import gc
from threading import Event, Thread

import streamlit as st

import attnviz
from attnviz import Engine, Progress, Stack, Trace

MAX_ENGINES = 3  # a BERT takes 440 MB
MAX_TRACES = 8  # a trace of BERT base and 512 tokens takes 57 MB
POLL_SECONDS = 0.1


class Loading:
    """An engine on its way."""

    def __init__(self, name: str, *, from_scratch: bool) -> None:
        self.progress: Progress | None = None
        self._name, self._from_scratch = name, from_scratch
        self._engine: Engine | None = None
        self._error: BaseException | None = None
        self._done = Event()
        Thread(target=self._load, name=f"load {name}", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Whether loading has ended, after waiting for it at most this long."""
        return self._done.wait(seconds)

    def result(self) -> Engine:
        """The engine, or the error that loading ended with."""
        self._done.wait()
        if self._engine is None:
            raise self._error or RuntimeError("Loading ended with neither an engine nor an error.")
        return self._engine

    def _load(self) -> None:
        try:
            self._engine = attnviz.load(self._name, from_scratch=self._from_scratch, progress=self._note)
            _freeze()
        except BaseException as error:  # handed to the page, which shows it or lets it surface
            self._error = error
        finally:
            self._done.set()

    def _note(self, progress: Progress) -> None:
        self.progress = progress


@st.cache_resource(max_entries=MAX_ENGINES, show_spinner=False)
def loading(name: str, *, from_scratch: bool) -> Loading:
    """The engine on its way; the same one for everybody who asks for it."""
    return Loading(name, from_scratch=from_scratch)


def finish(name: str, *, from_scratch: bool) -> Engine:
    """The engine of a loading that has ended; a failed one is forgotten, so that one can try again."""
    try:
        return loading(name, from_scratch=from_scratch).result()
    except BaseException:
        loading.clear(name, from_scratch=from_scratch)
        raise


def trace(engine: Engine, text: str, pair: str | None, *, from_scratch: bool) -> Trace[Stack]:
    """What the attention of an engine did with a text."""
    return _trace(engine, engine.name, from_scratch, text, pair)


@st.cache_resource(max_entries=MAX_TRACES, show_spinner=False)
def _trace(_engine: Engine, name: str, from_scratch: bool, text: str, pair: str | None) -> Trace[Stack]:
    """The name and the way of computing stand for the engine, which cannot be hashed."""
    return _engine.run(text, pair=pair)


def _freeze() -> None:
    """Take what is loaded out of the garbage collector's rounds.

    Streamlit collects after every run of a page; with torch and a model in memory that takes 200 ms of CPU a click.
    What an evicted engine left behind is thawed and collected first.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
