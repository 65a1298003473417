"""What a person changes: the sentence, the model, and which attention they look at."""

import streamlit as st

from attnviz import Engine
from attnviz.app import models, session
from attnviz.app.selection import Selection
from attnviz.app.state import EXAMPLES, fits_address
from attnviz.engine.catalogue import can_run_from_scratch
from attnviz.figures.cells import MAX_EXACT
from attnviz.trace import AttentionMaps

STACKS = {
    "encoder": "Encoder: the text attends to itself",
    "decoder": "Decoder: each token attends to those before it",
    "cross": "Cross: the second text attends to the first",
}


def sentence() -> None:
    """The sentence."""
    st.text_input("Sentence", placeholder="Type a sentence and press Enter", **session.bound("text"))


def examples() -> None:
    """Sentences to begin with, and a word where a text is too long for a link."""
    view = session.view()
    st.pills(
        "Examples",
        EXAMPLES,
        format_func=EXAMPLES.__getitem__,
        key=session.offer("example", view.text if view.text in EXAMPLES else None),
        on_change=lambda: session.change(text=st.session_state["example"] or session.view().text),
        label_visibility="collapsed",
        wrap=True,
    )
    if not fits_address(view.text) or not fits_address(view.pair):
        st.caption("This text is too long for an address: a link to this page leaves it out.")


def model() -> None:
    """The model: one of the list, or any other that is typed."""
    st.selectbox(
        "Model",
        models.offered(session.view().model),
        format_func=models.described,
        key=session.offer("model", session.view().model),
        on_change=_take_model,
        accept_new_options=True,
        placeholder="Choose, or type a Hugging Face id or a folder",
        help="Any other model of the Hugging Face hub can be typed: its id, `id@revision`, or a local folder. "
        "The two numbers are layers × heads.",
    )


def other_model() -> None:
    """The model to compare with: the same one, one of the list, or any other that is typed."""
    view = session.view()
    st.selectbox(
        "Second model",
        ("", *models.offered(view.other_model or view.model)),
        format_func=lambda name: models.described(name) if name else "The same model",
        key=session.offer("other_model", view.other_model),
        on_change=_take_other_model,
        accept_new_options=True,
    )


def options(engine: Engine) -> None:
    """What most people leave alone: a second text, and our own code for a BERT-shaped model."""
    view = session.view()
    from_scratch = view.from_scratch or can_run_from_scratch(view.model)
    if not (engine.reads_pairs or from_scratch):
        return
    label = "Second text and options" if engine.reads_pairs else "Options"
    with st.expander(label, expanded=bool(view.pair or view.from_scratch)):
        if engine.reads_pairs:
            st.text_input(
                "Second text",
                placeholder="Optional: a second sentence, or the target of an encoder-decoder model",
                **session.bound("pair"),
            )
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
                **session.showing("stack", chosen.kind),
            )
        for name, count in (("layer", chosen.stack.n_layers), ("head", chosen.stack.n_heads)):
            shown = session.showing(name, getattr(chosen, name))
            st.pills(name.capitalize(), range(count), required=True, wrap=True, **shown)


def window(stack: AttentionMaps) -> None:
    """Where the window begins that the large map shows of a long text."""
    long = {"rows": len(stack.query_tokens), "columns": len(stack.key_tokens)}
    long = {field: n_tokens for field, n_tokens in long.items() if n_tokens > MAX_EXACT}
    for field, place in zip(long, st.columns(len(long)) if long else (), strict=True):
        last = long[field] - MAX_EXACT
        start = min(getattr(session.view(), field), last)
        label = f"{field.capitalize()}: {MAX_EXACT} of {long[field]} tokens, from"
        place.slider(label, 0, last, **session.showing(field, start))


def _take_other_model() -> None:
    name = (st.session_state["other_model"] or "").strip()
    session.change(other_model=name)
    if name:
        session.choose_model(name)


def _take_model() -> None:
    name = (st.session_state["model"] or "").strip() or session.view().model
    session.change(model=name, from_scratch=False)
    session.choose_model(name)
