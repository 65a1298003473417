"""What edits ask of an engine: that they fit, the texts that they take heads from, and the calls that they change.

The calls of a pass are counted from its first: those of a model with one kind of attention in the order of its layers;
of an encoder-decoder first those of the encoder, then, layer by layer, the decoder's to its own text and to the other.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from attnviz.attention import Step
from attnviz.editing import Editor
from attnviz.edits import Edit, Extent, Patch, checked
from attnviz.errors import EditError
from attnviz.recorder import recording
from attnviz.trace import Stack, Trace

Run = Callable[[str, str | None], Trace[Stack]]


@contextmanager
def changed(variants: Sequence[Iterable[Edit]], extents: Mapping[str, Extent], run: Run) -> Iterator[None]:
    """Inside the block one pass of a model, over a batch with a text for each variant, computes with their edits.

    extents: of each kind of attention over this text, in the order of computation. run: the trace of another text, or
    pair, without edits.
    Raises EditError before anything is computed where an edit names what is not there, and inside the block where a row
    cannot be as it asks.
    """
    edits = [checked(variant, extents) for variant in variants]
    if not any(edits):
        yield
        return
    patches = [edit for variant in edits for edit in variant if isinstance(edit, Patch)]
    traces = {texts: run(*texts) for texts in dict.fromkeys((edit.text, edit.pair) for edit in patches)}
    donors: dict[Edit, Step] = {
        edit: _donor(edit, extents[edit.kind or ""], traces[edit.text, edit.pair]) for edit in patches
    }
    with recording(answer=Editor(edits, _calls(extents), donors), keep=False):
        yield


def _donor(edit: Patch, extent: Extent, other: Trace[Stack]) -> Step:
    """The call of the other text that an edit takes a head from, if that text has as many tokens."""
    stack = other.stacks[edit.kind or ""]
    theirs, ours = (len(stack.query_tokens), len(stack.key_tokens)), (extent.n_queries, extent.n_keys)
    if theirs != ours:
        one, two = (f"{queries} × {keys}" for queries, keys in (theirs, ours))
        raise EditError(f"“{edit}” takes a head of {one} tokens, and here it has {two}. Patch from a text as long.")
    return stack.step(edit.layer)


def _calls(extents: Mapping[str, Extent]) -> dict[tuple[str | None, int], int]:
    """The number of the call that a kind and a layer make."""
    first, *others = extents
    calls: dict[tuple[str | None, int], int] = {(first, layer): n for n, layer in enumerate(extents[first].layers)}
    n_before = len(calls)
    for place, kind in enumerate(others):
        calls |= {(kind, layer): n_before + len(others) * n + place for n, layer in enumerate(extents[kind].layers)}
    return calls
