"""Engines and traces, each loaded or computed once for all sessions, and never more of them than fit.

An engine is loaded in a thread of its own: the page stays alive and shows how far it has come, two sessions that ask
for one model wait for one download, and a person who goes on typing does not break it off. An engine that a session
looks at is never let go for another one. What failed, or was saved again, is loaded again when somebody asks for it by
a click, not by every visit.
"""

import gc
from collections import deque
from collections.abc import Hashable
from itertools import count
from threading import Event, Lock, Thread
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

import streamlit as st

import attnviz
from attnviz import Engine, Progress, Stack, Trace, first
from attnviz.address import View
from attnviz.app.kept import Kept, memory
from attnviz.edits import Edit
from attnviz.engine.files import canonical, stamp
from attnviz.survey import Survey, survey
from attnviz.trace import AttentionMaps
from attnviz.view import Resolved, resolve

ENGINES_SHARE = 0.5  # of the memory; a BERT takes 440 MB
MAX_TRACE_BYTES = 512_000_000  # a trace of BERT base and 512 tokens takes 57 MB
OVERHEAD = 1_000_000  # bytes that an engine takes beside its weights; what failed is counted with this alone
MAX_SESSION_BYTES = 64_000_000  # traces of one session beside the one that it looks at
N_SURVEYS = 4  # ways of drawing a text, merged or with special tokens hidden, of which is kept what was found
N_IN_USE = 2  # engines that a session looks at: both sides of a comparison
POLL_SECONDS = 0.1
_SEAT, _TRACES = "_engines", "_traces"
_NUMBERS, _NUMBERING = count(), Lock()
_SERIALS: WeakKeyDictionary[Engine, int] = WeakKeyDictionary()
_FIRSTS: WeakKeyDictionary[Engine, first.First | None] = WeakKeyDictionary()


class Loading:
    """An engine on its way; `start` sends it.

    n_bytes: what it takes; 0 until loading has ended.
    """

    def __init__(self, name: str, *, from_scratch: bool, fetch_again: bool = False) -> None:
        self.progress: Progress | None = None
        self.n_bytes = 0
        self._name, self._from_scratch, self._fetch_again = name, from_scratch, fetch_again
        self._stamp: Hashable = None
        self._engine: Engine | None = None
        self._error: BaseException | None = None
        self._done, self._is_sent = Event(), Lock()

    def start(self) -> None:
        """Begin to load in a thread of its own, once."""
        if self._is_sent.acquire(blocking=False):
            Thread(target=self._load, name=f"load {self._name}", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Whether loading has ended, after waiting for it at most this long."""
        return self._done.wait(seconds)

    def result(self) -> Engine:
        """The engine, or the error that loading ended with."""
        self._done.wait()
        if self._engine is None:
            raise self._error or RuntimeError("Loading ended with neither an engine nor an error.")
        return self._engine

    @property
    def has_failed(self) -> bool:
        """Whether loading has ended without an engine."""
        return self._done.is_set() and self._engine is None

    @property
    def is_outdated(self) -> bool:
        """Whether the model's folder was saved again after it was read."""
        return self._done.is_set() and stamp(self._name) != self._stamp

    def _load(self) -> None:
        try:
            self._stamp = stamp(self._name)
            options = {"fetch_again": True} if self._fetch_again else {}
            self._engine = attnviz.load(self._name, from_scratch=self._from_scratch, progress=self._note, **options)
            _freeze()
        except BaseException as error:  # handed to the page, which shows it or lets it surface
            self._error = error
        finally:
            self.n_bytes = OVERHEAD + (0 if self._engine is None else weights_of(self._engine))
            self._done.set()

    def _note(self, progress: Progress) -> None:
        self.progress = progress


class Seat:
    """The engines that one session looks at; it goes when the session ends."""

    def __init__(self) -> None:
        self.engines: deque[Loading] = deque(maxlen=N_IN_USE)


class Engines:
    """The engines that are loaded or on their way, for all sessions."""

    def __init__(self, max_bytes: int) -> None:
        self._seats: WeakSet[Seat] = WeakSet()
        self._kept: Kept[Loading] = Kept(max_bytes, lambda each: each.n_bytes, in_use=self._is_in_use)

    def get(self, name: str, *, from_scratch: bool) -> Loading:
        """The one loading of a model; this session looks at it from now on."""
        name = canonical(name)
        coming = self._kept.get((name, from_scratch), lambda: Loading(name, from_scratch=from_scratch))
        coming.start()
        seat: Seat = st.session_state.setdefault(_SEAT, Seat())
        if coming not in seat.engines:
            seat.engines.append(coming)
        self._seats.add(seat)
        return coming

    def renew(self, name: str) -> None:
        """Forget a model that failed, or whose folder was saved again."""
        name = canonical(name)
        for key in ((name, False), (name, True)):
            known = self._kept.peek(key)
            if known is not None and (known.has_failed or known.is_outdated):
                self._kept.drop(key)

    def fetch(self, name: str, *, from_scratch: bool) -> None:
        """Load a model whose files are fetched again from the hub."""
        name = canonical(name)
        self._kept.drop((name, not from_scratch))
        self._kept.put((name, from_scratch), Loading(name, from_scratch=from_scratch, fetch_again=True))

    def _is_in_use(self, coming: Loading) -> bool:
        return any(coming in seat.engines for seat in list(self._seats))


@st.cache_resource(show_spinner=False)
def _engines() -> Engines:
    return Engines(int(ENGINES_SHARE * memory()))


@st.cache_resource(show_spinner=False)
def _traces() -> Kept[Trace[Stack]]:
    return Kept(MAX_TRACE_BYTES, n_bytes_of)


class Traced:
    """What an engine did with a text, and what is found in its maps, once for each way of drawing them."""

    def __init__(self, trace: Trace[Stack]) -> None:
        self.trace = trace
        self.n_bytes = n_bytes_of(trace)
        self.answers: dict[Hashable, dict[str, Any]] = {}  # before and after its edits, by what was asked
        self.effects: dict[Hashable, tuple[tuple[str, str], Any]] = {}  # found by taking something away, see worth.py
        self._surveys: dict[tuple[object, ...], Survey] = {}

    def resolve(self, view: View) -> Resolved:
        """What is on screen for a view."""
        drawn = (view.stack, *(view.value(name) for name in ("words", "special", "rows", "columns")))

        def found(maps: AttentionMaps, *, rows: range, columns: range) -> Survey:
            if drawn not in self._surveys:
                for old in list(self._surveys)[: 1 - N_SURVEYS]:
                    del self._surveys[old]
                self._surveys[drawn] = survey(maps, rows=rows, columns=columns)
            return self._surveys[drawn]

        return resolve(view, self.trace, found, opening=first.opening(self.trace))


def traced(engine: Engine, text: str, pair: str | None, edits: tuple[Edit, ...] = (), /, **languages: str) -> Traced:
    """What the attention of an engine did with a text, told its languages; kept for this session.

    Raises EditError for an edit of what is not there.
    """
    kept: Kept[Traced] = st.session_state.setdefault(_TRACES, Kept(MAX_SESSION_BYTES, lambda each: each.n_bytes))
    key = (serial(engine), text, pair, edits, *sorted(languages.items()))
    return kept.get(key, lambda: Traced(engine.run(text, pair=pair, edits=edits, **languages)))


def loading(name: str, *, from_scratch: bool) -> Loading:
    """The engine on its way; the same one for everybody who asks for it."""
    return _engines().get(name, from_scratch=from_scratch)


def finish(name: str, *, from_scratch: bool) -> Engine:
    """The engine, once it is loaded."""
    return loading(name, from_scratch=from_scratch).result()


def ask_again(name: str) -> None:
    """Have a model loaded anew where it failed, or its folder was saved again; call it where a person asks for it."""
    _engines().renew(name)


def fetch_again(name: str, *, from_scratch: bool) -> None:
    """Have a model's files fetched anew, because one in the cache of the hub is wrong."""
    _engines().fetch(name, from_scratch=from_scratch)


def trace(engine: Engine, text: str, pair: str | None, **languages: Any) -> Trace[Stack]:
    """What the attention of an engine did with a text, told its languages."""
    key = (serial(engine), text, pair, *sorted(languages.items()))
    return _traces().get(key, lambda: engine.run(text, pair=pair, **languages))


def first_visit(engine: Engine) -> first.First | None:
    """What a first visit shows, computed once for an engine."""
    if engine not in _FIRSTS:
        _FIRSTS[engine] = first.first_visit(engine)
    return _FIRSTS[engine]


def serial(engine: Engine) -> int:
    """A number that no other engine has or had: what names an engine in caches."""
    with _NUMBERING:
        if engine not in _SERIALS:
            _SERIALS[engine] = next(_NUMBERS)
        return _SERIALS[engine]


def weights_of(engine: Engine) -> int:
    """Bytes of an engine's weights."""
    model = getattr(engine, "model", None)
    return 0 if model is None else sum(parameter.nbytes for parameter in model.parameters())


def n_bytes_of(trace: Trace[Stack]) -> int:
    """Bytes of all tensors of a trace; one that several layers share counts once."""
    fields = [vars(step) for stack in trace.stacks.values() for step in stack.steps]
    storages = [
        each.untyped_storage() for field in fields for each in field.values() if hasattr(each, "untyped_storage")
    ]
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())


def _freeze() -> None:
    """Take what is loaded out of the garbage collector's rounds: with torch and a model in memory one takes 200 ms.

    What an evicted engine left behind is thawed and collected first.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
