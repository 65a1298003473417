"""What edits make of an attention call, against the same sums in NumPy, in float64."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from attnviz.attention import Step
from attnviz.editing import Editor, answered, edited
from attnviz.edits import cut, look, mute, patch, set_row, take_away
from attnviz.errors import EditError

N_HEADS, N, D = 4, 5, 6
EXACT = {"atol": 1e-6, "rtol": 0}
BY_HAND = [0.1, 0.2, 0.3, 0.4, 0.0]


def drawn(*shapes, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator) for shape in shapes]


def a_call(seed=0, *, causal=True, softcap=2.0):
    """Four heads that share two keys and values, a bias of each head, perhaps a mask and a soft cap."""
    query, key, value, bias = drawn((N_HEADS, N, 8), (2, N, 8), (2, N, D), (N_HEADS, N, N), seed=seed)
    mask = torch.ones(1, N, N, dtype=torch.bool).tril() if causal else None
    return Step(query, key, value, scale=0.4, bias=bias, mask=mask, softcap=softcap)


def scores(step):
    """What the softmax is given, (head, query, key), −∞ where hidden."""
    key = np.repeat(step.key.double().numpy(), 2, axis=0)
    scores = step.query.double().numpy() @ key.swapaxes(-1, -2) * step.scale + step.bias.double().numpy()
    scores = scores if step.softcap is None else step.softcap * np.tanh(scores / step.softcap)
    return scores if step.mask is None else np.where(step.mask.numpy(), scores, -np.inf)


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def outputs(step, weights):
    return weights @ np.repeat(step.value.double().numpy(), 2, axis=0)


def check(step, edits, weights, expected=None, donors=None):
    """The call has these weights, its output is theirs, and other rows keep every bit that they had."""
    changed = edited(step, edits, donors or {})
    np.testing.assert_allclose(changed.weights().numpy(), weights, atol=1e-6)
    plain = step.head_output() + 0.5  # what some other code computed
    answer = answered(step, changed, plain)
    expected = outputs(step, weights) if expected is None else expected
    np.testing.assert_allclose(changed.head_output().numpy(), expected, atol=1e-5)
    moved = ~np.isclose(expected, outputs(step, softmax(scores(step))), atol=1e-6).all(axis=-1)
    np.testing.assert_allclose(answer.numpy()[moved], expected[moved], atol=1e-5)
    assert torch.equal(answer[~torch.tensor(moved)], plain[~torch.tensor(moved)])
    return moved


@pytest.mark.parametrize("softcap", [None, 2.0])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("head", [None, 2])
def test_a_cut_is_a_score_of_minus_infinity(head, causal, softcap):
    step = a_call(causal=causal, softcap=softcap)
    without = scores(step)
    without[slice(None) if head is None else head, 3, 1] = -np.inf
    moved = check(step, [cut(layer=0, head=head, query=3, key=1)], softmax(without))
    assert moved.sum() == (N_HEADS if head is None else 1)
    assert edited(step, [cut(layer=0, head=2, query=3, key=1)], {}).mask[2].sum() == (14 if causal else 24)


@pytest.mark.parametrize("head", [None, 0])
def test_a_weight_that_is_taken_away_is_0_and_the_others_stay(head):
    step = a_call()
    less = softmax(scores(step))
    less[slice(None) if head is None else head, 3, 1] = 0
    check(step, [take_away(layer=0, head=head, query=3, key=1)], less)
    assert less[0, 3].sum() < 0.99


@pytest.mark.parametrize("head", [None, 1])
def test_a_head_that_is_muted_gives_zeros_and_keeps_its_weights(head):
    step, weights = a_call(), softmax(scores(a_call()))
    silent = outputs(step, weights)
    silent[slice(None) if head is None else head] = 0
    moved = check(step, [mute(layer=0, head=head)], weights, silent)
    assert moved.sum() == (N_HEADS * N if head is None else N)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("at", ["uniform", "itself", "first", "previous"])
def test_a_head_looks_where_it_is_told_to(at, causal):
    step, weights = a_call(causal=causal), softmax(scores(a_call(causal=causal)))
    seen = np.tril(np.ones((N, N))) if causal else np.ones((N, N))
    weights[1] = {
        "uniform": seen / seen.sum(axis=-1, keepdims=True),
        "itself": np.eye(N),
        "first": np.eye(N)[[0] * N],
        "previous": np.eye(N)[[0, 0, 1, 2, 3]],
    }[at]
    check(step, [look(layer=0, head=1, at=at)], weights)
    for head in (0, 2, 3):
        weights[head] = weights[1]
    check(step, [look(layer=0, at=at)], weights)


@pytest.mark.parametrize("head", [None, 3])
def test_a_head_takes_its_weights_or_its_outputs_from_another_text(head):
    step, other = a_call(), a_call(seed=1)
    chosen = slice(None) if head is None else head
    weights, theirs = softmax(scores(step)), softmax(scores(other))
    mixed, given = weights.copy(), outputs(step, weights)
    mixed[chosen], given[chosen] = theirs[chosen], outputs(other, theirs)[chosen]
    one, two = (patch(layer=0, head=head, text="other", what=what) for what in ("weights", "outputs"))
    check(step, [one], mixed, donors={one: other})
    check(step, [two], weights, given, donors={two: other})
    check(step, [one, two], mixed, given, donors={one: other, two: other})


@pytest.mark.parametrize("head", [None, 3])
def test_a_row_is_what_was_set(head):
    step, weights = a_call(), softmax(scores(a_call()))
    weights[slice(None) if head is None else head, 3] = BY_HAND
    check(step, [set_row(layer=0, head=head, query=3, weights=BY_HAND)], weights)


def test_edits_act_in_their_order():
    step, weights = a_call(), softmax(scores(a_call()))
    uniform, no_link = look(layer=0, head=1, at="uniform"), cut(layer=0, head=1, query=3, key=0)
    set_by_hand = set_row(layer=0, head=1, query=3, weights=BY_HAND)
    less = take_away(layer=0, head=1, query=3, key=2)

    def row(*cells):
        changed = weights.copy()
        changed[1] = np.tril(np.ones((N, N))) / np.arange(1, N + 1)[:, None]
        changed[1, 3] = cells
        return changed

    check(step, [uniform, no_link], row(0, 1 / 3, 1 / 3, 1 / 3, 0))
    check(step, [no_link, uniform], row(1 / 4, 1 / 4, 1 / 4, 1 / 4, 0))
    assert torch.equal(edited(step, [no_link, uniform], {}).mask.expand(4, N, N), step.mask.expand(4, N, N))
    check(step, [uniform, less, no_link], row(0, 3 / 8, 0, 3 / 8, 0))  # what was taken away stays away
    check(step, [uniform, no_link, less], row(0, 1 / 3, 0, 1 / 3, 0))
    check(step, [uniform, set_by_hand], row(*BY_HAND))
    check(step, [uniform, no_link, set_by_hand, no_link], row(0, 2 / 9, 3 / 9, 4 / 9, 0))
    without = scores(step)
    without[1, 3, 0] = -np.inf
    without = softmax(without)
    without[1, 3, 2] = 0
    check(step, [less, no_link], without)
    alone = weights.copy()  # of a head in which no other row was replaced
    alone[1, 3] = [0, 2 / 9, 3 / 9, 4 / 9, 0]
    check(step, [set_by_hand, no_link], alone)
    silent = outputs(step, row(*BY_HAND))
    silent[1] = 0
    check(step, [mute(layer=0, head=1), uniform, set_by_hand], row(*BY_HAND), silent)
    other = a_call(seed=1)
    alone = np.zeros_like(silent)
    alone[1] = outputs(other, softmax(scores(other)))[1]
    put = patch(layer=0, head=1, text="other", what="outputs")
    check(step, [mute(layer=0), put, mute(layer=0, head=0)], weights, alone, {put: other})


def test_an_edit_that_changes_nothing_keeps_every_bit():
    step, itself = a_call(), a_call()
    rows = [set_row(layer=0, head=h, query=q, weights=step.weights(h)[q].tolist()) for h in range(4) for q in range(N)]
    own = [patch(layer=0, text="same", what=what) for what in ("weights", "outputs")]
    hidden = [cut(layer=0, query=1, key=4), cut(layer=0, head=2, query=0, key=3), take_away(layer=0, query=1, key=4)]
    plain = torch.nn.functional.scaled_dot_product_attention(*drawn((4, N, D), (4, N, D), (4, N, D)))
    for edits in (rows, own[:1], hidden, [*rows, *hidden, own[0]]):
        assert torch.equal(answered(step, edited(step, edits, dict.fromkeys(own, itself)), plain), plain)
    near = step.head_output() * (1 + 1e-7)  # the order of sums
    assert torch.equal(answered(step, edited(step, own, dict.fromkeys(own, itself)), near), near)


def test_nothing_writes_into_what_it_was_given():
    step = a_call()
    before = [tensor.clone() for tensor in (step.query, step.mask, step.bias)]
    plain = torch.zeros(N_HEADS, N, D)
    changed = edited(step, [look(layer=0, at="uniform"), cut(layer=0, query=3, key=1), mute(layer=0, head=1)], {})
    weights = changed.set_weights.clone()
    edited(changed, [cut(layer=0, query=4, key=0), set_row(layer=0, query=4, weights=BY_HAND)], {})
    answered(step, changed, plain)
    assert all(map(torch.equal, before, (step.query, step.mask, step.bias)))
    assert torch.equal(weights, changed.set_weights)
    assert not plain.any()
    assert step.set_weights is step.set_outputs is None


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ([cut(layer=0, head=1, query=0, key=0)], "“cut 0.1 0 0” takes the last key that query 0 looks at"),
        ([cut(layer=0, query=1, key=key) for key in (0, 1)], "“cut 0 1 1” takes the last key that query 1"),
        ([look(layer=0, head=1, at="itself"), cut(layer=0, head=1, query=2, key=2)], "“cut 0.1 2 2” takes the last"),
        (
            [set_row(layer=0, query=1, weights=[0.0, 0.0, 0.0, 0.0, 1.0])],
            "lets query 1 look at key 4, which this layer hides",
        ),
        ([set_row(layer=0, query=1, weights=[1.0, 0.0, 0.0, 0.0, 0.0, 0.0])], None),
        (
            [set_row(layer=0, query=1, weights=[0.0, 0.0, 0.0, 0.0, 0.0, 1.0])],
            "lets query 1 look at key 5, which this layer",
        ),
    ],
)
def test_a_row_that_cannot_be_is_one_sentence_that_names_the_edit(edits, said):
    if said is None:  # a sink that this layer does not have, and no weight on it
        assert edited(a_call(), edits, {}).weights(2)[1].tolist() == [1, 0, 0, 0, 0]
        return
    with pytest.raises(EditError) as caught:
        edited(a_call(), edits, {})
    assert said in str(caught.value)


def a_batch(n):
    query, key, value = drawn((1, N_HEADS, N, 8), (1, 2, N, 8), (1, 2, N, D), seed=3)
    mask = torch.ones(1, 1, N, N, dtype=torch.bool).tril()
    return Step(*(each.expand(n, -1, -1, -1) for each in (query, key, value)), scale=0.4, mask=mask)


VARIANTS = [
    [],
    [cut(layer=1, head=2, query=3, key=0)],
    [mute(layer=1, head=0), take_away(layer=1, query=4, key=4)],
    [mute(layer=0)],
    [look(layer=1, head=3, at="uniform"), mute(layer=0, head=1)],
]


@pytest.mark.parametrize("kind", [None, "cross"])
def test_each_text_of_a_batch_has_its_own_edits_and_each_call_those_of_its_layer(kind):
    variants = [[replace(edit, kind=kind) for edit in edits] for edits in VARIANTS]
    step, plain = a_batch(len(variants)), torch.ones(len(variants), N_HEADS, N, D)
    editor = Editor(variants, {(kind, 0): 4, (kind, 1): 7, ("encoder", 1): 3}, {})
    for number in (0, 1, 3):
        assert editor(number, step, plain) == (step, plain), "the very same"
    changed, answer = editor(7, step, plain)
    for text, edits in enumerate(variants):
        alone = edited(step.of_text(text), [edit for edit in edits if edit.layer == 1], {})
        torch.testing.assert_close(changed.weights()[text], alone.weights(), **EXACT)
        torch.testing.assert_close(changed.head_output()[text], alone.head_output(), **EXACT)
        assert torch.equal(answer[text], answered(step.of_text(text), alone, plain[text]))
    assert torch.equal(answer[[0, 3]], plain[[0, 3]])
    assert torch.equal(editor(4, step, plain)[1][3], torch.zeros(N_HEADS, N, D))


def test_a_half_precision_output_keeps_its_type():
    step = a_call()
    changed = edited(step, [cut(layer=0, query=3, key=1), mute(layer=0, head=1)], {})
    answer = answered(step, changed, step.head_output().half())
    assert answer.dtype == torch.float16
    torch.testing.assert_close(answer[0, 3].float(), changed.head_output()[0, 3], atol=2e-3, rtol=0)
