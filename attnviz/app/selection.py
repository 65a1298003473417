"""Which attention is on screen: what the view asks for, or what stands in for it where it does not exist."""

from dataclasses import dataclass

from attnviz import Stack, Trace
from attnviz.app import session


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
    layer, head = min(view.layer, stack.n_layers - 1), min(view.head, stack.n_heads - 1)
    if is_asked:
        if view.stack not in {"", kind}:
            session.correct(f"This model has no attention “{view.stack}”, only {' and '.join(kinds)}.", stack="")
        for name, asked, shown, count in (
            ("layer", view.layer, layer, stack.n_layers),
            ("head", view.head, head, stack.n_heads),
        ):
            if asked != shown:
                session.correct(
                    f"There is no {name} {asked}: this model has {name}s 0 to {count - 1}. "
                    f"{name.capitalize()} {shown} is shown.",
                    **{name: shown},
                )
    return Selection(kinds, kind, stack, layer, head)
