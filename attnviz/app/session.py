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

from attnviz.app import sent
from attnviz.app.state import View, is_value, read_address, write_address
from attnviz.app.visit import visit

ROOMS = ("heatmap", "arithmetic")  # parts of the page with charts, which the browser measures
_VIEW = "_view"
_ADDRESS = "_address"  # as it was written last
_TOUCHED = "_touched"  # a widget started this run
_FROM_ADDRESS = "_from_address"  # nobody has changed anything since an address was read
_PAGE = "_page"
_COMPLAINTS = "_complaints"
_SUBJECT = "_subject"  # of the pictures on the page
_IS_SAME = "_is_same"  # whether it is that of the last run
_ENDED = "_ended"  # whether the run came to its end
_WAS_BROKEN_OFF = "_was_broken_off"  # whether the run before did not
_ROOMS = "_rooms"  # how wide parts of the page are, as the browser said last


def begin(page: str = "explore") -> View:
    """The view of this run: that of the address if it is a new one, else the one that the person made.

    Who goes to another page by the menu arrives with a bare address, and takes the view along.
    """
    touched = st.session_state.pop(_TOUCHED, False)
    st.session_state[_WAS_BROKEN_OFF] = not st.session_state.get(_ENDED, True)
    st.session_state[_ENDED] = False
    address = st.query_params.to_dict()
    came_by_menu = not address and st.session_state.get(_PAGE, page) != page
    st.session_state[_PAGE] = page
    is_new = not touched and not came_by_menu and address != st.session_state.get(_ADDRESS)
    if _VIEW not in st.session_state or is_new:
        repeated = [name for name in address if len(st.query_params.get_all(name)) > 1]
        st.session_state[_VIEW], st.session_state[_COMPLAINTS] = read_address(address, repeated=repeated)
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
    st.session_state[_ENDED] = True


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
    texts = (now.text, now.pair, now.other, now.other_pair, now.source_language, now.target_language)
    subject = (texts, now.model, now.other_model, now.from_scratch, frozenset(visit().asked), st.session_state[_PAGE])
    st.session_state[_IS_SAME] = st.session_state.get(_SUBJECT) == subject
    st.session_state[_SUBJECT] = subject
    return st.container() if st.session_state[_IS_SAME] else st.empty()


def filled(place: DeltaGenerator) -> DeltaGenerator:
    """The inside of the place for pictures, once they are computed."""
    return place if st.session_state[_IS_SAME] else place.container()


def has_new_subject() -> bool:
    """Whether the pictures are of another text or model than those of the last run."""
    return not st.session_state[_IS_SAME]


def choose_model(name: str) -> None:
    """Remember that a person, not an address, asked for this model; call it from a widget's callback."""
    st.session_state[_TOUCHED] = True
    visit().ask(name)


def note_rooms(pixels: object) -> None:
    """Remember how wide the parts of the page with charts are, as the browser says it; what is no width is left."""
    said = sent.read(pixels, dict.fromkeys(ROOMS, sent.anything))
    rooms = {name: float(width) for name, width in said.items() if sent.is_width(width)}
    st.session_state[_ROOMS] = st.session_state.get(_ROOMS, {}) | rooms


def room(part: str) -> float | None:
    """How wide a part of the page was when the browser last told, in pixels; None where it never did."""
    rooms: dict[str, float] = st.session_state.get(_ROOMS, {})
    return rooms.get(part)


def bound(field: str) -> dict[str, Any]:
    """Arguments that tie a text box or a toggle to a field of the view: `st.toggle("…", **bound("from_scratch"))`."""
    value = getattr(view(), field)
    return showing(field, value, value=value)


def showing(field: str, shown: object, **default: Any) -> dict[str, Any]:
    """Arguments that tie a widget to a field of the view of which it shows a value that exists.

    default: the same value as the widget's own argument, `index`, `default` or `value`. A browser that a click found
    half drawn falls back on it; without it the widget would be empty, and the next click would send that emptiness.
    """
    return {"key": offer(field, shown), "on_change": _taker(field)} | default


def offer(key: str, value: object) -> str:
    """Have a widget show a value, and give back its key.

    A value that is set again would overwrite what is being typed, so it is set only where it differs, or where a click
    broke off the run before: what that run sent last is lost.
    """
    if st.session_state.get(_WAS_BROKEN_OFF) or key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return key


def take(field: str, **values: Any) -> None:
    """Take what a widget shows into the view, with other values; call it from the widget's callback.

    A widget whose choices changed under it, because a text came while it was drawn, gives None or the name of a choice
    that is gone: nobody chose that, and it is left.
    """
    chosen = st.session_state[field]
    if is_value(field, chosen):
        change(**values | {field: chosen})


def _taker(field: str) -> Callable[[], None]:
    return lambda: take(field)
