"""The from-scratch transformer against torch's own, and what a configuration promises."""

from dataclasses import FrozenInstanceError

import pytest
import torch
from torch import nn

from attnviz.editing import Editor
from attnviz.edits import mute
from attnviz.masks import causal_mask
from attnviz.recorder import recording
from attnviz.transformer import (
    Block,
    Blocks,
    Embeddings,
    MultiHeadAttention,
    Transformer,
    TransformerConfig,
    sinusoidal_positions,
)


def copy_layer(reference: nn.TransformerEncoderLayer, block: Block) -> None:
    attention = reference.self_attn
    with torch.no_grad():
        for linear, weight, bias in zip(
            (block.attention.query, block.attention.key, block.attention.value),
            attention.in_proj_weight.chunk(3),
            attention.in_proj_bias.chunk(3),
            strict=True,
        ):
            linear.weight.copy_(weight)
            linear.bias.copy_(bias)
    block.attention.output.load_state_dict(attention.out_proj.state_dict())
    block.attention_norm.load_state_dict(reference.norm1.state_dict())
    block.feed_forward_norm.load_state_dict(reference.norm2.state_dict())
    block.feed_forward.inner.load_state_dict(reference.linear1.state_dict())
    block.feed_forward.outer.load_state_dict(reference.linear2.state_dict())


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("activation", ["gelu", "relu"])
@pytest.mark.parametrize("causal", [False, True])
def test_the_encoder_equals_torchs_with_the_same_weights(norm, activation, causal):
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(
        32, 4, dim_feedforward=64, dropout=0.0, activation=activation, batch_first=True, norm_first=norm == "pre"
    )
    reference = nn.TransformerEncoder(layer, 3, norm=nn.LayerNorm(32), enable_nested_tensor=False)
    for parameter in reference.parameters():  # the default zero biases would hide a lost one
        nn.init.normal_(parameter, std=0.3)
    config = TransformerConfig(
        vocab_size=1, d_model=32, n_layers=3, d_feed_forward=64, norm=norm, activation=activation, causal=causal
    )
    ours = Blocks(config)
    for theirs, block in zip(reference.layers, ours.layers, strict=True):
        copy_layer(theirs, block)
    ours.final_norm.load_state_dict(reference.norm.state_dict())
    hidden = torch.randn(2, 9, 32)
    there = torch.tensor([[True] * 9, [True] * 6 + [False] * 3])

    mask = ~causal_mask(9, 9) if causal else None  # torch's masks say True where attention is forbidden
    expected = reference(hidden, mask=mask, src_key_padding_mask=~there)
    output = ours(hidden, padding=there)

    # Three layers of float32 sums in another order: measured 1.4e-6.
    torch.testing.assert_close(output[there], expected[there], atol=1e-5, rtol=0)


def test_sinusoidal_positions_follow_the_papers_formula():
    table = sinusoidal_positions(torch.arange(5), d_model=6)
    for position in range(5):
        for pair in range(3):
            angle = torch.tensor(position / 10_000 ** (2 * pair / 6))
            torch.testing.assert_close(table[position, 2 * pair], angle.sin(), atol=1e-6, rtol=0)
            torch.testing.assert_close(table[position, 2 * pair + 1], angle.cos(), atol=1e-6, rtol=0)


def test_grouped_heads_record_fewer_keys_than_queries():
    attention = MultiHeadAttention(32, 8, n_kv_heads=2)
    with recording() as recorder:
        attention(torch.randn(1, 5, 32))
    step = recorder.steps[0].of_text(0)
    assert step.query.shape == (8, 5, 4)
    assert step.key.shape == step.value.shape == (2, 5, 4)
    assert step.weights().shape == (8, 5, 5)


def test_a_muted_head_is_its_slice_of_the_output_projection_zeroed_and_no_slice_of_what_comes_out():
    attention, zeroed = (MultiHeadAttention(32, 8, n_kv_heads=2) for _ in range(2))
    zeroed.load_state_dict(attention.state_dict())
    hidden = torch.randn(1, 5, 32)
    with torch.no_grad(), recording(answer=Editor([[mute(layer=0, head=3)]], {(None, 0): 0}, {})):
        zeroed.output.weight[:, 12:16] = 0  # four dimensions a head
        muted = attention(hidden)
    torch.testing.assert_close(muted, zeroed(hidden), atol=1e-6, rtol=0)
    wrong = attention(hidden).detach()
    wrong[..., 12:16] = 0
    assert (wrong - muted).abs().max() > 0.1


def test_a_causal_transformer_does_not_look_ahead():
    model = Transformer(TransformerConfig(vocab_size=11, causal=True, positions="learned")).eval()
    first, second = torch.tensor([[1, 2, 3, 4]]), torch.tensor([[1, 2, 3, 9]])
    torch.testing.assert_close(model(first)[:, :3], model(second)[:, :3], atol=1e-6, rtol=0)
    assert not torch.allclose(model(first)[:, 3], model(second)[:, 3])


def test_without_positions_permuting_the_words_permutes_the_outputs():
    model = Transformer(TransformerConfig(vocab_size=11, positions="none")).eval()
    ids, order = torch.tensor([[1, 2, 3, 4]]), [2, 0, 3, 1]
    torch.testing.assert_close(model(ids[:, order]), model(ids)[:, order], atol=1e-5, rtol=0)


@pytest.mark.parametrize(("offset", "first"), [({}, 0), ({"position_offset": 2}, 2)])
def test_an_embedding_is_the_tokens_own_row_and_that_of_its_position(offset, first):
    embeddings = Embeddings(TransformerConfig(vocab_size=11, positions="learned")).eval()
    expected = embeddings.tokens.weight[[4, 2, 4]] + embeddings.learned.weight[first : first + 3]
    torch.testing.assert_close(embeddings(torch.tensor([[4, 2, 4]]), **offset)[0], expected, atol=0, rtol=0)


def test_segments_tell_two_texts_apart():
    model = Transformer(TransformerConfig(vocab_size=11, n_segments=2)).eval()
    ids = torch.tensor([[1, 2, 3]])
    assert torch.equal(model(ids), model(ids, segment_ids=torch.zeros_like(ids)))
    assert not torch.allclose(model(ids), model(ids, segment_ids=torch.tensor([[0, 1, 1]])))


def test_feed_forward_only_where_it_was_asked_for():
    config = TransformerConfig(vocab_size=3, n_layers=3, d_feed_forward=8, feed_forward_layers=(1,))
    assert [block.feed_forward is not None for block in Blocks(config).layers] == [False, True, False]
    none = TransformerConfig(vocab_size=3, n_layers=2)
    assert [block.feed_forward for block in Blocks(none).layers] == [None, None]


def test_heads_that_do_not_divide_the_model_are_refused():
    with pytest.raises(ValueError, match="5 heads and 5 key/value heads do not divide d_model 64"):
        MultiHeadAttention(64, 5)


def test_a_configuration_cannot_be_changed_and_equals_another_of_the_same_values():
    config = TransformerConfig(vocab_size=3)
    with pytest.raises(FrozenInstanceError):
        config.d_model = 8
    assert {config: "one"}[TransformerConfig(vocab_size=3)] == "one"
