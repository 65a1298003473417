"""What the chosen row's links and every head are worth, below the maps of every head, computed when somebody opens it.

A link or a head is taken away alone, beside the edits in force, and the model is asked again.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from attnviz.analysis.effects import knockout, link_effects
from attnviz.answered import measure, question
from attnviz.app.picture import OPENED, Shown
from attnviz.app.shared.charts import chart
from attnviz.app.shared.scheme import follow_browser, theme
from attnviz.app.shared.tables import named, numbers_of
from attnviz.app.shared.words import plain
from attnviz.app.visit import visit
from attnviz.errors import AttnVizError
from attnviz.figures.base import Spec
from attnviz.figures.difference import signed_text
from attnviz.figures.worth import effects_of_heads, links_scatter
from attnviz.protocols import Engine
from attnviz.tokens import reading

LINKS, HEADS = "Does the weight tell?", "Which head matters here?"
N_RANKED = 4  # heads that get a button
Value = TypeVar("Value")


@st.fragment(key="worth")
def worth(shown: Shown, engine: Engine) -> None:
    """Both questions, each answered once it is opened."""
    with st.container(key="worth", gap="xsmall"):
        for title, key, answer in zip((LINKS, HEADS), OPENED, (_links, _heads), strict=True):
            place = st.expander(title, key=key, on_change="rerun", type="compact")
            if place.open:
                with place, st.spinner("Asking the model again, with each taken away"):
                    try:
                        answer(shown, engine)
                    except AttnVizError as error:
                        st.info(plain(str(error)))
                    follow_browser(f"scheme_{key}")


def _links(shown: Shown, engine: Engine) -> None:
    """Every link of the chosen row, cut alone: its weight against its effect."""
    resolved = shown.resolved()
    layer, head, query = resolved.layer, resolved.head, resolved.query
    if resolved.average:
        st.info("This is the mean of several heads. Choose one head to cut its links.")
        return
    (name, measured), found = _asked(shown, engine, link_effects, layer=layer, head=head, query=query)
    st.markdown(f"**{plain(found.said)}**")
    row = f"“{reading(resolved.stack.query_tokens[query])}” in layer {layer}, head {head}"
    st.caption(plain(f"Each link of {row} is cut alone. {measured}{_beside(shown)}"))
    keys = [(key, resolved.stack.key_tokens[key]) for key in found.keys]
    weights, effects = found.weights.float().numpy(), found.effects.float().numpy()
    figure = links_scatter(weights, effects, keys, name=name, theme=theme())
    _chart(figure, "links_chart", f"Weight and effect of {len(keys)} links. {found.said}")
    names = [named(token, place) for place, token in keys]
    numbers_of("links", lambda: {"key": names, "weight": weights.tolist(), name: effects.tolist()})


def _heads(shown: Shown, engine: Engine) -> None:
    """Every head, muted alone: how the answer changes; a click goes to the head."""
    resolved = shown.resolved()
    (name, measured), found = _asked(shown, engine, knockout)
    effects, layers = found.float().numpy(), resolved.stack.layers
    numbers = [(layers[row], head, float(effect)) for (row, head), effect in np.ndenumerate(effects)]
    ranked = sorted(numbers, key=lambda each: -abs(each[2]))
    layer, head, most = ranked[0]
    said = f"Layer {layer}, head {head} matters most: {signed_text(most)}." if most else "No head matters here."
    st.markdown(f"**{plain(said)}**")
    is_signed = engine.answers != "vectors"
    colours = "Orange: less likely without it. Teal: more likely. " if is_signed else ""
    st.caption(plain(f"Each head is muted alone. {measured}{_beside(shown)} {colours}Click a head to go to it."))
    chosen = None if resolved.average else (resolved.layer, resolved.head)
    figure = effects_of_heads(effects, layers, name=name, is_signed=is_signed, chosen=chosen, theme=theme())
    _chart(figure, "muted_map", f"Effect of muting each head. {said}", on_select=_clicked)
    with st.container(horizontal=True, gap="small"):
        for layer, head, effect in ranked[:N_RANKED]:
            label = f"layer {layer} · head {head}: {signed_text(effect)}"
            st.button(label, key=f"muted_{layer}_{head}", on_click=_go, args=(layer, head))
    numbers_of("muted", lambda: dict(zip(("layer", "head", name), zip(*ranked, strict=True), strict=True)))


def _asked(shown: Shown, engine: Engine, effects: Callable[..., Value], **of: int) -> tuple[tuple[str, str], Value]:
    """What an effect is, in words, and the effects on what the model answers; computed once for what is on screen."""
    resolved, trace, kept = shown.resolved(), shown.traced.trace, shown.traced.effects
    at, head = question(engine, resolved)
    if (key := (effects, resolved.kind, at, head, *of.values())) not in kept:
        found = effects(engine, trace, kind=resolved.kind, at=at, answer_head=head, **of)
        kept[key] = measure(engine.predict(trace, at=at, head=head)), found
    return kept[key]


def _chart(figure: Spec, key: str, alt: str, **more: Any) -> None:
    size = {"width": figure["layout"]["width"], "room": float(visit().room) or None}
    chart(figure, key=key, alt=alt, config={"displayModeBar": False}, **size, **more)


def _beside(shown: Shown) -> str:
    return " Your edits stay in force." if shown.traced.trace.edits else ""


def _clicked() -> None:
    points = st.session_state["muted_map"]["selection"]["points"]
    if points:  # none where a choice is taken back
        _go(*points[0]["customdata"][:2])


def _go(layer: int, head: int) -> None:
    """Choose a head, in all that shows it."""
    visit().send({"type": "head", "layer": layer, "head": head})
    st.rerun(["picture", "heads", "worth"])
