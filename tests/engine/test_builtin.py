import json
from pathlib import Path

import pytest
import torch

import attnviz
from attnviz.engine import builtin
from attnviz.engine.builtin import default_view, example_sentences, head_guide, load_builtin, model_card, read
from attnviz.engine.naming import HEADS
from attnviz.engine.patterns import has_known_shape, sentences, shape
from attnviz.errors import BrokenModelError, TextError, TextTooLongError

TEXT = "The animal didn't cross the street because it was too tired."


@pytest.fixture(scope="module")
def engine():
    return attnviz.load("builtin")


def test_it_is_the_default(engine):
    assert attnviz.DEFAULT_MODEL == engine.name == attnviz.load().name == "builtin"


def test_a_trace_has_one_token_for_every_word_and_rows_that_sum_to_one(engine):
    stack = engine.run(TEXT).encoder
    assert [token.text for token in stack.query_tokens][:5] == ["[CLS]", "The", "animal", "didn't", "cross"]
    assert (stack.n_layers, stack.n_heads) == (engine.n_layers, engine.n_heads)
    for layer in range(stack.n_layers):
        assert torch.allclose(stack.weights(layer).sum(dim=-1), torch.ones(()), atol=1e-5)


def test_the_weights_are_those_that_the_model_computed(engine):
    stack = engine.run(TEXT).encoder
    ids = torch.tensor([engine.vocabulary.encode(stack.query_tokens)])
    with torch.no_grad():
        _, step = engine.model(ids)
    assert torch.equal(stack.weights(stack.n_layers - 1), step.of_text(0).weights())


def test_the_files_are_small_and_inside_the_package():
    folder = Path(builtin.__file__).parent / "weights"
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 5_000_000
    assert {"builtin.safetensors", "vocabulary.json", "head_guide.json", "MODEL_CARD.md"} <= {
        path.name for path in folder.iterdir()
    }


def test_no_example_needs_an_unknown_word():
    for example in example_sentences():
        reading = read(example.text)
        assert all(reading.known), example.text


@pytest.mark.parametrize("example", example_sentences(), ids=lambda example: example.text)
def test_in_the_default_view_an_example_looks_where_it_should(engine, example):
    layer, head = default_view()
    stack = engine.run(example.text).encoder
    words = [token.text.lower() for token in stack.query_tokens]
    row = stack.weights(layer, head)[words.index(example.word)].clone()
    row[[0, -1, words.index(example.word)]] = 0
    assert words[int(row.argmax())] == example.attends_to


def test_the_reference_head_names_the_antecedent(engine):
    assert engine.predict(TEXT, at=8, head=HEADS.index("reference")).top(1)[0][0] == "animal"


def test_the_guide_names_different_heads_for_reference_verbs_and_adjectives():
    heads = {entry.title: (entry.layer, entry.head) for entry in head_guide()}
    assert len({heads[title] for title in ("Reference", "Subject", "Object", "Modifiers", "Sense")}) == 5
    assert default_view() == heads["All links"]


def test_the_card_has_the_table_and_says_where_it_fails():
    assert "| link | at least |" in model_card()
    assert "## Where it fails" in model_card()


def test_an_unknown_word_keeps_its_spelling_and_is_counted():
    reading = read("The Zyzzyva didn't cross the street because it was too tired.")
    assert reading.known[1] is False
    assert (reading.n_known, reading.n_words) == (11, 12)
    assert reading.is_trained_pattern
    tokens = load_builtin().run("The Zyzzyva slept").encoder.query_tokens
    assert tokens[2].text == "Zyzzyva"


def test_capitals_and_typographic_apostrophes_are_no_other_words():
    assert all(read("THE ANIMAL DIDN’T CROSS THE STREET").known)


@pytest.mark.parametrize(
    ("text", "trained"),
    [
        (TEXT, True),
        ("She ate the apple", True),
        ("The trophy doesn't fit in the suitcase because it is too big.", True),
        ("To be or not to be, that is the question.", False),
        ("apple apple apple apple apple", False),
        ("Zyzzyva qwerty blorb snark wug", False),
        ("The wug ate the apple.", True),
        ("The wug ate the dax.", False),
        ("Colourless green ideas sleep furiously.", False),
        ("She ate the apple. To be or not to be, that is the question.", False),
        ("...", False),
    ],
)
def test_it_says_whether_it_was_trained_on_such_sentences(text, trained):
    assert read(text).is_trained_pattern is trained


@pytest.mark.parametrize(
    "text",
    [
        "...",
        "?!",
        "x",
        "Zyzzyva",
        "Тварь не перешла улицу",
        "動物沒有過馬路",
        "لم يعبر الحيوان",
        "😀👩‍👩‍👧",
        "a" * 5000,
        "1 2 3",
        "<b>&amp;",
    ],
)
def test_any_text_runs(engine, text):
    stack = engine.run(text).encoder
    assert torch.isfinite(stack.weights(stack.n_layers - 1)).all()
    assert read(text).n_words == len(stack.query_tokens) - 2


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_no_words_is_said_plainly(engine, text):
    with pytest.raises(TextError, match="empty"):
        engine.run(text)


def test_ten_thousand_words_are_refused_with_the_limit(engine):
    with pytest.raises(TextTooLongError, match=r"10002 tokens; builtin reads at most 512"):
        engine.run("cat " * 10_000)


def test_a_text_of_the_greatest_length_runs(engine):
    assert len(engine.run("cat " * (engine.max_tokens - 2)).encoder.query_tokens) == engine.max_tokens


def test_a_pair_is_refused(engine):
    with pytest.raises(TextError, match="one text"):
        engine.run(TEXT, pair=TEXT)


def test_damaged_weights_are_said_to_be_damaged(monkeypatch, tmp_path):
    (tmp_path / "weights").mkdir()
    for path in (Path(builtin.__file__).parent / "weights").iterdir():
        (tmp_path / "weights" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "weights" / "builtin.safetensors").write_bytes(b"no weights at all")
    monkeypatch.setattr(builtin, "files", lambda _: tmp_path)
    with pytest.raises(BrokenModelError, match="damaged"):
        load_builtin()
    (tmp_path / "weights" / "head_guide.json").write_text("{")
    head_guide.cache_clear()
    with pytest.raises(BrokenModelError, match=r"head_guide\.json"):
        head_guide()


def test_the_shape_of_a_sentence_leaves_out_what_only_describes():
    kinds = {"the": "D", "old": "A", "very": "R", "dog": "N", "was": "B", "ate": "V"}
    words = "the very old dog was very old"
    assert shape([kinds[word] for word in words.split()]) == "N B A"
    assert has_known_shape(("the", "wug", "was", "old"), kinds, {"N B A"})
    assert not has_known_shape(("ate", "ate"), kinds, {"N B A"})
    assert sentences(("the", "dog", ".", "the", "dog", "!")) == (("the", "dog"), ("the", "dog"))


def test_the_shipped_vocabulary_is_json_that_names_every_row():
    stored = json.loads((Path(builtin.__file__).parent / "weights" / "vocabulary.json").read_text())
    assert len(stored["words"]) == stored["config"]["vocab_size"]
