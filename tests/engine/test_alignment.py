"""Every token knows the characters that were typed, whatever the tokenizer."""

import unicodedata

import pytest
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE

from attnviz.engine.alignment import align
from attnviz.engine.encoding import encode
from attnviz.tokens import dropped_from, labels
from tests.engine.tiny import byte_level, metaspace, wordpiece

TEXTS = [
    "The animal didn't cross the street because it was too tired",
    "  two  blanks\tand a\nline ",
    "naïve café, Ünïcode",
    "A 🐶👩‍👩‍👧‍👦 and 你好 مرحبا",
    "<script>alert('x')</script> & <b>",
    "xylophone qwerty zzz",
    "बिल्ली हिन्दी ภาษาไทย น้ำ",
    "cafe\u0301 nai\u0308ve \u1112\u1161\u11ab한국",
    "今日は 今 ﬁne Ａｂ １２",
    "שָׁלוֹם \u200fمَرْحَبًا\u202e x",
    "🇩🇪🇫🇷 👍🏽 1\ufe0f\u20e3 ❤\ufe0f",
    "so\u00adft zero\u200bwidth join\u200der \ufefftext",
    "</s> <mask> [MASK] <unk> [SEP] <end>",
    " leading and trailing ",
    "▁ a▁b Ġ ##a @@",
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
        else:
            assert set(token.text) <= set("␣↵⇥")
            assert token.start < token.end
    stands_for = {at for token in encoded.tokens for at in range(token.start, token.end)}
    lost = {at for at, character in enumerate(text) if not character.isspace()} - stands_for
    assert "".join(dropped_from(text, encoded.tokens)) == "".join(text[at] for at in sorted(lost))
    return encoded


@pytest.mark.parametrize("text", TEXTS)
def test_a_token_shows_the_characters_it_stands_for(tokenizer, text):
    encoded = check(tokenizer, text)
    if tokenizer.is_fast and not isinstance(tokenizer.backend_tokenizer.model, BPE):
        offsets = offsets_of_library(tokenizer, text)
        assert [(token.start, token.end) for token in encoded.tokens if not token.is_special] == offsets
    for lost in dropped_from(text, encoded.tokens):
        # What BERT's normalizer drops; nobody else drops anything.
        assert all(unicodedata.category(letter) in {"Mn", "Cf", "Cc"} for letter in lost)


def offsets_of_library(tokenizer, text):
    """The reference: where the tokenizers library says that each piece stands, without blanks beside it."""
    encoding = tokenizer.backend_tokenizer.encode(text)
    offsets = []
    places = list(zip(encoding.tokens, encoding.offsets, encoding.special_tokens_mask, strict=True))
    for piece, (start, end), added in places:
        shown = text[start:end]
        blanks = len(shown) - len(shown.lstrip())
        if added or (piece == "▁" and not shown.isspace() and shown != "▁"):
            continue
        offsets.append((start, end) if shown.isspace() else (start + blanks, start + blanks + len(shown.strip())))
    return offsets


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


def shown(tokenizer, text, pair=None):
    return [(token.text, token.start, token.end) for token in encode(tokenizer, text, pair).tokens]


def test_a_mark_that_stands_for_no_letter_shows_none():
    assert shown(metaspace(), "今 今") == [("▁", 0, 0), ("今", 0, 1), ("␣", 1, 2), ("今", 2, 3), ("</s>", 0, 0)]
    assert [token.is_special for token in encode(metaspace(), "今 今").tokens] == [True, False, False, False, True]


@pytest.mark.parametrize("trim_offsets", [True, False])
def test_a_blank_that_is_put_in_front_of_a_text_stands_for_nothing(trim_offsets):
    tokenizer = Tokenizer(models.BPE({letter: at for at, letter in enumerate(pre_tokenizers.ByteLevel.alphabet())}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=trim_offsets)
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer)
    assert shown(fast, "今 a") == [("Ġ", 0, 0), *[("今", 0, 1)] * 3, ("␣", 1, 2), ("a", 2, 3)]


def test_letters_behind_one_that_is_left_out_keep_their_place():
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE({"a": 0, "b": 1}, [])))
    assert shown(fast, "a☃b☃☃ab") == [("a", 0, 1), ("b", 2, 3), ("a", 5, 6), ("b", 6, 7)]
    assert dropped_from("a☃b☃☃ab", encode(fast, "a☃b☃☃ab").tokens) == ("☃", "☃☃")
    merging = Tokenizer(models.BPE({"a": 0, "b": 1, "ab": 2}, [("a", "b")]))  # it merges what has become neighbours
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=merging)
    assert shown(fast, "a☃b☃ab") == [("a☃b", 0, 3), ("ab", 4, 6)]


def esm(folder):
    letters = ["<cls>", "<pad>", "<eos>", "<unk>", *"LAGVSERTIDPKQNFYMHWC", "<mask>"]
    (folder / "vocab.txt").write_text("\n".join(letters))
    return transformers.EsmTokenizer(str(folder / "vocab.txt"))


def test_what_is_typed_is_typed_though_it_is_a_special_token(tmp_path):
    tokens = encode(esm(tmp_path), "MKT<mask>YWC").tokens
    assert [(token.text, token.start, token.end) for token in tokens[1:-1]] == [
        ("M", 0, 1),
        ("K", 1, 2),
        ("T", 2, 3),
        ("<mask>", 3, 9),
        ("Y", 9, 10),
        ("W", 10, 11),
        ("C", 11, 12),
    ]
    assert [token.is_special for token in tokens] == [True, *[False] * 7, True]
    for make, text in ((wordpiece, "the [MASK] cat"), (metaspace, "The </s> cat")):
        typed = [token for token in encode(make(), text).tokens if token.start == 4]
        assert [(token.text, token.is_special) for token in typed] == [(text[4:-4], False)]


def test_a_long_unknown_word_does_not_hide_the_words_behind_it(tmp_path):
    text = "MK " + "xj" * 200 + " YWC"
    tokens = encode(esm(tmp_path), text).tokens
    assert labels(tokens)[-4:-1] == ("Y", "W", "C")
    assert {token.text for token in tokens[3:-4]} == {"xj" * 200}


def test_an_accent_that_is_dropped_is_told_and_stays_in_the_word():
    tokenizer = Tokenizer(models.WordPiece({"[UNK]": 0, "cafe": 1, "ब": 2, "##ल": 3, "##ली": 4, "ब्": 5}))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]")
    tokens = encode(fast, "cafe\u0301 x").tokens
    assert [(token.text, token.dropped) for token in tokens] == [("cafe", "\u0301"), ("x", "")]
    assert dropped_from("cafe\u0301 x", tokens) == ("\u0301",)
    # ब + ि + ल + ् + ल + ी: the marks that take no room of their own are dropped
    tokens = encode(fast, "बिल्ल").tokens
    assert "".join(token.text + token.dropped for token in tokens) == "बिल्ल"


@pytest.mark.parametrize(
    ("pieces", "text", "spans"),
    [
        (["▁", "今", "▁", "日"], "今 日", [(0, 0), (0, 1), (2, 2), (2, 3)]),
        (["▁cafe\u0301", "▁x"], "cafe\u0301 x", [(0, 5), (6, 7)]),
        (["▁café", "▁x"], "cafe\u0301 x", [(0, 5), (6, 7)]),
        (["▁cafe", "▁x"], "cafe\u0301 x", [(0, 4), (6, 7)]),
        (["a", "b"], "a\u200db", [(0, 1), (2, 3)]),
        (["ल", "्", "ल"], "ल्ल", [(0, 1), (1, 2), (2, 3)]),
        (["▁", "<unk>"], "☃", [(0, 0), (0, 1)]),
    ],
)
def test_marks_and_accents_are_found_where_they_were_typed(pieces, text, spans):
    assert align(pieces, text) == spans
