"""Lines of code that are run and shown as they were run, with what they print.

The lines are written by the lessons, with numbers that were read by `matrix.read_number`; nothing that was typed gets
into them as it was typed. They have a `print` of their own: standard output belongs to all threads.
"""

from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True, eq=False)
class Ran:
    """What the names of a piece of code stand for after it was run, and what it printed."""

    names: dict[str, Any]
    printed: str


def run(source: str) -> Ran:
    """Run a piece of code by itself."""
    lines: list[str] = []
    names: dict[str, Any] = {"print": lambda *values: lines.append(" ".join(map(str, values)))}
    exec(compile(source, "<the code of this lesson>", "exec"), names)
    return Ran(names, "\n".join(lines))


def show(source: str, *, title: str) -> dict[str, Any]:
    """Show the code, run it, show what it prints, and give back what its names stand for."""
    st.markdown(f"**{title}**")
    st.code(source, language="python", width="stretch")
    ran = run(source)
    prints(ran)
    return ran.names


def prints(ran: Ran) -> None:
    """Show what a piece of code printed."""
    st.caption("It prints:")
    st.code(ran.printed, language=None, width="stretch")
