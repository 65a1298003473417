"""Words are what a reader calls words, and know where they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnviz.errors import TextError
from attnviz.tokens import check_text, word_at, word_spans, word_tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The animal didn't cross the street.", ["The", "animal", "didn't", "cross", "the", "street", "."]),
        ("  two\tblanks \n", ["two", "blanks"]),
        ("<b>3.14</b>", ["<", "b", ">", "3.14", "<", "/", "b", ">"]),
        ("你好", ["你", "好"]),
        ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
        ("👩‍👩‍👧‍👦 is 🇩🇪", ["👩‍👩‍👧‍👦", "is", "🇩🇪"]),
        ("e\u0301tat", ["e\u0301tat"]),
    ],
)
def test_words_are_those_of_a_reader(text, words):
    assert [text[start:end] for start, end in word_spans(text)] == words
    assert [token.text for token in word_tokens(text)] == words
    assert [token.word for token in word_tokens(text)] == list(range(len(words)))


@given(st.text())
def test_every_character_but_blanks_is_in_exactly_one_word(text):
    covered = [position for start, end in word_spans(text) for position in range(start, end)]
    assert covered == sorted(set(covered))
    assert all(text[position].isspace() for position in set(range(len(text))) - set(covered))


@given(st.text(min_size=1), st.data())
def test_word_at_finds_the_first_word_that_shares_a_character(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start, len(text)))
    spans = word_spans(text)
    sharing = [word for word, (a, b) in enumerate(spans) if max(a, start) < min(b, end)]
    assert word_at(spans, start, end) == (sharing[0] if sharing else None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The text is empty. Type a sentence."),
        (" \n\t", "The text is empty. Type a sentence."),
        ("a\0b", "NUL character at position 1"),
        ("ab\ud800", r"half of a surrogate pair \(U\+D800\) at position 2"),
    ],
)
def test_a_text_that_cannot_be_read_says_why(text, message):
    with pytest.raises(TextError, match=message):
        check_text(text)
