"""Which attention is on screen: what the view asks for, or what stands in for it where it does not exist."""

from dataclasses import dataclass

from attnviz import Stack, Trace
from attnviz.app import session
from attnviz.app.guide import first_view
from attnviz.app.state import NOT_CHOSEN


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
    layer, head = min(asked[0], stack.n_layers - 1), min(asked[1], stack.n_heads - 1)
    if is_asked:
        if view.stack not in {"", kind}:
            session.correct(f"This model has no attention “{view.stack}”, only {' and '.join(kinds)}.", stack="")
        for name, wanted, shown, count in (
            ("layer", asked[0], layer, stack.n_layers),
            ("head", asked[1], head, stack.n_heads),
        ):
            if wanted != shown:
                session.correct(
                    f"There is no {name} {wanted}: this model has {name}s 0 to {count - 1}. "
                    f"{name.capitalize()} {shown} is shown.",
                    **{name: shown},
                )
    return Selection(kinds, kind, stack, layer, head)
