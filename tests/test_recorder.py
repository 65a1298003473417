"""The recorder hears only its own thread, and what it answers is what the model goes on with."""

import threading
from dataclasses import replace

import pytest
import torch

from attnviz.attention import Step
from attnviz.recorder import Recorder, record, record_residual, recording


def a_step(seed: int) -> Step:
    generator = torch.Generator().manual_seed(seed)
    return Step(*(torch.randn(2, 3, 4, generator=generator) for _ in range(3)), scale=0.5)


def hear(step: Step, **told):
    """Hand a call to whoever listens, with an output of zeros."""
    return record(step, torch.zeros(*step.query.shape[:-1], step.value.shape[-1]), **told)


def test_nothing_is_recorded_outside_the_block():
    hear(a_step(0))
    with recording() as recorder:
        hear(a_step(1))
    hear(a_step(2))
    assert [step.query[0, 0, 0] for step in recorder.steps] == [a_step(1).query[0, 0, 0]]


def test_two_threads_record_their_own_calls_alone():
    barrier = threading.Barrier(2)
    heard = {}

    def work(seed):
        with recording() as recorder:
            for _ in range(5):
                barrier.wait()
                hear(a_step(seed))
            heard[seed] = [step.query[0, 0, 0].item() for step in recorder.steps]

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {seed: [a_step(seed).query[0, 0, 0].item()] * 5 for seed in (1, 2)}


def test_an_outer_recorder_hears_what_the_inner_one_hears():
    with recording() as outer:
        with recording() as inner:
            hear(a_step(0), caller="one")
            record_residual(*torch.ones(3, 1, 2, 4))
        hear(a_step(1), caller="two")
    assert (inner.callers, outer.callers) == (["one"], ["one", "two"])
    assert torch.equal(inner.steps[0].query, outer.steps[0].query)
    assert len(inner.residuals) == len(outer.residuals) == 1


def test_masks_and_biases_that_are_equal_are_kept_once():
    bias, other = torch.randn(1, 3, 3), torch.randn(1, 3, 3)
    causal = torch.ones(1, 3, 3, dtype=torch.bool).tril()
    given = ((bias, None), (bias.clone(), causal), (other, causal.clone()), (None, causal), (bias.double(), ~causal))
    with recording() as recorder:
        for bias, mask in given:
            hear(replace(a_step(0), bias=bias, mask=mask))
    for step, (bias, mask) in zip(recorder.steps, given, strict=True):
        for kept, own in ((step.bias, bias), (step.mask, mask)):
            assert kept is own if own is None else torch.equal(kept, own)
    assert [len({id(each) for each in (step.bias for step in recorder.steps)}), recorder.steps[4].bias.dtype] == [
        4,
        torch.float64,
    ]
    assert [id(step.mask) for step in recorder.steps[1:4]] == [id(recorder.steps[1].mask)] * 3


def test_the_steps_of_one_text_of_a_batch_share_what_the_batch_shared():
    mask = torch.rand(2, 1, 3, 3) > 0.5
    with recording() as recorder:
        for seed in range(3):
            hear(Step(*torch.randn(3, 2, 2, 3, 4, generator=torch.Generator().manual_seed(seed)), 1.0, mask=mask))
    for text in range(2):
        steps = recorder.of_text(text)
        assert [torch.equal(step.key, whole.key[text]) for step, whole in zip(steps, recorder.steps, strict=True)]
        assert all(step.mask is steps[0].mask for step in steps)
        assert torch.equal(steps[0].mask, mask[text])


def test_a_call_inside_a_block_that_failed_is_heard_by_no_later_one():
    def fails():
        with recording() as recorder:
            heard.append(recorder)
            hear(a_step(0))
            raise ZeroDivisionError

    heard = []
    with pytest.raises(ZeroDivisionError):
        fails()
    hear(a_step(1))
    with recording() as later:
        hear(a_step(2))
    assert (len(heard[0].steps), len(later.steps)) == (1, 1)
    assert Recorder(None, True) != Recorder(None, True)


def adding(amount, seen=None):
    """An answer that adds to the output and takes the amount for the scale; `seen` gets the numbers of the calls."""

    def answer(number, step, output):
        if seen is not None:
            seen.append(number)
        return replace(step, scale=amount), output + amount

    return answer


def test_without_an_answer_the_model_goes_on_with_its_own_output():
    output = torch.randn(2, 3, 4)
    assert record(a_step(0), output) is output
    with recording() as recorder:
        assert record(a_step(0), output) is output
    assert recorder.n_calls == 1


def test_an_answer_is_what_the_model_goes_on_with_and_what_every_recorder_hears():
    numbers = []
    with recording() as outer, recording(answer=adding(2.0, numbers)), recording() as inner:
        assert hear(a_step(0)).unique().tolist() == [2]
        assert hear(a_step(1)).unique().tolist() == [2]
    assert numbers == [0, 1]
    assert [step.scale for step in outer.steps] == [step.scale for step in inner.steps] == [2, 2]
    assert hear(a_step(0)).unique().tolist() == [0]


def test_of_two_answers_the_inner_one_comes_first():
    with recording(answer=adding(2.0)) as outer, recording(answer=lambda number, step, output: (step, output * 3 + 1)):
        assert hear(a_step(0)).unique().tolist() == [3]  # 0 · 3 + 1, then + 2
    assert outer.steps[0].scale == 2


def test_a_recorder_that_keeps_nothing_counts_and_answers():
    with recording(answer=adding(2.0), keep=False) as recorder:
        assert hear(a_step(0)).unique().tolist() == [2]
        record_residual(*torch.ones(3, 1, 2, 4))
    assert recorder.n_calls == 1
    assert recorder.steps == recorder.callers == recorder.residuals == []


def test_the_answers_of_two_threads_do_not_meet():
    barrier, heard = threading.Barrier(3), {}

    def work(amount):
        with recording(answer=adding(amount)) if amount else recording():
            outputs = []
            for _ in range(5):
                barrier.wait()
                outputs.append(hear(a_step(0)))
            heard[amount] = torch.stack(outputs).unique().tolist()

    threads = [threading.Thread(target=work, args=(amount,)) for amount in (0.0, 1.0, 2.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {amount: [amount] for amount in (0.0, 1.0, 2.0)}
