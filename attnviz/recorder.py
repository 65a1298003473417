"""The recorder that collects the attention calls of a forward pass, and may answer them.

It lives in a `ContextVar`, so that many threads can trace one shared model at once without seeing each other's calls.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from attnviz.attention import Step

# From the number of a call, its inputs and its output what the model goes on with in their place.
Answer = Callable[[int, Step, Tensor], tuple[Step, Tensor]]


@dataclass(eq=False)
class Recorder:
    """The attention calls of one forward pass, in the order in which the model made them, with their batch axis.

    answer: what it answers them with; without one, what the model computed. keep: whether it collects anything.
    callers: the module that made each call, where one is known.
    residuals: of each layer of our own transformer the vectors that it was given, what its attention added to them and
        what its feed-forward added, each (batch, position, d_model).
    """

    answer: Answer | None
    keep: bool
    n_calls: int = 0
    steps: list[Step] = field(default_factory=list)
    callers: list[Any] = field(default_factory=list)
    residuals: list[tuple[Tensor, Tensor, Tensor]] = field(default_factory=list)

    def of_text(self, index: int) -> tuple[Step, ...]:
        """The calls of one text of a batch, without the batch axis."""
        steps: list[Step] = []
        for step in self.steps:
            steps.append(_sharing(step.of_text(index), steps))
        return tuple(steps)


_active: ContextVar[tuple[Recorder, ...]] = ContextVar("attnviz_recorders", default=())


@contextmanager
def recording(*, answer: Answer | None = None, keep: bool = True) -> Iterator[Recorder]:
    """Record the attention calls made inside the `with` block, in this thread of execution alone.

    Recorders nest: one around a block in which there is another hears what that one hears.
    """
    recorder = Recorder(answer, keep)
    token = _active.set((*_active.get(), recorder))
    try:
        yield recorder
    finally:
        _active.reset(token)


def record(step: Step, output: Tensor, *, caller: Any = None) -> Tensor:
    """The output that the model goes on with: its own, or the answer of a recorder that listens, the innermost first.

    step, output: of a batch. caller: the module that made the call. All recorders hear the call as it was answered, the
    inner ones too. What all layers share is kept once: a mask or a bias that equals one of an earlier call is replaced
    by it.
    """
    recorders = _active.get()
    for recorder in reversed(recorders):
        if recorder.answer is not None:
            step, output = recorder.answer(recorder.n_calls, step, output)
        recorder.n_calls += 1
    for recorder in recorders:
        if recorder.keep:
            recorder.steps.append(_sharing(step, recorder.steps))
            recorder.callers.append(caller)
    return output


def record_residual(before: Tensor, attention: Tensor, feed_forward: Tensor) -> None:
    """Hand over what the parts of a layer added to what came in; each is (batch, position, d_model)."""
    for recorder in _active.get():
        if recorder.keep:
            recorder.residuals.append((before, attention, feed_forward))


def _sharing(step: Step, earlier: Sequence[Step]) -> Step:
    """The step with a mask and a bias of earlier ones in the place of its own, where they are equal."""

    def kept(name: str) -> Tensor | None:
        own: Tensor | None = getattr(step, name)
        others = {id(other): other for each in earlier if (other := getattr(each, name)) is not None}
        return own if own is None else next((other for other in others.values() if _is_equal(own, other)), own)

    return replace(step, mask=kept("mask"), bias=kept("bias"))


def _is_equal(one: Tensor, other: Tensor) -> bool:
    return one is other or (one.dtype == other.dtype and torch.equal(one, other))
