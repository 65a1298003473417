"""How the number in a cell is explained, held to NumPy and to the numbers that are written on the lines themselves."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

import attnviz
from attnviz.analysis.regroup import hide_special, merge_words
from attnviz.attention import Step
from attnviz.explained import explained
from attnviz.tokens import Token, special_token, word_tokens
from attnviz.trace import Stack, Trace
from attnviz.view import Place, View, resolve
from tests.surveyed import pieces, survey, trace_of

TEXT = "The animal didn't cross the street because it was too tired"


@pytest.fixture(scope="module")
def trace():
    return attnviz.load("builtin").run(TEXT)


@pytest.fixture(scope="module")
def in_pieces(trace):
    """The same numbers, as if "cross the street" were one word of three pieces."""
    stack = trace.encoder
    word = stack.query_tokens[4].word
    tokens = tuple(
        replace(token, word=word) if at in (4, 5, 6) else token for at, token in enumerate(stack.query_tokens)
    )
    return replace(trace, encoder=replace(stack, query_tokens=tokens, key_tokens=tokens))


def why_of(trace, *, query, key, layer=3, head=0, **chosen):
    view = View(layer=layer, head=head, query=Place(query), key=Place(key), **chosen)
    return explained(resolve(view, trace, survey))


def number(text):
    return float(text.replace("−", "-"))


def test_the_row_and_the_vectors_are_those_that_numpy_computes(trace):
    why = why_of(trace, query=8, key=2)
    step = trace.encoder.step(3)
    q, k, v = (tensor[0].double().numpy() for tensor in (step.query, step.key, step.value))
    scores = q[8] @ k.T / 4
    exps = np.exp(scores - scores.max())
    weights = exps / exps.sum()
    output = weights @ v
    for name, exact in (("scores", scores), ("exps", exps), ("weights", weights)):
        assert [number(text) for text in why["row"][name]] == pytest.approx(exact, abs=0.51e-4)
    assert number(why["row"]["total"]) == pytest.approx(exps.sum(), abs=0.51e-4)
    for name, exact in (("q", q[8]), ("k", k[2]), ("products", q[8] * k[2])):
        assert [number(text) for text in why["written"][name]] == pytest.approx(exact, abs=0.51e-4)
    parts = weights * np.linalg.norm(v, axis=1)
    assert [number(part) for part in why["mixed"]["part"]] == pytest.approx(parts, abs=0.51e-4)
    for name, exact in (("v", v[2]), ("part", weights[2] * v[2]), ("out", output)):
        assert [number(text) for text in why["output"][name]] == pytest.approx(exact, abs=0.51e-4)


def test_a_title_has_the_words_and_the_number_of_the_cell(trace):
    why = why_of(trace, query=8, key=2)
    assert (why["title"], why["number"], why["names"]) == ("Why it → animal is .91", ".91", ["it", "animal"])
    assert (why["subject"], why["then"], why["keys"], why["at"]) == ("", [], None, 2)
    assert [line["name"] for line in why["steps"]] == ["q · k", "× scale", "exp", "÷ row sum"]
    assert why["steps"][-1] == {"name": "÷ row sum", "how": "1.0000 ÷ 1.0953, all 13 added", "result": "0.9130"}
    assert json.loads(json.dumps(why)) == json.loads(json.dumps(why, allow_nan=False)), "plain data without NaN"


def test_what_is_mixed_in_can_be_multiplied_again_from_what_is_written(trace):
    why = why_of(trace, query=8, key=2)
    for weight, length, part in zip(*(why["mixed"][name] for name in ("weight", "length", "part")), strict=True):
        assert f"{number(weight) * number(length):.4f}" == part
    written = why["output"]
    for value, part in zip(written["v"], written["part"], strict=True):
        assert number(written["weight"]) * number(value) == pytest.approx(number(part), abs=3e-4)


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({"average": "layer"}, ["mean of heads"]),
        ({"average": "all"}, ["mean of heads"]),
        ({"average": "0.1-2.3"}, ["mean of heads"]),
        ({"words": True}, ["+ pieces"]),
        ({"words": True, "query": 5, "key": 6}, ["+ pieces", "mean of rows"]),
        ({"words": True, "query": 5, "key": 2}, ["mean of rows"]),
        ({"special": "renormalise"}, ["÷ (1 − special)"]),
        ({"special": "hide"}, []),
        (
            {"words": True, "special": "renormalise", "average": "layer", "query": 5, "key": 6},
            ["+ pieces", "mean of rows", "÷ (1 − special)", "mean of heads"],
        ),
    ],
)
def test_the_chain_goes_on_to_the_number_of_the_cell(in_pieces, chosen, names):
    chosen = {"query": 8, "key": 5} | chosen
    why = why_of(in_pieces, **chosen)
    assert [line["name"] for line in why["then"]] == names
    stack, special = in_pieces.encoder, chosen.get("special")
    maps = merge_words(stack) if chosen.get("words") else stack
    maps = maps if special is None else hide_special(maps, renormalise=special == "renormalise")
    places = {}
    for side, tokens in (("query", maps.query_tokens), ("key", maps.key_tokens)):
        start = stack.query_tokens[chosen[side]].start
        places[side] = max(at for at, token in enumerate(tokens) if not token.is_special and token.start <= start)
    heads = {
        "layer": [(3, head) for head in range(6)],
        "all": [(layer, head) for layer in range(4) for head in range(6)],
        "0.1-2.3": [(0, 1), (2, 3)],
    }.get(chosen.get("average"), [(3, 0)])
    cell = np.mean([float(maps.weights(*place)[places["query"], places["key"]]) for place in heads])
    last = [*why["steps"], *why["then"]][-1]["result"]
    assert number(last) == pytest.approx(cell, abs=0.51e-4)
    assert why["number"] == ("<.01" if cell < 0.005 else f"{cell:.2f}"[1:])


@pytest.mark.parametrize("average", [None, "layer"])
@pytest.mark.parametrize("special", [None, "renormalise"])
@pytest.mark.parametrize("words", [None, True])
@pytest.mark.parametrize("link", [(8, 5), (5, 8), (5, 6), (8, 2)])
def test_each_line_can_be_computed_from_its_own_numbers(in_pieces, average, special, words, link):
    why = why_of(in_pieces, query=link[0], key=link[1], average=average, special=special, words=words)
    before = why["steps"][-1]["result"]
    for line in why["then"]:
        text = re.sub(r" of the other \d* ?(pieces?|heads?)| on special tokens", "", line["how"])
        assert re.findall(r"[\d.]+", text)[0] == before, "a line begins with what the one before it gave"
        computed = eval(text.replace("÷", "/").replace("−", "-"))  # the sum as it is written
        assert f"{computed:.{len(line['result'].split('.')[1])}f}" == line["result"]
        before = line["result"]


def test_under_a_mean_it_is_said_which_head_the_arithmetic_is_of(in_pieces):
    assert why_of(in_pieces, query=8, key=2, average="layer")["subject"] == (
        "Computed for layer 3, head 0, one of the 6 heads of the mean."
    )
    other = why_of(in_pieces, query=8, key=2, average="0.1-2.3")
    assert (other["layer"], other["head"]) == (0, 1), "a head that is part of the mean"
    both = why_of(in_pieces, query=8, key=5, average="all", words=True)
    assert both["subject"] == (
        "Computed for layer 3, head 0, one of the 24 heads of the mean; for the pieces “it” → “the”."
    )
    assert both["title"].startswith("Why it → crossthestreet is ")
    assert both["keys"] == [token.text for token in in_pieces.encoder.key_tokens]


def test_without_the_vectors_there_is_nothing_to_explain():
    assert why_of(trace_of(pieces(("a",), ("b",))), query=0, key=1, layer=0) is None


def test_bias_soft_cap_and_mask_have_a_line_each():
    generator = torch.Generator().manual_seed(3)
    q, k, v = (torch.randn(1, 3, 4, generator=generator) for _ in range(3))
    bias = torch.randn(1, 3, 3, generator=generator)
    mask = torch.ones(3, 3, dtype=torch.bool).tril()[None]
    tokens = (special_token("<s>"), Token("one", 0, 3, 0), Token("two", 4, 7, 1))
    step = Step(query=q, key=k, value=v, scale=0.5, bias=bias, mask=mask, softcap=5.0)
    made = Trace("made by hand", "one two", decoder=Stack(tokens, tokens, (step,)))
    why = why_of(made, query=1, key=0, layer=0)
    assert [line["name"] for line in why["steps"]] == [
        "q · k", "× scale", "+ bias", "soft cap", "mask", "exp", "÷ row sum",
    ]  # fmt: skip
    scores = 5 * np.tanh((q[0, 1] @ k[0, :2].T * 0.5 + bias[0, 1, :2]).double().numpy() / 5)
    weight = math.exp(scores[0]) / np.exp(scores).sum()
    assert number(why["steps"][-1]["result"]) == pytest.approx(weight, abs=0.51e-4)
    hidden = why_of(made, query=1, key=2, layer=0)
    assert (hidden["number"], hidden["steps"][-1]["result"]) == ("0", "0.0000")
    assert {"name": "mask", "how": "it may not look there", "result": "−∞"} in hidden["steps"]


def test_a_very_long_row_has_the_keys_of_the_window():
    generator = torch.Generator().manual_seed(4)
    q, k, v = (torch.randn(1, 600, 4, generator=generator) for _ in range(3))
    tokens = word_tokens(" ".join(["word"] * 600))
    stack = Stack(tokens, tokens, (Step(query=q, key=k, value=v, scale=0.5),))
    why = why_of(Trace("made by hand", "long", encoder=stack), query=503, key=580, layer=0, rows=80)
    assert why["keys"] is None, "they are the columns that are drawn"
    assert len(why["row"]["weights"]) == len(why["mixed"]["part"]) == 512
    assert (why["at"], why["row"]["all"]) == (500, 600)
    exact = torch.softmax(q[0, 503].double() @ k[0].double().T * 0.5, dim=-1)[580]
    assert number(why["row"]["weights"][500]) == pytest.approx(float(exact), abs=0.51e-4)


SET_BY_HAND = [0.25, 0.0, 0.5, 0.0, 0.25, *[0.0] * 8]


@pytest.mark.parametrize(
    ("edit", "weight"),
    [
        (attnviz.take_away(layer=3, head=0, query=8, key=2), 0),
        (attnviz.look(layer=3, head=0, at="uniform"), 1 / 13),
        (attnviz.look(layer=3, at="itself"), 0),
        (attnviz.set_row(layer=3, head=0, query=8, weights=SET_BY_HAND), 0.5),
    ],
)
@pytest.mark.parametrize("chosen", [{}, {"average": "layer"}])
def test_where_an_edit_set_the_weight_the_steps_end_at_it(edit, weight, chosen):
    trace = attnviz.load("builtin").run(TEXT, edits=[edit])
    why = why_of(trace, query=8, key=2, **chosen)
    last = why["steps"][-1]
    assert (last["name"], last["how"]) == ("edit", "set in its place")
    assert number(last["result"]) == pytest.approx(weight, abs=0.51e-4)
    given = trace.encoder.weights(3, 0)[8].tolist()
    assert [number(text) for text in why["row"]["weights"]] == pytest.approx(given, abs=0.51e-4)
    out = np.array(given) @ trace.encoder.step(3).value[0].double().numpy()
    assert [number(text) for text in why["output"]["out"]] == pytest.approx(out, abs=0.51e-4)
    assert [number(text) for text in why["output"]["part"]] == pytest.approx(
        weight * trace.encoder.step(3).value[0, 2].numpy(), abs=0.51e-4
    )
    if chosen:
        ends = trace.encoder.weights(3)[:, 8, 2].mean().item()
        assert number(why["then"][-1]["result"]) == pytest.approx(ends, abs=0.51e-4)
        assert number(re.match(r"\(([\d.]+) ", why["then"][0]["how"])[1]) == pytest.approx(weight, abs=0.51e-4)


def test_where_an_edit_mutes_the_head_the_steps_say_it_and_the_output_is_0():
    why = why_of(attnviz.load("builtin").run(TEXT, edits=[attnviz.mute(layer=3, head=0)]), query=8, key=2)
    assert [step["name"] for step in why["steps"][-2:]] == ["÷ row sum", "edit"]
    assert why["steps"][-1]["how"] == "the head gives what was set, whatever it mixes"
    assert set(why["output"]["out"]) == {"0.0000"}
    other = why_of(attnviz.load("builtin").run(TEXT, edits=[attnviz.mute(layer=3, head=1)]), query=8, key=2)
    assert other["steps"][-1]["name"] == "÷ row sum"
    assert set(other["output"]["out"]) != {"0.0000"}


def test_a_link_that_was_cut_is_told_as_such_and_its_row_is_told_without_a_mask():
    trace = attnviz.load("builtin").run(TEXT, edits=[attnviz.cut(layer=3, head=0, query=8, key=2)])
    why = why_of(trace, query=8, key=2)
    assert why["title"] == "it → animal is cut"
    assert [step["name"] for step in why["steps"]] == ["q · k", "× scale", "cut", "exp", "÷ row sum"]
    assert [step["result"] for step in why["steps"][2:]] == ["−∞", "0.0000", "0.0000"]
    other = why_of(trace, query=8, key=6)
    assert [step["name"] for step in other["steps"]] == ["q · k", "× scale", "exp", "÷ row sum"]
    assert number(other["steps"][-1]["result"]) == pytest.approx(trace.encoder.weights(3, 0)[8, 6].item(), abs=0.51e-4)
    assert why_of(trace, head=1, query=8, key=2)["title"].startswith("Why it → animal is")
