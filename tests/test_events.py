"""An event changes its own fields and no others; what nobody can do is refused whole."""

import math
from dataclasses import FrozenInstanceError, replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import attnviz
from attnviz.address import FORMS, MAX_PINS, Place, View, read_address, write_address
from attnviz.app.loading import Traced
from attnviz.engine import DEFAULT_MODEL, minilm
from attnviz.events import KINDS, Taken, read_event, take, update
from attnviz.scene import scene
from attnviz.view import resolve
from tests.canvas.fixtures import translation
from tests.surveyed import marked, of_text, pieces, survey, trace_of
from tests.test_address import FULL
from tests.test_view import resolved_alike

A_PLACE = {"token": 5, "text": "was"}
EVENTS = [  # each with the fields that it may change
    ({"type": "text", "text": "New"}, "text edits rows columns"),
    ({"type": "pair", "pair": "New"}, "pair edits rows columns"),
    ({"type": "other", "other": "New"}, "other"),
    ({"type": "other_pair", "other_pair": "New"}, "other_pair"),
    ({"type": "other_model", "other_model": "untrained"}, "other_model"),
    (
        {"type": "model", "model": "untrained"},
        "model stack layer head average source_language target_language from_scratch edits rows columns",
    ),
    ({"type": "from_scratch", "on": False}, "from_scratch"),
    ({"type": "language", "side": "source", "language": "deu_Latn"}, "source_language"),
    ({"type": "stack", "stack": "encoder"}, "stack query key pins rows columns"),
    ({"type": "layer", "layer": 1}, "layer"),
    ({"type": "head", "layer": 1, "head": 2}, "layer head average"),
    ({"type": "word", "side": "query", **A_PLACE}, "query key pins direction"),
    ({"type": "pin", "side": "key", **A_PLACE}, "pins"),
    ({"type": "unpin"}, "pins"),
    ({"type": "link", "query": A_PLACE, "key": {"token": 1, "text": "a"}}, "query key pins"),
    ({"type": "direction", "direction": "to"}, "direction"),
    ({"type": "face", "face": "text"}, "face"),
    ({"type": "words", "on": False}, "words"),
    ({"type": "special", "special": "keep"}, "special"),
    ({"type": "scale", "scale": "unit"}, "scale"),
    ({"type": "average", "average": "all"}, "average"),
    ({"type": "edits", "edits": "mute 3"}, "edits"),
    ({"type": "edited", "edited": "changed"}, "edited"),
    ({"type": "between", "between": "ba"}, "between pins"),
    ({"type": "window", "rows": 3}, "rows"),
    ({"type": "open", "what": "card"}, ""),
]
IDS = [event["type"] for event, _ in EVENTS]


@pytest.mark.parametrize(("event", "fields"), EVENTS, ids=IDS)
def test_an_event_changes_only_its_own_fields(event, fields):
    after = update(FULL, read_event(event))
    assert {name for name in FORMS if getattr(after, name) != getattr(FULL, name)} == set(fields.split())


@pytest.mark.parametrize(("event", "_"), EVENTS, ids=IDS)
def test_an_event_with_a_part_too_many_too_few_or_wrong_is_refused(event, _):
    assert read_event(event) == event
    assert read_event(event | {"more": 1}) is None
    for name in event.keys() - {"type"}:
        assert read_event({part: event[part] for part in event if part != name}) is None
        for wrong in (True, -1, 1.5, math.nan, [], [1], {"a": 1}, b"a", 10**400, "\0\n", object()):
            is_any_text = name in ("text", "pair", "other", "other_pair") and isinstance(wrong, str)
            is_switch = name == "on" and wrong is True
            if not (is_switch or (is_any_text and event["type"] != "word" and event["type"] != "pin")):
                assert read_event(event | {name: wrong}) is None, (name, wrong)


@pytest.mark.parametrize("sent", [None, 5, "text", [], {}, {"type": "script"}, {"type": ["text"]}, {"type": None}])
def test_what_is_no_event_is_refused(sent):
    assert read_event(sent) is None


def test_neither_what_an_event_does_nor_what_was_taken_can_be_changed():
    with pytest.raises(FrozenInstanceError):
        KINDS["text"].parts = {}
    with pytest.raises(FrozenInstanceError):
        Taken(View(), 1).sequence = 2


def test_one_word_chosen_on_one_side_is_the_only_one():
    for side, other, direction in (("query", "key", "to"), ("key", "query", "from")):
        after = update(FULL, {"type": "word", "side": side, "token": 5, "text": "was"})
        assert (getattr(after, side), getattr(after, other)) == (Place(5, "was"), None)
        assert (after.pins, after.direction) == ((), direction)


def test_no_more_words_are_looked_at_together_than_an_address_holds():
    view = View()
    for token in range(MAX_PINS + 2):
        view = update(view, {"type": "pin", "side": "query", "token": token, "text": "a"})
    assert view.pins == tuple(Place(token, "a") for token in range(MAX_PINS))


def test_edits_that_name_words_go_with_their_text():
    view = View(edits='cut 3.0 8 2; mute 3; cross look 1.2 first; set_row 0.1 0 0.5 0.5; patch 3.0 outputs "set_row"')
    for event in ({"type": "text", "text": "New"}, {"type": "pair", "pair": "New"}):
        assert update(view, event).edits == 'mute 3; cross look 1.2 first; patch 3.0 outputs "set_row"'
    assert update(View(edits="take_away 3.0 8 2"), {"type": "text", "text": "New"}).edits is None


@pytest.mark.parametrize("name", ["pair", "stack", "average", "between", "edits"])
def test_what_is_emptied_is_as_if_nobody_had_set_it(name):
    assert getattr(update(FULL, read_event({"type": name, name: ""})), name) is None


@pytest.mark.parametrize(
    ("window", "expected"), [({"rows": 3}, (3, 7)), ({"columns": 2}, (1, 2)), ({"rows": 4, "columns": 5}, (4, 5))]
)
def test_a_window_moves_on_the_sides_that_are_named(window, expected):
    after = update(replace(FULL, rows=1, columns=7), read_event({"type": "window", **window}))
    assert (after.rows, after.columns) == expected
    assert read_event({"type": "window"}) is None


def test_an_address_is_the_whole_view():
    event = read_event({"type": "address", "parameters": write_address(FULL)})
    assert update(View(layer=1, text="x"), event) == FULL
    assert read_event({"type": "address", "parameters": {"layer": 1}}) is None


def test_a_word_that_was_chosen_is_the_first_that_others_join():
    view = update(View(), {"type": "word", "side": "query", "token": 8, "text": "it"})
    view = update(view, {"type": "pin", "side": "query", "token": 2, "text": "animal"})
    assert view.pins == (Place(8, "it"), Place(2, "animal"))
    assert view.query == Place(8, "it")
    assert update(view, {"type": "pin", "side": "query", "token": 8, "text": "it"}).pins == (Place(2, "animal"),)
    other = update(view, {"type": "pin", "side": "key", "token": 3, "text": "a"})
    assert (other.pins, other.direction) == ((Place(3, "a"),), "from")


def told(*events, digest="now"):
    return {"events": [{"sequence": n, "digest": digest, "event": event} for n, event in events]}


HEAD, FACE = {"type": "head", "layer": 1, "head": 2}, {"type": "face", "face": "columns"}


class TestTaking:
    def test_quick_choices_are_all_kept_and_none_is_taken_twice(self):
        pin = {"type": "pin", "side": "query", "token": 1, "text": "a"}
        once = take(View(), told((1, HEAD), (2, pin)), after=0, digests={"now"})
        assert once == Taken(View(layer=1, head=2, pins=(Place(1, "a"),), direction="to"), 2)
        again = take(once.view, told((1, HEAD), (2, pin), (3, FACE)), after=once.sequence, digests={"now"})
        assert again == Taken(replace(once.view, face="columns"), 3)

    def test_what_is_refused_counts_as_read(self):
        assert take(View(), told((1, {"type": "layer", "layer": -1}), (2, None)), after=0, digests=()) == Taken(
            View(), 2
        )

    def test_a_head_of_another_picture_is_not_taken_but_what_any_picture_has(self):
        assert take(View(), told((1, HEAD), (2, FACE), digest="old"), after=0, digests={"now"}) == Taken(
            View(face="columns"), 2
        )

    def test_after_a_new_text_the_old_picture_has_nothing_to_say(self):
        sent = told((1, {"type": "text", "text": "b"}), (2, HEAD))
        assert take(View(), sent, after=0, digests={"now"}) == Taken(View(text="b"), 2)

    def test_as_many_events_are_read_as_a_browser_sends_together(self):
        sent = told(*((n, {"type": "layer", "layer": n}) for n in range(1, 515)))
        assert take(View(), sent, after=0, digests={"now"}) == Taken(View(layer=512), 512)

    @pytest.mark.parametrize(("number", "is_read"), [(0, False), (1, True), (2**53 - 1, True), (2**53, False)])
    def test_numbers_are_those_to_which_a_browser_counts(self, number, is_read):
        assert take(View(), told((number, FACE)), after=-1, digests=()).sequence == (number if is_read else -1)

    def test_an_address_has_some_parameters_and_all_are_words(self):
        many = {str(number): "" for number in range(200)}
        assert read_event({"type": "address", "parameters": many}) is not None
        assert read_event({"type": "address", "parameters": many | {"more": ""}}) is None
        for wrong in ({"text": 1}, {1: "text"}, {"text": ["a"]}, ["text"], None):
            assert read_event({"type": "address", "parameters": wrong}) is None

    def test_sequence_numbers_only_grow(self):
        assert take(View(), told((5, HEAD), (4, FACE)), after=3, digests={"now"}).view == View(layer=1, head=2)
        assert take(View(), told((2, HEAD)), after=3, digests={"now"}) == Taken(View(), 3)

    @pytest.mark.parametrize(
        "sent", [None, 1, [], {}, {"events": 3}, {"events": [1, {}]}, told((True, FACE)), told((2**53, FACE))]
    )
    def test_what_has_no_number_is_left(self, sent):
        assert take(View(), sent, after=0, digests={"now"}) == Taken(View(), 0)

    def test_what_is_to_be_opened_is_told(self):
        assert take(View(), told((1, {"type": "open", "what": "files"})), after=0, digests=()).opened == "files"


TRACES = [
    of_text("The animal was tired because it ran"),
    trace_of(marked("It was the dog that ran and it was tired")),
    trace_of((*marked("it ran"), *marked("was it tired")[1:]), pair="was it tired", n_layers=1, n_heads=2),
    trace_of(marked("")),
    trace_of(pieces(["it"], ["ti", "##red"], ["ran"]), layers=(1, 4)),
    of_text("it ran", kind="cross", n_layers=3, n_heads=1),
    translation(),
]
PLACES = st.fixed_dictionaries(
    {"token": st.integers(0, 12), "text": st.sampled_from(["it", "tired", "ran", "ti", "[CLS]", "zebra", ""])}
)
SMALL = st.integers(0, 5)
ANY_EVENT = st.one_of(
    st.sampled_from([event for event, _ in EVENTS]),
    st.builds(lambda side, place: {"type": "word", "side": side, **place}, st.sampled_from(["query", "key"]), PLACES),
    st.builds(lambda side, place: {"type": "pin", "side": side, **place}, st.sampled_from(["query", "key"]), PLACES),
    st.builds(lambda query, key: {"type": "link", "query": query, "key": key}, PLACES, PLACES),
    st.builds(lambda layer, head: {"type": "head", "layer": layer, "head": head}, SMALL, SMALL),
    st.sampled_from([{"type": "special", "special": each} for each in ("hide", "renormalise", "keep")]),
    st.sampled_from([{"type": "words", "on": each} for each in (True, False)]),
    st.sampled_from([{"type": "average", "average": each} for each in ("layer", "0.0-1.1", "0.1-9.9", "")]),
    st.sampled_from([{"type": "stack", "stack": each} for each in ("cross", "encoder", "decoder", "")]),
    st.sampled_from([{"type": "direction", "direction": each} for each in ("to", "from")]),
)


ADDRESSES = st.one_of(
    st.sampled_from([write_address(FULL), {}, {"pins": "1-2", "query": "8", "layer": "99"}, {"between": "ab"}]),
    st.dictionaries(st.sampled_from([*FORMS]), st.sampled_from(["", "1", "3~it", "1~tired 2~it", "ab", "to", "hide"])),
)


class Path(RuleBasedStateMachine):
    """Whatever a person does, with whatever text and model: the page equals a fresh page at its address."""

    def __init__(self):
        super().__init__()
        self.view, self.trace, self.past = View(), TRACES[0], []

    @rule(event=ANY_EVENT)
    def act(self, event):
        self.view = update(self.view, read_event(event))

    @rule(address=ADDRESSES)
    def follow_a_link(self, address):
        self.act({"type": "address", "parameters": address})

    @rule(event=ANY_EVENT, steps=st.integers(0, 20))
    def do_something_and_go_back(self, event, steps):
        self.act(event)
        address, self.trace, before = self.past[-1 - steps % len(self.past)]
        self.follow_a_link(address)
        assert self.is_alike(self.page(self.view), before)

    @rule(trace=st.sampled_from(TRACES))
    def read_another_text(self, trace):
        self.trace = trace

    @invariant()
    def a_fresh_page_at_the_address_is_the_same(self):
        here = self.page(self.view)
        self.view = here.view
        address = write_address(here.view)
        self.past.append((address, self.trace, here))
        fresh = self.fresh_page(read_address(address)[0])
        assert self.is_alike(here, fresh)
        assert resolved_alike(here, self.page(here.view))
        assert here.layer in here.stack.layers
        assert here.head in range(here.stack.n_heads)
        assert len(set(here.pins)) == len(here.pins)
        row, column = here.link
        assert row in here.rows
        assert column in here.columns
        for text, place in zip(here.between, here.link, strict=False):
            assert (place >= here.second) == (text == "b"), "the link that is worked out is one that is shown"

    def page(self, view):
        return resolve(view, self.trace, survey)

    def fresh_page(self, view):
        return self.page(view)

    def is_alike(self, here, fresh):
        unlike = {"trace", "stack", "maps", "survey", "view", "found"}
        return all(getattr(here, name) == getattr(fresh, name) for name in vars(here) if name not in unlike)


class TestPath(Path.TestCase):
    settings = settings(max_examples=settings().max_examples // 10, stateful_step_count=20, deadline=None)


@cache
def engine(model):
    return attnviz.load(model)


@cache
def read(model, text, pair):
    """What the app keeps of a text: its trace, and the surveys of it."""
    return Traced(engine(model).run(text, pair=pair if engine(model).reads_pairs else None))


class PathOfModels(Path):
    """The same with models that read the text and the pair of the view, and the whole picture, number by number."""

    @rule(
        name=st.sampled_from(["text", "pair"]), text=st.sampled_from(["It ran, tired", "was it tired", "zebra\ufeff"])
    )
    def type_a_text(self, name, text):
        self.act({"type": name, name: text})

    @rule(model=st.sampled_from([DEFAULT_MODEL, minilm.NAME]))
    def read_with(self, model):
        self.act({"type": "model", "model": model})

    def traced(self, view):
        model = minilm.NAME if view.model == minilm.NAME else DEFAULT_MODEL
        return read(model, view.value("text").strip() or "it", view.pair or None)

    def page(self, view):
        return self.traced(view).resolve(view)

    def fresh_page(self, view):
        return Traced(self.traced(view).trace).resolve(view)

    def is_alike(self, here, fresh):
        one, other = scene(here), scene(fresh)
        return (one.text, one.map) == (other.text, other.map) and one.said == {**other.said, "view": one.said["view"]}


class TestPathOfModels(PathOfModels.TestCase):
    settings = settings(max_examples=settings().max_examples // 40, stateful_step_count=20, deadline=None)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda part: st.lists(part) | st.dictionaries(st.text(), part),
    )
)
def test_whatever_is_sent_taking_it_ends(sent):
    assert take(View(), sent, after=0, digests=()).sequence >= 0
