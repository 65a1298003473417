"""The from-scratch attention against torch's own, a closed form, and what must hold for any numbers."""

import math
import pickle
from dataclasses import FrozenInstanceError, replace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from attnviz.attention import (
    Step,
    attend,
    attention_weights,
    head_outputs,
    masked_scores,
    raw_scores,
    share_heads,
)
from attnviz.errors import AttentionError, SelectionError
from attnviz.masks import causal_mask, padding_mask, sliding_window_mask
from attnviz.recorder import recording
from attnviz.transformer import MultiHeadAttention

STAGES = ("raw_scores", "scaled_scores", "masked_scores", "weights", "head_output")
E = math.e
EXAMPLE = torch.tensor([[1.0, 0, 1, 0], [0, 1, 0, 1], [1, 1, 0, 0], [0, 0, 1, 1]])


def random_tensors(*shapes, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator) for shape in shapes]


def test_first_row_of_the_worked_example_is_the_closed_form():
    output, weights = attend(EXAMPLE, EXAMPLE, EXAMPLE, scale=1.0)
    row_sum = E**2 + 2 * E + 1
    expected = torch.tensor([E**2, 1.0, E, E]) / row_sum
    torch.testing.assert_close(weights[0], expected, atol=1e-7, rtol=0)
    assert [round(float(w), 4) for w in weights[0]] == [0.5344, 0.0723, 0.1966, 0.1966]
    torch.testing.assert_close(output, weights @ EXAMPLE, atol=0, rtol=0)


def copy_into(reference: nn.MultiheadAttention, ours: MultiHeadAttention) -> None:
    with torch.no_grad():
        for linear, weight, bias in zip(
            (ours.query, ours.key, ours.value),
            reference.in_proj_weight.chunk(3),
            reference.in_proj_bias.chunk(3),
            strict=True,
        ):
            linear.weight.copy_(weight)
            linear.bias.copy_(bias)
        ours.output.load_state_dict(reference.out_proj.state_dict())


@pytest.mark.parametrize("context_length", [None, 7])
def test_multi_head_attention_equals_torch_with_the_same_weights(context_length):
    torch.manual_seed(0)
    reference = nn.MultiheadAttention(512, 8)  # sequence first
    nn.init.normal_(reference.in_proj_bias)
    nn.init.normal_(reference.out_proj.bias)
    ours = MultiHeadAttention(512, 8)
    copy_into(reference, ours)
    x = torch.randn(10, 1, 512)
    context = x if context_length is None else torch.randn(context_length, 1, 512)

    expected, expected_weights = reference(x, context, context, average_attn_weights=False)
    with recording() as recorder:
        output = ours(x.transpose(0, 1), context.transpose(0, 1))

    torch.testing.assert_close(output.transpose(0, 1), expected, atol=1e-6, rtol=0)
    torch.testing.assert_close(recorder.steps[0].weights(), expected_weights, atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", ["plain", "mask", "bias", "scale"])
def test_attend_equals_torchs_scaled_dot_product_attention(kind):
    query, key, value, bias = random_tensors((2, 3, 5, 8), (2, 3, 7, 8), (2, 3, 7, 4), (2, 3, 5, 7))
    mask = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(1)) > 0.3
    mask[..., 0] = True
    ours, theirs = {
        "plain": ({}, {}),
        "mask": ({"mask": mask}, {"attn_mask": mask}),
        "bias": ({"bias": bias}, {"attn_mask": bias}),
        "scale": ({"scale": 0.3}, {"scale": 0.3}),
    }[kind]
    output, _ = attend(query, key, value, **ours)
    torch.testing.assert_close(output, F.scaled_dot_product_attention(query, key, value, **theirs), atol=1e-6, rtol=0)


def test_grouped_heads_equal_torchs_grouped_query_attention():
    query, key, value = random_tensors((1, 8, 5, 4), (1, 2, 5, 4), (1, 2, 5, 4))
    output, _ = attend(query, share_heads(key, n_heads=8), share_heads(value, n_heads=8))
    expected = F.scaled_dot_product_attention(query, key, value, enable_gqa=True)
    torch.testing.assert_close(output, expected, atol=1e-6, rtol=0)


def test_heads_that_do_not_divide_evenly_are_refused():
    with pytest.raises(AttentionError, match="6 query heads cannot share 4"):
        share_heads(torch.zeros(4, 5, 2), n_heads=6)


def test_the_soft_cap_keeps_scores_inside_and_follows_its_formula():
    scaled = torch.tensor([[-1000.0, 0.0, 3.0, 1000.0]])
    capped = masked_scores(scaled, softcap=5.0)
    torch.testing.assert_close(capped, torch.tensor([[-5.0, 0.0, 5 * math.tanh(0.6), 5.0]]))


def test_bias_is_added_before_the_soft_cap_and_the_mask_comes_last():
    scores = masked_scores(
        torch.tensor([[1.0, 2.0]]),
        bias=torch.tensor([[1.0, 5.0]]),
        softcap=4.0,
        mask=torch.tensor([[True, False]]),
    )
    torch.testing.assert_close(scores, torch.tensor([[4 * math.tanh(0.5), -math.inf]]))


def test_a_query_with_nothing_to_attend_to_is_an_error_that_names_its_row():
    mask = torch.ones(4, 4, dtype=torch.bool)
    mask[2] = False
    with pytest.raises(AttentionError, match="Query 2 has nothing to attend to: the mask hides all 4 keys"):
        attend(EXAMPLE, EXAMPLE, EXAMPLE, mask=mask)


numbers = st.floats(-20, 20, width=32)


@st.composite
def attention_inputs(draw):
    n_query, n_key, d_head = draw(st.integers(1, 5)), draw(st.integers(1, 6)), draw(st.integers(1, 4))

    def matrix(rows, columns):
        flat = draw(st.lists(numbers, min_size=rows * columns, max_size=rows * columns))
        return torch.tensor(flat).view(rows, columns)

    mask = torch.tensor(draw(st.lists(st.booleans(), min_size=n_query * n_key, max_size=n_query * n_key)))
    mask = mask.view(n_query, n_key)
    mask[:, draw(st.integers(0, n_key - 1))] = True
    return matrix(n_query, d_head), matrix(n_key, d_head), matrix(n_key, d_head), mask


@settings(deadline=None)
@given(attention_inputs())
def test_rows_sum_to_one_and_masked_keys_have_no_weight(inputs):
    query, key, value, mask = inputs
    _, weights = attend(query, key, value, mask=mask)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(len(query)), atol=1e-6, rtol=0)
    assert (weights[~mask] == 0).all()
    assert (weights >= 0).all()


@settings(deadline=None)
@given(attention_inputs(), numbers)
def test_a_masked_key_has_no_influence(inputs, other):
    query, key, value, mask = inputs
    hidden = ~mask.any(dim=0)  # columns that no query sees
    before, _ = attend(query, key, value, mask=mask)
    after, _ = attend(
        query,
        torch.where(hidden[:, None], other, key),
        torch.where(hidden[:, None], other, value),
        mask=mask,
    )
    torch.testing.assert_close(after, before, atol=0, rtol=0)


@settings(deadline=None)
@given(attention_inputs(), st.randoms(use_true_random=False))
def test_permuting_the_keys_permutes_the_columns(inputs, random):
    query, key, value, mask = inputs
    order = list(range(len(key)))
    random.shuffle(order)
    output, weights = attend(query, key, value, mask=mask)
    permuted_output, permuted = attend(query, key[order], value[order], mask=mask[:, order])
    # Sums in another order differ in the last bits; scores reach 1600, where a float32 step is 1.2e-4.
    torch.testing.assert_close(permuted, weights[:, order], atol=1e-3, rtol=0)
    torch.testing.assert_close(permuted_output, output, atol=2e-2, rtol=0)


def test_causal_mask_shows_each_query_its_past_and_a_longer_key_its_cache():
    assert causal_mask(3, 3).tolist() == [[True, False, False], [True, True, False], [True, True, True]]
    assert causal_mask(1, 3).tolist() == [[True, True, True]]


def test_sliding_window_mask_shows_itself_and_the_window_before():
    assert sliding_window_mask(4, 4, window=2).int().tolist() == [
        [1, 0, 0, 0],
        [1, 1, 0, 0],
        [0, 1, 1, 0],
        [0, 0, 1, 1],
    ]
    with pytest.raises(AttentionError, match="window of 0"):
        sliding_window_mask(4, 4, window=0)


def test_padding_mask_hides_what_comes_after_each_text():
    assert padding_mask(torch.tensor([1, 3]), n_key=3)[:, 0, 0].tolist() == [[True, False, False], [True] * 3]


def a_step() -> Step:
    query, key, value, bias = random_tensors((4, 3, 8), (2, 5, 8), (2, 5, 6), (4, 3, 5))
    mask = torch.ones(1, 3, 5, dtype=torch.bool)
    mask[0, 1, 4] = False
    return Step(query, key, value, scale=0.7, bias=bias, mask=mask, softcap=6.0)


def a_set_step() -> Step:
    """Head 1 has weights of its own in row 2, head 3 an output of zeros."""
    set_weights, set_outputs = torch.full((4, 3, 5), torch.nan), torch.full((4, 1, 1), torch.nan)
    set_weights[1, 2], set_outputs[3] = torch.tensor([0.5, 0, 0.25, 0, 0.25]), 0
    return replace(a_step(), set_weights=set_weights, set_outputs=set_outputs)


def test_what_was_set_stands_in_the_place_of_what_is_derived():
    plain, step = a_step(), a_set_step()
    expected = plain.weights()
    expected[1, 2] = torch.tensor([0.5, 0, 0.25, 0, 0.25])
    assert torch.equal(step.weights(), expected)
    outputs = head_outputs(expected, share_heads(step.value, n_heads=4))
    outputs[3] = 0
    torch.testing.assert_close(step.head_output(), outputs, atol=0, rtol=0)
    for head in range(4):
        torch.testing.assert_close(step.weights(head), expected[head], atol=1e-6, rtol=0)
        torch.testing.assert_close(step.head_output(head), outputs[head], atol=1e-6, rtol=0)
        torch.testing.assert_close(step.of_head(head).head_output()[0], outputs[head], atol=1e-6, rtol=0)
    assert torch.equal(step.masked_scores(), plain.masked_scores())
    again = pickle.loads(pickle.dumps(step))
    assert torch.equal(again.head_output(), step.head_output())
    hidden = replace(step, softcap=None).with_sink(None)
    torch.testing.assert_close(hidden.head_output(), replace(step, softcap=None).head_output(), atol=1e-6, rtol=0)
    assert "set_weights (4, 3, 5), set_outputs (4, 1, 1), scale" in repr(step)


def test_a_batch_of_one_text_is_that_text():
    for step in (a_step(), a_set_step()):
        batch = step.with_batch()
        assert batch.query.shape == (1, 4, 3, 8)
        assert batch.mask.shape == (1, 1, 3, 5)
        torch.testing.assert_close(batch.head_output()[0], step.head_output(), atol=1e-6, rtol=0)
        torch.testing.assert_close(batch.of_text(0).weights(), step.weights(), atol=0, rtol=0)


def test_the_stages_of_a_step_lead_from_one_to_the_next():
    step = a_step()
    for head in range(step.n_heads):
        raw = raw_scores(step.query[head], step.key[head // 2])
        torch.testing.assert_close(step.raw_scores(head), raw, atol=0, rtol=0)
        torch.testing.assert_close(step.scaled_scores(head), raw * 0.7, atol=0, rtol=0)
        masked = masked_scores(raw * 0.7, bias=step.bias[head], softcap=6.0, mask=step.mask[0])
        torch.testing.assert_close(step.masked_scores(head), masked, atol=0, rtol=0)
        torch.testing.assert_close(step.weights(head), attention_weights(masked), atol=0, rtol=0)
        expected = head_outputs(attention_weights(masked), step.value[head // 2])
        torch.testing.assert_close(step.head_output(head), expected, atol=0, rtol=0)
    assert step.weights(0)[1, 4] == 0


@pytest.mark.parametrize("stage", STAGES)
def test_all_heads_at_once_are_the_heads_one_by_one(stage):
    step = a_step()
    together = getattr(step, stage)()
    for head in range(step.n_heads):
        torch.testing.assert_close(getattr(step, stage)(head), together[head], atol=1e-6, rtol=0)


@pytest.mark.parametrize("head", [None, 0, 3])
@pytest.mark.parametrize("rows", [range(3), range(1, 3), range(2, 3), range(1, 1)])
def test_the_stages_of_some_rows_are_these_rows_of_the_stages(head, rows):
    for step in (a_step(), replace(a_step(), mask=a_step().mask[:, 1:2], bias=a_step().bias[:, :1]), a_set_step()):
        some, whole = step.stages(head, rows=rows), step.stages(head)
        for name in STAGES:
            expected = getattr(whole, name)[..., rows.start : rows.stop, :]
            torch.testing.assert_close(getattr(some, name), expected, atol=1e-6, rtol=0)
            torch.testing.assert_close(getattr(step, name)(head, rows=rows), getattr(some, name), atol=0, rtol=0)


@pytest.mark.parametrize("rows", [range(2, 4), range(-1, 1), range(0, 3, 2), range(2, 1)])
def test_rows_that_do_not_exist_or_do_not_stand_beside_each_other_are_refused(rows):
    with pytest.raises(SelectionError, match="rows is a range of the rows 0 to 2, such as"):
        a_step().weights(0, rows=rows)


def test_some_rows_of_a_long_text_are_derived_without_the_others():
    long = Step(*(torch.zeros(1, 50_000, 1) for _ in range(3)), scale=1.0)  # all its weights would have 10 GB
    assert long.weights(0, rows=range(49_999, 50_000)).unique().tolist() == [pytest.approx(1 / 50_000)]


def test_a_row_without_a_key_does_not_stop_the_other_rows():
    mask = torch.ones(1, 3, 5, dtype=torch.bool)
    mask[0, 2] = False
    step = replace(a_step(), mask=mask)
    assert step.weights(0, rows=range(2)).shape == (2, 5)
    with pytest.raises(AttentionError, match="nothing to attend to"):
        step.weights(0)


@pytest.mark.parametrize("head", [-1, 4])
def test_a_head_that_does_not_exist_is_refused(head):
    with pytest.raises(SelectionError, match=f"Head {head} does not exist; this layer has heads 0 to 3"):
        a_step().weights(head)


def test_stages_are_computed_in_float32_whatever_the_model_used():
    step = a_step()
    half = Step(step.query.half(), step.key.half(), step.value.half(), scale=0.7)
    assert half.weights(0).dtype == half.head_output().dtype == torch.float32


def sharing() -> Step:
    """A batch of two texts: 4 query heads, 2 key heads, a bias of each head, one mask for all heads of a text."""
    query, key, value, bias = random_tensors((2, 4, 3, 8), (2, 2, 5, 8), (2, 2, 5, 6), (2, 4, 3, 5))
    mask = torch.rand(2, 1, 3, 5, generator=torch.Generator().manual_seed(1)) > 0.4
    mask[..., 0] = True
    return Step(query, key, value, scale=0.7, bias=bias, mask=mask, softcap=6.0)


def test_one_text_of_a_batch_has_its_own_inputs_and_what_all_texts_share():
    step = sharing()
    for text in range(2):
        one = step.of_text(text)
        for name in ("query", "key", "value", "bias", "mask"):
            assert torch.equal(getattr(one, name), getattr(step, name)[text])
        assert (one.scale, one.softcap) == (0.7, 6.0)
        torch.testing.assert_close(one.weights(), step.weights()[text], atol=1e-6, rtol=0)
    shared = replace(step, bias=step.bias[:1], mask=step.mask[:1])
    assert torch.equal(shared.of_text(1).bias, step.bias[0])
    assert torch.equal(shared.of_text(1).mask, step.mask[0])
    assert replace(step, bias=None, mask=None).of_text(1).mask is None


def test_one_head_has_its_own_query_and_the_key_that_it_shares():
    step = sharing().of_text(0)
    for head in range(4):
        one = step.of_head(head)
        assert torch.equal(one.query, step.query[head : head + 1])
        assert torch.equal(one.key, step.key[head // 2][None])
        assert torch.equal(one.value, step.value[head // 2][None])
        assert torch.equal(one.bias, step.bias[head : head + 1])
        assert torch.equal(one.mask, step.mask)
        each = replace(step, mask=step.mask.repeat(4, 1, 1) & (torch.arange(4) != 3)[:, None, None])
        assert torch.equal(each.of_head(head).mask, each.mask[head : head + 1])
    for head in (-1, 4):
        with pytest.raises(SelectionError, match="Head"):
            step.of_head(head)


@pytest.mark.parametrize("has_mask", [False, True])
@pytest.mark.parametrize("has_bias", [False, True])
@pytest.mark.parametrize("has_batch", [False, True])
def test_a_sink_is_one_more_key_that_takes_its_share_and_gives_nothing(has_mask, has_bias, has_batch):
    step = sharing() if has_batch else sharing().of_text(0)
    step = replace(step, softcap=None, bias=step.bias if has_bias else None, mask=step.mask if has_mask else None)
    sinks = torch.tensor([0.5, -1.0, 2.0, 0.0])
    scores = step.masked_scores()
    column = sinks[:, None, None].expand(*scores.shape[:-1], 1)
    expected = torch.softmax(torch.cat([scores, column], dim=-1), dim=-1)
    with_sink = step.with_sink(sinks)
    torch.testing.assert_close(with_sink.weights(), expected, atol=1e-6, rtol=0)
    values = share_heads(step.value, n_heads=4)
    torch.testing.assert_close(with_sink.head_output(), expected[..., :-1] @ values, atol=1e-6, rtol=0)
    assert (with_sink.mask is None) == (not has_mask)
    hidden = step.with_sink(None)
    torch.testing.assert_close(hidden.weights()[..., :-1], step.weights(), atol=1e-6, rtol=0)
    assert not hidden.weights()[..., -1].any()
    assert hidden.mask.shape[-1] == 6
    assert (hidden.bias is None) == (not has_bias)
    assert (step.key.shape[-2], step.value.shape[-2]) == (5, 5)  # nothing is written into what was given


def test_a_step_says_its_shapes_in_one_line():
    said = repr(a_step())
    assert said.startswith(
        "Step(query (4, 3, 8), key (2, 5, 8), value (2, 5, 6), bias (4, 3, 5), mask (1, 3, 5), scale 0.7"
    )
    assert said.endswith("scale 0.7, softcap 6)")
    assert repr(replace(a_step(), bias=None, mask=None, softcap=None)).endswith("value (2, 5, 6), scale 0.7)")


def test_parts_of_one_tensor_are_pickled_alone_and_whole_ones_as_they_are():
    together = torch.randn(3, 4, 100, 8)
    parts = Step(*together, scale=1.0, mask=torch.ones(1, 100, 100, dtype=torch.bool).tril())
    written = pickle.dumps(parts)
    assert len(written) < together.nbytes + parts.mask.nbytes + 3_000
    assert torch.equal(pickle.loads(written).weights(), parts.weights())
    assert pickle.loads(pickle.dumps((parts.mask, parts)))[1].mask.untyped_storage().nbytes() == 10_000
    shared = pickle.loads(pickle.dumps([parts, replace(parts, scale=2.0)]))
    assert shared[0].mask is shared[1].mask


def test_heads_are_shared_in_blocks_and_left_alone_where_each_has_its_own():
    (keys,) = random_tensors((2, 5, 3))
    assert torch.equal(share_heads(keys, n_heads=6), keys[[0, 0, 0, 1, 1, 1]])
    assert share_heads(keys, n_heads=2) is keys


def test_the_row_without_a_key_is_named_among_many_heads_and_the_keys_counted():
    scores = torch.zeros(2, 4, 7)
    scores[1, 3] = -torch.inf
    with pytest.raises(AttentionError, match="Query 3 has nothing to attend to: the mask hides all 7 keys"):
        attention_weights(scores)


def test_a_window_of_one_shows_a_token_itself_and_a_cache_moves_the_window():
    assert sliding_window_mask(3, 3, window=1).int().tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert sliding_window_mask(2, 4, window=2).int().tolist() == [[0, 1, 1, 0], [0, 0, 1, 1]]


def test_a_step_cannot_be_changed_and_equals_itself_alone():
    step = a_step()
    with pytest.raises(FrozenInstanceError):
        step.scale = 1.0
    assert step != replace(step)
    assert len({step, step, replace(step)}) == 2
    stages = step.stages()
    assert stages.weights is stages.weights  # derived once
    with pytest.raises(FrozenInstanceError):
        stages.scale = 1.0
    assert len({stages, step.stages()}) == 2
