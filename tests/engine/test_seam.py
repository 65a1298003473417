"""What the seam makes of the arguments that a model hands to its attention."""

import pytest
import torch
import torch.nn.functional as F
import transformers
from torch import nn
from transformers.masking_utils import AttentionMaskInterface, eager_mask

from attnviz.attention import share_heads
from attnviz.engine import seam
from attnviz.errors import NotTraceableError
from attnviz.recorder import recording

LOWEST = torch.finfo(torch.float32).min
NEAR = LOWEST * 0.49
MODULE = nn.Identity()


def tensors(*shapes, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator) for shape in shapes]


def called(mask=None, **arguments):
    """The answer of a call with 4 query heads and 2 key heads, its inputs, and what was recorded of it."""
    query, key, value = tensors((1, 4, 3, 8), (1, 2, 5, 8), (1, 2, 5, 6))
    with recording() as recorder:
        answer, weights = seam.attention_forward(MODULE, query, key, value, mask, **arguments)
    assert weights is None
    assert recorder.callers == [MODULE]
    return answer, (query, key, value), recorder.steps[0].of_text(0)


def by_torch(query, key, value, *, mask=None, scale=None):
    """torch's own attention, as transformers wants its answer: (batch, query, head, d_value)."""
    return F.scaled_dot_product_attention(query, key, value, mask, scale=scale, enable_gqa=True).transpose(1, 2)


def hiding(shape=(1, 1, 3, 5)):
    """An additive mask that hides the last keys of the first rows."""
    additive = torch.zeros(shape)
    additive[..., 0, 3:] = LOWEST
    additive[..., 1, 4:] = LOWEST
    return additive


@pytest.mark.parametrize("scaling", [None, 0.2])
def test_the_answer_and_the_record_are_torchs_own_attention(scaling):
    answer, inputs, step = called(scaling=scaling)
    torch.testing.assert_close(answer, by_torch(*inputs, scale=scaling), atol=1e-6, rtol=0)
    torch.testing.assert_close(step.head_output().transpose(0, 1)[None], answer, atol=1e-6, rtol=0)
    assert step.scale == pytest.approx(8**-0.5 if scaling is None else 0.2)
    assert (step.mask, step.bias) == (None, None)


@pytest.mark.parametrize("position_bias", [None, torch.randn(1, 4, 3, 5, generator=torch.Generator().manual_seed(2))])
def test_a_mask_and_a_bias_are_recorded_apart_and_answered_together(position_bias):
    answer, inputs, step = called(hiding(), position_bias=position_bias)
    together = hiding() if position_bias is None else hiding() + position_bias
    torch.testing.assert_close(answer, by_torch(*inputs, mask=together), atol=1e-6, rtol=0)
    torch.testing.assert_close(step.head_output().transpose(0, 1)[None], answer, atol=1e-6, rtol=0)
    assert torch.equal(step.mask, hiding()[0] == 0)
    assert step.bias is None if position_bias is None else torch.equal(step.bias, position_bias[0])


def test_a_bias_in_the_mask_and_one_beside_it_add_up():
    inside, beside = tensors((1, 1, 3, 5), (1, 4, 3, 5), seed=3)
    answer, inputs, step = called(inside, position_bias=beside)
    torch.testing.assert_close(step.bias, (inside + beside)[0])
    torch.testing.assert_close(answer, by_torch(*inputs, mask=inside + beside), atol=1e-6, rtol=0)


def test_of_several_texts_all_are_answered_and_recorded():
    query, key, value = tensors((4, 4, 3, 8), (4, 2, 4, 8), (4, 2, 4, 6))  # as many texts and keys as heads
    with recording() as recorder:
        answer, _ = seam.attention_forward(MODULE, query, key, value, None)
    torch.testing.assert_close(answer, by_torch(query, key, value), atol=1e-6, rtol=0)
    assert torch.equal(recorder.steps[0].query, query)
    assert torch.equal(recorder.of_text(3)[0].key, key[3])


def test_where_a_recorder_answers_the_model_goes_on_with_its_answer():
    with recording(answer=lambda number, step, output: (step, output * 2)):
        doubled, inputs, _ = called()
    torch.testing.assert_close(doubled, 2 * by_torch(*inputs), atol=1e-6, rtol=0)
    assert doubled.is_contiguous()


def test_a_mask_alone_is_answered_bit_for_bit():
    answer, inputs, _ = called(hiding())
    assert torch.equal(answer, by_torch(*inputs, mask=hiding()))


def test_a_bias_of_zeros_is_none():
    assert called(position_bias=torch.zeros(1, 4, 3, 5))[2].bias is None


def test_a_soft_cap_is_recorded_and_answered():
    answer, (query, key, value), step = called(hiding(), softcap=2.0)
    scores = query @ share_heads(key, n_heads=4).mT * 8**-0.5
    weights = torch.softmax(2 * torch.tanh(scores / 2) + hiding(), dim=-1)
    expected = (weights @ share_heads(value, n_heads=4)).transpose(1, 2)
    torch.testing.assert_close(answer, expected, atol=1e-6, rtol=0)
    assert step.softcap == 2.0


def test_a_sink_takes_its_share_and_gives_nothing():
    sinks = torch.tensor([0.5, -1.0, 2.0, 0.0])
    answer, (query, key, value), step = called(hiding(), s_aux=sinks)
    scores = query @ share_heads(key, n_heads=4).mT * 8**-0.5 + hiding()
    joined = torch.cat([scores, sinks[None, :, None, None].expand(1, 4, 3, 1)], dim=-1)
    weights = torch.softmax(joined, dim=-1)
    torch.testing.assert_close(step.weights(), weights[0], atol=1e-6, rtol=0)
    expected = (weights[..., :-1] @ share_heads(value, n_heads=4)).transpose(1, 2)
    torch.testing.assert_close(answer, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("additive", "mask", "bias"),
    [
        (None, None, None),
        (torch.zeros(1, 1, 1, 5), None, None),
        (torch.ones(1, 1, 1, 5, dtype=torch.bool), None, None),
        (torch.tensor([[[[True, False, True, True, True]]]]), [1, 0, 1, 1, 1], None),
        (torch.tensor([[[[0.0, LOWEST, 0, 0, 0]]]]), [1, 0, 1, 1, 1], None),
        (torch.tensor([[[[0.0, -torch.inf, 0, 0, 0]]]]), [1, 0, 1, 1, 1], None),
        (torch.tensor([[[[1.0, 0, -3, 0, 0]]]]), None, [1, 0, -3, 0, 0]),
        (torch.tensor([[[[1.0, LOWEST, -3, 0, 0]]]]), [1, 0, 1, 1, 1], [1, 0, -3, 0, 0]),
        # The edge: at half of the lowest number and below a key is hidden, above it the number is a score.
        (
            torch.tensor([[[[LOWEST * 0.5, LOWEST * 0.49, LOWEST * 0.51, 0, 0]]]]),
            [0, 1, 0, 1, 1],
            [0, LOWEST * 0.49, 0, 0, 0],
        ),
        (torch.zeros(1, 1, 1, 9), None, None),  # room for keys to come
    ],
)
def test_an_additive_mask_is_a_mask_a_bias_or_both(additive, mask, bias):
    found_mask, found_bias = seam.split_mask(additive, n_key=5)
    for found, expected in ((found_mask, mask), (found_bias, bias)):
        assert (None if found is None else found[0, 0, 0].tolist()) == (
            None if expected is None else pytest.approx(expected)
        )


def test_an_argument_that_may_change_the_weights_is_refused_by_name():
    seam.refuse_unknown({"dropout": 0.1, "indices": None, "sparse": False})
    for value in (torch.ones(1), 0, True, "topk"):
        with pytest.raises(NotTraceableError, match="passes 'indices' to its attention"):
            called(indices=value)


def test_half_precision_is_answered_in_its_own_type():
    query, key, value = (tensor.half() for tensor in tensors((1, 4, 3, 8), (1, 4, 5, 8), (1, 4, 5, 6)))
    lowest = torch.finfo(torch.float16).min
    mask = torch.zeros(1, 1, 3, 5, dtype=torch.float16)
    mask[..., 4] = lowest
    bias = torch.randn(1, 4, 3, 5, generator=torch.Generator().manual_seed(1))
    answer, _ = seam.attention_forward(MODULE, query, key, value, mask, position_bias=bias)
    assert answer.dtype == torch.float16
    exact = by_torch(query.float(), key.float(), value.float(), mask=(mask.float().clamp(min=-1e9) + bias))
    torch.testing.assert_close(answer.float(), exact, atol=2e-3, rtol=0)  # float16 has 11 bits


def test_a_mask_with_room_for_keys_to_come_is_cut_to_the_keys_there():
    wide = torch.cat([hiding(), torch.full((1, 1, 3, 3), LOWEST)], dim=-1)
    answer, inputs, step = called(wide)
    assert torch.equal(step.mask, hiding()[0] == 0)
    torch.testing.assert_close(answer, by_torch(*inputs, mask=hiding()), atol=1e-6, rtol=0)


def test_transformers_knows_the_attention_and_its_mask_by_one_name():
    for _ in range(2):
        seam.register()
    assert transformers.AttentionInterface()[seam.IMPLEMENTATION] is seam.attention_forward
    assert AttentionMaskInterface()[seam.IMPLEMENTATION] is eager_mask
