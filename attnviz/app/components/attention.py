"""The attention of a sentence: which one, what it is honestly, the chosen head large, all heads of its layer."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from attnviz import Engine
from attnviz.app import controls, display, guide, loading, models, session
from attnviz.app.components import canvas, cells, maps
from attnviz.app.components.arithmetic import arithmetic_of, link
from attnviz.app.components.tables import numbers_of
from attnviz.app.components.take_away import take_away
from attnviz.app.display import Display
from attnviz.app.selection import Selection, select
from attnviz.app.words import counted, plain


def attention(engine: Engine, name: str, body: DeltaGenerator) -> None:
    """Draw what an engine's attention does with the text of the view; `name` is the model that it is."""
    view = session.view()
    is_asked = name == view.model
    from_scratch = is_asked and view.from_scratch
    pair = view.pair if engine.reads_pairs and view.pair.strip() else None
    trace = loading.trace(engine, view.text, pair, from_scratch=from_scratch)
    chosen = select(trace, is_asked=is_asked)
    shown = display.display(chosen)
    known = guide.about(name, trace.text, chosen.stack)
    # the sentence and all heads: one picture in two places
    source = (name, from_scratch, view.text, pair)
    seen = canvas.picture(chosen, shown, source, is_asked=is_asked, known=known)
    with session.filled(body):
        sentence = st.container()
        if not seen.maps.is_exact:  # the browser cannot draw another head of a long text by itself, and waits for this
            with sentence:
                canvas.sentence(seen)
        overview, large, right = st.columns([7, 12, 9], gap="small")
        with overview:
            canvas.overview(seen)
        query, key = link(chosen, first=known.first, is_asked=is_asked)
        with large:
            controls.window(shown.maps)
            place = shown.place(query, key)
            figure = maps.large_map(shown.maps, layer=chosen.layer, head=chosen.head, framed=place)
        if seen.maps.is_exact:
            with sentence:
                canvas.sentence(seen)
        maps.let_draw("large")
        with overview:
            numbers_of("sentence", lambda: canvas.sentence_columns(seen))
            numbers_of("overview", lambda: canvas.overview_columns(seen))
        with right:
            tools = st.container(horizontal=True, horizontal_alignment="right")
        with tools:
            display.controls()
        with large:
            cells.choosable("heatmap", shown, *maps.windows(shown.maps))
            numbers_of("map", lambda: maps.columns(shown.maps, layer=chosen.layer, head=chosen.head))
        with right:
            arithmetic_of(chosen, query, key)
        with tools:
            take_away(trace, chosen, shown, figure, seen)
        controls.attention(chosen)
        st.markdown(_what_is_shown(chosen, shown, name, from_scratch=from_scratch))
        _what_is_known(name, trace.text, chosen)
        display.sink_notice(chosen)
        maps.head_maps(shown.maps, layer=chosen.layer, head=chosen.head)
        numbers_of("heads", lambda: maps.columns_of_heads(shown.maps, layer=chosen.layer))


def _what_is_known(name: str, text: str, chosen: Selection) -> None:
    """What the model was made for, what the head was measured to do, and where one can read more."""
    told = guide.known(name, text)
    if not told:
        return
    st.markdown(f"{told} {guide.measured(name, chosen.stack, chosen.layer, chosen.head)}")
    if st.button("Model card", icon=":material/description:", type="tertiary", key="model_card"):
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
