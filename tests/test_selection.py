"""What is asked for by number is checked before anything is computed."""

import pytest

from attnviz.errors import SelectionError
from attnviz.selection import check_number, check_place, place_of
from attnviz.tokens import Token, special_token, word_tokens


@pytest.mark.parametrize("head", [True, 1.0, "1"])
def test_a_head_that_is_no_whole_number_is_refused_with_its_kind(head):
    with pytest.raises(SelectionError, match=f"one head, a whole number, and were given {type(head).__name__}: "):
        check_number("head", head)


TOKENS = (special_token("[CLS]"), *word_tokens("The cat saw 2 dogs, the cat"), special_token("[SEP]"))
PIECES = (Token("street", 0, 6, 0), Token("s", 6, 7, 0), Token("are", 8, 11, 1), Token("the", 12, 15, 2))


@pytest.mark.parametrize(
    ("written", "place"), [("saw", 3), ("SAW ", 3), ("2", 4), ("5", 5), ("9", 9), (",", 6), ("[cls]", 0)]
)
def test_a_token_is_named_by_its_word_or_by_its_number(written, place):
    assert place_of(written, TOKENS) == place


def test_a_word_of_several_pieces_stands_where_the_first_of_them_does():
    assert place_of("streets", PIECES) == 0
    assert place_of("are", PIECES) == 2
    with pytest.raises(SelectionError, match="'street' is no word of this text"):
        place_of("street", PIECES)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("the", "“the” stands in this text more than once, at 1 and 7. Give one of these numbers."),
        ("mouse", "'mouse' is no word of this text. Give one that is, or the number of a token."),
        ("", "'' is no word of this text"),
        ("10", "Token 10 does not exist; this text has tokens 0 to 9."),
    ],
)
def test_what_names_no_token_is_one_sentence(written, says):
    with pytest.raises(SelectionError) as caught:
        place_of(written, TOKENS)
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize("at", [True, 1.0, "1"])
def test_a_place_that_is_no_whole_number_is_refused_with_its_kind(at):
    with pytest.raises(SelectionError, match=f"at is the number of a token, and was given {type(at).__name__}: "):
        check_place(at, TOKENS)
