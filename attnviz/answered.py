"""What was changed of the attention, and what the model says then, as the picture tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from attnviz.edits import Edit, read_edits
from attnviz.errors import AttnVizError
from attnviz.numbers import weight_text
from attnviz.prediction import Prediction
from attnviz.protocols import Engine
from attnviz.trace import Stack, Trace
from attnviz.view import Resolved

N_ANSWERS = 5
SAME = 0.005  # in log-odds; less is not worth a word
LEAST = 0.01  # of a probability; less is written <.01
COVERED = "For this question the word is covered. The maps are of the text as it stands."
COSINE = "as 1 − cosine: 0 is no change, 1 a right angle."
UNMOVED = 5e-5  # as 1 − cosine; less would be written .0000


@dataclass(frozen=True)
class Edited:
    """The edits in force.

    listed: each in its text form, and what it does in a sentence. are_shown: whether the maps are those with them.
    answer: what the model says before and after, where it could be asked.
    """

    listed: tuple[tuple[str, str], ...]
    are_shown: bool
    answer: Mapping[str, Any] | None


def listed(edits: str, trace: Trace[Stack]) -> tuple[tuple[str, str], ...]:
    """The edits of a view and what each does to this text; the text form says it where that cannot be made."""
    made = [*trace.edits] or [*read_edits(edits)]
    return tuple((text, _said(edit, trace)) for text, edit in zip(edits.split("; "), made, strict=True))


def answer(engine: Engine, before: Trace[Stack], after: Trace[Stack], resolved: Resolved) -> dict[str, Any]:
    """What the model says at the chosen word, as it was and as it is changed.

    rows: of the answers that were or are likeliest those that changed most, each with its name and both probabilities,
    as text and as numbers; none where the model names no answers.
    """
    at, head = question(engine, resolved)
    try:
        one, two = (engine.predict(trace, at=at, head=head) for trace in (before, after))
    except AttnVizError as error:
        return {"about": "", "rows": [], "said": str(error), "note": ""}
    rows = [] if one.kind == "vectors" else _rows(one, two)
    return {
        "about": _sentence(one.about),
        "rows": rows,
        "said": _moved(one, two),
        "note": one.note or (COVERED if one.kind == "masked word" else ""),
    }


def question(engine: Engine, resolved: Resolved) -> tuple[int | None, int | None]:
    """The token and the head that a model is asked at where this is on screen, as `Engine.predict` takes them."""
    at = None if engine.answers == "class" or (resolved.trace.cross and resolved.kind == "encoder") else resolved.query
    names = engine.answers == "named word" and resolved.layer == resolved.stack.layers[-1]
    return at, resolved.head if names else None


def measure(one: Prediction) -> tuple[str, str]:
    """What an effect on an answer is, in a few words and in a sentence."""
    if one.kind == "vectors":
        about = f"This model names no answers. The effect is how far {one.about} turns"
        return "1 − cosine", f"{about}, {COSINE}"
    best = one.name_of(one.best).strip()
    return "change in log-odds", f"The effect is the change in the log-odds of “{best}”, {one.about}."


def _said(edit: Edit, trace: Trace[Stack]) -> str:
    stack = trace.stacks.get(edit.kind or next(iter(trace.stacks)))
    try:
        return str(edit) if stack is None else edit.said(stack.query_tokens, stack.key_tokens)
    except IndexError:  # it names a token that this text lacks
        return str(edit)


def _rows(one: Prediction, two: Prediction) -> list[tuple[str, str, str, float, float]]:
    """Of the answers that are likeliest in one or the other, those that changed most, two at least.

    A further one that is next to nothing before and after tells nothing.
    """
    before, after = one.probabilities(), two.probabilities()
    likely = {*one.likeliest(N_ANSWERS), *two.likeliest(N_ANSWERS)}
    most = sorted(likely, key=lambda place: -abs(float(after[place] - before[place])))[:N_ANSWERS]
    pairs = [(place, float(before[place]), float(after[place])) for place in most]
    pairs = pairs[:2] + [each for each in pairs[2:] if max(each[1:]) >= LEAST]
    return [(one.name_of(place), weight_text(was), weight_text(now), was, now) for place, was, now in pairs]


def _moved(one: Prediction, two: Prediction) -> str:
    """How far the answer moved, in a sentence."""
    effect = one.effect(two)
    if one.kind == "vectors":
        if effect < UNMOVED:
            return "It stays as it was."
        return f"It moved by {effect:.4f}, {COSINE}"
    names = [f"“{each.name_of(each.best).strip()}”" for each in (one, two)]
    first = f"{names[0]} stays the likeliest" if one.best == two.best else f"{names[1]} takes the place of {names[0]}"
    if abs(effect) < SAME:
        return f"{first}. The log-odds of {names[0]} stay as they were."
    how = f"{'fall' if effect < 0 else 'rise'} by {abs(effect):.2f}"
    return f"{first}. The log-odds of {names[0]}, log(p ÷ (1 − p)), {how}."


def _sentence(about: str) -> str:
    return f"{about[:1].upper()}{about[1:]}."
