"""Where one looks first is computed by the model that one looks at, and is its own numbers."""

from dataclasses import replace

import numpy as np

import attnviz
from attnviz.address import DEFAULT_TEXT, OTHER_TEXT
from attnviz.first import Opening, first_visit, opening


def test_the_first_visit_is_computed_by_the_model():
    first = first_visit(attnviz.load("builtin"))
    before = attnviz.load("builtin").run(DEFAULT_TEXT).encoder
    after = attnviz.load("builtin").run(OTHER_TEXT).encoder
    assert before.query_tokens[first.index].text == "it"
    assert first.changed == (11, "tired", "wide")
    np.testing.assert_allclose(first.before, before.weights(3, 0)[8].numpy(), atol=1e-6)
    np.testing.assert_allclose(first.after, after.weights(3, 0)[8].numpy(), atol=1e-6)
    assert (round(first.before[2], 2), round(first.after[6], 2)) == (0.91, 0.89)
    assert first_visit(attnviz.load("untrained")) is None


def test_the_word_to_look_at_first_is_a_token_of_the_model():
    trace = attnviz.load("builtin").run(DEFAULT_TEXT)
    assert opening(trace) == Opening(3, 0, 8)
    assert opening(replace(trace, model="minilm")) == Opening()
