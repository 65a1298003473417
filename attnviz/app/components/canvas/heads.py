"""What is said of every head: what it was measured to do, else where its weight goes in the text on screen."""

from collections.abc import Sequence

import streamlit as st

from attnviz.analysis.habits import Habit, habits
from attnviz.app.shared.words import percent
from attnviz.trace import AttentionMaps

MAX_KEPT = 32  # texts whose habits are kept


@st.cache_resource(max_entries=MAX_KEPT, show_spinner=False)
def habits_of(_maps: AttentionMaps, source: tuple[object, ...]) -> tuple[Habit, ...]:
    """The habit of every head; `source` is what the maps were computed from."""
    return habits(_maps)


def said(measured: Sequence[str], found: Sequence[Habit], *, has_special: bool) -> list[str]:
    """A sentence for every head, layer by layer.

    measured: what is known of the heads beforehand, "" where nothing is; empty for most models.
    """
    known = measured or [""] * len(found)
    return [known_of or _sentence(habit, has_special) for known_of, habit in zip(known, found, strict=True)]


def _sentence(habit: Habit, has_special: bool) -> str:
    sinks = "special tokens and the first one" if has_special else "the first token"
    shares = {
        "the token before": habit.before,
        "itself": habit.itself,
        "the one after": habit.after,
        sinks: habit.sinks,
    }
    listed = ", ".join(f"{name} {percent(share)}" for name, share in shares.items() if share is not None)
    return f"On average a row gives {listed}; its largest weight is {habit.largest:.2f}."
