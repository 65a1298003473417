"""Edits are values: what they say, what they are written as, and what is refused."""

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

import attnviz
from attnviz import cut, look, mute, patch, set_row, take_away
from attnviz.edits import Extent, checked, read_edit, read_edits, write_edits
from attnviz.errors import EditError
from attnviz.tokens import word_tokens

WORDS = word_tokens("the animal was tired so it slept")
WRITTEN = {
    "cut 3.0 5 1": cut(layer=3, head=0, query=5, key=1),
    "cut 3 5 1": cut(layer=3, query=5, key=1),
    "take_away 0.11 2 2": take_away(layer=0, head=11, query=2, key=2),
    "mute 12": mute(layer=12),
    "decoder mute 3.1": mute(layer=3, head=1, kind="decoder"),
    "cross look 1.2 uniform": look(layer=1, head=2, at="uniform", kind="cross"),
    "look 1 itself": look(layer=1, at="itself"),
    "set_row 0.1 4 0.25 0.5 0.25": set_row(layer=0, head=1, query=4, weights=[0.25, 0.5, 0.25]),
    'patch 1.0 weights "The dog ran"': patch(layer=1, head=0, text="The dog ran"),
    r'patch 1.0 outputs "a\u003b \"b\"\nc", "Wörter"': patch(
        layer=1, head=0, what="outputs", text='a; "b"\nc', pair="Wörter"
    ),
}
SAID = {
    "cut 3.0 5 1": "In head 3.0, “it” no longer looks at “animal”; what it still sees shares that weight.",
    "take_away 2 5 1": "In all heads of layer 2, “it” gets nothing from “animal”; its other weights stay as they are.",
    "cross mute 3": "What all heads of cross layer 3 would add is 0.",
    "look 1.2 uniform": "In head 1.2, every token looks at all that it may see alike.",
    "look 1.2 previous": "In head 1.2, every token looks only at the one before it.",
    "set_row 0.1 4 0.25 0.75": "In head 0.1, the weights of “so” are set by hand.",
    'decoder patch 1.0 outputs "The dog"': "The outputs of decoder head 1.0 come from the text “The dog”.",
}
numbers = st.integers(0, 500)
texts = st.text(st.characters(exclude_categories=["Cs"]))
shares = st.lists(st.integers(1, 1000), min_size=1, max_size=6)
OWN = {
    cut: {"query": numbers, "key": numbers},
    take_away: {"query": numbers, "key": numbers},
    mute: {},
    look: {"at": st.sampled_from(["uniform", "itself", "first", "previous"])},
    patch: {"what": st.sampled_from(["weights", "outputs"]), "text": texts, "pair": st.none() | texts},
    set_row: {"query": numbers, "weights": shares.map(lambda each: [share / sum(each) for share in each])},
}
PLACE = {
    "layer": numbers,
    "head": st.none() | numbers,
    "kind": st.sampled_from([None, "encoder", "decoder", "cross"]),
}
made = st.sampled_from(list(OWN)).flatmap(
    lambda maker: st.tuples(st.just(maker), st.fixed_dictionaries(PLACE | OWN[maker]))
)


@pytest.mark.parametrize("text", WRITTEN)
def test_an_edit_is_written_in_a_few_words_and_read_from_them(text):
    assert str(WRITTEN[text]) == text
    assert read_edit(text) == WRITTEN[text]
    assert hash(read_edit(text)) == hash(WRITTEN[text])


@given(st.lists(made, max_size=4))
def test_reading_is_the_inverse_of_writing(drawn):
    edits = [maker(**given) for maker, given in drawn]
    assert read_edits(write_edits(edits)) == tuple(edits)
    for edit in edits:
        assert read_edit(str(edit)) == edit


@pytest.mark.parametrize("text", SAID)
def test_an_edit_says_in_one_sentence_what_it_does(text):
    assert read_edit(text).said(WORDS, WORDS) == SAID[text]


def test_words_are_read_as_places_where_somebody_knows_them():
    def place(side, written):
        return {("query", "it"): 5, ("key", "animal"): 1}[side, written]

    assert read_edit("cut 3.0 it animal", places=place) == cut(layer=3, head=0, query=5, key=1)
    assert read_edits(" cut 3.0 it animal ;; mute 0 ", places=place)[1] == mute(layer=0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no edit. One begins with cut, take_away, mute, look, patch, set_row, such as “cut 3.0 8 2”"),
        ("drop 3.0", "'drop 3.0' is no edit"),
        ("cut x 8 2", "is no edit"),
        ("cut -1 8 2", "is no edit"),
        ("cut 3.0 8", "cannot be read. Write it as “cut 3.0 8 2”"),
        ("cut 3.0 it animal", "cannot be read. Write it as “cut 3.0 8 2”"),
        ("cut 3.0 8 -2", "cut takes a key that is counted from 0, not -2"),
        ("mute 3.0 1", "Write it as “mute 3.0”"),
        ("look 3.0", "Write it as “look 3.0 uniform”"),
        ("look 3.0 away", "look knows no at 'away'"),
        ("patch 3.0 weights", "Write it as “patch 3.0 weights"),
        ("patch 3.0 weights The dog", "Write it as “patch 3.0 weights"),
        ("patch 3.0 weights 5", "Write it as “patch 3.0 weights"),
        ('patch 3.0 weights "a", "b", "c"', "Write it as “patch 3.0 weights"),
        ('patch 3.0 keys "a"', "patch knows no what 'keys'"),
        ("set_row 3.0 1 a", "Write it as “set_row"),
        ("set_row 3.0 1 .5 .6", "The weights of a row sum to 1, and these to 1.1"),
        ("set_row 3.0 1", "The weights of a row sum to 1, and these to 0"),
        ("set_row 3.0 1 -.5 1.5", "A row cannot have the weight -0.5"),
        ("set_row 3.0 1 nan 1", "A row cannot have the weight nan"),
        ("set_row 3.0 1 inf", "A row cannot have the weight inf"),
    ],
)
def test_a_text_that_is_no_edit_is_one_sentence(text, said):
    with pytest.raises(EditError) as caught:
        read_edits(text) or read_edit(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("wrong", [{"layer": -1}, {"layer": True}, {"head": -2}, {"query": -1}, {"kind": "both"}])
def test_what_can_be_no_place_is_refused_when_the_edit_is_made(wrong):
    (name,) = wrong
    with pytest.raises(EditError, match=f"cut (takes a|knows no) {name}"):
        cut(**{"layer": 0, "head": 0, "query": 0, "key": 0} | wrong)


ONE = {"decoder": Extent((2, 4), 4, 6, 6)}
THREE = {
    kind: Extent((0, 1), 4, 6 + (kind == "encoder"), 7 - (kind == "decoder"))
    for kind in ONE | {"encoder": 0, "cross": 0}
}


@pytest.mark.parametrize(
    ("text", "extents", "said"),
    [
        ("mute 0", ONE, "“mute 0” names layer 0, and the layers are 2, 4"),
        ("mute 2.4", ONE, "names head 4, and there are head 0 to 3"),
        ("cut 2.3 6 0", ONE, "names query 6, and there are query 0 to 5"),
        ("take_away 2.3 0 6", ONE, "names key 6, and there are key 0 to 5"),
        ("encoder mute 2", ONE, "is of the encoder, and this model has decoder alone"),
        ("mute 1", THREE, "does not say which attention: write one of decoder, encoder, cross in front of it"),
        ("cross look 1 itself", THREE, "no key is the query itself or the one before it"),
        ("cross cut 1 6 6", THREE, "names query 6"),
        ("cross set_row 1 0 0.5 0.5", THREE, "has 2 weights, and there are 7 keys"),
    ],
)
def test_what_the_model_does_not_have_is_one_sentence_that_names_it(text, extents, said):
    with pytest.raises(EditError) as caught:
        checked([read_edit(text)], extents)
    assert said in str(caught.value)


def test_checked_edits_have_their_kind_and_their_order():
    edits = [mute(layer=4, head=3), cut(layer=2, query=5, key=5)]
    assert list(map(str, checked(edits, ONE))) == ["decoder mute 4.3", "decoder cut 2 5 5"]
    assert checked([cut(layer=1, head=3, query=5, key=6, kind="cross")], THREE)[0].kind == "cross"
    assert checked([], THREE) == ()


def test_of_two_kinds_of_attention_an_edit_says_which():
    with pytest.raises(EditError, match="write one of encoder, cross in front of it"):
        checked([mute(layer=0)], {kind: THREE[kind] for kind in ("encoder", "cross")})


def test_a_weight_set_by_hand_may_be_nothing():
    assert set_row(layer=0, query=0, weights=[0.0, 1.0]).weights == (0.0, 1.0)


def test_before_there_is_a_text_there_is_no_token_and_a_sink_stays_a_key():
    assert (Extent((0,), 1).n_queries, Extent((0,), 1).n_keys) == (0, 0)
    over = Extent((0,), 1, n_keys=1).over(3, 4)
    assert (over.n_queries, over.n_keys) == (3, 5)
    with pytest.raises(FrozenInstanceError):
        over.n_keys = 4


@pytest.mark.parametrize("maker", OWN)
def test_the_parts_of_an_edit_are_given_by_name(maker):
    with pytest.raises(TypeError, match="too many positional arguments"):
        maker(1)


def test_the_makers_are_public_names():
    assert {attnviz.cut, attnviz.mute} == {cut, mute}
