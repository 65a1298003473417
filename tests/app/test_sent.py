"""What a part of the page sends is taken as a whole or left as a whole."""

import math
import time
from types import SimpleNamespace

import pytest
import streamlit
from hypothesis import given
from hypothesis import strategies as st

import attnviz
from attnviz.app import display, sent, session
from attnviz.app.components import canvas, cells
from attnviz.app.components.canvas.parts import _checks
from attnviz.app.guide import NOTHING
from attnviz.app.selection import select
from attnviz.app.state import View, is_value

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
)
NO_NUMBERS = [None, True, "3", b"3", math.nan, math.inf, -math.inf, [], [3], {}, {"a": 3}, object()]
HUGE = list(range(1_000_000))


@pytest.mark.parametrize("value", [*NO_NUMBERS, 3.0, -1, 4, 10**400])
def test_no_whole_number_of_these(value):
    assert sent.whole(range(4))(3)
    assert not sent.whole(range(4))(value)


@pytest.mark.parametrize("value", [*NO_NUMBERS, 3, 99, 100_001, -500, 10**400, 99.9])
def test_no_width_of_a_chart(value):
    assert sent.is_width(100)
    assert sent.is_width(640.5)
    assert not sent.is_width(value)


@pytest.mark.parametrize("value", [None, 3, "33", {3: 3}, [4], [-1], [True], [3.0], [math.nan], [[3]], [3] * 513])
def test_no_list_of_these(value):
    assert sent.wholes(range(4))([])
    assert sent.wholes(range(4))([3] * 512)
    assert not sent.wholes(range(4))(value)


def test_a_list_without_end_is_refused_before_it_is_read():
    began = time.process_time()
    assert not sent.wholes(range(10**7))(HUGE)
    assert not sent.wholes(range(10**7), count=2)(HUGE)
    assert time.process_time() - began < 0.01  # reading it takes 50 ms


@pytest.mark.parametrize("value", [None, 3, "layer", [("layer", 1)], {"layer": 4}, {"layer": 1, "more": 1}, {1: 1}])
def test_what_is_wrong_in_one_part_is_nothing(value):
    checks = {"layer": sent.whole(range(4)), "head": sent.whole(range(4))}
    assert sent.read({"layer": 1, "head": 2}, checks) == {"layer": 1, "head": 2}
    assert sent.read({"layer": 1}, checks) == {"layer": 1}
    assert sent.read(value, checks) == {}


@given(ANYTHING)
def test_whatever_is_sent_reading_it_ends(value):
    assert sent.read(value, {"a": sent.wholes(range(3)), "b": sent.is_width}) in ({}, value)


@pytest.fixture
def state(monkeypatch):
    """The session of a page that shows the built-in model."""
    kept = {"_view": View(layer=1, head=2, query=2, key=3), "_complaints": (), "_from_address": False}
    monkeypatch.setattr(streamlit, "session_state", kept)
    return kept


@pytest.fixture
def taken(state, monkeypatch):
    """Sends something as the overview does, and gives back the view that it leads to."""
    callbacks = {}
    monkeypatch.setattr(
        canvas.parts, "_overview", lambda key, data, on_choice_change: callbacks.update({key: on_choice_change})
    )
    engine = attnviz.load()
    chosen = select(engine.run(View().text), is_asked=True)
    picture = canvas.picture(chosen, display.display(chosen), ("builtin",), is_asked=True, known=NOTHING)
    canvas.overview(picture)

    def send(choice: object) -> View:
        state["overview_explore"] = {"choice": choice}
        callbacks["overview_explore"]()
        return session.view()

    return SimpleNamespace(send=send, picture=picture)


def test_a_choice_is_taken(taken):
    assert taken.send({"layer": 3, "head": 5, "average": "", "sequence": 1, "rooms": {"heatmap": 400}}).layer == 3
    assert session.room("heatmap") == 400.0
    assert taken.send({"pins": [1, 4], "digest": taken.picture.maps.digest, "sequence": 2}).pins == "1-4"
    assert taken.send({"average": "0.1-2.3", "sequence": 3}).average == "0.1-2.3"


GOOD = {"sequence": 7}
WRONG = {
    "layer": [*NO_NUMBERS, -1, 4, 1.0, 10**400],
    "head": [*NO_NUMBERS, -1, 6, 1.0],
    "average": [None, 1, "all ", "9.9-1.1", "0.1-", "0.1", "x" * 100_000, ["all"]],
    "pins": [None, 3, "3", [-1], [99], [1.0], [math.nan], [True], [[1]], {"1": 1}, HUGE],
    "direction": [None, "", "sideways", 1, ["to"]],
    "face": [None, "", "html", 1],
    "between": [None, "abc", "aa\n", 1],
    "stack": [None, "cross", "decoder", 1, ["encoder"]],
    "digest": [None, 1, "another", ["a"]],
    "sequence": [*NO_NUMBERS, -1, 1.0, 2**53],
    "script": ["alert(1)"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values], ids=lambda v: repr(v)[:12]
)
def test_a_choice_that_nobody_can_make_changes_nothing(taken, state, name, value):
    before, sequence = session.view(), state.get("_canvas_sequence")
    assert taken.send(GOOD | {"head": 1} | {name: value}) is before
    assert state.get("_canvas_sequence") == sequence
    assert taken.send(GOOD | {"head": 1}).head == 1


@pytest.mark.parametrize("choice", [None, 5, "choice", [], [1], {}, math.nan, {"sequence": None}])
def test_what_is_no_choice_changes_nothing(taken, choice):
    before = session.view()
    assert taken.send(choice) is before


@given(choice=st.dictionaries(st.sampled_from([*WRONG, "rooms"]), ANYTHING))
def test_whatever_a_part_sends_is_of_this_picture_or_left(choice):
    kept = {"_view": View(layer=1, head=2), "_complaints": (), "_from_address": False}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streamlit, "session_state", kept)
        chosen = select(TRACE, is_asked=True)
        picture = canvas.picture(chosen, display.display(chosen), ("builtin",), is_asked=True, known=NOTHING)
        read = sent.read(choice, _checks(picture))
    assert read in ({}, choice)
    assert all(is_value(name, value) for name, value in read.items() if name in {"layer", "head", "average", "stack"})
    assert all(place < len(TRACE.encoder.query_tokens) for place in read.get("pins", ()))


TRACE = attnviz.load("untrained").run("The animal was tired")


@pytest.mark.parametrize(
    "rooms",
    [
        None,
        5,
        [1],
        {"heatmap": 3},
        {"heatmap": -400},
        {"heatmap": math.nan},
        {"heatmap": True},
        {"heatmap": "400"},
        {"heatmap": 10**400},
        {"body": 400},
        dict.fromkeys(map(str, range(10**5)), 400),
    ],
)
def test_a_width_that_no_chart_has_leaves_the_one_before(taken, rooms):
    taken.send({"head": 1, "sequence": 1, "rooms": {"heatmap": 400, "arithmetic": 300}})
    assert taken.send({"head": 2, "sequence": 2, "rooms": rooms}).head == 2, "the choice itself is right"
    assert (session.room("heatmap"), session.room("arithmetic")) == (400.0, 300.0)


@pytest.mark.parametrize(
    "cell",
    [None, 3, "12", [], [1], [1, 2, 3], [1, None], [1.0, 2], [-1, 2], [1, 99], [True, 1], ["1", 2], {"0": 1}, HUGE],
)
def test_a_cell_that_the_map_has_not_changes_nothing(state, monkeypatch, cell):
    callbacks = []
    monkeypatch.setattr(cells, "_listener", lambda **options: callbacks.append(options["on_cell_change"]))
    chosen = select(TRACE, is_asked=True)
    whole = range(len(TRACE.encoder.query_tokens))
    cells.choosable("heatmap", display.display(chosen), whole, whole)
    (take,) = callbacks
    before = session.view()
    state["cells"] = {"cell": cell}
    take()
    assert session.view() is before
    state["cells"] = {"cell": [1, 2]}
    take()
    assert (session.view().query, session.view().key) == (1, 2)
