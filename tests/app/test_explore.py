import numpy as np
import pytest

import attnviz
from attnviz.app import models
from attnviz.app.guide import first_view
from attnviz.app.state import DEFAULT_TEXT, EXAMPLES
from attnviz.errors import BrokenModelError
from tests.app.conftest import Start, address, checked, drawn, labelled, load_from_link, said
from tests.engine.tiny import save_tiny

FIRST = first_view(attnviz.DEFAULT_MODEL)  # the layer and the head to look at first


@pytest.fixture(scope="module")
def engine() -> attnviz.Engine:
    return attnviz.load(attnviz.DEFAULT_MODEL)


def weights(engine: attnviz.Engine, text: str, layer: int, head: int) -> np.ndarray:
    (stack,) = engine.run(text).stacks.values()
    return stack.weights(layer, head).numpy()


def test_the_first_screen_draws_every_head_of_the_default_sentence(start: Start, engine):
    page = start()
    np.testing.assert_array_equal(drawn(page, "map_chosen"), weights(engine, DEFAULT_TEXT, *FIRST))
    for head in range(engine.n_heads):
        np.testing.assert_array_equal(drawn(page, f"map_{head}"), weights(engine, DEFAULT_TEXT, FIRST[0], head))
    charts = [chart.proto.id.rpartition("-")[2] for chart in page.get("plotly_chart")]
    assert len([chart for chart in charts if chart.startswith("map_")]) == engine.n_heads + 1
    assert not said(page)
    assert address(page) == {}


def test_an_address_is_shown_and_stays_as_it_is(start: Start, engine):
    text = "the cat saw the other cat"
    page = start(text=text, layer="2", head="3")
    np.testing.assert_array_equal(drawn(page, "map_chosen"), weights(engine, text, 2, 3))
    np.testing.assert_array_equal(drawn(page, "map_1"), weights(engine, text, 2, 1))
    assert page.text_input(key="text").value == text
    assert address(page) == {"text": text, "layer": "2", "head": "3"}
    assert not said(page)


def test_what_is_typed_and_chosen_is_drawn_and_written_to_the_address(start: Start, engine):
    page = start()
    checked(page.text_input(key="text").set_value("She ate the apple.").run())
    np.testing.assert_array_equal(drawn(page, "map_chosen"), weights(engine, "She ate the apple.", *FIRST))
    checked(page.button(key="head_2").click().run())
    np.testing.assert_array_equal(drawn(page, "map_chosen"), weights(engine, "She ate the apple.", FIRST[0], 2))
    checked(page.button_group(key="layer").set_value(1).run())
    np.testing.assert_array_equal(drawn(page, "map_chosen"), weights(engine, "She ate the apple.", 1, 2))
    assert address(page) == {"text": "She ate the apple.", "layer": "1", "head": "2"}


@pytest.mark.parametrize("text", list(EXAMPLES)[1:])
def test_an_example_is_one_click(start: Start, engine, text):
    page = start()
    checked(page.button_group(key="example").set_value(text).run())
    assert page.text_input(key="text").value == text
    np.testing.assert_array_equal(drawn(page, "map_chosen"), weights(engine, text, *FIRST))


def test_going_back_in_the_browser_brings_the_view_back(start: Start, engine):
    page = start()
    checked(page.button(key="head_2").click().run())
    del page.query_params["head"]  # what the browser does, without a widget
    checked(page.run())
    np.testing.assert_array_equal(drawn(page, "map_chosen"), weights(engine, DEFAULT_TEXT, *FIRST))
    assert page.button_group(key="head").value == 0


def test_a_quick_second_click_with_the_address_of_before_the_first_is_not_lost(start: Start, engine):
    page = start()
    checked(page.button(key="head_2").click().run())
    del page.query_params["head"]
    checked(page.button_group(key="layer").set_value(1).run())
    np.testing.assert_array_equal(drawn(page, "map_chosen"), weights(engine, DEFAULT_TEXT, 1, 2))
    assert address(page) == {"layer": "1", "head": "2"}


@pytest.mark.parametrize(
    ("wrong", "sentence", "layer", "head"),
    [
        ({"layer": "999"}, "There is no layer 999: this model has layers 0 to", -1, FIRST[1]),
        ({"head": "77"}, "There is no head 77: this model has heads 0 to", FIRST[0], -1),
        (
            {"head": "abc"},
            "The address has head=abc, which is no number from 0; the head to look at first is taken instead.",
            *FIRST,
        ),
        ({"stack": "cross"}, "This model has no attention “cross”", *FIRST),
    ],
)
def test_what_does_not_exist_is_named_once_and_something_is_shown(start: Start, engine, wrong, sentence, layer, head):
    page = start(**wrong)
    assert sentence in said(page)
    shown = weights(engine, DEFAULT_TEXT, layer % engine.n_layers, head % engine.n_heads)
    np.testing.assert_array_equal(drawn(page, "map_chosen"), shown)
    assert set(address(page).items()).isdisjoint(wrong.items())
    checked(page.button(key="head_1").click().run())
    assert not said(page)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("a\0b", "NUL"),
        ("word " * 1_000, "tokens"),
        ("word " * 20_000, "characters"),
    ],
)
def test_a_text_that_cannot_be_read_is_one_sentence_and_no_picture(start: Start, text, sentence):
    page = start()
    assert page.get("plotly_chart")
    checked(page.text_input(key="text").set_value(text).run())
    assert len(page.error) == 1
    assert sentence in said(page)
    assert not page.get("plotly_chart"), "a picture of a text from before"
    checked(page.text_input(key="text").set_value("it works").run())
    assert page.get("plotly_chart")
    assert not said(page)


@pytest.mark.parametrize(
    "text", ["שלום עולם", "👩‍👩‍👧 e\u0301", "<script>alert(1)</script>", "**bold** $x$ :red[x]", "a" * 3000]
)
def test_unusual_text_is_drawn(start: Start, engine, text):
    page = start(text=text)
    np.testing.assert_array_equal(drawn(page, "map_chosen"), weights(engine, text, *FIRST))
    assert not said(page)


def test_a_long_text_is_pooled_in_the_small_maps_and_says_so(start: Start, engine):
    text = "the cat and the dog " * 40
    page = start(text=text)
    exact = weights(engine, text, *FIRST)
    np.testing.assert_array_equal(drawn(page, "map_chosen"), exact)
    assert max(drawn(page, "map_0").shape) <= 128
    assert "largest weight of up to 2 × 2 tokens" in " ".join(element.value for element in page.markdown)


def test_a_text_of_more_than_512_tokens_is_shown_by_windows(start: Start):
    engine = attnviz.load("untrained")
    text = " ".join(f"word{i}" for i in range(600))
    page = start(model="untrained", text=text, rows="50", columns="999")
    exact = weights(engine, text, 0, 0)
    last = len(exact) - 512
    np.testing.assert_array_equal(drawn(page, "map_chosen"), exact[50:562, last:])
    checked(page.slider(key="rows").set_value(3).run())
    np.testing.assert_array_equal(drawn(page, "map_chosen"), exact[3:515, last:])
    assert address(page)["rows"] == "3"


def test_a_second_text_is_attended_to(start: Start):
    engine = attnviz.load("untrained")
    page = start(model="untrained", text="one two", pair="three")
    (stack,) = engine.run("one two", pair="three").stacks.values()
    np.testing.assert_array_equal(drawn(page, "map_chosen"), stack.weights(0, 0).numpy())
    checked(page.text_input(key="pair").set_value("  ").run())
    np.testing.assert_array_equal(drawn(page, "map_chosen"), weights(engine, "one two", 0, 0))


@pytest.mark.parametrize("name", ["nobody/nothing", "/etc", "gpt2\0", "**x**", "google-bert/bert-base-uncased"])
def test_a_model_from_a_link_is_neither_opened_nor_downloaded_without_a_click(start: Start, engine, name, monkeypatch):
    monkeypatch.setattr(models, "is_cached", lambda name: False)
    asked = []
    load = attnviz.load
    monkeypatch.setattr(attnviz, "load", lambda name, **options: asked.append(name) or load(name, **options))
    page = start(model=name, layer="1")
    assert asked == [attnviz.DEFAULT_MODEL]
    assert name in said(page)
    assert "Shown instead" in said(page)
    np.testing.assert_array_equal(drawn(page, "map_chosen"), weights(engine, DEFAULT_TEXT, 1, 0))
    assert address(page) == {"model": name, "layer": "1"}


def test_a_model_that_fails_is_one_sentence_and_the_default_is_shown(start: Start, engine, monkeypatch):
    load, calls = attnviz.load, []

    def fail(name: str, **options: object) -> attnviz.Engine:
        if name == "some/**model**":
            calls.append(name)
            raise BrokenModelError(f"The files of {name} are damaged.")
        return load(name, **options)

    monkeypatch.setattr(attnviz, "load", fail)
    page = load_from_link(start, model="some/**model**")
    assert "The files of some/**model** are damaged." in said(page)
    np.testing.assert_array_equal(drawn(page, "map_chosen"), weights(engine, DEFAULT_TEXT, *FIRST))
    checked(page.run())
    assert len(calls) == 1, "nobody asked again"
    checked(labelled(page, "Try again").click().run())
    assert len(calls) == 2
    assert "The files of some/**model** are damaged." in said(page)


def test_a_bert_from_a_folder_can_be_computed_by_our_own_code(start: Start, tmp_path):
    folder = str(save_tiny("bert", tmp_path))
    page = load_from_link(start, model=folder, text="the cat sat", layer="1", head="3")
    theirs, ours = (attnviz.load(folder, from_scratch=ours).run("the cat sat").encoder for ours in (False, True))
    np.testing.assert_array_equal(drawn(page, "map_chosen"), theirs.weights(1, 3).numpy())
    checked(page.toggle(key="from_scratch").set_value(True).run())
    np.testing.assert_array_equal(drawn(page, "map_chosen"), ours.weights(1, 3).numpy())
    assert "our from-scratch code" in " ".join(element.value for element in page.markdown)
    assert address(page)["from_scratch"] == "1"
    checked(page.selectbox(key="model").set_value("untrained").run())
    assert "from_scratch" not in address(page)
    assert "from_scratch" not in [toggle.key for toggle in page.toggle]


def test_what_the_tokenizer_dropped_is_told(start: Start, tmp_path):
    folder = str(save_tiny("bert", tmp_path))
    for text, is_told in (("the te\u0301e", True), ("the cat", False)):
        page = load_from_link(start, model=folder, text=text)
        told = [line.value for line in page.markdown if "The tokenizer dropped" in line.value]
        assert len(told) == is_told
        assert not is_told or "◌\u0301" in told[0]


def test_an_encoder_decoder_has_a_choice_of_three_attentions(start: Start, tmp_path):
    folder = str(save_tiny("bart", tmp_path))
    page = load_from_link(start, model=folder, text="the cat sat on the mat", pair="a mat", stack="cross", head="2")
    stacks = attnviz.load(folder).run("the cat sat on the mat", pair="a mat").stacks
    np.testing.assert_array_equal(drawn(page, "map_chosen"), stacks["cross"].weights(0, 2).numpy())
    assert drawn(page, "map_chosen").shape == (len(stacks["cross"].query_tokens), len(stacks["cross"].key_tokens))
    for kind in ("encoder", "decoder"):
        checked(page.selectbox(key="stack").set_value(kind).run())
        shown, expected = drawn(page, "map_chosen"), stacks[kind].weights(0, 2).numpy()
        np.testing.assert_array_equal(np.nan_to_num(shown), expected)
        assert np.isnan(shown).any() == (kind == "decoder"), "masked cells"


def test_an_attention_sink_is_a_column_of_its_own(start: Start, tmp_path):
    folder = str(save_tiny("gpt_oss", tmp_path))
    page = load_from_link(start, model=folder, text="the cat sat on the mat", layer="1", head="2", query="3", key="22")
    decoder = attnviz.load(folder).run("the cat sat on the mat").decoder
    assert (len(decoder.query_tokens), len(decoder.key_tokens)) == (22, 23)
    expected = decoder.weights(1, 2).numpy()
    np.testing.assert_array_equal(np.nan_to_num(drawn(page, "map_chosen")), expected)
    assert (drawn(page, "map_chosen")[:, 22] > 0).all()
    page = load_from_link(start, model=folder, text="the cat sat on the mat", words="1", layer="1", head="2")
    assert drawn(page, "map_chosen").shape[1] == drawn(page, "map_chosen").shape[0] + 1


def test_the_page_says_what_it_shows(start: Start):
    page = start(model="untrained", layer="1", head="2")
    said_to_be = " ".join(element.value for element in page.markdown)
    for part in ("Untrained", "layer 1", "head 2", "13 tokens", "random", "count from 0"):
        assert part in said_to_be
