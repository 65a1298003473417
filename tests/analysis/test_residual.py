from itertools import pairwise

import numpy as np
import pytest
import torch

import attnviz
from attnviz.analysis.residual import cosines, residual_stream
from attnviz.errors import NotTraceableError
from attnviz.trace import Trace

TEXT = "She ate the apple."


@pytest.fixture(scope="module")
def engine():
    return attnviz.load("untrained")


def test_the_parts_of_a_layer_equal_its_sublayers_called_by_hand(engine):
    stream = residual_stream(engine, TEXT)
    blocks = engine.model.blocks
    for block, (before, *added) in zip(blocks.layers, stream.parts, strict=True):
        with torch.no_grad():
            before = before[None]
            attention = block.attention(block.attention_norm(before))
            feed_forward = block.feed_forward(block.feed_forward_norm(before + attention))
        torch.testing.assert_close(added, [attention[0], feed_forward[0]], atol=1e-6, rtol=0)


def test_a_layer_hands_on_the_sum_of_its_parts(engine):
    stream = residual_stream(engine, TEXT)
    for (before, attention, feed_forward), following in pairwise(stream.parts):
        torch.testing.assert_close(before + attention + feed_forward, following[0], atol=1e-5, rtol=0)
    assert stream.hidden.shape == (engine.n_layers + 1, 7, engine.model.config.d_model)
    torch.testing.assert_close(stream.hidden[1], stream.parts[1, 0], atol=1e-5, rtol=0)


def test_shares_equal_numpy_and_sum_to_one(engine):
    stream = residual_stream(engine, TEXT)
    before, attention, feed_forward = stream.parts[1].double().numpy()
    after = before + attention + feed_forward
    expected = [
        [part[i] @ after[i] / (after[i] @ after[i]) for i in range(len(after))]
        for part in (before, attention, feed_forward)
    ]
    np.testing.assert_allclose(stream.layer_shares[1].numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(stream.layer_shares.sum(dim=1).numpy(), 1, atol=1e-6)


def test_shares_of_the_stack_equal_numpy_and_sum_to_one(engine):
    stream = residual_stream(engine, TEXT)
    parts = [stream.parts[0, 0]]
    for _, *added in stream.parts:
        parts += added
    arrays = np.array([part.double().numpy() for part in parts])
    last = stream.hidden[-1].double().numpy()
    np.testing.assert_allclose(arrays.sum(axis=0), last, atol=1e-5)
    expected = (arrays * last).sum(axis=-1) / (last * last).sum(axis=-1)
    np.testing.assert_allclose(stream.shares.numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(stream.shares.sum(dim=0).numpy(), 1, atol=1e-5)


def test_an_engine_that_is_not_ours_is_refused_with_its_name():
    class Other:
        name = "other"
        n_layers = n_heads = 1
        max_tokens = None
        reads_pairs = False
        languages = ()

        answers = "vectors"

        def run(self, text, *, pair=None, source_language=None, target_language=None, edits=()):
            return Trace("other", text)

        predict = predictions = run

    with pytest.raises(NotTraceableError, match="The layers of other cannot be taken apart"):
        residual_stream(Other(), TEXT)


def test_cosines_equal_numpy():
    generator = torch.Generator().manual_seed(0)
    one, other = torch.randn(2, 3, 8, generator=generator)
    a, b = one.double().numpy(), other.double().numpy()
    expected = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    np.testing.assert_allclose(cosines(one, other).numpy(), expected, rtol=1e-5)
