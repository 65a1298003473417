"""The languages of a translator: the boxes in which they are chosen, and what of them a model is told."""

import streamlit as st

from attnviz import Engine, Stack, Trace
from attnviz.app import models, session
from attnviz.app.shared.words import plain

_LABELS = {"source_language": "Language of the text", "target_language": "Language of the second text"}


def told(engine: Engine) -> dict[str, str]:
    """The languages of the view that an engine knows, as arguments of its `run`."""
    view = session.view()
    return {field: code for field in _fields(engine) if (code := getattr(view, field)) in engine.languages}


def check(engine: Engine, name: str) -> None:
    """Leave out languages of the view that the model which was asked for does not know."""
    view = session.view()
    for field in _LABELS if name == view.model else ():
        code = getattr(view, field)
        if code and field not in told(engine):
            complaint = f"{models.title(name)} does not know {field}={code}, which is left out."
            session.correct(complaint, **{field: ""})


def boxes(engine: Engine) -> None:
    """A box for each language that an engine is told; nothing for a model without languages."""
    fields = _fields(engine)
    for field, place in zip(fields, st.columns(len(fields)) if fields else (), strict=True):
        options = ("", *engine.languages)
        shown = told(engine).get(field, "")
        place.selectbox(
            _LABELS[field],
            options,
            format_func=lambda code: code or "As the model's files say",
            **session.showing(field, shown, index=options.index(shown)),
        )


def said(trace: Trace[Stack]) -> str:
    """The languages that a trace was read in, as the end of what is said of it; nothing without any."""
    if trace.source_language is None:
        return ""
    target = f", the second text as {trace.target_language}" if trace.target_language and trace.pair else ""
    return plain(f" The text is read as {trace.source_language}{target}.")


def _fields(engine: Engine) -> tuple[str, ...]:
    """The languages that an engine takes."""
    if not engine.languages:
        return ()
    return tuple(_LABELS) if engine.reads_pairs else ("source_language",)
