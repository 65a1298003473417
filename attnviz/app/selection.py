"""Which attention is on screen: what the view asks for, or what stands in for it where it does not exist."""

from dataclasses import dataclass

from attnviz import Stack, Trace
from attnviz.app import session
from attnviz.app.guide import first_view
from attnviz.app.state import NOT_CHOSEN
from attnviz.trace import attending


@dataclass(frozen=True, eq=False)
class Selection:
    """One head of one layer of one stack, of those that a trace has."""

    kinds: tuple[str, ...]
    kind: str
    stack: Stack
    layer: int
    head: int


def select(trace: Trace[Stack], *, is_asked: bool) -> Selection:
    """The attention that the view asks for.

    What the model does not have is replaced in the view too, with a sentence where an address asked for it; but not
    where the trace is that of a model that stands in for the one asked for (`is_asked` is False).
    """
    view = session.view()
    kinds = tuple(trace.stacks)
    kind = view.stack if view.stack in kinds else kinds[0]
    stack = trace.stacks[kind]
    first = first_view(trace.model)
    asked = [
        default if chosen == NOT_CHOSEN else chosen
        for chosen, default in zip((view.layer, view.head), first, strict=True)
    ]
    layer, head = _nearest(asked[0], stack.layers), min(asked[1], stack.n_heads - 1)
    if is_asked:
        if view.stack not in {"", kind}:
            session.correct(f"This model has no attention “{view.stack}”, only {' and '.join(kinds)}.", stack="")
        if view.layer not in {NOT_CHOSEN, layer}:
            session.correct(f"{_complaint(view.layer, stack.layers)} Layer {layer} is shown.", layer=layer)
        if view.head not in {NOT_CHOSEN, head}:
            session.correct(
                f"There is no head {view.head}: this model has heads 0 to {stack.n_heads - 1}. Head {head} is shown.",
                head=head,
            )
    return Selection(kinds, kind, stack, layer, head)


def _nearest(layer: int, layers: tuple[int, ...]) -> int:
    """The last layer up to this one that attends, else the first that does."""
    return max((each for each in layers if each <= layer), default=layers[0])


def _complaint(layer: int, layers: tuple[int, ...]) -> str:
    if layers == tuple(range(len(layers))):
        return f"There is no layer {layer}: this model has layers 0 to {layers[-1]}."
    return f"Layer {layer} does not attend: of this model {attending(layers)}."
