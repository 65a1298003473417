"""What “it” attends to in two sentences that differ in one word; and what is fetched when the link is cut."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from attnviz import DEFAULT_MODEL, Step, cut
from attnviz.analysis.residual import cosines
from attnviz.app.models import title
from attnviz.app.shared.words import plain
from attnviz.learn.frame import heading, text, to_explore
from attnviz.learn.parts import model, pictures, trained


@dataclass(frozen=True)
class Schema:
    """A sentence with a gap, the two words that fill it, and the noun that “it” stands for with each."""

    text: str
    cues: tuple[str, str]
    nouns: tuple[str, str]

    def sentence(self, index: int) -> str:
        """The sentence with one of its words."""
        return self.text.format(self.cues[index])


SCHEMAS = (
    Schema("The animal didn't cross the street because it was too {}.", ("tired", "wide"), ("animal", "street")),
    Schema("The trophy doesn't fit in the suitcase because it is too {}.", ("big", "small"), ("trophy", "suitcase")),
    Schema("The bird didn't sit on the branch because it was too {}.", ("tired", "thin"), ("bird", "branch")),
    Schema("I poured water from the bottle into the cup until it was {}.", ("empty", "full"), ("bottle", "cup")),
    Schema("The fish ate the worm because it was {}.", ("hungry", "tasty"), ("fish", "worm")),
)


def play() -> None:
    """A pair of sentences in a head of the model; beside it the untrained model; then the cut."""
    model.say_which()
    schema = st.selectbox(
        "Sentences", SCHEMAS, format_func=lambda each: each.text.format(" / ".join(each.cues)), key="schema", width=640
    )
    layer, head = model.choose_head("it")
    _links(schema, layer, head)
    to_explore(schema.sentence(0), layer=layer, head=head)
    _cut(schema, layer, head)


def link(name: str, sentence: str, noun: str, layer: int, head: int) -> float:
    """Weight of “it” on a noun in one head."""
    stack = model.stack(sentence, name)
    it, place = (model.position_of(word, stack.query_tokens) for word in ("it", noun))
    return float(stack.weights(layer, head)[it, place])


def _links(schema: Schema, layer: int, head: int) -> None:
    groups = [f"{cue}: {noun}" for cue in schema.cues for noun in schema.nouns]
    pairs = [(schema.sentence(index), noun) for index in range(2) for noun in schema.nouns]
    untrained = model.engine(model.UNTRAINED)
    random = (min(layer, untrained.n_layers - 1), min(head, untrained.n_heads - 1))
    values = {
        DEFAULT_MODEL: [link(DEFAULT_MODEL, sentence, noun, layer, head) for sentence, noun in pairs],
        model.UNTRAINED: [link(model.UNTRAINED, sentence, noun, *random) for sentence, noun in pairs],
    }
    heading("Where “it” looks")
    picture = pictures.bars_picture(
        "Weight from “it” on each noun, in both sentences",
        {title(name).lower(): weights for name, weights in values.items()},
        groups=groups,
        y_title="weight from “it”",
        y_range=(0, 1),
    )
    pictures.show(picture, key="it_links")
    trained.say_what_is_new(*(schema.sentence(index) for index in range(2)))
    for name, weights in values.items():
        where = f"layer {layer}, head {head}" if name == DEFAULT_MODEL else f"layer {random[0]}, head {random[1]}"
        text(f"**{plain(title(name))}** ({where}): {_verdict(schema, weights)}")


def stronger(weights: Sequence[float], nouns: tuple[str, str]) -> str | None:
    """The noun with the larger of two weights, None where they read the same."""
    one, other = weights
    if f"{one:.3f}" == f"{other:.3f}":
        return None
    return nouns[0] if one > other else nouns[1]


def _verdict(schema: Schema, weights: list[float]) -> str:
    first, second = (stronger(weights[2 * i : 2 * i + 2], schema.nouns) for i in range(2))
    cues = schema.cues
    if first is None or second is None:
        tied = [f"“{cue}”" for cue, noun in zip(cues, (first, second), strict=True) if noun is None]
        return f"a tie. With {' and with '.join(tied)}, “it” attends to both nouns alike."
    if first == second:
        return f"the link does not flip. In both sentences “it” attends more to “{first}”."
    flips = "the link flips as a reader would have it" if first == schema.nouns[0] else "the link flips the wrong way"
    return f"{flips}. With “{cues[0]}”, “it” attends more to “{first}”; with “{cues[1]}”, more to “{second}”."


def _cut(schema: Schema, layer: int, head: int) -> None:
    heading("Cut the link")
    with st.container(horizontal=True, gap="large"):
        cue = st.segmented_control("Sentence with", schema.cues, default=schema.cues[0], required=True, key="it_cue")
        noun = st.segmented_control(
            "Cut the link to", schema.nouns, default=schema.nouns[0], required=True, key="it_cut"
        )
    engine, sentence = model.engine(), schema.sentence(schema.cues.index(cue))
    tokens = model.stack(sentence).query_tokens
    it, key = (model.position_of(word, tokens) for word in ("it", noun))
    edits = {"whole": [], f"without {noun}": [cut(layer=layer, query=it, key=key)]}
    traces = {name: engine.run(sentence, edits=made) for name, made in edits.items()}
    steps = {name: model.only(trace).step(layer) for name, trace in traces.items()}
    labels = model.names(tokens)
    weights = {name: step.weights(head)[it].tolist() for name, step in steps.items()}
    picture = pictures.bars_picture("The row of “it”", weights, groups=labels, y_title="weight from “it”")
    pictures.show(picture, key="it_row")
    right = schema.nouns[schema.cues.index(cue)]
    is_last = layer == engine.n_layers - 1
    for name, trace in traces.items():
        if is_last:
            named = model.named(trace, head, at=it)
            verdict = judged(named, right=right, nouns=schema.nouns)
            said = f"asked what “it” stands for, the head names “{plain(named)}”, {verdict}."
        else:
            nearest = plain(labels[nearest_value(steps[name], head, query=it)])
            said = f"what this head fetches for “it” is most like the value of “{nearest}”."
        text(f"**{name.capitalize()}**: {said}")
    if not is_last:
        text("Only the heads of the last layer name a word.")


def nearest_value(step: Step, head: int, *, query: int) -> int:
    """The position whose value points most nearly the way of what a head fetched for a query."""
    values = step.value[head]
    return int(cosines(values, step.head_output(head)[query].expand_as(values)).argmax())


def judged(named: str, *, right: str, nouns: tuple[str, str]) -> str:
    """What to say about the word that was named where one of two nouns is right."""
    if named == right:
        return "the right noun"
    return "the wrong noun" if named in nouns else "neither of the two nouns"
