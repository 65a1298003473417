"""Words are what a reader calls words, and know where they stand."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnviz.errors import TextError
from attnviz.tokens import MAX_CHARACTERS, Token, check_text, check_texts, reading, word_at, word_spans, word_tokens


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
        ("🇩🇪🇫🇷🇩", ["🇩🇪", "🇫🇷", "🇩"]),
        ("🇩\u200d🇪🇫\u0301a🇷", ["🇩\u200d🇪", "🇫\u0301", "a", "🇷"]),
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


@given(st.text(alphabet="🇦🇩ab !👩", max_size=40))
def test_flags_are_two_indicators_counted_from_the_first(text):
    assert word_spans(text) == tuple(match.span() for match in re.finditer(r"[🇦-🇿]{1,2}|[a-z]+|\S", text))


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


def test_characters_are_limited_before_anything_is_done_with_them():
    check_texts("a" * MAX_CHARACTERS)
    check_texts("a" * (MAX_CHARACTERS - 5), "a" * 5)
    with pytest.raises(TextError, match=r"^The text has 60,000 characters; attnviz reads at most 40,960. Shorten it.$"):
        check_text("🇦" * 60_000)
    with pytest.raises(TextError, match="The second text has 50,000 characters"):
        check_texts("a", "b" * 50_000)
    with pytest.raises(TextError, match="The text and the second text together have 40,961 characters"):
        check_texts("a" * (MAX_CHARACTERS - 4), "b" * 5)


@pytest.mark.parametrize(
    ("text", "read"), [(" animal", "animal"), ("##s", "##s"), ("\n", "⏎"), ("  ", "␣␣"), ("a\tb", "a⇥b"), ("", "")]
)
def test_a_token_reads_without_the_blank_before_it_and_a_blank_as_its_picture(text, read):
    assert reading(Token(text, 0, len(text), None)) == read
