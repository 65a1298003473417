"""The page that compares, run by AppTest."""

import json

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import attnviz
from attnviz.analysis.compare import align, changes, difference
from attnviz.analysis.regroup import merge_words
from attnviz.app.guide import first_view
from attnviz.app.state import DEFAULT_TEXT, OTHER_TEXT
from tests.app.conftest import ROOT, address, checked, said
from tests.engine.tiny import save_tiny
from tests.figures.drawn import cells

FIRST = first_view(attnviz.DEFAULT_MODEL)  # the layer and the head to look at first
PAGE = ROOT / "attnviz" / "app" / "pages" / "compare.py"


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
    return cells(json.loads(charts[f"compare_map_{key}"])["data"][0])


def merged(engine, text):
    (stack,) = engine.run(text).stacks.values()
    return merge_words(stack)


def test_both_maps_the_difference_and_the_ranking_are_drawn_cell_by_cell(engine):
    page = start(layer="1", head="2")
    one, other = merged(engine, DEFAULT_TEXT), merged(engine, OTHER_TEXT)
    np.testing.assert_array_equal(drawn(page, "first"), one.weights(1, 2))
    np.testing.assert_array_equal(drawn(page, "second"), other.weights(1, 2))
    places = align(one.key_tokens, other.key_tokens)
    expected = difference(one.weights(1, 2), other.weights(1, 2), queries=places, keys=places)
    np.testing.assert_array_equal(drawn(page, "difference"), expected)
    grid = drawn(page, "ranking")
    for change in changes(one, other):
        assert grid[change.layer, change.head] == np.float32(change.divergence)
    assert address(page) == {"layer": "1", "head": "2"}
    assert not said(page)


def test_a_head_that_changed_most_is_one_click(engine):
    page = start()
    top = changes(merged(engine, DEFAULT_TEXT), merged(engine, OTHER_TEXT))[0]
    checked(page.button(key=f"changed_{top.layer}_{top.head}").click().run())
    np.testing.assert_array_equal(drawn(page, "first"), merged(engine, DEFAULT_TEXT).weights(top.layer, top.head))


def test_texts_of_different_length_share_their_words(engine):
    page = start(text="the animal was tired", other="yesterday the animal was there")
    one, other = merged(engine, "the animal was tired"), merged(engine, "yesterday the animal was there")
    places = align(one.key_tokens, other.key_tokens)
    assert drawn(page, "difference").shape == (len(places), len(places)) == (6, 6)
    checked(page.text_input(key="other").set_value("the animal was wide").run())
    assert address(page)["other"] == "the animal was wide"


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ({"other": ""}, "is empty"),
        ({"other": "a\0b"}, "NUL"),
        ({"layer": "99"}, "There is no layer 99"),
        ({"scale": "blue"}, "The address has scale=blue, which is none of head, unit, log; head is taken instead."),
    ],
)
def test_bad_input_is_one_sentence(where, sentence):
    page = start(**where)
    assert sentence in said(page)
    checked(page.text_input(key="other").set_value("the animal").run())
    assert page.get("plotly_chart")


def test_pairs_are_compared_as_pairs():
    page = start(model="untrained", text="the cat sat", pair="it slept", other="the dog sat", other_pair="it ran")
    engine = attnviz.load("untrained")
    one, other = (
        merge_words(engine.run(text, pair=pair).encoder)
        for text, pair in (("the cat sat", "it slept"), ("the dog sat", "it ran"))
    )
    np.testing.assert_array_equal(drawn(page, "first"), one.weights(0, 0))
    np.testing.assert_array_equal(drawn(page, "second"), other.weights(0, 0))
    assert drawn(page, "difference").shape == (8, 8), "with what stands in for what, in both texts"
    top = changes(one, other)[0]
    assert drawn(page, "ranking").max() == np.float32(top.divergence)
    assert "the cat sat · it slept" in " ".join(each.value for each in page.caption)
    checked(page.text_input(key="other_pair").set_value("").run())
    same = merge_words(engine.run("the dog sat", pair="it slept").encoder)
    np.testing.assert_array_equal(drawn(page, "second"), same.weights(0, 0))
    assert address(page) == {"model": "untrained", "text": "the cat sat", "pair": "it slept", "other": "the dog sat"}


def test_a_second_text_that_a_model_does_not_read_is_left_out_and_that_is_said(engine):
    page = start(text="the cat sat", pair="it slept", other="the dog sat")
    np.testing.assert_array_equal(drawn(page, "first"), merged(engine, "the cat sat").weights(*FIRST))
    texts = " ".join(each.value for each in page.markdown)
    assert "reads one text: the second is left out." in texts
    assert "pair" not in [field.key for field in page.text_input]
    page = start(text="the cat sat", other="the dog sat")
    assert "left out." not in " ".join(each.value for each in page.markdown).replace("left out of", "")


def test_translations_are_compared_word_by_word(tmp_path):
    folder = str(save_tiny("bart", tmp_path))
    page = start(model=folder, stack="cross", text="the cat sat", pair="a mat", other="the cat sat", other_pair="a cat")
    (button,) = [button for button in page.button if button.label == "Load this model"]
    checked(button.click().run())
    engine = attnviz.load(folder)
    one, other = (merge_words(engine.run("the cat sat", pair=pair).cross) for pair in ("a mat", "a cat"))
    np.testing.assert_array_equal(drawn(page, "first"), one.weights(0, 0))
    np.testing.assert_array_equal(drawn(page, "second"), other.weights(0, 0))


def test_texts_without_a_word_in_common_share_their_special_tokens_alone():
    page = start(text="one two", other="three four five")
    assert drawn(page, "difference").shape == (2, 2)
    assert "no word in common" in said(start(text="one two", other="three four five", special="hide"))


def test_a_model_of_another_size_is_compared_head_by_head_but_not_ranked(tmp_path):
    save_tiny("bert", tmp_path / "bert")
    page = start(layer="0", head="0", other_model=str(tmp_path / "bert"))
    assert "This link asks for the model" in said(page)
    (button,) = [button for button in page.button if button.label == "Load this model"]
    checked(button.click().run())
    assert "no head of one is the same head of the other" in " ".join(info.value for info in page.info).replace(
        "\\", ""
    )
    assert drawn(page, "second").size
    checked(page.button_group(key="layer").set_value(3).run())
    assert "it has no layer 3, head 0 to compare with" in said(page)


def test_a_model_without_that_attention_is_one_sentence(tmp_path):
    save_tiny("gpt2", tmp_path / "gpt2")
    page = start(other_model=str(tmp_path / "gpt2"))
    (button,) = [button for button in page.button if button.label == "Load this model"]
    checked(button.click().run())
    assert "The second model has no attention “encoder”, only decoder" in said(page)
