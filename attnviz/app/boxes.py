"""What a person types and chooses above the picture: the text, the model, and what few models have.

The first two are on screen before torch is imported, which takes a second, once.
"""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from attnviz import DEFAULT_MODEL
from attnviz.address import fits_address
from attnviz.app import models
from attnviz.app.shared.words import plain
from attnviz.app.visit import tied, visit
from attnviz.engine.catalogue import can_run_from_scratch

if TYPE_CHECKING:
    from attnviz.protocols import Engine

LANGUAGES = {"source": "Language of the text", "target": "Language of the second text"}


def titled(title: str, said: str) -> None:
    """A title, and behind it what is said of it."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.subheader(title, anchor=False, width="content")
        st.markdown(f":gray[{plain(said)}]", width="content")


def sentence(field: str = "text", label: str = "Sentence") -> None:
    """A text box without a label on screen: what stands above says what it is for."""
    shown = visit().view.value(field)
    st.text_input(
        label, shown, placeholder="Type a sentence and press Enter", label_visibility="collapsed", **tied(field, shown)
    )


def model(field: str = "model", label: str = "Model") -> None:
    """A model: one of the list, or any other that is typed; "other_model" may be the same as the first."""
    view = visit().view
    chosen = view.value("model") if field == "model" else view.other_model or ""
    names = models.offered(chosen) if field == "model" else ("", *models.offered(chosen or view.value("model")))
    st.selectbox(
        label,
        names,
        format_func=lambda name: f"Model: {models.described(name) if name else 'the same'}",
        index=names.index(chosen),
        accept_new_options=True,
        placeholder="Choose, or type a Hugging Face id or a folder",
        label_visibility="collapsed",
        **tied(field, _as_chosen(chosen), partial(_asked, field)),
    )


def _as_chosen(name: str) -> str:
    """What `tied` is told of a model: of one that was typed another value, so that the list is another and names it."""
    return name if name in ("", *models.offered(DEFAULT_MODEL)) else f"Model: {name}"


def options(engine: "Engine", name: str, *, beside: DeltaGenerator) -> None:
    """What few models have: a second text, languages, our own code for a BERT-shaped model; nothing where it has none.

    name: of the model that is shown; of one that only a link asks for, not even the folder is looked at. beside: where
    they are asked for, so that they take no line before.
    """
    view = visit().view
    from_scratch = view.value("from_scratch") or (name == view.value("model") and can_run_from_scratch(name))
    if not (engine.reads_pairs or engine.languages or from_scratch):
        return
    is_open = bool(view.pair or view.from_scratch or engine.languages)
    if not beside.toggle("Options", is_open, key=f"options_{is_open}", width="content"):
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        second_text(engine, "pair", "Optional: a second sentence, or the target of an encoder-decoder model")
        if from_scratch:
            is_on = view.value("from_scratch")
            label = "Compute with our from-scratch code"
            st.toggle(label, is_on, **tied("from_scratch", is_on, lambda on: {"type": "from_scratch", "on": on}))
    languages(engine)


def second_text(engine: "Engine", field: str, placeholder: str) -> None:
    """The second text of a side, where its model reads one."""
    if engine.reads_pairs:
        shown = visit().view.value(field) or ""
        st.text_input("Second text", shown, placeholder=placeholder, **tied(field, shown))


def pair_of(engine: "Engine", pair: str | None) -> str | None:
    """The second text that a model is given: none where it reads none, or where nothing but blanks is typed."""
    return pair if engine.reads_pairs and pair and pair.strip() else None


def languages(engine: "Engine") -> None:
    """A box for each language that a translator is told."""
    sides = [side for side in LANGUAGES if engine.languages and (side == "source" or engine.reads_pairs)]
    for side, place in zip(sides, st.columns(len(sides)) if sides else (), strict=True):
        options = ("", *engine.languages)
        asked = getattr(visit().view, f"{side}_language")
        shown = asked if asked in engine.languages else ""
        place.selectbox(
            LANGUAGES[side],
            options,
            format_func=lambda code: code or "As the model's files say",
            index=options.index(shown),
            **tied(side, shown, partial(_language, side)),
        )


def told(engine: "Engine") -> dict[str, str]:
    """The languages of the view that an engine knows, as arguments of its `run`."""
    view, known = visit().view, engine.languages
    fields = ("source_language", "target_language") if engine.reads_pairs else ("source_language",)
    return {field: code for field in fields if (code := getattr(view, field)) in known}


def say_what_a_link_leaves_out() -> None:
    """Say so where the texts are too long for a link."""
    if not fits_address(visit().view):
        st.caption("The texts are too long for an address: a link to this page leaves them out.")


def _language(side: str, code: str) -> dict[str, str]:
    """The event of a language that was chosen."""
    return {"type": "language", "side": side, "language": code}


def _asked(field: str, name: str | None) -> dict[str, str]:
    """The event of a model that was chosen or typed."""
    name = (name or "").strip()
    if name:
        visit().ask(name)
    return {"type": field, field: name}
