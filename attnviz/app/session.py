"""The view of one browser session, and its address.

The view is the truth; widgets show it and change it. At the start of a run the address is read if it is a new one: at
the first run, and when the browser went back or forward. While a person clicks, the browser may still send the address
from before the last click, so a run that a widget started never reads it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from attnviz.app.state import View, read_address, write_address

_VIEW = "_view"
_ADDRESS = "_address"  # as it was written last
_TOUCHED = "_touched"  # a widget started this run
_FROM_ADDRESS = "_from_address"  # nobody has changed anything since an address was read
_PAGE = "_page"
_COMPLAINTS = "_complaints"
_SUBJECT = "_subject"  # of the pictures on the page
_IS_SAME = "_is_same"  # whether it is that of the last run
_CHOSEN = "_chosen_models"


def begin(page: str = "explore") -> View:
    """The view of this run: that of the address if it is a new one, else the one that the person made.

    Who goes to another page by the menu arrives with a bare address, and takes the view along.
    """
    touched = st.session_state.pop(_TOUCHED, False)
    address = st.query_params.to_dict()
    came_by_menu = not address and st.session_state.get(_PAGE, page) != page
    st.session_state[_PAGE] = page
    is_new = not touched and not came_by_menu and address != st.session_state.get(_ADDRESS)
    if _VIEW not in st.session_state or is_new:
        st.session_state[_VIEW], st.session_state[_COMPLAINTS] = read_address(address)
        st.session_state[_FROM_ADDRESS] = True
    return view()


def view() -> View:
    """The view as it stands."""
    current: View = st.session_state[_VIEW]
    return current


def end() -> None:
    """Write the view into the address."""
    address = write_address(view())
    if address != st.query_params.to_dict():
        st.query_params.from_dict(address)
    st.session_state[_ADDRESS] = address


def change(**values: Any) -> None:
    """Change the view, as a person asked for by a widget; call it from a widget's callback."""
    st.session_state[_VIEW] = replace(view(), **values)
    st.session_state[_COMPLAINTS] = ()
    st.session_state[_FROM_ADDRESS] = False
    st.session_state[_TOUCHED] = True


def replace_quietly(**values: Any) -> None:
    """Replace values of the view by others that mean what was asked for."""
    st.session_state[_VIEW] = replace(view(), **values)


def correct(complaint: str, **values: Any) -> None:
    """Replace what does not exist by what does. Where an address asked for it, say so until something is changed."""
    replace_quietly(**values)
    if st.session_state[_FROM_ADDRESS]:
        st.session_state[_COMPLAINTS] += (complaint,)


def is_from_address() -> bool:
    """Whether nobody has changed anything since the address was read."""
    is_so: bool = st.session_state[_FROM_ADDRESS]
    return is_so


def tell(complaint: str, **values: Any) -> None:
    """Replace what a new text or model does not have, and say so until something is changed."""
    st.session_state[_VIEW] = replace(view(), **values)
    st.session_state[_COMPLAINTS] += (complaint,)


def complaints() -> tuple[str, ...]:
    """What could not be read from the address."""
    sentences: tuple[str, ...] = st.session_state[_COMPLAINTS]
    return sentences


def body() -> DeltaGenerator:
    """The place for pictures: what it held stays until it is redrawn, but only while text and model are the same.

    A picture of another text would be taken for one of this text while that is computed.
    """
    now = view()
    texts = (now.text, now.pair, now.other)
    subject = (texts, now.model, now.other_model, now.from_scratch, chosen_models(), st.session_state[_PAGE])
    st.session_state[_IS_SAME] = st.session_state.get(_SUBJECT) == subject
    st.session_state[_SUBJECT] = subject
    return st.container() if st.session_state[_IS_SAME] else st.empty()


def filled(place: DeltaGenerator) -> DeltaGenerator:
    """The inside of the place for pictures, once they are computed."""
    return place if st.session_state[_IS_SAME] else place.container()


def choose_model(name: str) -> None:
    """Remember that a person, not an address, asked for this model; call it from a widget's callback."""
    st.session_state[_TOUCHED] = True
    st.session_state[_CHOSEN] = chosen_models() | {name}


def chosen_models() -> frozenset[str]:
    """The models that the person asked for in this session."""
    names: frozenset[str] = st.session_state.get(_CHOSEN, frozenset())
    return names


def bound(field: str) -> dict[str, Any]:
    """Arguments that tie a widget to a field of the view: `st.toggle("…", **bound("from_scratch"))`."""
    return showing(field, getattr(view(), field))


def showing(field: str, value: object) -> dict[str, Any]:
    """Arguments that tie a widget to a field of the view of which it shows another value, one that exists."""
    return {"key": offer(field, value), "on_change": _taker(field)}


def offer(key: str, value: object) -> str:
    """Have a widget show a value, and give back its key.

    A value that is set again would overwrite what is being typed, so it is set only where it differs.
    """
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return key


def _taker(field: str) -> Callable[[], None]:
    return lambda: change(**{field: st.session_state[field]})
