import pytest

from attnviz.app.state import (
    DEFAULT_TEXT,
    EXAMPLES,
    MAX_ADDRESS,
    View,
    read_address,
    read_heads,
    read_places,
    write_address,
    write_heads,
    write_places,
)


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


def test_parameters_of_others_are_left_alone():
    assert read_address({"utm_source": "x", "embed": "true"}) == (View(), ())


def test_an_empty_text_in_the_address_is_an_empty_text():
    assert read_address({"text": ""})[0].text == ""
    assert write_address(View(text="")) == {"text": ""}


@pytest.mark.parametrize("character", ["a", "ש", "👩"])
def test_a_text_too_long_for_an_address_is_left_out_of_it(character):
    assert write_address(View(text=character * MAX_ADDRESS * 2, layer=1)) == {"layer": "1"}


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
