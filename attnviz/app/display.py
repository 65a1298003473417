"""How attention is shown: words or pieces, special tokens, colours; the controls, the maps, and what to say of them."""

from dataclasses import dataclass

import streamlit as st

from attnviz import Stack
from attnviz.analysis.regroup import RegroupedMaps, hidden_weights, hide_special, merge_words
from attnviz.analysis.sinks import sinks
from attnviz.app import session
from attnviz.app.selection import Selection
from attnviz.app.words import percent, plain
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


@dataclass(frozen=True, eq=False)
class Display:
    """What the pictures draw, and what has to be said of it.

    layers: the maps that were made one from the other, the model's own first.
    """

    layers: tuple[Stack | RegroupedMaps, ...]
    notes: tuple[str, ...]

    @property
    def maps(self) -> Stack | RegroupedMaps:
        """What is drawn."""
        return self.layers[-1]

    def place(self, query: int, key: int) -> tuple[int, int] | None:
        """Row and column of two tokens in what is drawn; None where one of them is hidden."""
        for maps in self.layers:
            if isinstance(maps, RegroupedMaps):
                query, key = int(maps.query_group[query]), int(maps.key_group[key])
                if query < 0 or key < 0:
                    return None
        return query, key


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
            names = choices.__getitem__
            st.segmented_control(label, choices, format_func=names, required=True, **session.bound(field))


def display(chosen: Selection, *, words: bool | None = None) -> Display:
    """The maps as the view asks for them, with a sentence for everything that was done to them.

    words: pieces merged whatever the view says.
    Raises SelectionError where special tokens are to be hidden and there are no others.
    """
    view = session.view()
    layers: list[Stack | RegroupedMaps] = [chosen.stack]
    notes = [_COLOURS[view.scale]]
    if view.words if words is None else words:
        layers.append(merge_words(layers[-1]))
        notes.append("Pieces are merged to words: columns added up, rows averaged.")
    if view.special != "keep":
        hidden = hidden_weights(layers[-1], chosen.layer, chosen.head)
        layers.append(hide_special(layers[-1], renormalise=view.special == "renormalise"))
        share = percent(float(hidden.mean())) if len(hidden) else "0 %"
        most = percent(float(hidden.max())) if len(hidden) else "0 %"
        notes.append(
            f"Special tokens are hidden, and with them {share} of this head's weight (at most {most} of a row)."
        )
        if view.special == "renormalise":
            notes.append("What is left of each row is scaled to sum to 1.")
    return Display(tuple(layers), tuple(notes))


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
