"""The same head for two texts or two models: both maps, their difference, and the heads that changed most."""

from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from attnviz import Engine, Token
from attnviz.analysis.compare import Alignment, Change, align, changes, difference
from attnviz.analysis.regroup import merge_words
from attnviz.app import controls, display, loading, models, session
from attnviz.app.components import cells, maps
from attnviz.app.display import Display
from attnviz.app.languages import told
from attnviz.app.selection import Selection, select
from attnviz.app.shared.charts import chart
from attnviz.app.shared.scheme import theme
from attnviz.app.shared.tables import numbers_of
from attnviz.app.shared.words import plain
from attnviz.errors import AttnVizError, SelectionError
from attnviz.figures.cells import MAX_EXACT, window
from attnviz.figures.heatmap import Figure, difference_map, heat_map
from attnviz.figures.ranking import grid_of_heads
from attnviz.tokens import visible
from attnviz.trace import attending

MAX_RANKINGS = 8  # pairs of texts whose ranking is kept
N_RANKED = 6  # heads that get a button


Source: TypeAlias = tuple[object, ...]


@dataclass(frozen=True)
class Side:
    """What one of the two is computed from.

    asked: the second text, which is left out where the model reads only one.
    """

    engine: Engine
    name: str
    text: str
    asked: str

    @property
    def pair(self) -> str | None:
        """The second text that is read."""
        return self.asked if self.engine.reads_pairs and self.asked.strip() else None

    @property
    def leaves_out(self) -> bool:
        """Whether there is a second text that is not read."""
        return bool(self.asked.strip()) and not self.engine.reads_pairs

    @property
    def source(self) -> Source:
        """What names its numbers in caches."""
        return loading.serial(self.engine), self.text, self.pair, *told(self.engine).items()


def compare(first: Side, second: Side, body: DeltaGenerator) -> None:
    """Draw both maps of the chosen head, their difference, and the ranking of all heads.

    Raises SelectionError where the second model lacks the attention, the layer or the head, and where the texts share
    no word.
    """
    one, other = _selections(first, second)
    shown = [display.display(each, words=True) for each in (one, other)]
    with session.filled(body):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            controls.attention(one)
            display.controls(has_pieces=False)
        _say_what_is_shown(first, second, one, shown[0])
        _maps(shown, one, (first, second))
        left, right = st.columns(2, gap="medium")
        with left:
            _difference(shown, one)
        with right:
            _ranking(first, second, one, other)
        cells.legible("compare_first", "compare_second", "difference")


def _selections(first: Side, second: Side) -> tuple[Selection, Selection]:
    """The same head of both."""
    traces = [loading.trace(side.engine, side.text, side.pair, **told(side.engine)) for side in (first, second)]
    one = select(traces[0], is_asked=first.name == session.view().model)
    if one.kind not in traces[1].stacks:
        kinds = " and ".join(traces[1].stacks)
        raise SelectionError(f"The second model has no attention “{one.kind}”, only {kinds}: choose another pair.")
    stack = traces[1].stacks[one.kind]
    if one.layer not in stack.layers or one.head >= stack.n_heads:
        of_layers = f"{attending(stack.layers)}, each with heads 0 to {stack.n_heads - 1}"
        raise SelectionError(
            f"Of the second model {of_layers}: it has no layer {one.layer}, head {one.head} to compare with."
        )
    return one, Selection(tuple(traces[1].stacks), one.kind, stack, one.layer, one.head)


def _say_what_is_shown(first: Side, second: Side, chosen: Selection, shown: Display) -> None:
    """The line that tells what the pictures are."""
    names = plain(models.title(first.name))
    is_one_model = first.engine is second.engine
    if not is_one_model:
        names += f" and {plain(models.title(second.name))}"
    note = "" if is_one_model else " Heads of models trained apart have no more in common than their number."
    one_text = dict.fromkeys(plain(models.title(side.name)) for side in (first, second) if side.leaves_out)
    left_out = (
        f" {' and '.join(one_text)} {'reads' if len(one_text) == 1 else 'read'} one text: the second is left out."
    )
    left_out = left_out if one_text else ""
    st.markdown(
        f"**{names} · {chosen.kind} · layer {chosen.layer} · head {chosen.head}**  \n"
        "Words of both texts are laid side by side; a word that one of them lacks is left out of the difference. "
        + " ".join((*shown.notes, *shown.of_head)).replace(
            "Every map has a colour scale of its own", "Both maps share one colour scale"
        )
        + note
        + left_out
    )


def _maps(shown: list[Display], chosen: Selection, sides: tuple[Side, Side]) -> None:
    """Both maps; where a head has a colour scale of its own, the two share it."""
    figures = [_figure(each, chosen, title) for each, title in zip(shown, ("First", "Second"), strict=True)]
    end = max(figure.data[0].zmax for figure in figures)
    for place, each, side, figure in zip(st.columns(2, gap="medium"), shown, sides, figures, strict=True):
        figure.data[0].zmax = end
        key = figure.layout.title.text.lower()
        with place, st.container(key=f"compare_{key}"):
            texts = " · ".join(text[:120] for text in (side.text, side.pair) if text)
            st.caption(plain(f"{texts} · {models.title(side.name)}"))
            _chart(figure, key, alt=maps.described(each.maps, chosen.layer, chosen.head))
            rows, columns = _windows(each)
            head = {"layer": chosen.layer, "head": chosen.head}
            numbers_of(key, partial(maps.columns, each.maps, **head, rows=rows, columns=columns))


def _figure(shown: Display, chosen: Selection, title: str) -> Figure:
    """The map of one side."""
    stack = shown.maps
    rows, columns = _windows(shown)
    scale = session.view().scale
    figure = heat_map(stack, chosen.layer, chosen.head, theme=theme(), scale=scale, rows=rows, columns=columns)
    figure.layout.title.text = title
    return figure


def _windows(shown: Display) -> tuple[range, range]:
    """The rows and columns that are drawn of one side."""
    rows, columns = (window(len(tokens), 0) for tokens in (shown.maps.query_tokens, shown.maps.key_tokens))
    return rows, columns


def _difference(shown: list[Display], chosen: Selection) -> None:
    """Second minus first, word by word."""
    one, other = (each.maps for each in shown)
    queries, keys = align(one.query_tokens, other.query_tokens), align(one.key_tokens, other.key_tokens)
    place = (chosen.layer, chosen.head)
    change: NDArray[np.float32] = difference(
        one.weights(*place), other.weights(*place), queries=queries, keys=keys
    ).numpy()
    masks = [each.mask(*place) for each in (one, other)]
    for mask, rows, columns in ((masks[0], queries.first, keys.first), (masks[1], queries.second, keys.second)):
        if mask is not None:
            change = np.where(mask.numpy()[np.ix_(rows, columns)], change, np.float32("nan"))
    names = [_names(shown, queries, "query_tokens"), _names(shown, keys, "key_tokens")]
    names, change = [side[:MAX_EXACT] for side in names], change[:MAX_EXACT, :MAX_EXACT]
    row, column = divmod(int(np.nanargmax(np.abs(change))), change.shape[1])
    most = f"{visible(names[0][row].text)} to {visible(names[1][column].text)}, {change[row, column]:+.2f}"
    with st.container(key="difference"):
        st.caption(f"Teal: more weight in the second. Orange: less. Most changed: {plain(most)}.")
        figure = difference_map(change, *names, title="Difference: second minus first", theme=theme())
        _chart(figure, "difference", alt=f"Heat map of the difference of two maps. Most changed: {most}.")
        numbers_of("difference", lambda: maps.as_columns(change.tolist(), *names))


def _names(shown: list[Display], places: Alignment, side: str) -> list[Token]:
    """The words of the places: one where the texts agree, both where a word was replaced."""
    one, other = (getattr(each.maps, side) for each in shown)
    return [
        one[mine] if same else Token(f"{one[mine].text} → {other[theirs].text}", 0, 0, None)
        for mine, theirs, same in zip(places.first, places.second, places.is_same, strict=True)
    ]


def _ranking(first: Side, second: Side, one: Selection, other: Selection) -> None:
    """How much every head changed, and a button for those that changed most."""
    with st.container(key="ranking"):
        st.caption(
            "How much each head changed: Jensen–Shannon divergence of its rows in bits, the mean over the shared "
            "words. 0 is no change, 1 is rows without a word in common. Special tokens count."
        )
        try:
            ranked = _ranked(first.source, second.source, one.kind, _one=one, _other=other)
        except AttnVizError as error:
            st.info(plain(str(error)))
            return
        values = np.zeros((one.stack.n_layers, one.stack.n_heads), dtype=np.float32)
        for change in ranked:
            values[one.stack.layers.index(change.layer), change.head] = change.divergence
        top = ranked[0]
        _chart(
            grid_of_heads(
                values, name="divergence", layers=one.stack.layers, chosen=(one.layer, one.head), theme=theme()
            ),
            "ranking",
            alt=f"Divergence of all heads. Layer {top.layer}, head {top.head} changed most: {top.divergence:.2f} bits.",
        )
        with st.container(horizontal=True, gap="small"):
            for change in ranked[:N_RANKED]:
                st.button(
                    f"{change.layer} · {change.head}: {change.divergence:.2f}",
                    key=f"changed_{change.layer}_{change.head}",
                    help=f"Layer {change.layer}, head {change.head}",
                    on_click=session.change,
                    kwargs={"layer": change.layer, "head": change.head},
                )
        numbers_of(
            "ranking",
            lambda: {
                "layer": [change.layer for change in ranked],
                "head": [change.head for change in ranked],
                "divergence in bits": [change.divergence for change in ranked],
            },
        )


@st.cache_resource(max_entries=MAX_RANKINGS, show_spinner=False)
def _ranked(first: Source, second: Source, kind: str, *, _one: Selection, _other: Selection) -> tuple[Change, ...]:
    """The ranking; texts, models and kind stand for the stacks, which cannot be hashed."""
    return changes(merge_words(_one.stack), merge_words(_other.stack))


def _chart(figure: Any, key: str, *, alt: str) -> None:
    width = figure["layout"].get("width") if isinstance(figure, dict) else figure.layout.width
    chart(figure, key=f"compare_map_{key}", width=width, config=maps.LARGE_CONFIG, alt=alt)
