import html

import pytest

from attnviz.figures.labels import MAX_SHOWN, axis_label, block_label, hover_label, with_subscripts
from attnviz.tokens import Token


def token(text: str) -> Token:
    return Token(text, 0, len(text), 0)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the", "the"),
        (" ", "␣"),
        ("\n", "⏎"),
        ("\t\t", "⇥⇥"),
        ("a\nb", "a⏎b"),
        (" the", "the"),
        ("\x07", "␇"),
        ("\x7f", "␡"),
        ("\u3000", "\u3000"),
        ("", ""),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
    ],
)
def test_what_cannot_be_seen_has_a_picture(text, shown):
    assert hover_label(token(text), 5) == f"{shown} (5)"


def test_hover_names_a_long_token_in_full_and_the_axis_cuts_it():
    text = "x" * 500
    assert hover_label(token(text), 0) == f"{text} (0)"
    assert axis_label(token(text)) == "x" * (MAX_SHOWN - 1) + "…"


def test_a_cut_never_leaves_half_an_entity():
    assert axis_label(token("<b>")) == "&lt;b&gt;"
    assert html.unescape(axis_label(token("<" * 20))) == "<" * (MAX_SHOWN - 1) + "…"


def test_right_to_left_text_leaves_the_position_where_it_is():
    assert hover_label(token("שלום"), 3) == "\u2068שלום\u2069 (3)"


def test_a_block_names_its_ends():
    tokens = [token(letter) for letter in "abcd"]
    assert block_label(tokens, 1, 4) == "b … d (1 to 3)"
    assert block_label(tokens, 2, 3) == "c (2)"


def test_a_name_keeps_its_subscript_and_nothing_else_is_read():
    assert with_subscripts("Q = x W_Q / √d_k") == "Q = x W<sub>Q</sub> / √d<sub>k</sub>"
    assert with_subscripts("<b>_") == "&lt;b&gt;_"
