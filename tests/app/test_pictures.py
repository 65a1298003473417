"""The numbers of every picture as a table, which costs nothing until it is opened; and every picture to take away."""

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import attnviz
from attnviz.analysis.habits import habits
from attnviz.analysis.regroup import hide_special, merge_words
from attnviz.app.components import take_away
from attnviz.app.components.canvas import numbers
from attnviz.app.components.canvas.numbers import strongest
from attnviz.app.state import DEFAULT_TEXT, OTHER_TEXT
from attnviz.figures.theme import LIGHT
from attnviz.packing import pack_maps
from tests.app.conftest import ROOT, Start, address, checked
from tests.engine.tiny import save_tiny


@pytest.fixture(scope="module")
def stack() -> attnviz.Stack:
    return attnviz.load("untrained").run(DEFAULT_TEXT).encoder


def opened(page: AppTest, picture: str) -> pd.DataFrame:
    """The table of a picture, once it is opened."""
    page.session_state[f"table_{picture}"] = True
    (table,) = checked(page.run()).dataframe
    page.session_state[f"table_{picture}"] = False
    return table.value


def test_tables_are_closed_until_somebody_asks(start: Start):
    assert not start(model="untrained").dataframe


def test_the_table_of_the_heads_holds_every_weight_of_the_layer(start: Start, stack):
    table = opened(start(model="untrained", layer="2"), "heads")
    n_tokens = len(stack.query_tokens)
    assert list(table.columns) == ["attends", "to", *(f"head {head}" for head in range(stack.n_heads))]
    assert list(table["attends"][:n_tokens]) == ["[CLS] (0)"] * n_tokens
    assert list(table["to"][:3]) == ["[CLS] (0)", "The (1)", "animal (2)"]
    for head in range(stack.n_heads):
        shown = table[f"head {head}"].to_numpy().reshape(n_tokens, n_tokens)
        np.testing.assert_array_equal(shown, stack.weights(2, head).numpy())


def test_the_table_of_a_long_text_holds_what_the_small_maps_hold(start: Start):
    text = " ".join(f"w{i}" for i in range(200))
    table = opened(start(model="untrained", text=text), "heads")
    weights = attnviz.load("untrained").run(text).encoder.weights(0, 1).numpy()
    assert (table["attends"][0], table["to"][1]) == ("[CLS] (0) … w0 (1)", "w1 (2) … w2 (3)")
    assert table["head 1"][1] == weights[:2, 2:4].max()


def test_the_table_of_the_overview_names_the_strongest_link_of_every_head(start: Start, stack):
    table = opened(start(model="untrained", special="hide"), "overview")
    shown = hide_special(stack)
    every = range(len(shown.query_tokens))
    links = pack_maps(shown, rows=every, columns=every, group="").links
    assert len(table) == len(links) == stack.n_layers * stack.n_heads
    for at, link in enumerate(links):
        line = table.iloc[at]
        assert (line["layer"], line["head"]) == divmod(at, stack.n_heads)
        assert line["attends"] == f"{shown.query_tokens[link.query].text} ({link.query})"
        assert line["to"] == f"{shown.key_tokens[link.key].text} ({link.key})"
        weights = shown.weights(int(line["layer"]))[int(line["head"])].numpy()
        assert line["weight"] == weights.max() == weights[link.query, link.key]


def test_the_table_of_the_overview_says_where_each_head_looks_whatever_the_words_are(start: Start, stack):
    table = opened(start(model="untrained"), "overview")
    for at, habit in enumerate(habits(stack)):
        shares = table.loc[at, ["to the token before", "to itself", "to the one after"]].tolist()
        assert shares == [habit.before, habit.itself, habit.after]
        assert table.loc[at, "to special and first tokens"] == habit.sinks
        assert table.loc[at, "largest of a row"] == habit.largest


def test_a_masked_text_has_no_column_for_what_nobody_may_attend_to(start: Start, tmp_path):
    folder = str(save_tiny("gpt2", tmp_path))
    page = start(model=folder, text="the cat sat")
    checked(page.button(key=f"load_{folder}").click().run())
    names = list(opened(page, "overview").columns)
    assert "to the token before" in names
    assert "to the one after" not in names


@pytest.mark.parametrize(
    ("where", "columns"),
    [
        ({"pins": "3"}, {"didn't (3)": lambda w: w[3]}),
        (
            {"pins": "3-9"},
            {
                "didn't (3)": lambda w: w[3],
                "was (9)": lambda w: w[9],
                "mean": lambda w: w[[3, 9]].astype(float).mean(axis=0),
            },
        ),
        (
            {"pins": "3-9", "direction": "from"},
            {
                "didn't (3)": lambda w: w[:, 3],
                "was (9)": lambda w: w[:, 9],
                "sum": lambda w: w[:, [3, 9]].astype(float).sum(axis=1),
            },
        ),
    ],
)
def test_the_table_of_the_sentence_holds_what_is_pinned(start: Start, stack, where, columns):
    table = opened(start(model="untrained", layer="1", head="2", **where), "sentence")
    weights = stack.weights(1, 2).numpy()
    other = "attends" if where.get("direction") else "is attended to"
    assert list(table[other]) == [f"{token.text} ({at})" for at, token in enumerate(stack.key_tokens)]
    assert list(table.columns) == [other, *columns]
    for name, expected in columns.items():
        np.testing.assert_allclose(table[name].to_numpy(float), expected(weights), rtol=1e-6)


def test_without_a_pin_the_table_of_the_sentence_is_of_the_strongest_link(start: Start, stack):
    weights = stack.weights(0, 0).numpy()
    query = 1 + int(weights[1:-1, 1:-1].max(axis=1).argmax())
    table = opened(start(model="untrained"), "sentence")
    assert list(table.columns)[1:] == [f"{stack.query_tokens[query].text} ({query})"]
    np.testing.assert_array_equal(table.iloc[:, 1], weights[query])


def test_a_table_of_a_pair_keeps_to_the_texts_that_are_looked_at(start: Start):
    page = start(model="untrained", text="one two", pair="three four", between="ab", pins="1")
    assert list(opened(page, "sentence")["is attended to"]) == ["three (4)", "four (5)", "[SEP] (6)"]


def test_what_a_mask_hides_is_no_number_in_a_table(start: Start, tmp_path):
    page = start(model=str(save_tiny("gpt2", tmp_path)), text="the cat sat", pins="1")
    (button,) = [button for button in page.button if button.label == "Load this model"]
    checked(button.click().run())
    row = opened(page, "sentence").iloc[:, 1].to_numpy(float)
    assert list(np.isnan(row)) == [False, False, *[True] * (len(row) - 2)]
    heads = opened(page, "heads")["head 0"].to_numpy(float).reshape(len(row), len(row))
    np.testing.assert_array_equal(np.isnan(heads), ~np.tri(len(row), dtype=bool))


def test_the_strongest_link_is_between_typed_words_and_was_a_choice():
    nan, every = np.nan, np.ones(3, bool)
    weights = np.array([[1, nan, nan], [0.4, 0.6, nan], [0.5, 0.3, 0.2]], np.float32)
    assert strongest(weights, np.ones((3, 3), bool), every, every) == (1, 1)
    typed = np.ones((3, 3), bool)
    typed[1] = False
    assert strongest(weights, typed, every, every) == (2, 0)
    assert strongest(weights, typed, every, np.array([False, True, True])) == (2, 1)
    assert strongest(np.ones((1, 1), np.float32), np.ones((1, 1), bool), every[:1], every[:1]) == (0, 0)


@pytest.mark.parametrize(
    ("picture", "where", "words"),
    [
        ("head", {}, ["layer 1, head 2 (both from 0)", "colour scale of its own"]),
        ("all", {}, ["4 layers of 4 heads (both from 0)", "100 % is its largest weight"]),
        ("all", {"scale": "unit"}, ["4 layers of 4 heads", "run from 0 to 1"]),
        ("sentence", {"pins": "3"}, ["layer 1, head 2", "Arcs and numbers: the weights from didn't (3)."]),
        (
            "sentence",
            {"pins": "3-9", "direction": "from", "average": "layer"},
            ["mean of all heads of layer 1", "the weights to didn't (3), was (9), summed over them."],
        ),
        ("sentence", {"average": "0.1-2.3"}, ["mean of the heads 0.1, 2.3 (layer.head, both from 0)"]),
    ],
)
def test_what_is_taken_away_says_what_it_is(start: Start, picture, where, words):
    page = start(model="untrained", layer="1", head="2", **where)
    page.session_state["take_away"] = True
    page.session_state["taken"] = picture
    (caption,) = checked(page.run()).code
    assert DEFAULT_TEXT in caption.value
    assert "untrained" in caption.value
    for part in words:
        assert part in caption.value


def test_the_sentence_taken_away_is_the_one_that_is_shown(start: Start, stack, monkeypatch):
    looks = []
    draw = numbers.sentence_figure
    monkeypatch.setattr(numbers, "sentence_figure", lambda *of, **how: looks.append((of, how)) or draw(*of, **how))
    monkeypatch.setattr(numbers, "theme", lambda: LIGHT)
    monkeypatch.setattr(take_away, "_button", lambda label, name, make: make() if "SVG" in label else None)
    monkeypatch.setattr(take_away, "_drawn", lambda captioned, kind: captioned())
    monkeypatch.setattr(take_away, "with_caption", lambda figure, about, theme: figure)
    monkeypatch.setattr(take_away, "can_draw_images", lambda: True)
    page = start(model="untrained", layer="1", head="2", pins="3-9", scale="unit")
    page.session_state["take_away"] = True
    page.session_state["taken"] = "sentence"
    checked(page.run())
    (((queries, keys, look), how),) = looks
    assert (queries, keys) == (stack.query_tokens, None)
    assert how == {"theme": LIGHT, "scale": "unit"}
    assert (look.is_to, look.places) == (True, (3, 9))
    weights = stack.weights(1, 2).numpy()
    np.testing.assert_allclose(look.weights, weights[[3, 9]].mean(axis=0), atol=1e-7)
    assert look.end == weights.max()


def test_both_maps_of_a_comparison_are_tables():
    page = AppTest.from_file(str(ROOT / "attnviz" / "app" / "pages" / "compare.py"), default_timeout=120)
    page.query_params["layer"] = "1"
    page.query_params["head"] = "2"
    checked(page.run())
    for picture, text in (("first", DEFAULT_TEXT), ("second", OTHER_TEXT)):
        expected = merge_words(attnviz.load(attnviz.DEFAULT_MODEL).run(text).encoder)
        table = opened(page, picture)
        np.testing.assert_array_equal(table.iloc[:, 1:].to_numpy(), expected.weights(1, 2).numpy())
        assert list(table["attends"]) == [f"{token.text} ({at})" for at, token in enumerate(expected.query_tokens)]
    assert address(page) == {"layer": "1", "head": "2"}


def test_at_rest_the_table_of_the_sentence_is_of_the_word_to_look_at_first(start: Start):
    table = opened(start(), "sentence")
    stack = attnviz.load("builtin").run(DEFAULT_TEXT).encoder
    np.testing.assert_array_equal(table["it (8)"].to_numpy(), stack.weights(3, 0)[8].numpy())
