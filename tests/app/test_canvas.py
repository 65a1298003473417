"""What the page hands to the sentence and the overview, and what it takes back."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import attnviz
from attnviz.analysis.habits import habits
from attnviz.analysis.regroup import hide_special, merge_words
from attnviz.app import guide
from attnviz.app.components.canvas.pins import Side, follow
from attnviz.app.components.canvas.words import texts, written
from attnviz.app.display import Places
from attnviz.app.state import DEFAULT_TEXT
from attnviz.packing import pack_maps
from attnviz.tokens import Token, second_text, special_token, word_tokens
from tests.app.conftest import Start, address, checked, drawn, said
from tests.engine.tiny import save_tiny


@pytest.fixture(scope="module")
def engine() -> attnviz.Engine:
    return attnviz.load("untrained")


def sent(page: AppTest, part: str) -> tuple[dict, bytes]:
    """Header and body of what a part was sent."""
    (body,) = [
        element.proto.bytes for element in page.get("bidi_component") if element.proto.component_name.endswith(part)
    ]
    length = int.from_bytes(body[:4], "little")
    return json.loads(body[4 : 4 + length]), body[4 + length :]


def exact(page: AppTest) -> np.ndarray:
    header, body = sent(page, "attnviz_sentence")
    return np.frombuffer(body, "<f4").reshape(header["tokens"])


def test_the_overview_is_sent_the_maps_of_all_heads(start: Start, engine):
    page = start(model="untrained")
    stack = engine.run(DEFAULT_TEXT).encoder
    every = range(len(stack.query_tokens))
    expected = pack_maps(stack, rows=every, columns=every, group="explore").message
    (overview,) = [
        element.proto.bytes
        for element in page.get("bidi_component")
        if element.proto.component_name == "attnviz_overview"
    ]
    assert overview == expected


@pytest.mark.parametrize("head", [0, 3])
def test_the_sentence_is_sent_the_words_and_the_chosen_head_bit_for_bit(start: Start, engine, head):
    page = start(model="untrained", layer="1", head=str(head))
    stack = engine.run(DEFAULT_TEXT).encoder
    np.testing.assert_array_equal(exact(page), stack.weights(1, head).numpy())
    header, _ = sent(page, "attnviz_sentence")
    assert header["query"]["text"] == [token.text for token in stack.query_tokens]
    assert header["key"] is None
    assert (header["layer"], header["head"], header["shows"]) == (1, head, f"1.{head}")
    assert header["digest"] == sent(page, "attnviz_overview")[0]["digest"]


def test_of_heads_that_were_not_measured_the_page_says_where_their_weight_goes(start: Start, engine):
    header, _ = sent(start(model="untrained"), "attnviz_sentence")
    found = habits(engine.run(DEFAULT_TEXT).encoder)
    assert len(header["about"]) == len(found)
    assert header["about"][5] == (
        f"On average a row gives the token before {found[5].before:.0%}, itself {found[5].itself:.0%}, the one after "
        f"{found[5].after:.0%}, special tokens and the first one {found[5].sinks:.0%}; "
        f"its largest weight is {found[5].largest:.2f}."
    ).replace("%", " %")
    header, _ = sent(start(), "attnviz_sentence")
    measured = guide.heads("builtin", attnviz.load("builtin").run(DEFAULT_TEXT).encoder)
    assert any(measured)
    for about, known in zip(header["about"], measured, strict=True):
        assert about == known if known else about.startswith("On average a row gives ")


def untrained_pieces(tmp_path) -> tuple[str, str]:
    """A model whose words have pieces, and a text with such words."""
    return str(save_tiny("bert", tmp_path)), "the cat satmat on the catmat"


def load_from_link(start: Start, **where: str) -> AppTest:
    page = start(**where)
    (button,) = [button for button in page.button if button.label == "Load this model"]
    return checked(button.click().run())


@pytest.mark.parametrize("special", ["keep", "hide", "renormalise"])
def test_sentence_and_overview_draw_what_the_heat_maps_draw(start: Start, tmp_path, special):
    model, text = untrained_pieces(tmp_path)
    page = load_from_link(start, model=model, text=text, words="1", special=special, layer="1", head="2")
    expected = merge_words(attnviz.load(model).run(text).encoder)
    if special != "keep":
        expected = hide_special(expected, renormalise=special == "renormalise")
    assert len(expected.query_tokens) < len(attnviz.load(model).run(text).encoder.query_tokens)
    np.testing.assert_array_equal(exact(page), expected.weights(1, 2).numpy())
    np.testing.assert_array_equal(exact(page), drawn(page, "map_chosen"))
    header, _ = sent(page, "attnviz_sentence")
    assert header["query"]["text"] == [token.text for token in expected.query_tokens]
    every = range(len(expected.query_tokens))
    overview = pack_maps(expected, rows=every, columns=every, group="explore")
    assert sent(page, "attnviz_overview")[0]["digest"] == header["digest"] == overview.digest


def test_another_choice_is_drawn_anew_though_the_text_is_the_same(start: Start, engine):
    page = start(model="untrained")
    whole = sent(page, "attnviz_overview")[0]
    checked(page.button_group(key="special").set_value("hide").run())
    hidden = sent(page, "attnviz_overview")[0]
    assert hidden["tokens"] == [length - 2 for length in whole["tokens"]]
    checked(page.button_group(key="special").set_value("renormalise").run())
    assert sent(page, "attnviz_overview")[0]["digest"] not in {whole["digest"], hidden["digest"]}
    checked(page.button_group(key="scale").set_value("log").run())
    overview, sentence = (sent(page, part)[0] for part in ("attnviz_overview", "attnviz_sentence"))
    assert sentence["scale"] == "log"
    checked(page.button_group(key="scale").set_value("unit").run())
    assert sent(page, "attnviz_overview")[0] == overview, "a scale sends the maps of all heads again"


def test_pins_are_tokens_and_come_back_when_what_hides_them_goes(start: Start, tmp_path):
    model, text = untrained_pieces(tmp_path)
    tokens = attnviz.load(model).run(text).encoder.query_tokens
    pieces = [at for at, token in enumerate(tokens) if token.word == 2]
    assert len(pieces) > 1
    pins = "-".join(map(str, (0, pieces[0])))
    page = load_from_link(start, model=model, text=text, words="1", special="hide", pins=pins)
    header, _ = sent(page, "attnviz_sentence")
    assert [header["query"]["text"][pin] for pin in header["pins"]] == ["satmat"]
    assert header["note"] == f"Pinned, but not shown here: {tokens[0].text}."
    assert address(page)["pins"] == pins
    checked(page.toggle(key="words").set_value(False).run())
    checked(page.button_group(key="special").set_value("keep").run())
    header, _ = sent(page, "attnviz_sentence")
    assert header["pins"] == [0, pieces[0]]
    assert header["note"] == ""
    assert not said(page)


def test_what_is_clicked_is_pinned_as_tokens():
    side = Side(Places((-1, 0, 1, 1, 1, 2, -1)), seen=range(3))  # special, a word of three pieces, special
    assert side.drawn((0, 2, 3, 5, 99)) == (1, 2)
    assert side.taken((1,), ()) == (2, 3, 4), "a word is pinned whole"
    assert side.taken((0, 1), (3,)) == (1, 3), "what was pinned stays as it was"
    assert side.taken((2,), (0, 3)) == (0, 5), "what is hidden stays, what is unpinned goes"
    assert side.taken((), (0, 3)) == ()
    assert side.taken((7,), ()) == ()
    window = Side(Places(tuple(range(9))), seen=range(4, 9))
    assert window.drawn((1, 5)) == (5,)
    assert window.taken((5, 6), (1, 5)) == (1, 5, 6), "what is out of the window stays"


def test_the_second_text_of_a_pair_is_known_without_its_special_tokens(start: Start):
    page = start(model="untrained", text="one two", pair="one three", between="ab", special="hide", words="1")
    header, _ = sent(page, "attnviz_sentence")
    assert header["query"]["text"] == ["one", "two", "one", "three"]
    assert header["query"]["second"] == 2
    assert header["between"] == "ab"


@pytest.mark.parametrize(
    ("average", "heads"),
    [
        ("layer", [(2, head) for head in range(4)]),
        ("all", [(layer, head) for layer in range(4) for head in range(4)]),
        ("0.1-3.2", [(0, 1), (3, 2)]),
    ],
)
def test_the_mean_of_heads_is_sent_where_a_link_asks_for_it(start: Start, engine, average, heads):
    page = start(model="untrained", layer="2", average=average)
    stack = engine.run(DEFAULT_TEXT).encoder
    mean = np.mean([stack.weights(*each).double().numpy() for each in heads], axis=0)
    np.testing.assert_allclose(exact(page), mean, atol=1e-6)
    assert not said(page)
    assert address(page)["average"] == average


def test_pins_follow_their_words_into_a_new_sentence_and_those_it_lacks_are_named(start: Start):
    page = start(text="the cat saw the dog", pins="2-5")  # cat and dog, after [CLS]
    assert sent(page, "attnviz_sentence")[0]["pins"] == [2, 5]
    checked(page.text_input(key="text").set_value("a dog saw us").run())
    header, _ = sent(page, "attnviz_sentence")
    assert header["pins"] == [2]
    assert header["note"] == "Not in this text, so no longer pinned: cat."
    assert address(page)["pins"] == "2"
    checked(page.run())
    assert sent(page, "attnviz_sentence")[0]["note"], "it stays until something is changed"
    checked(page.text_input(key="text").set_value("nothing here").run())
    assert sent(page, "attnviz_sentence")[0]["pins"] == []
    assert "pins" not in address(page)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"pins": "2-99"}, "There is no word 99 to pin: this text has words 0 to"),
        ({"pins": "-1"}, "The address has pins=-1, which cannot be read"),
        ({"pins": "2-99999999999"}, "cannot be read"),
        ({"direction": "sideways"}, "The address has direction=sideways"),
        ({"face": "<b>"}, "The address has face=<b>"),
        ({"between": "ac"}, "The address has between=ac"),
        ({"average": "1.1-"}, "The address has average=1.1-"),
        ({"average": "0.0-99.1"}, "the mean of heads that this model does not have"),
    ],
)
def test_an_address_that_asks_for_what_there_is_not_is_named_and_drawn_without_it(
    start: Start, engine, wrong, sentence
):
    page = start(model="untrained", **wrong)
    assert sentence in said(page)
    np.testing.assert_array_equal(exact(page), engine.run(DEFAULT_TEXT).encoder.weights(0, 0).numpy())
    assert "99" not in address(page).get("pins", "")


def test_a_long_text_is_sent_by_windows(start: Start, engine):
    text = " ".join(f"w{i}" for i in range(600))
    page = start(model="untrained", text=text, rows="50", pins="60")
    header, _ = sent(page, "attnviz_sentence")
    assert header["tokens"] == [512, 512]
    assert header["query"]["text"][0] == "w49"
    assert header["pins"] == [10]
    np.testing.assert_array_equal(exact(page), engine.run(text).encoder.weights(0, 0).numpy()[50:562, 50:562])


def test_a_pair_is_told_apart_and_a_translation_has_words_of_its_own(start: Start, tmp_path):
    page = start(model="untrained", text="one two", pair="one three", between="ab")
    header, _ = sent(page, "attnviz_sentence")
    assert header["query"]["text"][header["query"]["second"] :][:2] == ["one", "three"]
    assert header["between"] == "ab"
    folder = str(save_tiny("bart", tmp_path))
    page = start(model=folder, text="the cat sat on the mat", pair="a mat", stack="cross", head="2")
    (button,) = [button for button in page.button if button.label == "Load this model"]
    checked(button.click().run())
    cross = attnviz.load(folder).run("the cat sat on the mat", pair="a mat").cross
    np.testing.assert_array_equal(exact(page), cross.weights(0, 2).numpy())
    header, _ = sent(page, "attnviz_sentence")
    assert header["query"]["text"] == list(texts(cross.query_tokens))
    assert header["key"]["text"] == list(texts(cross.key_tokens))
    assert header["stacks"] == ["encoder", "decoder", "cross"]


def test_a_pin_moves_to_the_nearest_place_that_has_its_word():
    now = ("the", "dog", "and", "the", "cat")
    assert follow((0, 3), ("the", "the"), now) == ((0, 3), ())
    assert follow((2,), ("the",), now) == ((3,), ())
    assert follow((1, 2), ("tired", "cat"), now) == ((4,), ("tired",))
    assert follow((0, 1, 2), ("the", "the", "the"), now) == ((0, 3), ("the",))


def test_words_are_told_from_pieces_and_a_text_from_the_one_before():
    cls, sep = special_token("[CLS]"), special_token("[SEP]")
    pieces = (Token("did", 0, 3, 0), Token("n't", 3, 6, 0), Token(" go", 6, 9, 1))
    tokens = (cls, *pieces, sep, *word_tokens("did it"), sep)
    read = written(tokens, range(len(tokens)), second=second_text(tokens))
    assert read["text"] == ("[CLS]", "did", "n't", "go", "[SEP]", "did", "it", "[SEP]")
    assert read["starts"] == [1, 1, 0, 1, 1, 1, 1, 1]
    assert read["special"] == [0, 4, 7]
    assert read["second"] == second_text(tokens) == 5
    assert written(tokens, range(2, 5), second=second_text(tokens))["second"] is None
    assert second_text((cls, *pieces, sep)) is None


@pytest.mark.parametrize(
    ("where", "rest"),
    [({}, 8), ({"special": "hide"}, 7), ({"model": "untrained"}, None), ({"text": "Dogs bark"}, None)],
)
def test_at_rest_the_sentence_shows_the_word_that_stands_for_another(start: Start, where, rest):
    assert sent(start(**where), "attnviz_sentence")[0]["rest"] == rest


def test_unknown_words_are_marked_where_they_are_drawn(start: Start):
    text = "The wug ate the dax."
    assert sent(start(text=text), "attnviz_sentence")[0]["query"]["unknown"] == [2, 5]
    assert sent(start(text=text, special="hide"), "attnviz_sentence")[0]["query"]["unknown"] == [1, 4]
    assert sent(start(text=text, model="untrained"), "attnviz_sentence")[0]["query"]["unknown"] == []
