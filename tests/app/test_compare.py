"""The page that compares, run by AppTest; what its pictures show of it is seen in a real browser."""

import json

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import attnviz
from attnviz.address import DEFAULT_TEXT, OTHER_TEXT
from attnviz.analysis.regroup import merge_words
from attnviz.numbers import weight_text
from tests.app.conftest import ROOT, address, checked, said
from tests.engine.tiny import save_tiny
from tests.figures.drawn import cells

PAGE = ROOT / "attnviz" / "app" / "pages" / "compare.py"
LAYER, HEAD = 3, 0  # of the built-in model, what it opens with


def start(**where: str) -> AppTest:
    page = AppTest.from_file(str(PAGE), default_timeout=120)
    for name, value in where.items():
        page.query_params[name] = value
    return checked(page.run())


@pytest.fixture(autouse=True)
def _fresh():
    st.cache_resource.clear()


@pytest.fixture(scope="module")
def engine():
    return attnviz.load(attnviz.DEFAULT_MODEL)


def drawn(page: AppTest, key: str) -> np.ndarray:
    charts = {chart.proto.id.rpartition("-")[2]: chart.proto.spec for chart in page.get("plotly_chart")}
    return cells(json.loads(charts[f"{key}_map"])["data"][0])


def merged(engine, text, pair=None):
    """The maps of a text, its pieces merged to words, and the words."""
    (stack,) = engine.run(text, pair=pair).stacks.values()
    maps = merge_words(stack)
    return maps, [token.text for token in maps.query_tokens]


def answer(page: AppTest) -> str:
    """The first words below the boxes, as they are read."""
    return page.subheader[1].value.replace("\\", "").replace("\u2060", "").replace(":primary", "")


def notes(page: AppTest) -> str:
    return " ".join(each.value for each in page.markdown).replace("\\", "").replace("\u2060", "")


def test_the_page_opens_with_what_one_word_changes(engine):
    (one, words), (other, others) = merged(engine, DEFAULT_TEXT), merged(engine, OTHER_TEXT)
    rows = [maps.weights(LAYER, HEAD)[words.index("it")].tolist() for maps in (one, other)]
    animal, street = words.index("animal"), words.index("street")
    assert words[:-2] == others[:-2]
    page = start()
    assert answer(page) == (
        f"Changing [tired] to [wide] moves [it] "
        f"from [animal] ({weight_text(rows[0][animal])} → {weight_text(rows[1][animal])}) "
        f"to [street] ({weight_text(rows[0][street])} → {weight_text(rows[1][street])})."
    )
    assert "(.91 → .06)" in answer(page)
    assert f"layer {LAYER}, head {HEAD}" in notes(page)
    assert not said(page)


def test_the_difference_is_drawn_cell_by_cell_and_every_head_is_ranked(engine):
    page = start(layer="1", head="2")
    (one, _), (other, _) = merged(engine, DEFAULT_TEXT), merged(engine, OTHER_TEXT)
    change = other.weights(1)[2] - one.weights(1)[2]
    np.testing.assert_array_equal(drawn(page, "difference"), change)
    grid = drawn(page, "ranking")
    p, q = (maps.weights(3).double().numpy() for maps in (one, other))
    middle = (p + q) / 2
    bits = ((p * np.log2(p / middle) + q * np.log2(q / middle)) / 2).sum(axis=-1).mean(axis=-1)
    np.testing.assert_allclose(grid[3], bits, atol=1e-6)
    assert address(page) == {"layer": "1", "head": "2"}
    buttons = [button for button in page.button if (button.key or "").startswith("changed_")]
    ranked = sorted((-grid[layer, head], layer, head) for layer in range(4) for head in range(6))[:4]
    assert [button.key for button in buttons] == [f"changed_{layer}_{head}" for _, layer, head in ranked]
    _, layer, head = ranked[0]
    checked(buttons[0].click().run())
    np.testing.assert_array_equal(drawn(page, "difference"), other.weights(layer)[head] - one.weights(layer)[head])
    assert address(page) == {"layer": str(layer), "head": str(head)}


def test_the_word_looked_at_first_is_one_of_both_texts_of_which_a_weight_changed_most(engine):
    (one, words), (other, _) = merged(engine, DEFAULT_TEXT), merged(engine, OTHER_TEXT)

    def changed(layer: int, head: int) -> np.ndarray:
        return np.abs(other.weights(layer)[head].numpy() - one.weights(layer)[head].numpy()).max(axis=1)

    heads = [(layer, head) for layer in range(4) for head in range(6)]
    is_of_both = np.array([1] * len(words))
    is_of_both[[0, words.index("tired"), -1]] = 0
    layer, head = next(place for place in heads if not is_of_both[changed(*place).argmax()])
    expected = words[(changed(layer, head) * is_of_both).argmax()]
    said_first = answer(start(layer=str(layer), head=str(head)))
    assert f"[{expected}]" in said_first.replace("[tired] to [wide]", "").partition("from")[0].partition("look")[0]


def test_of_texts_of_different_length_both_sentences_are_of_the_same_change():
    longer = "The trophy didn't fit in the suitcase because it was too big and heavy"
    page = start(other=longer)
    (caption,) = (each.value for each in page.caption if "Most changed" in each.value)
    word, _, key = caption.replace("\\", "").partition("Most changed: ")[2].partition(",")[0].partition(" → ")
    said_first = answer(page)
    assert f"[{word}]" in said_first
    assert f"[{key}]" in said_first


def test_a_word_that_still_looks_most_at_the_same_one_is_not_said_to_move(engine):
    text, other = "The trophy didn't fit in the suitcase because it was too big", "and heavy"
    page = start(text=text, other=f"{text} {other}", layer="3", head="0", query="11~too")
    said_first = answer(page)
    assert "moves" not in said_first
    assert "makes [too] look less at [[CLS]]" in said_first
    (one, words), (two, others) = merged(engine, text), merged(engine, f"{text} {other}")
    at = words.index("too")
    assert words[one.weights(3, 0)[at].argmax()] == others[two.weights(3, 0)[at].argmax()] == "[CLS]"


def test_a_chosen_word_is_looked_at_in_both_texts(engine):
    page = start(query="9~was")
    assert "[was]" in answer(page)
    assert "[it]" in answer(start(query="3~zorp"))
    assert "You chose “zorp”, which this text does not have." in notes(start(query="3~zorp"))


def test_texts_of_different_length_are_aligned_and_that_is_said(engine):
    page = start(text="the animal was tired", other="yesterday the animal was there", layer=str(LAYER), head=str(HEAD))
    assert drawn(page, "difference").shape == (6, 6)
    assert "6 of 6 tokens of the first text and of 7 of the second stand side by side" in notes(page)
    assert answer(page).startswith("The second text ")
    (one, _), (other, _) = merged(engine, "the animal was tired"), merged(engine, "yesterday the animal was there")
    shared = [0, 2, 3, 4, 5, 6]
    expected = other.weights(LAYER)[HEAD][shared][:, shared] - one.weights(LAYER)[HEAD]
    np.testing.assert_array_equal(drawn(page, "difference"), expected)


def test_of_a_long_text_the_part_that_is_drawn_is_compared_and_ranked():
    text = " ".join(f"w{place}" for place in range(598))
    page = start(model="untrained", text=text, other=text.replace("w3 ", "x3 "), layer="1", head="2")
    assert "Of the first text, 512 of 600 tokens are drawn, compared and ranked." in notes(page)
    assert drawn(page, "difference").shape == (512, 512)
    engine = attnviz.load("untrained")
    p, q = (engine.run(each).decoder or engine.run(each).encoder for each in (text, text.replace("w3 ", "x3 ")))
    p, q = (maps.weights(1, 2)[:512, :512].double().numpy() for maps in (p, q))
    p, q = (np.c_[each, 1 - each.sum(axis=1)] for each in (p, q))  # what lies outside is one word of both
    middle = (p + q) / 2
    bits = (p * np.log2(p / middle) + q * np.log2(q / middle)).sum(axis=1) / 2
    assert drawn(page, "ranking")[1, 2] == pytest.approx(bits.mean(), abs=1e-5)


def test_where_nothing_is_different_a_word_is_asked_for():
    page = start(other=DEFAULT_TEXT)
    assert answer(page) == "Both sides are the same. Change one word of the second sentence."
    assert not drawn(page, "difference").any()
    box = next(box for box in page.text_input if box.label == "Second sentence")
    checked(box.set_value(OTHER_TEXT).run())
    assert answer(page).startswith("Changing [tired] to [wide] moves [it]")
    assert "other" not in address(page)


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ({"other": ""}, "is empty"),
        ({"other": "a\0b"}, "NUL"),
        ({"text": "one two", "other": "three four five"}, "no word in common"),
        ({"text": "one two", "other": "three four"}, "no word in common"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(where, sentence):
    page = start(**where)
    assert sentence in said(page)
    assert not page.get("plotly_chart")


def test_what_the_model_lacks_is_said_and_the_nearest_is_shown():
    page = start(layer="99")
    assert "There is no layer 99" in notes(page)
    assert page.get("plotly_chart")


def test_pairs_are_compared_as_pairs():
    page = start(model="untrained", text="the cat sat", pair="it slept", other="the dog sat", other_pair="it ran")
    engine = attnviz.load("untrained")
    (one, _), (other, _) = merged(engine, "the cat sat", "it slept"), merged(engine, "the dog sat", "it ran")
    change = drawn(page, "difference")
    assert change.shape == (8, 8), "with what stands in for what, in both texts"
    shown = notes(page).partition("layer ")[2]
    layer, head = int(shown[0]), int(shown.partition("head ")[2][0])
    np.testing.assert_array_equal(change, other.weights(layer)[head] - one.weights(layer)[head])


def test_a_second_text_that_a_model_does_not_read_is_said_to_be_left_out(engine):
    page = start(text="the cat sat", pair="it slept", other="the dog sat")
    assert "This model reads no second text, so the second text is left out." in notes(page)
    assert "left out." not in notes(start(text="the cat sat", other="the dog sat"))


def test_translations_are_compared_word_by_word(tmp_path):
    folder = str(save_tiny("bart", tmp_path))
    where = {"stack": "cross", "text": "the cat sat", "pair": "a mat", "other": "the cat sat", "other_pair": "a cat"}
    page = start(model=folder, layer="0", head="0", **where)
    (button,) = [button for button in page.button if button.label == "Load this model"]
    checked(button.click().run())
    engine = attnviz.load(folder)
    one, other = (merge_words(engine.run("the cat sat", pair=pair).cross) for pair in ("a mat", "a cat"))
    np.testing.assert_array_equal(drawn(page, "difference"), other.weights(0)[0] - one.weights(0)[0])


def test_a_model_of_another_size_is_compared_head_by_head_but_not_ranked(tmp_path):
    save_tiny("bert", tmp_path / "bert")
    page = start(layer="0", head="0", other_model=str(tmp_path / "bert"))
    assert "This link asks for the model" in said(page)
    (button,) = [button for button in page.button if button.label == "Load this model"]
    checked(button.click().run())
    told = " ".join(info.value for info in page.info).replace("\\", "")
    assert "no head of one is the same head of the other" in told
    assert drawn(page, "difference").size
    assert answer(page).startswith("The second model ")
    assert "Heads of models trained apart have no more in common than their number." in notes(page)
    checked(next(box for box in page.selectbox if box.label == "Layer").set_value(3).run())
    assert "it has no layer 3, head 0 to compare with" in said(page)


def test_a_model_without_that_attention_is_one_sentence(tmp_path):
    save_tiny("gpt2", tmp_path / "gpt2")
    page = start(other_model=str(tmp_path / "gpt2"))
    (button,) = [button for button in page.button if button.label == "Load this model"]
    checked(button.click().run())
    assert "The second model has no attention “encoder”, only decoder" in said(page)
