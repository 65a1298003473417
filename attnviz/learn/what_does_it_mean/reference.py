"""What “it” attends to in two sentences that differ in one word; and what the model names when the link is cut."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from attnviz import DEFAULT_MODEL, cut
from attnviz.app.models import title
from attnviz.app.shared.words import plain
from attnviz.engine import builtin
from attnviz.learn.frame import heading, text, to_explore
from attnviz.learn.parts import model, pictures, trained
from attnviz.learn.questions import verdict

OTHER = "another word"


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
    """Ask what the model will name without a link; the answer makes the cut."""
    heading("Predict, then cut")
    with st.container(horizontal=True, gap="large"):
        cue = st.segmented_control("Sentence with", schema.cues, default=schema.cues[0], required=True, key="it_cue")
        noun = st.segmented_control("Link to", schema.nouns, default=schema.nouns[0], required=True, key="it_cut")
    index, last = schema.cues.index(cue), model.engine().n_layers - 1
    sentence, right = schema.sentence(index), schema.nouns[index]
    asked = head if layer == last else builtin.default_view()[1]
    whole = model.stack(sentence)
    it, key = (model.position_of(word, whole.query_tokens) for word in ("it", noun))
    named = model.named(sentence, asked, at=it)
    text(
        f"Asked what “it” stands for, head {asked} of layer {last} names {judged(named, schema, right)}. What will it "
        f"name when the link from “it” to “{noun}” is cut in all heads of layer {layer}? Your answer makes the cut."
    )
    where = f"{sentence} {noun} {layer}.{head}"  # another cut is another question
    expected = st.segmented_control("It will name", (*schema.nouns, OTHER), key=f"it_expected {where}")
    if expected is None:
        return
    after = model.engine().run(sentence, edits=[cut(layer=layer, query=it, key=key)])
    now = model.named(after, asked, at=it)
    verdict(
        f"Without the link it names {judged(now, schema, right)}. With the link it named “{plain(named)}”.",
        is_right=expected == (now if now in schema.nouns else OTHER),
    )
    rows = {"whole": whole, f"without {noun}": model.only(after)}
    weights = {name: stack.weights(layer, head)[it].tolist() for name, stack in rows.items()}
    title, labels = f"The row of “it” in layer {layer}, head {head}", model.names(whole.query_tokens)
    pictures.show(pictures.bars_picture(title, weights, groups=labels, y_title="weight from “it”"), key="it_row")


def judged(named: str, schema: Schema, right: str) -> str:
    """The word that was named, and whether it is the right one of the two nouns."""
    wrong = "the wrong noun" if named in schema.nouns else "neither of the two nouns"
    return f"“{plain(named)}”, {'the right noun' if named == right else wrong}"
