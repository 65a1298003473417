"""The attention of a sentence: which one, what it is honestly, the chosen head large, all heads of its layer."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from attnviz import Engine
from attnviz.app import controls, loading, models, session
from attnviz.app.components import canvas, maps
from attnviz.app.selection import Selection, select
from attnviz.app.words import counted, plain


def attention(engine: Engine, name: str, body: DeltaGenerator) -> None:
    """Draw what an engine's attention does with the text of the view; `name` is the model that it is."""
    view = session.view()
    is_asked = name == view.model
    from_scratch = is_asked and view.from_scratch
    pair = view.pair if engine.reads_pairs and view.pair.strip() else None
    wanted = (name, from_scratch, view.text, pair)
    trace = loading.trace(engine, view.text, pair, from_scratch=from_scratch)
    chosen = select(trace, is_asked=is_asked)
    with session.filled(body):
        seen = canvas.picture(chosen, wanted, is_asked=is_asked)
        canvas.sentence(seen)
        small, large = st.columns([5, 6], gap="medium")
        with small:
            canvas.overview(seen)
        with large:
            controls.window(chosen.stack)
            maps.large_map(chosen.stack, layer=chosen.layer, head=chosen.head, rows=view.rows, columns=view.columns)
        controls.attention(chosen)
        st.markdown(_what_is_shown(chosen, name, from_scratch=from_scratch))
        maps.head_maps(chosen.stack, layer=chosen.layer, head=chosen.head)


def _what_is_shown(chosen: Selection, name: str, *, from_scratch: bool) -> str:
    """The line that tells what the pictures are."""
    n_rows, n_columns = len(chosen.stack.query_tokens), len(chosen.stack.key_tokens)
    tokens = counted(n_rows, "token") if chosen.kind != "cross" else f"{counted(n_rows, 'token')} to {n_columns}"
    model = plain(models.title(name)) + (" (our from-scratch code)" if from_scratch else "")
    sentences = [
        f"**{model} · {chosen.kind} · layer {chosen.layer} · head {chosen.head} · {tokens}**  \n",
        "A row attends to the columns, and its weights sum to 1. Every map has a colour scale of its own. "
        "Layers and heads count from 0.",
    ]
    if chosen.stack.step(chosen.layer).mask is not None:
        sentences.append("Grey: masked, may not be attended to.")
    if name == "untrained":
        sentences.append("The weights of this model are random: no pattern here means anything.")
    note = maps.pooling_note(chosen.stack)
    return " ".join([*sentences, note] if note else sentences)
