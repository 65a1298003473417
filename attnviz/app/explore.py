"""What stands on Explore below the boxes: the picture of the text, or why there is none."""

from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from attnviz.address import DEFAULT_TEXT, View
from attnviz.app import boxes, loading, picture, worth
from attnviz.app.engines import engine_of
from attnviz.app.picture import Shown
from attnviz.app.visit import NOBODY_ASKED, visit
from attnviz.edits import read_edits
from attnviz.errors import EditError, TextError, TextTooLongError

_SHOWN = "_shown"  # the last picture of this session


def explore(notes: DeltaGenerator, *, beside: DeltaGenerator) -> None:
    """Draw the picture, and every head below it; `beside` the text stands what its model can be asked for.

    A text that cannot be read leaves the picture before where it is, dimmed. Raises AttnVizError where no model can be
    had.
    """
    view = visit().view
    engine, name = engine_of(view.value("model"), from_scratch=view.value("from_scratch"), notes=notes)
    is_asked = name == view.value("model")
    with notes:
        boxes.options(engine, name, beside=beside)
    text, pair = view.value("text"), boxes.pair_of(engine, view.pair)
    try:
        before = loading.traced(engine, text, pair, **boxes.told(engine))
    except TextError as error:
        _draw_dimmed(error, view)
        return
    first = loading.first_visit(engine) if view == NOBODY_ASKED else None
    after, sentence = before, ""
    if view.edits is not None and is_asked:
        try:
            after = loading.traced(engine, text, pair, read_edits(view.edits), **boxes.told(engine))
        except (EditError, TextError) as error:  # a text of another length to take weights from, or none
            sentence = str(error)
    shown = Shown(after, name, is_asked=is_asked, first=first, before=before, engine=engine, sentence=sentence)
    st.session_state[_SHOWN] = shown
    picture.draw(shown)
    picture.heads(shown, then=partial(worth.worth, shown, engine))


def _draw_dimmed(error: TextError, view: View) -> None:
    """The picture before, if there is one, and what to do about the text."""
    dimmed = _dimmed(error, view)
    before: Shown | None = st.session_state.get(_SHOWN)
    if before is None:
        picture.draw_nothing(dimmed)
    else:
        picture.draw(Shown(before.traced, before.name, is_asked=before.is_asked, dimmed=dimmed))


def _dimmed(error: TextError, view: View) -> dict[str, Any]:
    """Why there is no picture of this text, and a text that there is one of."""
    text, offer = view.value("text"), None
    if not text.strip():
        offer = _text("Take the example", DEFAULT_TEXT)
        return {"sentence": "Type a sentence to see which words look at which.", "offer": offer}
    if isinstance(error, TextTooLongError) and error.fits and not view.pair:
        n_tokens, n_characters = error.fits
        offer = _text(f"Take its first {n_tokens} tokens", text[:n_characters])
    return {"sentence": str(error), "offer": offer}


def _text(label: str, text: str) -> dict[str, Any]:
    """A text that can be taken instead."""
    return {"label": label, "event": {"type": "text", "text": text}}
