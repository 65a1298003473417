"""The numbers behind a picture, as a table that costs nothing until somebody opens it."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import streamlit as st

Columns: TypeAlias = Mapping[str, Sequence[str] | Sequence[float]]

_NAMES = {
    "map": "Numbers of the map",
    "row": "Numbers of the row",
    "vectors": "Numbers of q and k",
    "output": "Numbers of the values and the output",
    "difference": "Numbers of the difference",
    "ranking": "Numbers of all heads",
}


def numbers_of(picture: str, columns: Callable[[], Columns]) -> None:
    """A table with these columns, computed when it is opened."""
    place = st.expander(_NAMES[picture], key=f"table_{picture}", on_change="rerun", type="compact")
    if place.open:
        with place:
            st.dataframe(columns(), hide_index=True, key=f"numbers_{picture}", alt=_NAMES[picture])
