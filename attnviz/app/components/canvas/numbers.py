"""The numbers of the sentence and of the overview, computed here as the browser does: for tables, and to take away."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attnviz.app import session
from attnviz.app.components.canvas.parts import Picture, exact_map_of
from attnviz.app.shared.scheme import theme
from attnviz.app.shared.tables import Column, Columns, named
from attnviz.app.state import read_places
from attnviz.figures.cells import Cells
from attnviz.figures.heatmap import Figure
from attnviz.figures.sentence import Look, sentence_figure
from attnviz.tokens import Token

_HABITS = {
    "before": "to the token before",
    "itself": "to itself",
    "after": "to the one after",
    "sinks": "to special and first tokens",
    "largest": "largest of a row",
}


def overview_columns(picture: Picture) -> Columns:
    """A line for every head: its strongest link between two typed words, its habit, what it was measured to do."""
    maps = picture.shown.maps
    links = picture.maps.links
    queries, keys = _names(maps.query_tokens, picture.rows), _names(maps.key_tokens, picture.columns)
    columns: dict[str, Column] = {
        "layer": [maps.layers[at // maps.n_heads] for at in range(len(links))],
        "head": [at % maps.n_heads for at in range(len(links))],
        "attends": [queries[link.query] for link in links],
        "to": [keys[link.key] for link in links],
        "weight": [link.weight for link in links],
    }
    for name, title in _HABITS.items():
        shares = [getattr(habit, name) for habit in picture.habits]
        if None not in shares:
            columns[title] = shares
    return columns | {"measured": picture.known.heads} if any(picture.known.heads) else columns


def sentence_columns(picture: Picture) -> Columns:
    """A line for every word of the other side, a column for every word looked at: those pinned, else the strongest.

    Of several words there is also their mean, or, of what attends to them, their sum.
    """
    maps, look, weights = picture.shown.maps, looked_at(picture), exact_map_of(picture)
    names = [_names(maps.query_tokens, picture.rows), _names(maps.key_tokens, picture.columns)]
    of, other = names if look.is_to else names[::-1]
    kept = np.flatnonzero(_allowed(picture, 1 if look.is_to else 0))
    columns: dict[str, Column] = {"is attended to" if look.is_to else "attends": [other[place] for place in kept]}
    for place in look.places:
        columns[of[place]] = (weights[place] if look.is_to else weights[:, place])[kept].tolist()
    if len(look.places) > 1:
        columns["mean" if look.is_to else "sum"] = look.weights[kept].tolist()
    return columns


def sentence_picture(picture: Picture) -> Figure:
    """The sentence as it stands on the page when nobody points at it, in a figure that can be taken away."""
    maps = picture.shown.maps
    queries, keys = (
        tokens[window.start : window.stop]
        for tokens, window in ((maps.query_tokens, picture.rows), (maps.key_tokens, picture.columns))
    )
    look, scale = looked_at(picture), session.view().scale
    return sentence_figure(queries, None if queries == keys else keys, look, theme=theme(), scale=scale)


def sentence_said(picture: Picture) -> str:
    """What the arcs of the sentence are, as a caption has it."""
    maps, look = picture.shown.maps, looked_at(picture)
    tokens, window = (maps.query_tokens, picture.rows) if look.is_to else (maps.key_tokens, picture.columns)
    words = ", ".join(named(tokens[window.start + place], window.start + place) for place in look.places)
    several = (", averaged over them" if look.is_to else ", summed over them") if len(look.places) > 1 else ""
    return f"Arcs and numbers: the weights {'from' if look.is_to else 'to'} {words}{several}."


def looked_at(picture: Picture) -> Look:
    """What is pinned, else the word to look at first, else the strongest link, as in the browser.

    Rows of the map are averaged, columns of it summed.
    """
    view, weights = session.view(), exact_map_of(picture)
    is_to, side = view.direction == "to", picture.sides[view.direction]
    allowed = [_allowed(picture, each) for each in (0, 1)]
    places = [place - side.seen.start for place in side.drawn(read_places(view.pins))]
    if not places and picture.at_rest is not None:
        places = [picture.at_rest]
    if not places:
        places = [strongest(weights, _typed(picture), *allowed)[0 if is_to else 1]]
    lines = weights[places] if is_to else weights[:, places].T  # (place, other)
    total = np.nansum(lines, axis=0) / (len(places) if is_to else 1)
    seen = ~np.isnan(lines).all(axis=0) & allowed[1 if is_to else 0]
    whole = Cells(weights, (), (), (), ())
    return Look(is_to, tuple(places), np.where(seen, total, np.nan).astype(np.float32), whole.scale_end)


def strongest(
    weights: NDArray[np.float32],
    typed: NDArray[np.bool_],
    queries: NDArray[np.bool_],
    keys: NDArray[np.bool_],
) -> tuple[int, int]:
    """Query and key of the largest weight (query, key) between typed words that was a choice; NaN is masked."""
    choices = np.where((~np.isnan(weights)).sum(axis=1, keepdims=True) > 1, weights, np.float32("nan"))
    candidates = np.where(typed & queries[:, None] & keys, choices, np.float32("nan"))
    for each in (candidates, choices, weights):
        if not np.isnan(each).all():
            return divmod(int(np.nanargmax(each)), weights.shape[1])
    return 0, 0


def _names(tokens: Sequence[Token], window: range) -> list[str]:
    return [named(tokens[place], place) for place in window]


def _typed(picture: Picture) -> NDArray[np.bool_]:
    """Which links are between two typed words, (query, key); all of a side where it has special tokens alone."""
    sides = []
    for tokens, window in (
        (picture.shown.maps.query_tokens, picture.rows),
        (picture.shown.maps.key_tokens, picture.columns),
    ):
        typed = np.array([not tokens[place].is_special for place in window])
        sides.append(typed if typed.any() else ~typed)
    return np.logical_and.outer(*sides)


def _allowed(picture: Picture, side: int) -> NDArray[np.bool_]:
    """Which words of a side the choice between the texts of a pair lets take part."""
    window = picture.columns if side else picture.rows
    between = session.view().between
    if picture.second is None or not between:
        return np.ones(len(window), dtype=bool)
    return np.array([(place >= picture.second) == (between[side] == "b") for place in window])
