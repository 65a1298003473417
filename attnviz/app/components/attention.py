"""The attention of a sentence: which one, what it is honestly, the chosen head large, all heads of its layer."""

from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from attnviz import Engine
from attnviz.app import controls, display, guide, loading, models, real_bert, session
from attnviz.app.components import canvas, cells, maps
from attnviz.app.components.arithmetic import arithmetic_of, link
from attnviz.app.components.take_away import take_away
from attnviz.app.display import Display
from attnviz.app.languages import said, told
from attnviz.app.selection import Selection, select
from attnviz.app.shared.tables import numbers_of
from attnviz.app.shared.words import counted, plain
from attnviz.engine import minilm
from attnviz.figures.heatmap import Figure


def attention(engine: Engine, name: str, body: DeltaGenerator) -> None:
    """Draw what an engine's attention does with the text of the view; `name` is the model that it is."""
    view = session.view()
    is_asked = name == view.model
    from_scratch = is_asked and view.from_scratch
    pair = view.pair if engine.reads_pairs and view.pair.strip() else None
    languages = told(engine)
    trace = loading.trace(engine, view.text, pair, **languages)
    chosen = select(trace, is_asked=is_asked)
    shown = display.display(chosen)
    known = guide.about(name, trace.text, chosen.stack)
    # the sentence and all heads: one picture in two places
    source = (loading.serial(engine), view.text, pair, *languages.items())
    seen = canvas.picture(chosen, shown, source, is_asked=is_asked, known=known)
    query, key = link(chosen, first=known.first, is_asked=is_asked)
    with session.filled(body):
        places = _places()
        figure = _pictures(places, seen, framed=shown.place(query, key))
        with places.right:
            tools = st.container(horizontal=True, horizontal_alignment="right")
        with tools:
            display.controls()
        _numbers(places, seen)
        with places.right:
            arithmetic_of(chosen, query, key)
        with tools:
            take_away(trace, chosen, shown, figure, seen)
        with places.below:
            controls.attention(chosen)
            st.markdown(_what_is_shown(chosen, shown, name, from_scratch=from_scratch) + said(trace))
            if trace.note:
                st.caption(plain(trace.note))
            _what_is_known(name, trace.text)
            display.sink_notice(chosen)
            display.dropped_notice(trace)
        maps.head_maps(shown.maps, layer=chosen.layer, head=chosen.head)
        numbers_of("heads", lambda: maps.columns_of_heads(shown.maps, layer=chosen.layer))


class _Places(NamedTuple):
    """Where the parts of the page stand: the sentence above, all heads, the chosen one, what is said below the two."""

    sentence: DeltaGenerator
    overview: DeltaGenerator
    large: DeltaGenerator
    below: DeltaGenerator
    right: DeltaGenerator


def _places() -> _Places:
    sentence = st.container()
    left, right = st.columns([19, 9], gap="small")
    with left:
        overview, large = st.columns([7, 12], gap="small")
        return _Places(sentence, overview, large, st.container(), right)


def _pictures(places: _Places, seen: canvas.Picture, *, framed: tuple[int, int] | None) -> Figure:
    """The sentence, all heads and the chosen one, in the order in which they are missed; the figure of the last."""
    if not seen.maps.is_exact:  # the browser cannot draw another head of a long text by itself, and waits for this
        with places.sentence:
            canvas.sentence(seen)
    with places.overview:
        canvas.overview(seen)
    if session.has_new_subject() and not seen.maps.is_exact:
        maps.let_draw("large")  # hundreds of words, all heads, and then the large map: not in one go
    with places.large:
        controls.window(seen.shown.maps)
        figure = maps.large_map(seen.shown.maps, layer=seen.chosen.layer, head=seen.chosen.head, framed=framed)
    if seen.maps.is_exact:
        with places.sentence:
            canvas.sentence(seen)
    maps.let_draw("large")
    return figure


def _numbers(places: _Places, seen: canvas.Picture) -> None:
    """The numbers of these pictures, and what a click on a cell does."""
    drawn = seen.shown.maps
    with places.overview:
        numbers_of("sentence", lambda: canvas.sentence_columns(seen))
        numbers_of("overview", lambda: canvas.overview_columns(seen))
    with places.large:
        cells.choosable("heatmap", seen.shown, *maps.windows(drawn))
        rows, columns = maps.windows(drawn)
        place = {"layer": seen.chosen.layer, "head": seen.chosen.head}
        numbers_of("map", lambda: maps.columns(drawn, **place, rows=rows, columns=columns))


def _what_is_known(name: str, text: str) -> None:
    """What the model was made for, and where one can read more; the overview says what its heads do."""
    told = guide.known(name, text)
    if not told:
        return
    st.markdown(told)
    with st.container(horizontal=True):
        if name == minilm.NAME or not guide.is_evidence(name, text):
            real_bert.button()
        if guide.card(name) and st.button(
            "Model card", icon=":material/description:", type="tertiary", key="model_card"
        ):
            _show_card(name)


@st.dialog("Model card", width="large")
def _show_card(name: str) -> None:
    """How the model was made, what was measured, where it fails."""
    st.markdown(guide.card(name))


def _what_is_shown(chosen: Selection, shown: Display, name: str, *, from_scratch: bool) -> str:
    """The line that tells what the pictures are."""
    n_rows, n_columns = len(chosen.stack.query_tokens), len(chosen.stack.key_tokens)
    tokens = counted(n_rows, "token") if chosen.kind != "cross" else f"{counted(n_rows, 'token')} to {n_columns}"
    model = plain(models.title(name)) + (" (our from-scratch code)" if from_scratch else "")
    sentences = [
        f"**{model} · {chosen.kind} · layer {chosen.layer} · head {chosen.head} · {tokens}**  \n",
        "A row attends to the columns, and its weights sum to 1. Layers and heads count from 0. "
        "Click a cell or a word to see how its weight came about.",
        *shown.notes,
        *shown.of_head,
    ]
    if chosen.stack.step(chosen.layer).mask is not None:
        sentences.append("Grey: masked, may not be attended to.")
    if name == "untrained":
        sentences.append("The weights of this model are random: no pattern here means anything.")
    note = maps.pooling_note(shown.maps)
    return " ".join([*sentences, note] if note else sentences)
