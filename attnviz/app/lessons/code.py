"""Lines of code that are run and shown as they were run.

The lines are written by the lessons, with numbers that were read by `matrix.read_number`; nothing that was typed gets
into them as it was typed.
"""

from typing import Any

import streamlit as st


def run(source: str) -> dict[str, Any]:
    """What the names of a piece of code stand for after it was run by itself."""
    names: dict[str, Any] = {}
    exec(compile(source, "<the code of this lesson>", "exec"), names)
    return names


def show(source: str, *, title: str) -> dict[str, Any]:
    """Show the code, run it, and give back what its names stand for."""
    st.markdown(f"**{title}**")
    st.code(source, language="python", width="stretch")
    return run(source)
