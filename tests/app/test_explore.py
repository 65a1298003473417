"""Explore, run by AppTest: what it carries to the picture, read as the browser reads it, against the tensors."""

import json
from urllib.parse import parse_qsl

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import attnviz
from attnviz.address import DEFAULT_TEXT
from attnviz.app import models
from attnviz.errors import BrokenModelError
from attnviz.scene import EXAMPLES
from tests.app.conftest import (
    Start,
    address,
    box,
    carried,
    checked,
    choose,
    drawn,
    labelled,
    load_from_link,
    said,
    shown,
)
from tests.engine.tiny import save_tiny
from tests.figures.drawn import cells

FIRST = (3, 0)  # of the built-in model, the head that links every word to the word it hangs on


@pytest.fixture(scope="module")
def engine() -> attnviz.Engine:
    return attnviz.load(attnviz.DEFAULT_MODEL)


def weights(engine: attnviz.Engine, text: str, layer: int, head: int) -> np.ndarray:
    (stack,) = engine.run(text).stacks.values()
    return stack.weights(layer)[head].numpy()


def heads(page: AppTest) -> list[np.ndarray]:
    """The cells of every panel of the Plotly figure."""
    page.session_state["_visit"].room = 1290
    (chart,) = checked(page.run()).get("plotly_chart")
    return [cells(trace) for trace in json.loads(chart.proto.spec)["data"] if trace.get("z", {}).get("dtype") == "f4"]


def test_the_first_screen_draws_every_head_of_the_default_sentence(start: Start, engine):
    page = start()
    np.testing.assert_array_equal(drawn(page), weights(engine, DEFAULT_TEXT, *FIRST))
    panels = heads(page)
    assert len(panels) == engine.n_heads
    for head, panel in enumerate(panels):
        np.testing.assert_array_equal(panel, weights(engine, DEFAULT_TEXT, FIRST[0], head))
    assert not said(page)
    assert address(page) == {}
    words = carried(page, "text")[0]["query"]["text"]
    assert (words[shown(page)["query"]], words[shown(page)["key"]]) == ("it", "animal")


def test_an_address_is_shown_and_stays_as_it_is(start: Start, engine):
    text = "the cat saw the other cat"
    page = start(text=text, layer="2", head="3")
    np.testing.assert_array_equal(drawn(page), weights(engine, text, 2, 3))
    assert box(page, "Sentence").value == text
    assert address(page) == {"text": text, "layer": "2", "head": "3"}
    assert not said(page)


def test_what_is_typed_and_chosen_is_drawn_and_written_to_the_address(start: Start, engine):
    page = start()
    checked(box(page, "Sentence").set_value("She ate the apple.").run())
    np.testing.assert_array_equal(drawn(page), weights(engine, "She ate the apple.", *FIRST))
    choose(page, type="head", layer=1, head=2)
    np.testing.assert_array_equal(drawn(page), weights(engine, "She ate the apple.", 1, 2))
    assert address(page) == {"text": "She ate the apple.", "layer": "1", "head": "2"}


def test_a_chosen_word_goes_along_to_the_next_text_that_has_it(start: Start):
    page = choose(start(), type="word", side="query", token=2, text="animal")
    assert address(page)["query"] == "2~animal"
    choose(page, type="text", text="The dog saw the animal")
    words = carried(page, "text")[0]["query"]["text"]
    assert words[shown(page)["query"]] == "animal"
    assert address(page)["query"] == "5~animal"
    choose(page, type="text", text="She ate the apple.")
    assert "You chose “animal”, which this text does not have." in said(page)


@pytest.mark.parametrize("text", [text for _, text in EXAMPLES[1:]])
def test_an_example_is_drawn(start: Start, engine, text):
    page = choose(start(), type="text", text=text)
    np.testing.assert_array_equal(drawn(page), weights(engine, text, *FIRST))
    assert text in [each["text"] for each in carried(page, "view")[0]["examples"]]


@pytest.mark.parametrize(
    ("wrong", "sentence", "layer", "head"),
    [
        ({"layer": "999"}, "There is no layer 999: this model has layers 0 to 3. Layer 3 is shown.", 3, 0),
        ({"head": "77"}, "There is no head 77: this model has heads 0 to 5. Head 5 is shown.", 3, 5),
        ({"head": "abc"}, "The address has head=abc", *FIRST),
        ({"stack": "cross"}, "This model has no attention “cross”", *FIRST),
    ],
)
def test_what_does_not_exist_is_named_and_something_is_shown(start: Start, engine, wrong, sentence, layer, head):
    page = start(**wrong)
    assert sentence in said(page)
    np.testing.assert_array_equal(drawn(page), weights(engine, DEFAULT_TEXT, layer, head))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("   ", "Type a sentence"),
        ("a\0b", "NUL"),
        ("word " * 1_000, "tokens"),
        ("word " * 20_000, "characters"),
    ],
)
def test_a_text_that_cannot_be_read_is_one_sentence_and_the_picture_before_is_dimmed(start: Start, text, sentence):
    page = start()
    before = drawn(page)
    checked(box(page, "Sentence").set_value(text).run())
    assert sentence in carried(page, "view")[0]["dimmed"]["sentence"]
    np.testing.assert_array_equal(drawn(page), before)
    checked(box(page, "Sentence").set_value("it works").run())
    assert not carried(page, "view")[0].get("dimmed")
    assert not said(page)


def test_a_text_that_is_too_long_offers_what_fits(start: Start, engine):
    page = start(text="word " * 1_000)
    offer = carried(page, "view")[0]["dimmed"]["offer"]
    assert offer["label"] == "Take its first 510 tokens"
    (stack,) = engine.run(offer["event"]["text"]).stacks.values()
    assert len(stack.query_tokens) == 512


@pytest.mark.parametrize(
    "text", ["שלום עולם", "👩‍👩‍👧 e\u0301", "<script>alert(1)</script>", "**bold** $x$ :red[x]", "a" * 3000]
)
def test_unusual_text_is_drawn(start: Start, engine, text):
    page = start(text=text, layer="3", head="0")
    np.testing.assert_array_equal(drawn(page), weights(engine, text, 3, 0))
    assert not said(page)


def test_a_long_text_is_pooled_in_the_panels_and_says_so(start: Start, engine):
    text = "the cat and the dog " * 40
    page = start(text=text, layer="3", head="0")
    exact = weights(engine, text, 3, 0)
    np.testing.assert_array_equal(drawn(page), exact)
    size = -(-len(exact) // 64)
    assert heads(page)[0][0, 0] == exact[:size, :size].max()
    assert f"largest weight of {size} × {size} tokens" in " ".join(element.value for element in page.markdown)


def test_a_text_of_more_than_512_tokens_is_shown_by_windows(start: Start):
    engine = attnviz.load("untrained")
    text = " ".join(f"word{i}" for i in range(600))
    page = start(model="untrained", text=text, rows="50", layer="0", head="0")
    exact = weights(engine, text, 0, 0)
    np.testing.assert_array_equal(drawn(page), exact[50:562, 50:562])
    choose(page, type="window", rows=3)
    np.testing.assert_array_equal(drawn(page), exact[3:515, 3:515])
    assert address(page)["rows"] == "3"


def test_a_second_text_is_attended_to(start: Start):
    engine = attnviz.load("untrained")
    page = start(model="untrained", text="one two", pair="three", layer="0", head="0")
    (stack,) = engine.run("one two", pair="three").stacks.values()
    np.testing.assert_array_equal(drawn(page), stack.weights(0)[0].numpy())
    checked(box(page, "Second text").set_value("  ").run())
    np.testing.assert_array_equal(drawn(page), weights(engine, "one two", 0, 0))


@pytest.mark.parametrize("name", ["nobody/nothing", "/etc", "gpt2\0", "**x**", "google-bert/bert-base-uncased"])
def test_a_model_from_a_link_is_neither_opened_nor_downloaded_without_a_click(start: Start, engine, name, monkeypatch):
    monkeypatch.setattr(models, "is_cached", lambda name: False)
    asked = []
    load = attnviz.load
    monkeypatch.setattr(attnviz, "load", lambda name, **options: asked.append(name) or load(name, **options))
    page = start(model=name, layer="1", head="0")
    assert asked == [attnviz.DEFAULT_MODEL]
    assert name.rstrip("\0").rpartition("/")[2] in said(page)
    np.testing.assert_array_equal(drawn(page), weights(engine, DEFAULT_TEXT, *FIRST))
    assert address(page) == {"model": name, "layer": "1", "head": "0"}


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
    np.testing.assert_array_equal(drawn(page), weights(engine, DEFAULT_TEXT, *FIRST))
    checked(page.run())
    assert len(calls) == 1, "nobody asked again"
    checked(labelled(page, "Try again").click().run())
    assert len(calls) == 2


def test_a_bert_from_a_folder_can_be_computed_by_our_own_code(start: Start, tmp_path):
    folder = str(save_tiny("bert", tmp_path))
    page = load_from_link(start, model=folder, text="the cat sat", layer="1", head="3")
    theirs, ours = (attnviz.load(folder, from_scratch=ours).run("the cat sat").encoder for ours in (False, True))
    np.testing.assert_array_equal(drawn(page), theirs.weights(1)[3].numpy())
    checked(box(page, "Options").set_value(True).run())
    checked(box(page, "Compute with our from-scratch code").set_value(True).run())
    np.testing.assert_array_equal(drawn(page), ours.weights(1)[3].numpy())
    assert address(page)["from_scratch"] == "1"
    choose(page, type="model", model="untrained")
    assert "from_scratch" not in address(page)
    assert [each.label for each in page.toggle] == ["Options"]


def test_what_the_tokenizer_dropped_is_told(start: Start, tmp_path):
    folder = str(save_tiny("bert", tmp_path))
    for text, is_told in (("the te\u0301e", True), ("the cat", False)):
        note = carried(load_from_link(start, model=folder, text=text), "view")[0]["note"]
        assert ("The tokenizer dropped" in note and "◌\u0301" in note) == is_told


def test_an_encoder_decoder_has_a_choice_of_three_attentions(start: Start, tmp_path):
    folder = str(save_tiny("bart", tmp_path))
    where = {"text": "the cat sat on the mat", "pair": "a mat", "stack": "cross", "layer": "0", "head": "2"}
    page = load_from_link(start, model=folder, **where)
    stacks = attnviz.load(folder).run("the cat sat on the mat", pair="a mat").stacks
    assert shown(page)["kinds"] == list(stacks)
    np.testing.assert_array_equal(drawn(page), stacks["cross"].weights(0)[2].numpy())
    for kind in ("encoder", "decoder"):
        choose(page, type="stack", stack=kind)
        found, expected = drawn(page), stacks[kind].weights(0)[2].numpy()
        np.testing.assert_array_equal(np.nan_to_num(found), expected)
        assert np.isnan(found).any() == (kind == "decoder"), "masked cells"


def test_an_attention_sink_is_a_column_of_its_own(start: Start, tmp_path):
    folder = str(save_tiny("gpt_oss", tmp_path))
    page = load_from_link(start, model=folder, text="the cat sat on the mat", layer="1", head="2", query="3", key="22")
    decoder = attnviz.load(folder).run("the cat sat on the mat").decoder
    assert (len(decoder.query_tokens), len(decoder.key_tokens)) == (22, 23)
    np.testing.assert_array_equal(np.nan_to_num(drawn(page)), decoder.weights(1)[2].numpy())
    assert (drawn(page)[:, 22] > 0).all()
    page = load_from_link(start, model=folder, text="the cat sat on the mat", words="1", layer="1", head="2")
    assert drawn(page).shape[1] == drawn(page).shape[0] + 1


def test_a_link_leads_to_compare_with_the_sentence_on_both_sides(start: Start):
    links = [link.proto for link in start(text="the cat sat").get("page_link")]
    (link,) = [each for each in links if each.label == "Change one word, and compare"]
    assert dict(parse_qsl(link.query_string)) == {"text": "the cat sat", "other": "the cat sat"}


def test_what_a_model_knows_stands_as_a_badge_and_praises_no_other_text(start: Start):
    known, *_ = carried(start(), "view")
    assert known["badge"] == {"state": "known", "text": "knows 11 of 11 words · sentence of a kind it was trained on"}
    page = start(text="My zorp flibbered the unbelievably internationalisation")
    assert carried(page, "view")[0]["badge"]["state"] == "warn"
    told = [about for about in carried(page, "text")[0]["about"] if isinstance(about, dict)]
    assert told
    assert not any(about["right"] for about in told)
