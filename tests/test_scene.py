"""A picture as plain data: each message read as a browser reads it, against the model's own tensors and tokens."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

import attnviz
from attnviz import attention
from attnviz.address import DEFAULT_TEXT, OTHER_TEXT, Place, View
from attnviz.engine import builtin
from attnviz.engine.known import known
from attnviz.first import First
from attnviz.packing import MASKED
from attnviz.scene import EXAMPLES, scene
from attnviz.survey import survey
from attnviz.tokens import special_token, word_tokens
from attnviz.trace import StoredStack, Trace
from attnviz.view import resolve
from tests.canvas.fixtures import HEBREW, built_in, decoder, pair, picture, stack, translation


def read(body: bytes) -> tuple[dict, bytes]:
    """Header and arrays of a message."""
    length = int.from_bytes(body[:4], "little")
    assert (4 + length) % 4 == 0, "the arrays of a browser begin at multiples of four"
    return json.loads(body[4 : 4 + length]), body[4 + length :]


def read_text(body: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    """The message of words and of all heads; a list stands for a title and the numbers of a sentence."""
    header, rest = read(body)
    header["about"] = [
        {"title": each[0], "does": header["habit"].format(*each[1:]), "right": ""} if isinstance(each, list) else each
        for each in header["about"]
    ]
    n, at, arrays = len(header["layers"]) * header["heads"], 0, {}
    for name, kind, shape in (
        ("scale", "<f4", (n,)),
        ("linkWeight", "<f4", (n,)),
        ("linkQuery", "<u2", (n,)),
        ("linkKey", "<u2", (n,)),
        ("codes", "u1", (n, *header["cells"])),
    ):
        arrays[name] = np.frombuffer(rest, kind, int(np.prod(shape)), at).reshape(shape)
        at += arrays[name].nbytes
    assert at == len(rest)
    return header, arrays


@pytest.fixture(scope="module")
def default():
    return built_in()


@pytest.fixture(scope="module")
def maps():
    return attnviz.load("builtin").run(DEFAULT_TEXT).encoder


def test_the_text_message_has_the_words_and_all_heads(default, maps):
    header, arrays = read_text(default.text)
    assert (header["kind"], header["digest"], header["group"]) == ("text", default.digest, "picture")
    assert (header["layers"], header["heads"]) == ([0, 1, 2, 3], 6)
    assert header["tokens"] == header["cells"] == header["total"] == [13, 13]
    assert (header["block"], header["first"], header["key"], header["is_one_text"]) == ([1, 1], [0, 0], None, True)
    assert header["query"] == {
        "text": ["[CLS]", *DEFAULT_TEXT.split(), "[SEP]"],
        "tokens": [[at, at] for at in range(13)],
        "special": [0, 12],
        "unknown": [],
        "starts": [1] * 13,
        "second": None,
    }
    assert header["source"] == {"model": "builtin", "text": DEFAULT_TEXT, "pair": None}
    assert header["opening"] == {"layer": 3, "head": 0, "query": 8, "key": None}
    for layer in range(4):
        weights = maps.weights(layer).numpy()
        for head in range(6):
            at = 6 * layer + head
            end = weights[head].max()
            assert arrays["scale"][at] == end
            off = end * (arrays["codes"][at].astype(float) / 254) ** 2 - weights[head]
            assert np.abs(off).max() <= end / 254
            typed = weights[head][1:12, 1:12] * ~np.eye(11, dtype=bool)
            query, key = np.unravel_index(typed.argmax(), typed.shape)
            assert (arrays["linkQuery"][at], arrays["linkKey"][at]) == (query + 1, key + 1)
            assert arrays["linkWeight"][at] == typed.max()


def test_the_map_message_has_the_bits_of_the_tensor(default, maps):
    header, body = read(default.map)
    assert header == {"kind": "map", "digest": default.digest, "name": "3.0"}
    cells = np.frombuffer(body, "<f4").reshape(13, 13)
    np.testing.assert_array_equal(cells, maps.weights(3).numpy()[0])


@pytest.mark.parametrize(
    ("average", "name", "heads"),
    [
        ("layer", "layer 3", [(3, head) for head in range(6)]),
        ("all", "all", [(layer, head) for layer in range(4) for head in range(6)]),
        ("0.1-2.3", "0.1-2.3", [(0, 1), (2, 3)]),
    ],
)
def test_the_map_of_a_mean(maps, average, name, heads):
    made = built_in(view=View(average=average))
    header, body = read(made.map)
    assert header["name"] == name
    mean = np.mean([maps.weights(*head).double().numpy() for head in heads], axis=0)
    np.testing.assert_allclose(np.frombuffer(body, "<f4").reshape(13, 13), mean, atol=1e-6)
    shown = read(made.view)[0]["shown"]
    assert (shown["name"], shown["average"], shown["heads"]) == (name, average, [list(head) for head in heads])


def test_masked_cells_are_no_numbers_and_have_a_code_of_their_own():
    made = picture(decoder())
    header, arrays = read_text(made.text)
    n = header["tokens"][0]
    free = np.tri(n, dtype=bool)
    np.testing.assert_array_equal(arrays["codes"][5] == MASKED, ~free)
    cells = np.frombuffer(read(made.map)[1], "<f4").reshape(n, n)
    np.testing.assert_array_equal(np.isnan(cells), ~free)


def test_the_view_message_has_what_was_asked_for_and_what_is_shown():
    asked = View(layer=2, query=Place(8, "it"), pins=(Place(2, "animal"),), scale="log")
    trace = attnviz.load("builtin").run(DEFAULT_TEXT)
    resolved = resolve(asked, trace, survey)
    header, rest = read(scene(resolved, sequence=7, sentences=("Something else.",)).view)
    assert rest == b""
    assert (header["kind"], header["sequence"], header["note"], header["first"]) == ("view", 7, "", None)
    assert header["view"] == {each.name: None for each in fields(View)} | {
        "layer": 2,
        "query": {"token": 8, "text": "it"},
        "pins": [{"token": 2, "text": "animal"}],
        "scale": "log",
    }
    shown = header["shown"]
    assert (shown["layer"], shown["head"], shown["query"], shown["pins"], shown["scale"]) == (
        2,
        resolved.head,
        8,
        [2],
        "log",
    )
    assert (shown["kinds"], shown["kind"], shown["direction"], shown["face"]) == (["encoder"], "encoder", "to", "text")
    assert header["sentences"] == [*resolved.sentences, "Something else."]
    assert header["examples"] == [{"label": label, "text": text} for label, text in EXAMPLES]


def test_words_merged_and_special_tokens_hidden_have_the_regrouped_maps():
    text = "Playing dogs slept"
    tokens = (special_token("[CLS]"), *decoder(text).decoder.query_tokens, special_token("[SEP]"))
    made = stack(tokens, tokens)
    drawn = picture(Trace("random", text, encoder=made), View(words=True, special="renormalise", layer=1, head=2))
    header, arrays = read_text(drawn.text)
    assert header["query"]["text"] == ["Playing", "dogs", "slept"]
    assert header["query"]["tokens"] == [[1, 2], [3, 3], [4, 5]]
    assert header["query"]["special"] == []
    weights = made.weights(1, 2).double().numpy()
    columns = np.stack([weights[:, 1:3].sum(1), weights[:, 3], weights[:, 4:6].sum(1)], axis=1)
    rows = np.stack([columns[1:3].mean(0), columns[3], columns[4:6].mean(0)])
    cells = np.frombuffer(read(drawn.map)[1], "<f4").reshape(3, 3)
    np.testing.assert_allclose(cells, rows / rows.sum(axis=1, keepdims=True), atol=1e-6)
    assert arrays["codes"].shape == (12, 3, 3)


def test_of_a_long_text_words_and_maps_are_those_of_the_window():
    text = " ".join(f"w{at}" for at in range(600))
    tokens = word_tokens(text)
    made = stack(tokens, tokens, n_layers=1, n_heads=2)
    drawn = picture(Trace("random", text, decoder=made), View(rows=50, layer=0, head=1))
    header, _ = read_text(drawn.text)
    assert (header["first"], header["tokens"], header["total"]) == ([50, 50], [512, 512], [600, 600])
    assert header["query"]["text"] == [f"w{at}" for at in range(50, 562)]
    assert header["query"]["tokens"][0] == [50, 50]
    cells = np.frombuffer(read(drawn.map)[1], "<f4").reshape(512, 512)
    np.testing.assert_allclose(cells, made.weights(0, 1).numpy()[50:562, 50:562], rtol=1e-5)


def test_marks_stay_with_their_word_and_pieces_begin_none():
    assert read_text(built_in("She ate the apple.").text)[0]["query"]["starts"] == [1, 1, 1, 1, 1, 0, 1]
    starts = read_text(picture(decoder("Playing, she slept")).text)[0]["query"]["starts"]
    assert starts == [1, 0, 0, 1, 1, 0]  # Play ing , she slep t


def test_words_that_the_model_does_not_know_are_listed():
    header, _ = read_text(built_in(HEBREW).text)
    assert header["query"]["text"][1] == "שלום"
    known_words = set(builtin.vocabulary().ids)
    unknown = [at for at, word in enumerate(header["query"]["text"]) if word not in known_words and at not in (0, 6)]
    assert header["query"]["unknown"] == unknown == [1, 2, 4, 5]


def test_a_pair_says_where_its_second_text_begins():
    header, _ = read_text(picture(pair()).text)
    assert header["query"]["second"] == 8
    assert header["query"]["text"][8] == "It"
    assert header["key"] is None


def test_a_translation_has_the_words_of_both_texts():
    header, _ = read_text(picture(translation(), View(stack="cross")).text)
    assert header["query"]["text"][1:3] == ["Die", "Katze"]
    assert header["key"]["text"][:2] == ["The", "cat"]
    assert header["names"] == ["second text, looks", "first text, is looked at"]
    assert header["is_one_text"] is False


def test_a_text_that_is_its_own_target_is_another_text():
    trace = translation()
    tokens = trace.cross.key_tokens
    cross = replace(trace, pair=trace.text, cross=stack(tokens, tokens, is_one_text=False))
    header, _ = read_text(picture(cross, View(stack="cross")).text)
    assert header["is_one_text"] is False
    assert header["key"]["text"] == header["query"]["text"]


def test_a_head_that_was_measured_says_so_and_another_where_its_weight_goes(default, maps):
    header, _ = read_text(default.text)
    measured = known("builtin", DEFAULT_TEXT).about
    for at, about in enumerate(header["about"]):
        layer, head = divmod(at, 6)
        if (layer, head) in measured:
            told = measured[layer, head]
            assert (about["title"], about["does"], about["right"]) == (told.title, told.does, told.right)
        else:
            weights = maps.weights(layer, head).double().numpy()
            before = np.diagonal(weights, -1).mean()
            assert f"gives the token before {int(100 * before + 0.5)}\u202f%, itself " in about["does"]
            assert about["right"] == ""


def test_a_head_that_mostly_looks_at_one_place_says_it_in_its_title():
    tokens = word_tokens("a b c d")
    weights = np.eye(4, k=-1) * 0.8 + 0.05
    weights[0] = [0.3, 0.3, 0.2, 0.2]
    made = StoredStack(tokens, tokens, torch.tensor(weights / weights.sum(1, keepdims=True)).float()[None, None])
    (about,) = read_text(picture(Trace("a file", "a b c d", encoder=made)).text)[0]["about"]
    assert about["title"] == "Mostly the token before"
    assert about["does"].startswith("On average a row gives the token before 85\u202f%, itself ")


def test_maps_from_a_file_have_no_arithmetic():
    tokens = word_tokens("a b")
    made = StoredStack(tokens, tokens, torch.tensor([[[[0.5, 0.5], [0.25, 0.75]]]]))
    drawn = picture(Trace("a file", "a b", encoder=made))
    assert read(drawn.view)[0]["why"] is None
    assert drawn.lines()[-2:] == ["a → a .50, b .50", "b → b .75, a .25"]


def test_as_text_a_mean_says_of_how_many_heads_it_is():
    tokens = word_tokens("a b")
    weights = torch.tensor([[[[0.5, 0.5], [0.25, 0.75]], [[1.0, 0.0], [0.75, 0.25]]]])
    drawn = picture(Trace("a file", "a b", encoder=StoredStack(tokens, tokens, weights)), View(average="all"))
    assert drawn.lines() == ["Mean of 2 heads.", "a → a .75, b .25", "b → a .50, b .50"]


def test_the_name_of_a_scene_changes_with_everything_that_is_drawn():
    made = [
        built_in(),
        built_in(OTHER_TEXT),
        built_in(f"{DEFAULT_TEXT} "),
        built_in(view=View(special="hide")),
        built_in(view=View(special="renormalise")),
        *(picture(translation(), View(stack=kind)) for kind in ("encoder", "decoder", "cross")),
        picture(decoder()),
        picture(decoder(), View(words=True)),
    ]
    assert len({each.digest for each in made}) == len(made)
    assert built_in(view=View(layer=1, scale="log")).digest == made[0].digest, "a choice changes no weight"
    for each in made:
        assert {read(body)[0]["digest"] for body in (each.text, each.map, each.view)} == {each.digest}


def test_the_first_visit_travels_as_it_was_computed():
    first = First(1, (0.75, 0.25), (0.5, 0.5), (0, "a", "b"))
    assert read(built_in(first=first).view)[0]["first"] == {
        "index": 1, "before": [0.75, 0.25], "after": [0.5, 0.5], "changed": [0, "a", "b"],
    }  # fmt: skip


def test_as_text_a_scene_says_what_is_shown(default):
    lines = default.lines()
    assert lines[0].startswith("Layer 3, head 0: All links. Every word looks at ")
    assert "it → animal .91, street .07, cross .01" in lines
    assert len(repr(default)) < 200


def test_the_messages_of_a_sentence_are_small(default):
    assert len(default.text) + len(default.map) + len(default.view) < 22_000


def test_nothing_of_a_scene_is_a_tensor(default):
    def parts(value):
        yield value
        if isinstance(value, dict):
            for each in value.values():
                yield from parts(each)
        elif isinstance(value, (list, tuple)):
            for each in value:
                yield from parts(each)

    kinds = {type(part) for value in vars(default).values() for part in parts(value)}
    assert kinds <= {str, int, float, bool, type(None), bytes, dict, list, tuple, np.ndarray}


def test_every_weight_of_a_new_sentence_is_derived_once_and_of_a_choice_one_row(monkeypatch):
    trace = attnviz.load("builtin").run(DEFAULT_TEXT)
    cells = []

    def counted(masked):
        weights = torch.softmax(masked, dim=-1)
        cells.append(weights.numel())
        return weights

    monkeypatch.setattr(attention, "attention_weights", counted)
    found = survey(trace.encoder)
    made = scene(resolve(View(), trace, lambda *_, **__: found))
    assert all((made.text, made.map, made.view))
    assert sum(cells) == 4 * 6 * 13 * 13 + 13, "all maps, and in double precision the row of the chosen link"
    cells.clear()
    for asked in (View(layer=1, head=4), View(query=Place(3, "didn't")), View(average="all"), View(scale="log")):
        made = scene(resolve(asked, trace, lambda *_, **__: found))
        assert all((made.text, made.map, made.view))
    assert cells == [13] * 3 + [13] * 2, "under a mean also the row that leads to the cell"


def test_a_head_that_sees_other_places_than_most_has_a_sentence_of_its_own():
    tokens = word_tokens("a b c")
    weights = torch.tensor([[[0.2, 0.3, 0.5]] * 3, [[1.0, 0, 0], [0.4, 0.6, 0], [0.1, 0.2, 0.7]]])[None]
    mask = torch.stack([torch.ones(3, 3), torch.ones(3, 3).tril()]).bool()
    made = StoredStack(tokens, tokens, weights, (mask,))
    first, second = read_text(picture(Trace("a file", "a b c", encoder=made)).text)[0]["about"]
    assert (
        "the token before 25\u202f%, itself 33\u202f%, the one after 40\u202f%, the first token 20\u202f%"
        in first["does"]
    )
    assert (
        "the token before 30\u202f%, itself 65\u202f%, the first token 25\u202f%; its largest weight is .65."
        in second["does"]
    )
    assert (first["title"], second["title"]) == ("", "Mostly itself")
