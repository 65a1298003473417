"""The same sentence in a real BERT, and back: offered where the package with MiniLM's weights is installed.

The built-in model knows the sentences of its grammar; of most that people type it knows some words at best. The chip is
on screen before torch is imported.
"""

import streamlit as st

from attnviz import DEFAULT_MODEL
from attnviz.app import session
from attnviz.app.state import NOT_CHOSEN
from attnviz.engine import minilm

CHIP = ":material/swap_horiz: In a real BERT"


def chip() -> None:
    """A chip that is lit while the sentence is shown in MiniLM."""
    if _is_offered():
        shown = CHIP if session.view().model == minilm.NAME else None
        key = session.offer("chip_bert", shown)
        st.pills("Model", (CHIP,), default=shown, key=key, on_change=_switch, label_visibility="collapsed")


def button() -> None:
    """A button beside what is said of the model: there, and back."""
    if _is_offered():
        is_there = session.view().model == minilm.NAME
        label = "Back to the built-in model" if is_there else "Show this sentence in a real BERT"
        icon = ":material/undo:" if is_there else ":material/swap_horiz:"
        st.button(label, key="to_bert", on_click=_switch, icon=icon)


def _is_offered() -> bool:
    """Whether there are MiniLM's weights, and one of the two models is shown."""
    return minilm.folder() is not None and session.view().model in {DEFAULT_MODEL, minilm.NAME}


def _switch() -> None:
    """The same texts in the other model; what was chosen in the maps of the first has no meaning in the second."""
    other = DEFAULT_MODEL if session.view().model == minilm.NAME else minilm.NAME
    at_rest = dict.fromkeys(("layer", "head", "query", "key"), NOT_CHOSEN)
    session.change(model=other, from_scratch=False, stack="", pins="", average="", **at_rest)
