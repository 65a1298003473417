"""Pinned words: tokens of the model, wherever they are drawn, which the next text may not have.

A pin is a token whatever is on screen, so that it comes back when pieces are shown again, or special tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from attnviz.analysis.regroup import LEFT_OUT
from attnviz.app import session
from attnviz.app.display import Places
from attnviz.app.state import read_places, write_places

_WORDS = "_pinned_words"  # the pins as they were drawn last, and their words
_NOTE = "_pins_note"  # what was said of them, and for which text and pins


@dataclass(frozen=True)
class Side:
    """The tokens of one side as they are drawn, and which of their places are on screen."""

    places: Places
    seen: range

    def drawn(self, pins: Sequence[int]) -> tuple[int, ...]:
        """The places on screen of pinned tokens; pieces that are drawn as one word share one."""
        return tuple(sorted({place for pin in pins if (place := self._place(pin)) in self.seen}))

    def taken(self, chosen: Sequence[int], before: Sequence[int]) -> tuple[int, ...]:
        """The tokens that are pinned when places `chosen` of those on screen are, where tokens `before` were.

        What is not on screen stays pinned, unless everything is unpinned; a word that stays pinned, with the same
        pieces.
        """
        if not chosen:
            return ()
        kept = [token for token in before if self._place(token) not in self.seen or self._place(token) in chosen]
        new = set(chosen) - set(self.drawn(before))
        return tuple(sorted([*kept, *(token for place in new for token in self.places.tokens(place))]))

    def _place(self, token: int) -> int:
        return self.places.drawn[token] if token < len(self.places.drawn) else LEFT_OUT


def pins(now: Sequence[str], *, is_asked: bool) -> tuple[tuple[int, ...], str]:
    """Places of the pinned words among the words `now`, and a sentence where a new text lacks some of them.

    An address that asks for places that the text does not have is corrected, as it is for a layer; but not where
    another model stands in for the one asked for (`is_asked` is False).
    """
    view = session.view()
    places = read_places(view.pins)
    if not is_asked:
        return tuple(place for place in places if place < len(now)), ""
    before, words = st.session_state.get(_WORDS, ("", ()))
    note = ""
    if not session.is_from_address() and before == view.pins and words:
        places, lost = follow(places, words, now)
        if lost:
            note = f"Not in this text, so no longer pinned: {', '.join(lost)}."
    outside = [place for place in places if place >= len(now)]
    places = tuple(place for place in places if place < len(now))
    if outside:
        which = ", ".join(map(str, outside))
        complaint = f"There is no word {which} to pin: this text has words 0 to {len(now) - 1}."
        session.correct(complaint, pins=write_places(places))
    elif write_places(places) != view.pins:
        session.replace_quietly(pins=write_places(places))
    shown = (view.text, view.pair, write_places(places))
    if note:
        st.session_state[_NOTE] = (shown, note)
    st.session_state[_WORDS] = (write_places(places), tuple(now[place] for place in places))
    said_of, note = st.session_state.get(_NOTE, (None, ""))
    return places, note if said_of == shown else ""


def follow(places: Sequence[int], words: Sequence[str], now: Sequence[str]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Where the pinned words stand in another text, and those that it lacks.

    A word stays where it is, or moves to the nearest place where the new text has it and no other pin went.
    """
    kept: list[int] = []
    lost = []
    for place, word in zip(places, words, strict=True):
        same = [other for other, text in enumerate(now) if text == word and other not in kept]
        if same:
            kept.append(min(same, key=lambda other: abs(other - place)))
        else:
            lost.append(word)
    return tuple(sorted(kept)), tuple(lost)
