"""What a view leaves open is decided once, what does not exist is replaced and said, and words are found again."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import torch

from attnviz.drawn import tokens_at
from attnviz.tokens import SINK, word_tokens
from attnviz.trace import StoredStack, Trace
from attnviz.view import Opening, Place, View, resolve, update
from tests.surveyed import causal, marked, of_text, pieces, survey, survey_with, trace_of, weights_of

IT = "The animal was tired because it ran"  # the 0, animal 1, was 2, tired 3, because 4, it 5, ran 6


def shown(view, trace, *, notable=None, opening=None):
    return resolve(view, trace, survey_with(notable), **({} if opening is None else {"opening": opening}))


def test_nobody_chose_anything_so_one_looks_at_the_link_that_says_most():
    seen = shown(View(), of_text(IT), notable=(1, 2, 5, 1))
    assert (seen.layer, seen.head, seen.query, seen.key) == (1, 2, 5, 1)
    assert seen.link == (5, 1)
    assert seen.name == "1.2"
    assert seen.sentences == ()


def test_what_is_known_of_a_model_beforehand_goes_before_the_link_that_says_most():
    trace = of_text(IT)
    seen = shown(View(), trace, notable=(1, 2, 4, 1), opening=Opening(0, 1, 5))
    row = trace.encoder.weights(0, 1)[5].clone()
    row[5] = -1
    assert (seen.layer, seen.head, seen.query, seen.key) == (0, 1, 5, int(row.argmax()))


def test_where_no_word_is_known_beforehand_the_link_that_says_most_is_shown_in_its_own_head():
    seen = shown(View(), of_text(IT), notable=(1, 2, 4, 1), opening=Opening(0, 1))
    assert (seen.layer, seen.head, seen.query, seen.key) == (1, 2, 4, 1)
    assert (seen.start.layer, seen.start.head) == (1, 2)


def test_another_head_keeps_the_word_that_one_looks_at_first():
    trace = of_text(IT)
    seen = shown(View(layer=0, head=1), trace, notable=(1, 2, 5, 1))
    row = trace.encoder.weights(0, 1)[5].clone()
    row[5] = -1
    assert (seen.layer, seen.head, seen.query, seen.key) == (0, 1, 5, int(row.argmax()))


@pytest.mark.parametrize("side", ["query", "key"])
def test_a_chosen_word_goes_with_the_one_that_has_the_largest_weight(side):
    trace = trace_of(marked(IT))
    weights = trace.encoder.weights(1, 1).numpy().copy()
    np.fill_diagonal(weights, -1)
    weights[[0, -1]] = weights[:, [0, -1]] = -1  # special tokens are nobody's partner
    for token in range(1, 8):
        seen = shown(View(layer=1, head=1, **{side: Place(token, trace.encoder.query_tokens[token].text)}), trace)
        line = weights[token] if side == "query" else weights[:, token]
        other = seen.key if side == "query" else seen.query
        assert getattr(seen, side) == token
        assert other == int(line.argmax())


def test_a_row_with_one_place_to_look_at_is_no_choice():
    trace = of_text("a b c", kind="decoder", masks=causal(3), n_layers=1, n_heads=1)
    assert trace.decoder.weights(0, 0)[0, 0] == 1
    assert shown(View(key=Place(0, "a")), trace).query in (1, 2), "row 0 has nothing else"
    assert shown(View(query=Place(0, "a")), trace).link == (0, 0), "and where it is chosen, that is its partner"


def test_the_partner_under_a_mean_is_that_of_the_mean():
    trace = of_text(IT)
    mean = trace.encoder.stored.mean(dim=(0, 1)).clone().fill_diagonal_(-1)
    seen = shown(View(query=Place(5, "it"), average="all", layer=1, head=2), trace)
    assert seen.key == int(mean[5].argmax())
    assert seen.name == "all"
    assert len(seen.heads) == 6


def test_a_key_that_is_a_sink_is_a_partner_only_where_there_is_no_word():
    tokens = word_tokens("a b")
    stored = torch.tensor([[[[0.1, 0.2, 0.7], [0.2, 0.1, 0.7]]]])
    trace = Trace("made by hand", "a b", decoder=StoredStack(tokens, (*tokens, SINK), stored))
    assert shown(View(query=Place(0, "a")), trace).link == (0, 1)


class TestWordsInAnotherText:
    def test_a_word_that_is_still_there_stays_chosen_query_key_and_pins_alike(self):
        view = View(query=Place(5, "it"), key=Place(1, "animal"), pins=(Place(3, "tired"), Place(5, "it")))
        seen = shown(view, of_text("Because it was tired the animal slept"))
        assert (seen.query, seen.key, seen.pins) == (1, 5, (3, 1))
        assert seen.sentences == ()
        assert seen.view == replace(
            view, query=Place(1, "it"), key=Place(5, "animal"), pins=(Place(3, "tired"), Place(1, "it"))
        )

    def test_a_word_that_is_gone_is_as_if_nobody_had_chosen_it_and_one_is_told(self):
        trace = of_text("The dog saw the river")
        view = View(query=Place(5, "it"), pins=(Place(5, "it"), Place(1, "dog")))
        seen, plain = (
            shown(view, trace, notable=(0, 0, 4, 1)),
            shown(View(pins=view.pins[1:]), trace, notable=(0, 0, 4, 1)),
        )
        assert (seen.query, seen.key, seen.pins) == (plain.query, plain.key, (1,))
        assert seen.sentences == ("You chose “it”, which this text does not have.",)
        assert seen.view.query == Place(5, "it"), "a text that has it again shows it again"
        assert seen.found == replace(view, query=None, pins=(Place(1, "dog"),))

    def test_of_equal_words_the_nearest_is_the_one(self):
        trace = of_text("it a b it c d it")
        for asked, found in ((0, 0), (1, 0), (2, 3), (4, 3), (5, 6), (9, 6)):
            assert shown(View(query=Place(asked, "it")), trace).query == found

    def test_two_words_that_are_equal_stay_two(self):
        seen = shown(View(pins=(Place(5, "it"), Place(9, "it"), Place(20, "it"))), of_text("it a it"))
        assert sorted(seen.pins) == [0, 2]
        assert seen.sentences == (), "it is in this text"

    def test_an_old_link_names_the_place_alone_and_learns_its_word(self):
        seen = shown(View(query=Place(5), pins=(Place(1), Place(3))), of_text(IT))
        assert seen.query == 5
        assert seen.view == View(query=Place(5, "it"), pins=(Place(1, "animal"), Place(3, "tired")))
        seen = shown(View(query=Place(50), key=Place(60)), of_text(IT))
        assert seen.sentences == ("There is no word 50 and 60: this text has words 0 to 6.",)

    def test_a_word_of_pieces_is_known_by_itself_and_by_each_of_them(self):
        whole = of_text("we were playing here")
        cut = trace_of(pieces(["we"], ["were"], ["play", "##ing"], ["here"]))
        assert shown(View(query=Place(2, "playing")), cut).query == 2
        assert shown(View(query=Place(3, "playing")), cut).query == 3, "a further piece stays what was chosen"
        assert shown(View(query=Place(9, "playing")), cut).query == 2
        assert shown(View(query=Place(3, "ing")), cut).query == 3
        assert shown(View(query=Place(2, "playing"), words=True), cut).link[0] == 2
        assert shown(View(query=Place(3, "here"), words=True), cut).query == 4
        assert shown(View(query=Place(3, "ing")), whole).sentences == (
            "You chose “ing”, which this text does not have.",
        )

    def test_a_word_is_known_by_its_first_letters(self):
        long = "x" * 64
        trace = of_text(f"a {long}yz b")
        assert shown(View(query=Place(0, long)), trace).query == 1


class TestWhatDoesNotExist:
    def test_layer_and_head_that_the_model_lacks(self):
        seen = shown(View(layer=9, head=7), of_text(IT))
        assert (seen.layer, seen.head) == (1, 2)
        assert seen.sentences == (
            "There is no layer 9: this model has layers 0 to 1. Layer 1 is shown.",
            "There is no head 7: this model has heads 0 to 2. Head 2 is shown.",
        )
        assert seen.view == View(layer=9, head=7)

    def test_a_layer_that_does_not_attend(self):
        trace = of_text(IT, layers=(2, 4))
        assert shown(View(layer=3), trace).layer == 2
        assert shown(View(layer=0), trace).layer == 2
        assert shown(View(layer=3), trace).sentences == (
            "Layer 3 does not attend: of this model layers 2 and 4 attend. Layer 2 is shown.",
        )

    def test_what_is_known_beforehand_of_another_size_of_model_is_no_choice(self):
        seen = shown(View(), of_text(IT), opening=Opening(7, 9, 40))
        assert (seen.layer, seen.head, seen.sentences) == (1, 2, ())

    def test_a_kind_of_attention(self):
        seen = shown(View(stack="cross"), of_text(IT))
        assert (seen.kind, seen.kinds) == ("encoder", ("encoder",))
        assert seen.sentences == ("This model has no attention “cross”, only encoder.",)

    @pytest.mark.parametrize(
        ("average", "heads", "shows"),
        [
            ("all", [(layer, head) for layer in (0, 1) for head in (0, 1, 2)], "all"),
            ("layer", [(1, 0), (1, 1), (1, 2)], "layer 1"),
            ("0.1-1.2", [(0, 1), (1, 2)], "0.1-1.2"),
            ("0.1-0.1-1.2-9.0", [(0, 1), (1, 2)], "0.1-1.2"),
            ("0.1-9.0", [(1, 0)], "1.0"),
            ("0.9", [(1, 0)], "1.0"),
        ],
    )
    def test_a_mean_is_of_heads_that_the_model_has(self, average, heads, shows):
        seen = shown(View(layer=1, head=0, average=average), of_text(IT))
        assert list(seen.heads) == heads
        assert seen.name == shows
        assert seen.average == ("" if shows == "1.0" else average if average in ("all", "layer") else shows)
        assert len(seen.sentences) == ("9" in average)

    def test_a_mean_of_heads_that_the_model_lacks_is_said(self):
        asked = "The mean is asked of heads that this model does not have"
        assert shown(View(average="0.1-1.2-9.0"), of_text(IT)).sentences == (f"{asked}; the others are averaged.",)
        assert shown(View(average="0.1-0.3"), of_text(IT)).sentences == (f"{asked}; one head is shown.",)
        assert shown(View(average="0.1-0.2"), of_text(IT)).sentences == ()

    def test_a_second_text_that_the_model_does_not_read(self):
        seen = shown(View(pair="and another"), of_text(IT))
        assert seen.sentences == ("This model reads no second text, so the second text is left out.",)
        assert shown(View(pair="  "), of_text(IT)).sentences == ()
        assert shown(View(pair="b"), of_text("a b", pair="b")).sentences == ()

    def test_a_language_that_the_model_does_not_know(self):
        view = View(source_language="fra_Latn")
        assert len(shown(view, of_text(IT)).sentences) == 1
        assert "fra_Latn" in shown(view, of_text(IT)).sentences[0]
        assert shown(view, of_text(IT, source_language="fra_Latn")).sentences == ()

    def test_a_direction_between_texts_where_there_is_one(self):
        seen = shown(View(between="ab"), of_text(IT))
        assert seen.between == ""
        assert seen.sentences == ("There is no second text beside the first one, so all links are shown.",)


class TestWhatIsDrawn:
    def test_special_tokens_stay_where_nothing_else_is(self):
        trace = trace_of(marked(""))
        for special in ("hide", "renormalise"):
            seen = shown(View(special=special), trace)
            assert seen.special == "keep"
            assert len(seen.maps.query_tokens) == 2
            assert "special" in seen.sentences[0]
            assert seen.link is not None

    def test_a_chosen_word_that_is_hidden_is_as_if_it_were_not_chosen(self):
        trace = trace_of(marked("a b"))
        seen = shown(View(query=Place(0, "[CLS]"), special="hide"), trace)
        assert (seen.query, seen.key) == (shown(View(special="hide"), trace).query, seen.key)
        assert seen.view.query == Place(0, "[CLS]"), "it is shown again as soon as it can be"
        assert seen.sentences == ("“[CLS]” is chosen, but not shown here.",)

    def test_half_a_hidden_link_goes_with_what_can_be_seen(self):
        trace = trace_of(marked("a b"), n_layers=1, n_heads=1)
        trace.encoder.stored[0, 0, 1] = torch.tensor([0.7, 0.1, 0.2, 0.0])  # [CLS] a b [SEP]
        seen = shown(View(query=Place(1, "a"), key=Place(0, "[CLS]"), special="hide"), trace)
        assert (seen.query, seen.key) == (1, 2)
        assert seen.sentences == ("“[CLS]” is chosen, but not shown here.",)

    def test_all_chosen_words_that_are_hidden_are_named_once_and_five_at_most(self):
        trace = trace_of(marked("a b"))
        view = View(query=Place(0, "[CLS]"), key=Place(3, "[SEP]"), pins=(Place(0, "[CLS]"),), special="hide")
        assert shown(view, trace).sentences == ("“[CLS]” and “[SEP]” are chosen, but not shown here.",)
        for direction in ("to", "from"):
            view = View(pins=(Place(0, "[CLS]"), Place(1, "a")), direction=direction, special="hide")
            assert shown(view, trace).sentences == ("“[CLS]” is chosen, but not shown here.",)
        pins = tuple(Place(0, word) for word in ("c", "d", "e", "f", "g"))
        assert shown(View(pins=pins), trace).sentences == (
            "You chose “c”, “d”, “e”, “f” and “g”, which this text does not have.",
        )
        assert shown(View(pins=(*pins, Place(0, "h"), Place(0, "i"))), trace).sentences == (
            "You chose “c”, “d”, “e”, “f”, “g” and 2 more, which this text does not have.",
        )

    def test_pieces_are_drawn_as_words_and_special_tokens_left_out(self):
        tokens = (marked("")[0], *pieces(["we"], ["play", "##ing"]), marked("")[1])
        seen = shown(View(words=True, special="hide", query=Place(3, "ing"), key=Place(1, "we")), trace_of(tokens))
        assert seen.queries == (-1, 0, 1, 1, -1)
        assert tokens_at(1, seen.queries) == (2, 3)
        assert tokens_at(-1, seen.queries) == ()
        assert (seen.query, seen.key, seen.link) == (3, 1, (1, 0))

    def test_the_link_that_says_most_is_named_by_its_first_pieces(self):
        tokens = (marked("")[0], *pieces(["we"], ["play", "##ing"]), marked("")[1])
        seen = shown(View(words=True), trace_of(tokens), notable=(0, 1, 2, 1))
        assert (seen.query, seen.key, seen.link) == (2, 1, (2, 1))

    def test_a_window_of_a_long_text_is_the_same_for_rows_and_columns_of_one_text(self):
        trace = trace_of(word_tokens("a " * 600), n_layers=1, n_heads=1)
        seen = shown(View(rows=30, columns=70), trace)
        assert (seen.rows, seen.columns) == (range(30, 542), range(30, 542))
        assert shown(View(rows=500), trace).rows == range(88, 600)
        assert shown(View(rows=500), trace).sentences == ()
        assert shown(View(rows=600), trace).sentences == (
            "The window cannot begin at 600: this text has words 0 to 599.",
        )

    def test_a_window_of_two_texts_has_two_beginnings(self):
        trace = trace_of(word_tokens("a " * 600), word_tokens("b " * 520), n_layers=1, n_heads=1, kind="cross")
        seen = shown(View(rows=30, columns=5), trace)
        assert (seen.rows, seen.columns) == (range(30, 542), range(5, 517))

    def test_a_target_that_is_equal_to_its_source_is_still_another_text(self):
        trace = of_text("a b c", kind="cross", n_layers=1, n_heads=1)
        trace.cross.stored[0, 0] = torch.tensor([[0.8, 0.1, 0.1], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
        assert shown(View(query=Place(0, "a")), trace).link == (0, 0)
        same = of_text("a b c", n_layers=1, n_heads=1)
        same.encoder.stored[0, 0] = trace.cross.stored[0, 0]
        assert shown(View(query=Place(0, "a")), same).link != (0, 0)

    def test_a_chosen_word_outside_of_the_window_waits_until_the_window_is_there(self):
        trace = trace_of(word_tokens("a " * 600 + "z"), n_layers=1, n_heads=1)
        seen = shown(View(query=Place(600, "z"), pins=(Place(0, "a"), Place(600, "z"))), trace)
        assert seen.link[0] == 0, "the word of the others that is on screen"
        assert seen.pins == (0,)
        assert seen.sentences == ("“z” is chosen, but not shown here.",)
        assert shown(View(query=Place(600, "z"), rows=300), trace).link[0] == 600

    @pytest.mark.parametrize(
        ("between", "link"), [("aa", (2, 1)), ("ab", (1, 5)), ("ba", (4, 2)), ("bb", (5, 4)), (None, (4, 2))]
    )
    def test_between_two_texts_the_strongest_link_is_one_between_them(self, between, link):
        trace = trace_of((*marked("x y"), *marked("u v")[1:]), pair="u v", n_layers=1, n_heads=1)
        weights = torch.zeros(7, 7)  # [CLS] x y [SEP] u v [SEP]
        for at, weight in {(2, 1): 0.5, (1, 5): 0.4, (4, 2): 0.8, (5, 4): 0.3}.items():
            weights[at] = weight
        trace.encoder.stored[0, 0] = weights
        assert shown(View(between=between), trace).link == link

    def test_a_chosen_link_is_shown_only_between_the_texts_that_are_asked_for(self):
        trace = trace_of((*marked("x y"), *marked("u v")[1:]), pair="u v", n_layers=1, n_heads=1)
        trace.encoder.stored[0, 0, 1] = torch.tensor([0.0, 0.0, 0.5, 0.0, 0.1, 0.4, 0.0])
        view = View(query=Place(1, "x"), key=Place(2, "y"))
        assert shown(view, trace).link == (1, 2)
        seen = shown(replace(view, between="ab"), trace)
        assert seen.link == (1, 5)
        assert seen.sentences == ("“y” is chosen, but not shown here.",)
        seen = shown(replace(view, between="bb", pins=(Place(4, "u"), Place(1, "x"))), trace)
        assert (seen.link[0], seen.pins) == (4, (4,))

    def test_the_second_text_of_a_pair_has_its_place(self):
        tokens = (*marked("a b"), *marked("c d")[1:])
        trace = trace_of(tokens, pair="c d")
        assert shown(View(pair="c d", between="ba"), trace).second == 4
        assert shown(View(pair="c d", between="ba"), trace).between == "ba"
        assert shown(View(pair="c d", special="hide"), trace).second == 2


def test_words_that_are_looked_at_together_stand_for_the_chosen_one():
    trace = of_text(IT)
    seen = shown(View(pins=(Place(5, "it"), Place(3, "tired"))), trace, notable=(0, 0, 4, 1))
    assert (seen.query, seen.pins) == (3, (5, 3))
    seen = shown(View(pins=(Place(5, "it"), Place(3, "tired")), direction="from"), trace, notable=(0, 0, 4, 1))
    assert seen.key == 3
    seen = shown(View(pins=(Place(5, "it"),), query=Place(1, "animal")), trace)
    assert seen.query == 1, "who was chosen alone is"


def test_what_is_on_screen_cannot_be_changed_and_equals_itself_alone():
    seen = shown(View(), of_text(IT))
    with pytest.raises(FrozenInstanceError):
        seen.layer = 1
    assert seen != replace(seen)
    with pytest.raises(FrozenInstanceError):
        Opening().layer = 1


def test_what_is_known_beforehand_is_left_where_it_says_no_head():
    trace = of_text(IT)
    for opening in (Opening(), Opening(layer=1), Opening(head=1)):
        seen = shown(View(), trace, notable=(0, 2, 4, 1), opening=opening)
        assert (seen.layer, seen.head, seen.query, seen.key) == (0, 2, 4, 1)
    seen = shown(View(), trace, notable=(0, 2, 4, 1), opening=Opening(first=6))
    assert (seen.layer, seen.head, seen.query, seen.start.key) == (0, 2, 6, None)
    seen = shown(View(), trace, notable=(0, 2, 4, 1), opening=Opening(first=7))
    assert (seen.layer, seen.head, seen.query, seen.key) == (0, 2, 4, 1)
    seen = shown(View(), trace, opening=Opening(1, 2))
    weights = trace.encoder.weights(1, 2).numpy().copy()
    np.fill_diagonal(weights, -1)
    assert (seen.layer, seen.head, seen.link) == (1, 2, np.unravel_index(weights.argmax(), weights.shape))


def test_what_is_resolved_again_is_the_same():
    trace = trace_of(marked(IT))
    view = View(layer=9, query=Place(0, "tired"), key=Place(77, "zebra"), pins=(Place(1),), average="0.1-1.1-4.4")
    once = shown(view, trace)
    assert resolved_alike(once, shown(once.view, trace))


def resolved_alike(one, other):
    unlike = {"trace", "stack", "maps", "survey"}
    return all(getattr(one, name) == getattr(other, name) for name in vars(one) if name not in unlike)


def test_the_view_of_a_model_that_stands_in_is_not_kept_but_made():
    view = View(model="far/away", layer=9, head=8, query=Place(5, "it"), average="7.7-8.8", stack="cross")
    seen = shown(update(view, {"type": "model", "model": "made by hand"}), of_text(IT))
    assert (seen.query, seen.sentences) == (5, ())


def test_weights_are_derived_once_for_one_look():
    asked = []

    def counting(maps, *, rows, columns):
        asked.append((rows, columns))
        return survey(maps, rows=rows, columns=columns)

    resolve(View(query=Place(5, "it"), average="all"), of_text(IT), counting)
    assert asked == [(range(7), range(7))]


def test_every_row_of_the_weights_made_here_sums_to_one():
    assert weights_of(1, 2, 3, 4).sum(dim=-1).allclose(torch.ones(1, 2, 3))
