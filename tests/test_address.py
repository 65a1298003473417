"""The view comes back from its address, old links are read, and what cannot be read is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnviz.address import FORMS, MAX_ADDRESS, TEXTS, Place, View, fits_address, read_address, write_address

FULL = View(
    text="She ate <b>", pair="the &amp; apple", model="some/model@main", from_scratch=True, stack="cross", layer=3,
    head=0, query=Place(8, "it"), key=Place(2, "50 %~a"), pins=(Place(2, "animal"), Place(8, "it")), direction="from",
    face="columns", between="ab", average="0.1-2.3", rows=40, columns=7, words=True, special="hide", scale="log",
    edits="cut 3.0 8 2; mute 3", edited="before",
    other="", other_pair="b", other_model="m", source_language="eng_Latn", target_language="fra_Latn",
)  # fmt: skip


def test_the_plain_address_is_what_nobody_asked_for():
    assert read_address({}) == (View(), ())
    assert write_address(View()) == {}
    assert write_address(View(direction="to", words=False, special="keep", scale="head", rows=0)) == {}


def test_a_view_comes_back_from_its_address():
    assert read_address(write_address(FULL)) == (FULL, ())
    assert write_address(FULL)["query"] == "8~it"
    assert write_address(FULL)["key"] == "2~50%20%25~a"
    assert write_address(FULL)["pins"] == "2~animal 8~it"


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("stack", "encoder decoder cross"),
        ("direction", "from"),
        ("face", "columns"),
        ("between", "ab ba aa bb"),
        ("special", "hide renormalise"),
        ("scale", "unit log"),
        ("average", "layer all 0.1 0.1-2.3"),
        ("edited", "before"),
    ],
)
def test_every_choice_that_the_page_offers_can_be_an_address(name, choices):
    for choice in choices.split():
        assert read_address({name: choice}) == (View(**{name: choice}), ())
        assert write_address(View(**{name: choice})) == {name: choice}


def test_old_links_name_places_alone():
    view, complaints = read_address({"query": "8", "key": "2", "pins": "3-10", "layer": "3", "between": "", "pair": ""})
    assert view == View(query=Place(8), key=Place(2), pins=(Place(3), Place(10)), layer=3)
    assert complaints == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("head", value) for value in ("abc", "-1", "1.5", "", "٣", "1e3", "9" * 30)],
        *[("words", value) for value in ("", "2", "maybe", "１", " true")],
        *[("query", value) for value in ("it", "-1~it", "~it", "9" * 10, "1~a\0", "1~\ud800")],
        *[("pins", value) for value in ("a b", "1 -2", "1~a x", " ".join(map(str, range(513))))],
        *[("edits", value) for value in ("cut", "cut 3.0 8", "mute 3; sing 2", "mute -1", "mute 3; " * 300)],
        *[("scale", "red"), ("direction", "to\n"), ("face", ""), ("average", "1"), ("stack", "both"), ("model", " ")],
    ],
)
def test_what_cannot_be_read_is_named_and_left_out(name, value):
    view, complaints = read_address({name: value, "layer": "2"})
    assert view == View(layer=2)
    assert len(complaints) == 1
    assert complaints[0].startswith(f"The address has {name}=")
    assert len(complaints[0]) < 200


def test_unknown_and_repeated_parameters_are_named():
    view, complaints = read_address({"utm": "x", "layer": "1", "haed": "2"}, repeated=["layer"])
    assert view == View(layer=1)
    assert complaints == (
        "The address has layer more than once; the last one is taken.",
        "The address has parameters that attnviz does not know, and leaves out: utm and haed.",
    )


def test_our_own_code_of_a_model_that_is_our_own_code_is_left_out():
    assert read_address({"from_scratch": "1"})[0] == View()
    assert read_address({"from_scratch": "1", "model": "a/b"}) == (View(model="a/b", from_scratch=True), ())


@pytest.mark.parametrize("character", ["a", "ש", "👩"])
def test_texts_too_long_for_an_address_are_left_out_of_it(character):
    assert write_address(View(text=character * 2 * MAX_ADDRESS, layer=1)) == {"layer": "1"}


def test_many_pinned_words_are_written_by_their_places():
    pins = tuple(Place(token, "ש" * 64) for token in range(100))
    assert write_address(View(pins=pins))["pins"] == " ".join(map(str, range(100)))


@given(address=st.dictionaries(st.sampled_from([*FORMS, "x"]), st.text()))
def test_whatever_an_address_holds_the_view_is_one_and_comes_back(address):
    view, _ = read_address(address)
    for name in FORMS:
        value = getattr(view, name)
        assert value is None or value == () or FORMS[name].is_value(value)
    if fits_address(view):
        again = read_address(write_address(view))[0]
        assert all(again.value(name) == view.value(name) for name in FORMS)
        assert write_address(again) == write_address(view)


def test_every_text_counts_towards_what_an_address_holds():
    half = "a" * (MAX_ADDRESS // 2)
    rest = dict.fromkeys(TEXTS, "")
    for name in TEXTS[1:]:
        assert fits_address(View(**rest | {"text": half, name: half}))
        assert not fits_address(View(**rest | {"text": half, name: half + "a"}))
