"""Every token knows the characters that were typed, whatever the tokenizer."""

import pytest
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from attnviz.engine.alignment import align
from attnviz.engine.encoding import encode
from tests.engine.tiny import byte_level, metaspace, wordpiece

TEXTS = [
    "The animal didn't cross the street because it was too tired",
    "  two  blanks\tand a\nline ",
    "naïve café, Ünïcode",
    "A 🐶👩‍👩‍👧‍👦 and 你好 مرحبا",
    "<script>alert('x')</script> & <b>",
    "xylophone qwerty zzz",
]
TOKENIZERS = {
    "wordpiece": wordpiece,
    "byte-level": byte_level,
    "metaspace": metaspace,
    "byt5": transformers.ByT5Tokenizer,  # written in Python: bytes, no offsets
    "canine": transformers.CanineTokenizer,  # written in Python: characters, no offsets
}


@pytest.fixture(scope="module", params=TOKENIZERS)
def tokenizer(request):
    return TOKENIZERS[request.param]()


def check(tokenizer, text):
    encoded = encode(tokenizer, text)
    assert len(encoded.ids) == len(encoded.tokens)
    position = 0
    for token in encoded.tokens:
        if token.is_special:
            assert (token.start, token.end, token.word) == (0, 0, None)
            continue
        assert 0 <= token.start <= token.end <= len(text)
        assert token.start >= position, "tokens stand in the order of the text"
        position = token.start
        if text[token.start : token.end].strip():
            assert token.text == text[token.start : token.end]
            assert token.text == token.text.strip()
            assert token.word is not None
    return encoded


@pytest.mark.parametrize("text", TEXTS)
def test_a_token_shows_the_characters_it_stands_for(tokenizer, text):
    encoded = check(tokenizer, text)
    covered = {position for token in encoded.tokens for position in range(token.start, token.end)}
    # Some characters belong to no token: blanks, and what a normalizer drops.
    lost = {text[position] for position in range(len(text)) if position not in covered}
    assert all(character.isspace() or character in "‍" for character in lost), lost


@settings(deadline=None, max_examples=60)
@given(st.text(min_size=1, max_size=40).filter(lambda text: text.strip("\0 ")))
def test_any_text_keeps_its_order_and_its_spelling(text):
    for make in (wordpiece, byte_level, transformers.ByT5Tokenizer):
        check(make(), text.replace("\0", ""))


def test_an_unknown_word_keeps_the_users_spelling():
    tokens = encode(wordpiece(), "The Ωmega cat").tokens
    assert [token.text for token in tokens] == ["[CLS]", "The", "Ωmega", "cat", "[SEP]"]
    assert not tokens[2].is_special


def test_pieces_of_a_word_share_the_word():
    tokens = encode(wordpiece(), "She didn't eat").tokens
    didnt = [token for token in tokens if token.word == 1]
    assert "".join(token.text for token in didnt) == "didn't"


def test_blanks_that_a_piece_carries_do_not_count_as_its_characters():
    tokens = encode(byte_level(), "a b").tokens
    assert [(token.text, token.start, token.end, token.word) for token in tokens] == [
        ("a", 0, 1, 0),
        ("␣", 1, 2, None),
        ("b", 2, 3, 1),
    ]
    merged = encode(metaspace(), "The cat").tokens
    assert [(token.text, token.start, token.end) for token in merged[:2]] == [("The", 0, 3), ("cat", 4, 7)]


def test_the_bytes_of_a_character_all_point_at_it():
    for make in (byte_level, transformers.ByT5Tokenizer):
        tokens = [token for token in encode(make(), "x🐶y").tokens if not token.is_special]
        assert [(token.text, token.start, token.end) for token in tokens] == [
            ("x", 0, 1),
            *[("🐶", 1, 2)] * 4,
            ("y", 2, 3),
        ]


@pytest.mark.parametrize("make", [wordpiece, metaspace, transformers.ByT5Tokenizer])
def test_both_texts_of_a_pair_count_from_zero(make):
    tokens = encode(make(), "The cat", "The mat sat").tokens
    typed = [token for token in tokens if not token.is_special]
    second = next(index for index in range(1, len(typed)) if typed[index].start < typed[index - 1].start)
    assert {token.word for token in typed[:second]} >= {0, 1}
    assert {token.word for token in typed[second:]} >= {0, 1, 2}
    assert max(token.end for token in typed[second:]) == len("The mat sat")


@pytest.mark.parametrize(
    ("pieces", "text", "spans"),
    [
        (["▁The", "▁ca", "t"], "The cat", [(0, 3), (4, 6), (6, 7)]),
        (["nai", "##ve"], "Naïve", [(0, 3), (3, 5)]),
        (["a", "<unk>", "b"], "a ☃☃ b", [(0, 1), (2, 4), (5, 6)]),
        (["x@@", "y</w>"], "xy", [(0, 1), (1, 2)]),
        (["<unk>"], "☃", [(0, 1)]),
        ([], "", []),
    ],
)
def test_pieces_without_offsets_are_found_again(pieces, text, spans):
    assert align(pieces, text) == spans
