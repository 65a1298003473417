"""Words are what a reader calls words, and know where they stand."""

import re
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnviz.errors import TextError
from attnviz.tokens import (
    MAX_CHARACTERS,
    SINK,
    Token,
    check_text,
    check_texts,
    dropped_from,
    labels,
    listed,
    reading,
    second_text,
    special_token,
    visible,
    word_at,
    word_numbers,
    word_spans,
    word_tokens,
)

CLS, SEP = special_token("[CLS]"), special_token("[SEP]")


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


def test_a_special_token_stands_for_no_character_of_no_word():
    assert special_token("[X]") == Token("[X]", 0, 0, None, is_special=True, dropped="")
    assert SINK.is_special
    assert not word_tokens("a")[0].is_special
    with pytest.raises(FrozenInstanceError):
        SINK.text = "a"


@pytest.mark.parametrize(
    ("tokens", "place"),
    [
        ((), None),
        ((CLS, SEP), None),
        ((CLS, *word_tokens("a b"), SEP), None),
        ((CLS, *word_tokens("a b"), SEP, *word_tokens("a b"), SEP), 4),
        ((CLS, *word_tokens("a b"), SEP, SEP, *word_tokens(" a"), SEP), 5),
        ((CLS, *word_tokens("a b"), SEP, *word_tokens("   c"), SEP), None),  # it may be further in the first text
        ((*word_tokens("abc"), SEP, *word_tokens("  d")), 2),
        ((*word_tokens("abc"), SEP, *word_tokens("   d")), None),
        ((*word_tokens("a b"), *word_tokens("a")), None),  # nothing stands between
        ((Token("x", 0, 1, 0), Token("y", 0, 1, 0), Token("z", 1, 2, 0)), None),  # pieces of one character
    ],
)
def test_the_second_text_begins_where_characters_count_anew_behind_a_special_token(tokens, place):
    assert second_text(tokens) == place


@pytest.mark.parametrize(
    ("text", "tokens", "lost"),
    [
        ("ab cd", word_tokens("ab cd"), ()),
        ("ab cd", (), ("ab", "cd")),
        ("abc de", (Token("a", 0, 1, 0), Token("e", 5, 6, 1)), ("bc", "d")),
        ("abc", (Token("b", 1, 2, 0), CLS), ("a", "c")),
        ("ab", (Token("[CLS]", 0, 2, None, is_special=True),), ("ab",)),
        (" \n", (), ()),
    ],
)
def test_what_no_token_stands_for_is_lost_blanks_aside(text, tokens, lost):
    assert dropped_from(text, tokens) == lost


def test_labels_are_the_texts_in_order():
    assert labels((CLS, *word_tokens("a b"))) == ("[CLS]", "a", "b")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("a b", "a b"),
        (" ", "␣"),
        (" \u00a0", "␣⍽"),
        ("a\u00a0b", "a\u00a0b"),
        ("a\n\r\tb", "a⏎␍⇥b"),
        ("\x7f", "␡"),
        ("\x00\x01\x1b\x1f", "␀␁␛␟"),
        ("~é🙂", "~é🙂"),
    ],
)
def test_what_cannot_be_seen_has_a_picture(text, shown):
    assert visible(text) == shown


def test_where_no_character_is_there_is_no_word():
    spans = word_spans("ab cd")
    for start, end, word in ((0, 1, 0), (1, 1, None), (2, 1, None), (2, 3, None), (2, 4, 1), (4, 9, 1), (5, 9, None)):
        assert word_at(spans, start, end) == word


@pytest.mark.parametrize("position", [0, 3])
@pytest.mark.parametrize("code", [0xD800, 0xDC00, 0xDFFF])
def test_half_of_a_surrogate_pair_is_named_with_its_place(position, code):
    with pytest.raises(TextError, match=rf"U\+{code:04X}\) at position {position},"):
        check_text("a" * position + chr(code) + "a")
    assert check_text("\ud7ff\ue000") == "\ud7ff\ue000"  # what stands beside them


def test_the_second_text_is_read_as_the_first_and_named():
    check_texts("a", None)
    with pytest.raises(TextError, match="The second text is empty"):
        check_texts("a", "")
    with pytest.raises(TextError, match="The text is empty"):
        check_texts("", "a")
    with pytest.raises(TextError, match="The text has 50,000 characters"):
        check_texts("a" * 50_000, "b")
    with pytest.raises(TextError, match=r"The second text has 40,961 characters"):
        check_texts("a", "b" * (MAX_CHARACTERS + 1))
    check_texts("a" * (MAX_CHARACTERS - 1), "b")


def test_the_pieces_of_a_word_have_its_number_and_the_second_text_counts_on():
    pieces = (Token("play", 0, 4, 0), Token("ing", 4, 7, 0), Token(" ", 7, 8, None), Token(" ", 8, 9, None))
    assert word_numbers((CLS, *pieces, SEP, Token("play", 0, 4, 0), Token("ed", 4, 6, 0))) == [0, 1, 1, 2, 3, 4, 5, 5]
    assert word_numbers((Token("a", 0, 1, 0), Token("a", 0, 1, 0))) == [0, 0], "two tokens of one character"
    assert word_numbers((Token("ab", 5, 7, 0), Token("a", 0, 1, 0))) == [0, 1], "the same number in another text"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("a", "a"),
        ("ab", "a and b"),
        ("abc", "a, b and c"),
        ("abcd", "a, b, c and 1 more"),
        ("abcde", "a, b, c and 2 more"),
        ("aab", "a and b"),
    ],
)
def test_names_in_a_sentence_are_each_there_once_and_never_too_many(names, said):
    assert listed(names, most=3) == said
