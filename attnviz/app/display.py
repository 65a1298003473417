"""How attention is shown: words or pieces, special tokens, colours; the controls, the maps, and what to say of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import streamlit as st

from attnviz import Stack, Trace
from attnviz.analysis.dropped import dropped, told
from attnviz.analysis.regroup import LEFT_OUT, RegroupedMaps, hidden_weights, hide_special, merge_words
from attnviz.analysis.sinks import sinks
from attnviz.app import session
from attnviz.app.selection import Selection
from attnviz.app.shared.words import percent, plain
from attnviz.figures.scales import LOGARITHMIC, PER_HEAD, UNIT

_SPECIAL = {"keep": "Keep", "hide": "Hide", "renormalise": "Hide, rows sum to 1"}
_SCALES = {PER_HEAD: "Each head", UNIT: "0 to 1", LOGARITHMIC: "Logarithmic"}
_COLOURS = {
    PER_HEAD: "Every map has a colour scale of its own.",
    UNIT: "The colours of every map run from 0 to 1.",
    LOGARITHMIC: "The colours are logarithmic, from 0.0001 to 1.",
}
_KNOWN = (
    "Heads often look there when they find nothing else to look for "
    "([Clark et al. 2019](https://arxiv.org/abs/1906.04341), [Xiao et al. 2023](https://arxiv.org/abs/2309.17453)), "
    "and the values there tend to be short, so that such a weight moves little "
    "([Kobayashi et al. 2020](https://arxiv.org/abs/2004.10102))."
)


@dataclass(frozen=True)
class Places:
    """Where each token of the model stands in what is drawn: with other pieces in one word, or, hidden, nowhere.

    drawn: the place of every token; -1 for one that is hidden.
    """

    drawn: tuple[int, ...]

    @classmethod
    def through(cls, n_tokens: int, groups: Sequence[Sequence[int]]) -> "Places":
        """The places after each of some regroupings, one after the other."""
        places: Sequence[int] = range(n_tokens)
        for group in groups:
            places = [group[place] if place != LEFT_OUT else LEFT_OUT for place in places]
        return cls(tuple(places))

    def tokens(self, place: int) -> tuple[int, ...]:
        """The tokens that are drawn at a place, none where there is no such place."""
        return tuple(token for token, drawn in enumerate(self.drawn) if drawn == place != LEFT_OUT)


@dataclass(frozen=True, eq=False)
class Display:
    """What the pictures draw, and what has to be said of it: of all heads, and of the chosen one.

    layers: the maps that were made one from the other, the model's own first.
    choices: what names the maps in caches, beside what the first of them was computed from.
    """

    layers: tuple[Stack | RegroupedMaps, ...]
    notes: tuple[str, ...]
    of_head: tuple[str, ...]
    choices: tuple[bool, str]

    @property
    def maps(self) -> Stack | RegroupedMaps:
        """What is drawn."""
        return self.layers[-1]

    @cached_property
    def queries(self) -> Places:
        """Where the tokens of the model stand among the rows that are drawn."""
        groups = [maps.query_group.tolist() for maps in self.layers if isinstance(maps, RegroupedMaps)]
        return Places.through(len(self.layers[0].query_tokens), groups)

    @cached_property
    def keys(self) -> Places:
        """Where the tokens of the model stand among the columns that are drawn."""
        groups = [maps.key_group.tolist() for maps in self.layers if isinstance(maps, RegroupedMaps)]
        return Places.through(len(self.layers[0].key_tokens), groups)

    def place(self, query: int, key: int) -> tuple[int, int] | None:
        """Row and column of two tokens in what is drawn; None where one of them is hidden."""
        row, column = self.queries.drawn[query], self.keys.drawn[key]
        return None if LEFT_OUT in (row, column) else (row, column)


def controls(*, has_pieces: bool = True) -> None:
    """Words or pieces (where there is a choice), special tokens, colours: close at hand, out of the way."""
    # A closed popover is not in the browser yet: what a widget in it shows has to be sent with every run.
    st.session_state.update({field: getattr(session.view(), field) for field in ("words", "special", "scale")})
    with st.popover("Display", icon=":material/tune:"):
        if has_pieces:
            st.toggle(
                "Words instead of pieces",
                help="The pieces of a word as one: columns added up, rows averaged. Rows still sum to 1.",
                **session.bound("words"),
            )
        for field, label, choices in (("special", "Special tokens", _SPECIAL), ("scale", "Colours", _SCALES)):
            shown = getattr(session.view(), field)
            tied = session.showing(field, shown, default=shown)
            st.segmented_control(label, choices, format_func=choices.__getitem__, required=True, **tied)


def display(chosen: Selection, *, words: bool | None = None) -> Display:
    """The maps as the view asks for them, with a sentence for everything that was done to them.

    words: pieces merged whatever the view says.
    Raises SelectionError where special tokens are to be hidden and there are no others.
    """
    view = session.view()
    layers: list[Stack | RegroupedMaps] = [chosen.stack]
    notes, of_head = [_COLOURS[view.scale]], list[str]()
    merged = view.words if words is None else words
    if merged:
        layers.append(merge_words(layers[-1]))
        notes.append("Pieces are merged to words: columns added up, rows averaged.")
    if view.special != "keep":
        hidden = hidden_weights(layers[-1], chosen.layer, chosen.head)
        layers.append(hide_special(layers[-1], renormalise=view.special == "renormalise"))
        share = percent(float(hidden.mean())) if len(hidden) else "0 %"
        most = percent(float(hidden.max())) if len(hidden) else "0 %"
        notes.append("Special tokens are hidden.")
        of_head.append(f"Special tokens had {share} of this head's weight (at most {most} of a row).")
        if view.special == "renormalise":
            notes.append("What is left of each row is scaled to sum to 1.")
    return Display(tuple(layers), tuple(notes), tuple(of_head), (merged, view.special))


def sink_notice(chosen: Selection) -> None:
    """Say so where more than half of a head's weight sits on special tokens or the first token."""
    found = sinks(chosen.stack, chosen.layer, chosen.head)
    if not found.is_notable:
        return
    places = ", ".join(f"{plain(name)} {percent(share)}" for name, share in found.shares if share >= 0.005)
    st.caption(
        f"{percent(found.total)} of this head's weight sits on special tokens and the first token ({places}); "
        f"an even spread would put {percent(found.even)} there. {_KNOWN}"
    )


def dropped_notice(trace: Trace[Stack]) -> None:
    """Say so where the tokenizer dropped characters."""
    if sentence := told(dropped(trace)):
        st.markdown(plain(sentence))
