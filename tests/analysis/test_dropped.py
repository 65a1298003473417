"""What a tokenizer dropped is told: of a text, of both texts of a pair, of a source and its target."""

import pytest

import attnviz
from attnviz.analysis.dropped import dropped, told
from attnviz.analysis.regroup import merge_words
from attnviz.cli import main
from attnviz.tokens import Token, labels, special_token
from tests.analysis.conftest import random_stack
from tests.engine.tiny import save_tiny


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return str(save_tiny("bert", tmp_path_factory.mktemp("bert")))


def test_accents_and_joiners_that_bert_drops_are_told(bert):
    engine = attnviz.load(bert)
    assert dropped(engine.run("The cat")) == ()
    assert dropped(engine.run("cate\u0301 cat\u200d \u00ad the")) == ("\u0301", "\u200d", "\u00ad")
    assert dropped(engine.run("The cat", pair="te\u0301e")) == ("\u0301",)
    assert dropped(engine.run("te\u0301e", pair="The cat")) == ("\u0301",)
    assert dropped(engine.run("te\u0301e", pair="te\u0301e")) == ("\u0301", "\u0301")


def test_both_texts_of_an_encoder_decoder_are_looked_at(tmp_path):
    engine = attnviz.load(str(save_tiny("t5", tmp_path)))
    assert dropped(engine.run("The cat")) == ()
    assert dropped(engine.run("The ca\u00adt", pair="A soft mat")) == dropped(engine.run("The ca\u00adt"))


def test_dropped_characters_can_be_seen_in_the_sentence():
    assert told(()) == ""
    assert told(("\u0301", "\u200d", "☃☃", "☃☃")) == (
        "The tokenizer dropped what the model therefore does not read: ◌\u0301, U+200D, ☃☃."
    )
    assert told(tuple("abcdefghijklmnop")).endswith("k, l, ….")


def test_a_merged_word_is_what_was_typed(bert):
    engine = attnviz.load(bert)
    text = "the te\u0301e\u0301 so\u00adft nine\u0301 \u200d cat"
    words = [token for token in merge_words(engine.run(text).encoder).query_tokens if not token.is_special]
    assert labels(words) == ("the", "te\u0301e\u0301", "so\u00adft", "nine\u0301", "cat")
    assert [text[word.start : word.end] for word in words] == list(labels(words))


def test_pieces_of_one_character_and_what_is_dropped_are_joined_once():
    cut = (
        special_token("[CLS]"),
        Token("ब", 0, 1, 0, dropped="ि"),
        Token("ल", 2, 3, 0, dropped="्"),
        Token("ली", 4, 6, 0),
        Token("🙂", 7, 8, 1),
        Token("🙂", 7, 8, 1, dropped="\ufe0f"),
    )
    words = merge_words(random_stack(cut, cut)).key_tokens
    assert [(word.text, word.start, word.end) for word in words[1:]] == [("बिल्ली", 0, 6), ("🙂\ufe0f", 7, 9)]


def test_the_command_line_tells_what_was_dropped(bert, tmp_path, capsys):
    for text, is_told in (("The te\u0301e", True), ("The cat", False)):
        assert main(["trace", text, "--model", bert, "--out", str(tmp_path / "a.npz")]) == 0
        assert ("dropped what the model therefore does not read: ◌\u0301." in capsys.readouterr().out) == is_told
