import pytest
import torch
from torch import nn

from attnviz.analysis.order import D_MODEL, SEED, attended, change_by_order, word_vectors
from attnviz.masks import causal_mask
from attnviz.transformer import MultiHeadAttention, sinusoidal_positions

WORDS = ("the", "dog", "bit", "the", "man")


@pytest.mark.parametrize("with_positions", [False, True])
def test_the_new_vectors_equal_torchs_own_attention(with_positions):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        ours = MultiHeadAttention(D_MODEL, 1)
    theirs = nn.MultiheadAttention(D_MODEL, 1, batch_first=True)
    projections = (ours.query, ours.key, ours.value)
    theirs.load_state_dict(
        {
            "in_proj_weight": torch.cat([each.weight for each in projections]),
            "in_proj_bias": torch.cat([each.bias for each in projections]),
            "out_proj.weight": ours.output.weight,
            "out_proj.bias": ours.output.bias,
        }
    )
    x = word_vectors(WORDS)
    if with_positions:
        x = x + sinusoidal_positions(torch.arange(len(WORDS)), d_model=D_MODEL)
    mask = causal_mask(len(WORDS), len(WORDS))
    expected, weights = theirs(x[None], x[None], x[None], attn_mask=~mask)
    outputs, step = attended(WORDS, with_positions=with_positions, mask=mask[None, None])
    torch.testing.assert_close(outputs, expected[0].detach(), atol=1e-6, rtol=0)
    torch.testing.assert_close(step.weights(0), weights[0].detach(), atol=1e-6, rtol=0)


def test_without_positions_the_order_changes_nothing_and_with_them_it_does():
    order = [4, 3, 2, 1, 0]
    assert max(change_by_order(WORDS, order, with_positions=False)) < 1e-6
    assert min(change_by_order(WORDS, order, with_positions=True)) > 1e-2
    assert max(change_by_order(WORDS, range(5), with_positions=True)) == 0


def test_the_same_word_has_the_same_vector_wherever_it_stands():
    vectors = word_vectors(WORDS)
    assert torch.equal(vectors[0], vectors[3])
    assert not torch.equal(vectors[0], vectors[1])
