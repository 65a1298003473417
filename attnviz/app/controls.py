"""What a person changes beyond the sentence: the model, and which attention they look at."""

import streamlit as st

from attnviz import Engine
from attnviz.app import languages, models, session
from attnviz.app.selection import Selection
from attnviz.app.state import is_value
from attnviz.engine.catalogue import can_run_from_scratch
from attnviz.figures.cells import MAX_EXACT
from attnviz.trace import AttentionMaps

STACKS = {
    "encoder": "Encoder: the text attends to itself",
    "decoder": "Decoder: each token attends to those before it",
    "cross": "Cross: the second text attends to the first",
}


def model() -> None:
    """The model: one of the list, or any other that is typed."""
    names, chosen = models.offered(session.view().model), session.view().model
    st.selectbox(
        "Model",
        names,
        format_func=models.described,
        index=names.index(chosen),
        key=session.offer("model", chosen),
        on_change=_take_model,
        accept_new_options=True,
        placeholder="Choose, or type a Hugging Face id or a folder",
        help="Any other model of the Hugging Face hub can be typed: its id, `id@revision`, or a local folder. "
        "The two numbers are layers × heads.",
    )


def other_model() -> None:
    """The model to compare with: the same one, one of the list, or any other that is typed."""
    view = session.view()
    names = ("", *models.offered(view.other_model or view.model))
    st.selectbox(
        "Second model",
        names,
        format_func=lambda name: models.described(name) if name else "The same model",
        index=names.index(view.other_model),
        key=session.offer("other_model", view.other_model),
        on_change=_take_other_model,
        accept_new_options=True,
    )


def second_text(engine: Engine, field: str, placeholder: str) -> None:
    """The second text of a side of a comparison, where its model reads one."""
    if engine.reads_pairs:
        st.text_input("Its second text", placeholder=placeholder, **session.bound(field))


def options(engine: Engine, name: str) -> None:
    """What most people leave alone: a second text, and our own code for a BERT-shaped model.

    name: of the model that is shown; of one that only a link asks for, not even the folder is looked at.
    """
    view = session.view()
    from_scratch = view.from_scratch or (name == view.model and can_run_from_scratch(name))
    languages.check(engine, name)
    if not (engine.reads_pairs or engine.languages or from_scratch):
        return
    label = "Second text and options" if engine.reads_pairs else "Options"
    with st.expander(label, expanded=bool(view.pair or view.from_scratch or engine.languages)):
        if engine.reads_pairs:
            st.text_input(
                "Second text",
                placeholder="Optional: a second sentence, or the target of an encoder-decoder model",
                **session.bound("pair"),
            )
        languages.boxes(engine)
        if from_scratch:
            st.toggle("Compute with our from-scratch code", **session.bound("from_scratch"))


def attention(chosen: Selection) -> None:
    """Which stack, layer and head."""
    with st.container(horizontal=True, gap="large"):
        if len(chosen.kinds) > 1:
            st.selectbox(
                "Attention",
                chosen.kinds,
                format_func=STACKS.__getitem__,
                width=330,
                **session.showing("stack", chosen.kind, index=chosen.kinds.index(chosen.kind)),
            )
        for name, numbers in (("layer", chosen.stack.layers), ("head", range(chosen.stack.n_heads))):
            shown = getattr(chosen, name)
            tied = session.showing(name, shown, default=shown)
            st.pills(name.capitalize(), numbers, required=True, wrap=True, **tied)


def window(stack: AttentionMaps) -> None:
    """Where the window begins that the large map shows of a long text."""
    long = {"rows": len(stack.query_tokens), "columns": len(stack.key_tokens)}
    long = {field: n_tokens for field, n_tokens in long.items() if n_tokens > MAX_EXACT}
    for field, place in zip(long, st.columns(len(long)) if long else (), strict=True):
        last = long[field] - MAX_EXACT
        start = min(getattr(session.view(), field), last)
        label = f"{field.capitalize()}: {MAX_EXACT} of {long[field]} tokens, from"
        place.slider(label, 0, last, **session.showing(field, start, value=start))


def _take_other_model() -> None:
    name = (st.session_state["other_model"] or "").strip()
    if is_value("other_model", name):
        session.change(other_model=name)
        if name:
            session.choose_model(name)


def _take_model() -> None:
    name = (st.session_state["model"] or "").strip()
    if is_value("model", name):
        session.change(model=name, from_scratch=False, source_language="", target_language="")
        session.choose_model(name)
