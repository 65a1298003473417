"""Lines of code that are run and shown as they were run, with what they print.

The lines are written by the lessons, with numbers that were read by `matrix.read_number`; nothing that was typed gets
into them as it was typed. They have a `print` of their own: standard output belongs to all threads.
"""

from typing import Any

import streamlit as st


@st.cache_resource(max_entries=16, show_spinner=False)
def run(source: str) -> tuple[dict[str, Any], str]:
    """What the names of a piece of code stand for after it was run by itself, and what it printed."""
    lines: list[str] = []
    names: dict[str, Any] = {"print": lambda *values: lines.append(" ".join(map(str, values)))}
    exec(compile(source, "<the code of this lesson>", "exec"), names)
    return names, "\n".join(lines)


def show(source: str) -> dict[str, Any]:
    """Show the code, run it, show what it prints, and give back what its names stand for."""
    st.code(source, language="python", width="stretch")
    names, printed = run(source)
    st.caption("It prints:")
    st.code(printed, language=None, width="stretch")
    return names
