"""The planted engine: its weights are the closed form that it promises, at every cell."""

import math

import numpy as np
import pytest
import torch

import attnviz
from attnviz.analysis.residual import residual_stream
from attnviz.errors import TextError, TextTooLongError
from attnviz.protocols import Engine
from attnviz.testing import PlantedEngine
from attnviz.tokens import labels

TEXT = "the cat saw the dog"
WORDS = ["[CLS]", "the", "cat", "saw", "the", "dog", "[SEP]"]
# What a token at place i of WORDS looks for, by hand.
SOUGHT = {
    "previous": lambda i: [i - 1] if i else [],
    "next": lambda i: [i + 1] if i < 6 else [],
    "self": lambda i: [i],
    "first": lambda i: [0],
    "uniform": lambda i: [],
    "same word": lambda i: [1, 4] if i in (1, 4) else [i],
    "links": lambda i: {2: [5], 5: [1, 4]}.get(i, []),
}
PATTERNS = {name: {"cat": "dog", "dog": "the", "mouse": "cat"} if name == "links" else name for name in SOUGHT}


def by_hand(name, *, strength, causal=False):
    rows = []
    for i in range(7):
        seen = range(i + 1) if causal else range(7)
        powers = [(math.exp(strength) if j in SOUGHT[name](i) else 1.0) if j in seen else 0.0 for j in range(7)]
        rows.append([power / sum(powers) for power in powers])
    return np.array(rows)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("strength", [5.0, 1.5, -2.0, 0.0])
def test_every_weight_is_the_closed_form(strength, causal):
    names = list(PATTERNS)
    layers = [[PATTERNS[name] for name in names], [PATTERNS[name] for name in reversed(names)]]
    trace = PlantedEngine(layers, strength=strength, causal=causal).run(TEXT)
    stack = trace.decoder if causal else trace.encoder
    assert list(trace.stacks.values()) == [stack]
    assert list(labels(stack.query_tokens)) == WORDS
    for head, name in enumerate(names):
        expected = by_hand(name, strength=strength, causal=causal)
        np.testing.assert_allclose(stack.weights(0, head), expected, atol=1e-5, err_msg=name)  # float32 scores
        np.testing.assert_allclose(stack.weights(1, 6 - head), expected, atol=1e-5, err_msg=name)


def test_the_example_of_the_module_is_true():
    engine = PlantedEngine([["previous", "first"], ["same word", {"it": "animal"}]], strength=5.0)
    trace = engine.run("the animal ran because it was late")
    assert labels(trace.encoder.query_tokens)[5] == "it"
    assert labels(trace.encoder.key_tokens)[2] == "animal"
    assert round(float(trace.encoder.weights(1, 1)[5, 2]), 3) == 0.949 == round(math.exp(5) / (math.exp(5) + 8), 3)


def test_one_head_is_enough_and_its_output_says_which_words_were_fetched():
    step = PlantedEngine([["same word"]], strength=1.0).run(TEXT).encoder.step(0)
    share = math.e / (2 * math.e + 5)
    the, cat = step.head_output(0)[1, 1], step.head_output(0)[1, 2]  # words by their first appearance
    torch.testing.assert_close(torch.stack([the, cat]), torch.tensor([2 * share, 1 / (2 * math.e + 5)]))


def test_it_is_an_engine_and_its_layers_add_nothing():
    engine = PlantedEngine([["first", "self"]] * 3, max_tokens=8, name="mine")
    assert isinstance(engine, Engine)
    assert (engine.n_layers, engine.n_heads, engine.max_tokens) == (3, 2, 8)
    assert repr(engine).startswith("PlantedEngine('mine', layers × heads: 3 × 2, reads texts and pairs of at most 8")
    trace = engine.run("a b", pair="c")
    assert list(labels(trace.encoder.query_tokens)) == ["[CLS]", "a", "b", "[SEP]", "c", "[SEP]"]
    stream = residual_stream(engine, "a b")
    assert not stream.parts[:, 1].any()
    assert stream.hidden[-1].sum(dim=-1).tolist() == [2, 2, 2, 2]
    with pytest.raises(TextTooLongError, match="has 9 tokens; mine reads at most 8"):
        engine.run("a b c d e f g")
    with pytest.raises(TextError, match="language"):
        engine.run("a", source_language="en")


def test_the_same_is_planted_every_time():
    one, other = (PlantedEngine([["previous"]]).run(TEXT).encoder for _ in range(2))
    assert torch.equal(one.weights(0), other.weights(0))


@pytest.mark.parametrize("layers", [[], [[]], [["first"], ["first", "self"]]])
def test_layers_have_the_same_number_of_heads(layers):
    with pytest.raises(ValueError, match="as many heads"):
        PlantedEngine(layers)


def test_a_pattern_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(ValueError, match=r"no pattern 'last'; there are previous, self, next, first"):
        PlantedEngine([["last"]])


def test_it_is_not_imported_with_the_package():
    assert "PlantedEngine" not in vars(attnviz)
