import math

import numpy as np
import pytest
import torch

import attnviz
from attnviz.analysis.shares import PLACES, head_shares
from attnviz.attention import Step
from attnviz.tokens import special_token, word_tokens
from attnviz.trace import Stack


@pytest.fixture(scope="module")
def stack():
    (only,) = attnviz.load("untrained").run("the dog bit the man").stacks.values()
    return only


def test_patterns_equal_loops_over_the_weights(stack):
    measured = head_shares(stack, 2)
    words = range(1, 6)  # between [CLS] and [SEP]
    for head in range(stack.n_heads):
        w = stack.weights(2, head).double().numpy()
        expected = {
            "previous": np.mean([w[i, i - 1] if i > 1 else 0 for i in words]),
            "itself": np.mean([w[i, i] for i in words]),
            "next": np.mean([w[i, i + 1] if i < 5 else 0 for i in words]),
            "special": np.mean([w[i, 0] + w[i, 6] for i in words]),
        }
        np.testing.assert_allclose(measured.shares[head].numpy(), [expected[name] for name in PLACES], rtol=1e-5)
        effective = np.mean([math.exp(-sum(p * math.log(p) for p in w[i])) for i in words])
        assert float(measured.n_effective[head]) == pytest.approx(effective, rel=1e-5)


def test_a_head_that_looks_only_at_the_word_before_has_a_share_of_one_and_one_token():
    tokens = (special_token("[CLS]"), *word_tokens("a b c"))
    scores = torch.full((4, 4), -1e4)
    for i in range(1, 4):
        scores[i, i - 1] = 0
    scores[0, 0] = 0
    step = Step(torch.eye(4)[None] * 1.0, scores.T[None], torch.eye(4)[None], scale=1.0)
    measured = head_shares(Stack(tokens, tokens, (step,)), 0)
    assert measured.shares[0].tolist() == pytest.approx([2 / 3, 0, 0, 1 / 3])
    assert float(measured.n_effective[0]) == pytest.approx(1)
