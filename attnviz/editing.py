"""What edits make of an attention call: its inputs with what was cut and set, and the output that follows.

The output keeps every bit of a row that no edit moves. A row that one moves is computed from scratch by `attention.py`,
and a head that is muted is zeros before the output projection, which mixes the heads: behind it there is no head left
to mute.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from attnviz.attention import Step
from attnviz.edits import Cut, Edit, Look, Mute, Patch, SetRow, TakeAway
from attnviz.errors import EditError

Donors = Mapping[Edit, Step]
# A row that is set to itself, typed or taken from a map, differs from the row that is derived again by the order of
# sums: where it is this near, all keys together, it stays as the model computed it.
ITSELF = 1e-5


def edited(step: Step, edits: Sequence[Edit], donors: Donors) -> Step:
    """The call of one text with its edits: a cut is in its mask, what is replaced in what was set.

    donors: for each `Patch` the same call over the other text.
    Raises EditError, naming the edit, where a query would have nothing left to look at, or would look at what is hidden
    from it.
    """
    changed = step
    for edit in edits:
        cells = _cells(step, edit)
        match edit:
            case Cut():
                changed = _cut(changed, edit, cells)
            case TakeAway():
                changed = replace(changed, set_weights=_set(changed.set_weights, cells, torch.zeros(1)))
            case Mute():
                changed = replace(changed, set_outputs=_set(changed.set_outputs, cells, torch.zeros(1)))
            case Patch(what="outputs"):
                changed = replace(changed, set_outputs=_set(changed.set_outputs, cells, donors[edit].head_output()))
            case _:
                changed = _replaced(changed, step, edit, cells, _weights(step, edit, donors))
    return changed


def answered(
    step: Step, changed: Step, output: Float[Tensor, "head query d_value"]
) -> Float[Tensor, "head query d_value"]:
    """The output of a call of one text that became `changed`: a copy, with the same bits in every row that stays."""
    answer = output.clone()
    touched = _touched(step, changed)
    for head in touched.any(dim=-1).nonzero()[:, 0].tolist():
        queries = touched[head].nonzero()[:, 0]
        rows = range(int(queries[0]), int(queries[-1]) + 1)
        before, after = step.stages(head, rows=rows), changed.stages(head, rows=rows)
        moved = (after.masked_scores != before.masked_scores).any(dim=-1)
        moved |= (after.weights - before.weights).abs().sum(dim=-1) > ITSELF
        answer[head, rows.start : rows.stop][moved] = after.head_output[moved].to(answer.dtype)
    if changed.set_outputs is None:
        return answer
    outputs = changed.set_outputs.to(answer.dtype)
    is_itself = torch.isclose(outputs, answer, rtol=ITSELF, atol=ITSELF)
    return torch.where(outputs.isnan() | is_itself, answer, outputs)


@dataclass(frozen=True, eq=False)
class Editor:
    """What answers the attention calls of a pass over several variants of one text, each with edits of its own.

    variants: for each text of the batch its edits. calls: the number of the call that a kind and a layer make.
    """

    variants: Sequence[Sequence[Edit]]
    calls: Mapping[tuple[str | None, int], int]
    donors: Donors

    def __call__(
        self, number: int, step: Step, output: Float[Tensor, "batch head query d_value"]
    ) -> tuple[Step, Float[Tensor, "batch head query d_value"]]:
        """The call with its edits and the output that follows; the very same where it has none."""
        here = {
            text: [edit for edit in edits if self.calls.get((edit.kind, edit.layer)) == number]
            for text, edits in enumerate(self.variants)
        }
        if not any(here.values()):
            return step, output
        answer, changed = output.clone(), {}
        for text, edits in here.items():
            if edits:
                before = step.of_text(text)
                changed[text] = edited(before, edits, self.donors)
                answer[text] = answered(before, changed[text], output[text])
        return _together(step, changed), answer


def _cells(step: Step, edit: Edit) -> Bool[Tensor, "#head #query #key"]:
    """Where an edit acts: on its head, query and key; one of an axis stands for all where it names none."""
    sizes = {"head": step.n_heads, "query": step.query.shape[-2], "key": step.key.shape[-2]}
    named = {name: vars(edit).get(name) for name in sizes}
    chosen = [
        torch.arange(size if named[name] is not None else 1) == (named[name] or 0) for name, size in sizes.items()
    ]
    head, query, key = chosen
    return head[:, None, None] & query[:, None] & key


def _set(earlier: Tensor | None, cells: Tensor, values: Tensor) -> Tensor:
    """What was set so far, and the values where it is set now; NaN elsewhere."""
    return torch.where(cells, values, torch.tensor(torch.nan) if earlier is None else earlier)


def _cut(step: Step, edit: Cut, cells: Bool[Tensor, "#head query key"]) -> Step:
    """The call without a link; in a row that was replaced the others grow, so that their sum stays."""
    mask = ~cells if step.mask is None else step.mask & ~cells
    is_left, weights = mask.any(dim=-1), step.set_weights
    if weights is not None:
        rest = weights.masked_fill(cells, 0)
        is_whole = ~weights.isnan().any(dim=-1)
        is_left = torch.where(is_whole, rest.sum(dim=-1) > 0, is_left)
        grown = rest * (weights.sum(dim=-1) / rest.sum(dim=-1))[..., None]
        weights = torch.where((cells.any(dim=-1) & is_whole)[..., None], grown, weights)
    if (cells.any(dim=-1) & ~is_left).any():
        raise EditError(f"“{edit}” takes the last key that query {edit.query} looks at. Leave it at least one.")
    return replace(step, mask=mask, set_weights=weights)


def _replaced(step: Step, original: Step, edit: Edit, cells: Tensor, weights: Tensor) -> Step:
    """The call with rows replaced; what was cut of these rows before does not count any more."""
    mask = step.mask
    if original.mask is not None:
        hidden = (cells & (weights > 0) & ~original.mask).nonzero()
        if len(hidden):
            raise _hidden(edit, *hidden[0, 1:].tolist())
    if mask is not None and mask is not original.mask:
        mask = torch.where(cells, torch.tensor(True) if original.mask is None else original.mask, mask)
    return replace(step, mask=mask, set_weights=_set(step.set_weights, cells, weights))


def _hidden(edit: Edit, query: int, key: int) -> EditError:
    return EditError(f"“{edit}” lets query {query} look at key {key}, which this layer hides from it.")


def _weights(step: Step, edit: Edit, donors: Donors) -> Float[Tensor, "*head_query key"]:
    """The weights that an edit puts in the place of the model's."""
    n_queries, n_keys = step.query.shape[-2], step.key.shape[-2]
    match edit:
        case Patch():
            return donors[edit].weights()[..., :n_keys]
        case SetRow():
            if any(edit.weights[n_keys:]):  # a sink that other layers have
                raise _hidden(edit, edit.query, n_keys)
            return torch.tensor(edit.weights)[:n_keys]
        case Look(at="uniform"):
            seen = torch.ones(1, 1, n_keys) if step.mask is None else step.mask.float()
            return seen / seen.sum(dim=-1, keepdim=True)
        case Look():
            own = torch.arange(n_queries)
            seen = {"itself": own, "first": own * 0, "previous": (own - 1).clamp(min=0)}[edit.at]
            return F.one_hot(seen, n_keys).float()  # (query, key)
    raise TypeError(edit)


def _touched(step: Step, changed: Step) -> Bool[Tensor, "head query"]:
    """The rows that an edit may have moved."""
    rows = torch.zeros(step.query.shape[:-1], dtype=torch.bool)
    if changed.mask is not None and changed.mask is not step.mask:
        rows = rows | (changed.mask != (torch.tensor(True) if step.mask is None else step.mask)).any(dim=-1)
    if changed.set_weights is not None:
        rows = rows | ~changed.set_weights.isnan().all(dim=-1)
    return rows


def _together(step: Step, changed: Mapping[int, Step]) -> Step:
    """A call of a batch with the masks, and with what was set, of the texts in which it was changed."""
    joined: dict[str, Any] = {}
    for name, unset in (("mask", True), ("set_weights", torch.nan), ("set_outputs", torch.nan)):
        parts = {text: part for text, each in changed.items() if (part := getattr(each, name)) is not None}
        if parts:
            whole = torch.tensor(unset) if getattr(step, name) is None else getattr(step, name)
            shape = torch.broadcast_shapes(whole.shape[-3:], *(part.shape for part in parts.values()))  # type: ignore[no-untyped-call]
            joined[name] = whole.expand(len(step.query), *shape).clone()
            for text, part in parts.items():
                joined[name][text] = part
    return replace(step, **joined)
