"""What stands on Compare below the boxes: what changed in words, both sentences, the difference, every head.

A word of either sentence is chosen as on Explore, for both. Where none is, the one is looked at whose weights changed
most.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from attnviz.analysis.differences import Part, changes, check_same_heads
from attnviz.app import boxes, host, loading, models
from attnviz.app.engines import engine_of
from attnviz.app.shared.charts import chart
from attnviz.app.shared.scheme import follow_browser, theme
from attnviz.app.shared.tables import map_columns, numbers_of
from attnviz.app.shared.words import counted, plain
from attnviz.app.sides import GROUPS, Comparison, Side, drawn, kept
from attnviz.app.visit import end, tied, visit
from attnviz.errors import AttnVizError, SelectionError
from attnviz.figures.difference import difference_map, signed_text
from attnviz.figures.ranking import grid_of_heads
from attnviz.numbers import weight_text
from attnviz.protocols import Engine
from attnviz.tokens import Token, reading
from attnviz.view import Resolved

SMALL = 0.05  # a weight that changes by less is called unchanged
N_RANKED = 4  # heads that get a button
MAX_RANKINGS = 8  # pairs of texts whose ranking is kept
MAX_NAMED = 3  # replaced words that a sentence names
STACKED, GAP = 640, 30  # pixels of a page below which its columns stand below each other; between them
_CONFIG = {"displayModeBar": False}


def compare(options: Sequence[DeltaGenerator], notes: DeltaGenerator) -> None:
    """Draw what changed from one side to the other.

    options: a place for each side's second text and languages. Raises AttnVizError where they cannot be compared.
    """
    view = visit().view
    model, other = view.value("model"), view.other_model
    engine, name = engine_of(model, from_scratch=view.value("from_scratch"), notes=notes)
    with options[0]:
        boxes.second_text(engine, "pair", "Optional: a second sentence, or the target of an encoder-decoder model")
        boxes.languages(engine)
    first = _side(engine, name, view.value("text"), view.pair)
    if other not in (None, "", model):
        engine, name = engine_of(other, from_scratch=False, notes=notes)
    with options[1]:
        boxes.second_text(engine, "other_pair", "The same as that of the first")
    second = _side(engine, name, view.value("other"), view.other_pair or view.pair)
    host.code()
    _compare((first, second))


def _side(engine: Engine, model: str, text: str, pair: str | None) -> Side:
    read = boxes.pair_of(engine, pair)
    return Side(engine, model, loading.traced(engine, text, read, **boxes.told(engine)), pair)


@st.fragment(key="compare")
def _compare(sides: tuple[Side, Side]) -> None:
    try:
        pair = Comparison(sides, visit().view)
    except AttnVizError as error:
        st.error(plain(str(error)))
        _head(sides[0].resolved(kept(visit().view)))
        end()
        return
    st.subheader(answer(pair), anchor=False)
    st.markdown(f":gray[{plain(' '.join(said(pair)))}]")
    _sentences(pair)
    difference, ranking = st.columns(2, gap="medium")
    with difference:
        _head(pair.first)
        _difference(pair)
    with ranking:
        _ranking(pair)
    follow_browser()
    end()


def answer(pair: Comparison) -> str:
    """What changed, in one sentence, as Markdown."""
    what, move, word = _what_differs(pair), pair.move, _word(pair.word)
    if not what:
        return "Both sides are the same. Change one word of the second sentence."
    lost, won = -move.lost.change >= SMALL, move.won.change >= SMALL
    if lost and won and move.is_turn:
        return f"{what} moves {word} from {_part(move.lost)} to {_part(move.won)}."
    if lost or won:
        less, more = [f"less at {_part(move.lost)}"] * lost, [f"more at {_part(move.won)}"] * won
        return f"{what} makes {word} look {' and '.join(less + more)}."
    most = max(abs(part.change) for part in (move.lost, move.won))
    return f"{what} changes little here: no weight of {word} changes by more than {weight_text(most)}."


def _part(part: Part) -> str:
    """A word, and its weight in both texts or in the one that has it."""
    if part.before is None or part.after is None:
        which = "second" if part.before is None else "first"
        return f"{_word(part.token)} (only in the {which} text: {weight_text(abs(part.change))})"
    return f"{_word(part.token)} ({weight_text(part.before)} → {weight_text(part.after)})"


def _what_differs(pair: Comparison) -> str:
    """The subject of the answer: the words that were replaced, else what else is different; "" where nothing is."""
    first, second = (each.traced.trace for each in pair.sides)
    replaced = [
        (drawn(pair.first, side)[mine], drawn(pair.second, side)[theirs])
        for side, places in (("rows", pair.queries), ("columns", pair.keys))
        for mine, theirs, same in zip(places.first, places.second, places.is_same, strict=True)
        if not same
    ]
    named = list(dict.fromkeys(f"{_word(one)} to {_word(other)}" for one, other in replaced))
    is_one_length = all(
        len(places) == len(drawn(each, side))
        for side, places in (("rows", pair.queries), ("columns", pair.keys))
        for each in (pair.first, pair.second)
    )
    if pair.sides[0].engine is not pair.sides[1].engine:
        return "The second model"
    if named and is_one_length and len(named) <= MAX_NAMED:
        return f"Changing {' and '.join(named)}"
    is_same = (first.text, first.pair) == (second.text, second.pair)
    return "" if is_same else "The second text"


def said(pair: Comparison) -> list[str]:
    """What the pictures are of, and what they leave out."""
    first = pair.first
    names = list(dict.fromkeys(models.title(side.model) for side in pair.sides))
    heads = (
        f"mean of {counted(len(first.heads), 'head')}" if first.average else f"layer {first.layer}, head {first.head}"
    )
    sentences = [f"{' and '.join(names)} · {first.kind} · {heads}."]
    if len(names) > 1:
        sentences.append("Heads of models trained apart have no more in common than their number.")
    for side, places in (("rows", pair.queries), ("columns", pair.keys)):
        mine, theirs = len(drawn(pair.first, side)), len(drawn(pair.second, side))
        if len(places) < max(mine, theirs):
            sentence = (
                f"{len(places)} of {mine} tokens of the first text and of {theirs} of the second stand side by side; "
            )
            sentences.append(sentence + "what only one text has is left out of the difference.")
            break
    for which, each in (("first", pair.first), ("second", pair.second)):
        n_tokens = max(len(each.maps.query_tokens), len(each.maps.key_tokens))
        n_drawn = max(len(each.rows), len(each.columns))
        if n_drawn < n_tokens:
            sentences.append(f"Of the {which} text, {n_drawn} of {n_tokens} tokens are drawn, compared and ranked.")
    return [*sentences, *dict.fromkeys((*first.sentences, *pair.second.sentences))]


def _sentences(pair: Comparison) -> None:
    """Both sentences with their arcs, one above the other."""
    here = visit()
    scenes = pair.scenes(here.sequence)
    here.digests |= {each.digest for each in scenes}
    for group, of, made in zip(GROUPS, ("the first sentence", "the second sentence"), scenes, strict=True):
        host.show(group, made.view, parts=["sentence"], of=of, on_told=_take)
        with st.container(gap=None):
            host.carry(group, "text", made.text)
            host.carry(group, "map", made.map)


def _take(sent: Any) -> None:
    visit().take(sent)
    st.rerun(["compare"])


def _head(first: Resolved) -> None:
    """Which head is compared."""
    stack = first.stack
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.subheader("Difference", anchor=False, width="content")
        if len(first.kinds) > 1:
            st.selectbox(
                "Attention",
                first.kinds,
                index=first.kinds.index(first.kind),
                label_visibility="collapsed",
                width=130,
                **tied("stack", first.kind),
            )
        _number("layer", stack.layers, first.layer, {"type": "layer"})
        _number("head", range(stack.n_heads), first.head, {"type": "head", "layer": first.layer})


def _number(name: str, options: Sequence[int], shown: int, event: dict[str, Any]) -> None:
    """A box for the number of a layer or of a head."""
    st.selectbox(
        name.capitalize(),
        options,
        index=options.index(shown),
        format_func=lambda number: f"{name} {number}",
        label_visibility="collapsed",
        width=100,
        **tied(name, shown, lambda number: event | {name: number}),
    )


def _difference(pair: Comparison) -> None:
    """Second minus first, word by word."""
    change, rows, columns = pair.change, pair.names("rows"), pair.names("columns")
    row, column = divmod(int(np.nanargmax(np.abs(change))), change.shape[1])
    most = f"{reading(rows[row])} → {reading(columns[column])}, {signed_text(float(change[row, column]))}"
    with st.container(key="difference"):
        st.caption(f"Second minus first. Teal: more weight in the second. Orange: less. Most changed: {plain(most)}.")
        figure = difference_map(change, rows, columns, room=_column(), theme=theme())
        alt = f"Heat map of the difference of two maps. Most changed: {most}."
        chart(figure, key="difference_map", width=figure["layout"]["width"], config=_CONFIG, alt=alt)
        numbers_of("difference", lambda: map_columns(change.tolist(), rows, columns))


def _column() -> float:
    """Pixels that each of the two pictures side by side has; Streamlit puts them below each other on a phone."""
    room = visit().room or np.inf
    return room if room < STACKED else (room - GAP) / 2


def _ranking(pair: Comparison) -> None:
    """How much every head changed, and a button for those that changed most."""
    st.subheader("Every head", anchor=False)
    try:
        check_same_heads(pair.first.maps, pair.second.maps)
    except SelectionError as error:
        st.info(plain(str(error)))
        return
    bits = _changes(pair.first.survey.digest, pair.second.survey.digest, _pair=pair)  # (layer, head)
    layers = pair.first.maps.layers
    rows, heads = (each.tolist() for each in np.unravel_index(np.argsort(-bits, axis=None, kind="stable"), bits.shape))
    ranked = [(layers[row], head, float(bits[row, head])) for row, head in zip(rows, heads, strict=True)]
    with st.container(key="ranking"):
        st.caption(
            "How much each head changed, from 0, not at all, to 1.",
            help="The Jensen–Shannon divergence of the rows of both texts in bits, on average over the words drawn: 1 "
            "is rows without a word in common. Special tokens count.",
        )
        chosen = None if pair.first.average else (pair.first.layer, pair.first.head)
        values = bits.astype(np.float32)
        figure = grid_of_heads(values, name="divergence", layers=layers, chosen=chosen, theme=theme())
        layer, head, most = ranked[0]
        alt = f"Divergence of all heads. Layer {layer}, head {head} changed most: {most:.2f} bits."
        chart(figure, key="ranking_map", width=figure["layout"]["width"], config=_CONFIG, alt=alt)
        with st.container(horizontal=True, gap="small"):
            for place in ranked[:N_RANKED]:
                _button(*place)
        names = ("layer", "head", "divergence in bits")
        numbers_of("ranking", lambda: dict(zip(names, zip(*ranked, strict=True), strict=True)))


def _button(layer: int, head: int, divergence: float) -> None:
    event = {"type": "head", "layer": layer, "head": head}
    label = f"layer {layer} · head {head}: {weight_text(divergence)}"
    st.button(label, key=f"changed_{layer}_{head}", on_click=visit().send, args=(event,))


@st.cache_resource(max_entries=MAX_RANKINGS, show_spinner=False)
def _changes(first: str, second: str, *, _pair: Comparison) -> NDArray[np.float64]:
    """How much every head changed in what is drawn; the digests stand for tokens and weights."""
    one, other = _pair.first.survey, _pair.second.survey
    return changes(
        _pair.first.maps.layers,
        lambda layer: one.layer(layer)[0],
        lambda layer: other.layer(layer)[0],
        queries=_pair.queries,
        keys=_pair.keys,
    )


def _word(token: Token) -> str:
    """A word in a sentence, told from the sentence's own words."""
    return f":primary[{plain(reading(token))}]"
