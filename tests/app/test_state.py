import itertools
import math
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnviz.app.state import (
    DEFAULT_TEXT,
    EXAMPLES,
    MAX_ADDRESS,
    TEXTS,
    View,
    fits_address,
    is_value,
    read_address,
    read_heads,
    read_places,
    write_address,
    write_heads,
    write_places,
)

BOOLEANS_OF_A_VIEW = [field.name for field in fields(View) if isinstance(field.default, bool)]
MAY_BE_EMPTY = {"other_model", "stack", "pins", "between", "average", "source_language", "target_language"}


def test_the_plain_address_is_the_default_view():
    assert read_address({}) == (View(), ())
    assert write_address(View()) == {}
    assert View().text == DEFAULT_TEXT in EXAMPLES


def test_a_view_comes_back_from_its_address():
    view = View(
        "She ate <b>",
        "the &amp; apple",
        "some/model@main",
        True,
        "cross",
        3,
        11,
        40,
        7,
        "3-10",
        "from",
        "columns",
        "ab",
        "0.1-2.3",
    )
    assert read_address(write_address(view)) == (view, ())
    assert write_address(view)["from_scratch"] == "1"


@pytest.mark.parametrize("value", ["abc", "-1", "1.5", "", "٣", "1e3", "9" * 30, "0x1"])
def test_what_is_no_number_is_named_and_the_default_taken(value):
    view, complaints = read_address({"head": value, "layer": "2"})
    assert view == View(layer=2)
    assert len(complaints) == 1
    assert f"head={value}" in complaints[0]


@pytest.mark.parametrize("value", ["1", "true", "True", "TRUE", "yes", "on"])
@pytest.mark.parametrize("name", BOOLEANS_OF_A_VIEW)
def test_what_says_yes_is_true(name, value):
    assert read_address({name: value, "model": "some/model"}) == (View(model="some/model", **{name: True}), ())


@pytest.mark.parametrize("value", ["0", "false", "False", "no", "off"])
@pytest.mark.parametrize("name", BOOLEANS_OF_A_VIEW)
def test_what_says_no_is_false(name, value):
    assert read_address({name: value}) == (View(), ())


@pytest.mark.parametrize("value", ["", "2", "-1", "maybe", "１", "tru", " true", "nan"])
@pytest.mark.parametrize("name", BOOLEANS_OF_A_VIEW)
def test_what_says_neither_is_named(name, value):
    assert read_address({name: value}) == (
        View(),
        (f"The address has {name}={value}, which is neither true nor false, and is left out.",),
    )


def test_unknown_parameters_are_named_in_one_sentence():
    known = "The address has parameters that attnviz does not know, and leaves out: "
    assert read_address({"utm_source": "x", "layer": "1", "haed": "2"}) == (
        View(layer=1),
        (known + "utm_source, haed.",),
    )
    assert read_address({f"p{number}": "" for number in range(100)})[1] == (known + "p0, p1, p2, p3, p4 and 95 more.",)
    assert read_address({"n" * 100_000: ""})[1] == (known + "n" * 60 + "….",)


def test_a_parameter_that_is_repeated_is_named():
    view, complaints = read_address({"layer": "2", "head": "x"}, repeated=["layer", "head", "utm"])
    assert view == View(layer=2)
    assert complaints[0] == "The address has layer more than once; the last one is taken."
    assert len(complaints) == 2
    assert "head=x" in complaints[1]


@pytest.mark.parametrize("name", [field.name for field in fields(View)])
def test_a_long_value_makes_no_long_sentence(name):
    view, complaints = read_address({name: "9" * 100_000})
    assert all(len(complaint) < 200 for complaint in complaints)
    assert view == (View() if complaints else View(**{name: "9" * 100_000}))
    assert bool(complaints) == (name not in TEXTS)


def test_our_own_code_of_a_model_that_is_our_own_code_is_left_out():
    for address in ({}, {"model": "untrained"}):
        view, complaints = read_address({"from_scratch": "1"} | address)
        assert not view.from_scratch
        assert complaints == ("The address asks for our own code, which this model is anyway.",)
    assert read_address({"from_scratch": "1", "model": "some/model"}) == (
        View(model="some/model", from_scratch=True),
        (),
    )


@given(address=st.dictionaries(st.sampled_from([*(field.name for field in fields(View)), "x"]), st.text()))
def test_whatever_an_address_holds_the_view_is_one(address):
    view, _ = read_address(address)
    for field in fields(View):
        value = getattr(view, field.name)
        assert value == field.default or is_value(field.name, value)
    if fits_address(view):
        assert read_address(write_address(view)) == (view, ())


HOSTILE = [None, True, -1, 10**9, 10**400, 1.0, math.nan, math.inf, "", "1", "x" * 100_000, b"a", [], [1], {"a": 1}]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize("name", [field.name for field in fields(View)])
def test_a_value_of_another_type_or_out_of_range_is_none(name, value):
    default = getattr(View(), name)
    fits = {
        bool: value is True,
        int: False,
        str: isinstance(value, str) and (name in TEXTS or (name in MAY_BE_EMPTY and value == "")),
    }
    fits[str] |= name in {"model", "other_model", "pins"} and value == "1"
    assert is_value(name, value) == fits[type(default)]


def test_an_empty_text_in_the_address_is_an_empty_text():
    assert read_address({"text": ""})[0].text == ""
    assert write_address(View(text="")) == {"text": ""}


@pytest.mark.parametrize("character", ["a", "ש", "👩"])
def test_a_text_too_long_for_an_address_is_left_out_of_it(character):
    assert write_address(View(text=character * MAX_ADDRESS * 2, layer=1)) == {"layer": "1"}


@pytest.mark.parametrize("names", list(itertools.combinations(TEXTS, 2)))
def test_texts_count_together_towards_what_an_address_holds(names):
    half = MAX_ADDRESS // 2
    rest = dict.fromkeys(TEXTS, "")
    fits = View(**rest | dict.fromkeys(names, "a" * half), layer=1)
    assert fits_address(fits)
    assert write_address(fits)[names[0]] == "a" * half
    too_long = View(**rest | {names[0]: "a" * half, names[1]: "a" * (half + 1)}, layer=1)
    assert not fits_address(too_long)
    assert write_address(too_long) == {"layer": "1"}


@pytest.mark.parametrize(("name", "value"), [("pins", "3,4"), ("direction", "to\n"), ("face", ""), ("average", "1")])
def test_what_has_another_form_is_named_and_left_out(name, value):
    view, complaints = read_address({name: value})
    assert view == View()
    assert complaints == (f"The address has {name}={value}, which cannot be read, and is left out.",)


def test_places_and_heads_come_back_from_how_a_view_holds_them():
    assert read_places(write_places([3, 10])) == (3, 10)
    assert read_places("10-3-3") == (3, 10)
    assert read_heads(write_heads([(0, 1), (12, 3)])) == ((0, 1), (12, 3))
    assert read_heads("layer") == read_places("") == ()
