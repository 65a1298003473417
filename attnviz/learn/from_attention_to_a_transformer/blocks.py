"""From attention to a transformer: what each sublayer adds to a token's vector."""

import streamlit as st

from attnviz.analysis.residual import LayerParts, ResidualStream
from attnviz.app.shared.words import plain
from attnviz.learn.frame import heading, text
from attnviz.learn.parts import model, pictures, trained

SENTENCE = "She ate the apple."
PARTS = ("what was there", "attention", "feed-forward")


def play() -> None:
    """A sentence and a word of it: what each layer adds to its vector, and what the whole stack made of it."""
    model.say_which()
    typed = st.text_input("A sentence", SENTENCE, key="block_sentence", width=640)
    stream = model.stream(typed)
    trained.say_what_is_new(typed)
    names = model.names(stream.tokens)
    last = len(names) - 1
    position = st.select_slider(
        "Token", range(len(names)), value=min(2, last), format_func=names.__getitem__, key="block_token", width=640
    )
    _say_where_feed_forward_is(stream.layers)
    layers = [f"layer {index}" for index in range(len(stream.layers))]
    shares = {name: [float(each.shares[part, position]) for each in stream.layers] for part, name in enumerate(PARTS)}
    title = "Share of each part in the new vector"
    picture = pictures.bars_picture(title, shares, groups=layers, y_title="share of the new vector")
    pictures.show(picture, key="block_shares")
    means = [float(each.shares[1].mean()) for each in stream.layers]
    listed = ", ".join(f"**{share:.0%}** in {layer}" for layer, share in zip(layers, means, strict=True))
    text(f"Attention has this share of the new vectors, as a mean over all {len(names)} tokens: {listed}.")
    _what_layer_norm_reads(stream.layers, position, names[position])
    _stacked(stream, position, names[position])


def _say_where_feed_forward_is(parts: tuple[LayerParts, ...]) -> None:
    with_it = [f"layer {index}" for index, each in enumerate(parts) if each.feed_forward.any()]
    if len(with_it) < len(parts):
        text(f"Of the {len(parts)} layers of this model only {', '.join(with_it) or 'none'} has a feed-forward layer.")


def _what_layer_norm_reads(parts: tuple[LayerParts, ...], position: int, word: str) -> None:
    """Mean, standard deviation and length of what comes into each layer, and how much each sublayer adds."""
    rows = [(each.before[position], each.attention[position], each.feed_forward[position]) for each in parts]
    heading("What comes in and what is added")
    text(
        f"The vector of “{plain(word)}” as it comes into each layer. Layer norm subtracts its mean and divides by its "
        "standard deviation, so that every layer reads numbers of the same size, however long the vector has grown."
    )
    measured = {
        "mean": [float(before.mean()) for before, _, _ in rows],
        "standard deviation": [float(before.std(correction=0)) for before, _, _ in rows],
        "length": [float(before.norm()) for before, _, _ in rows],
        "length of what attention adds": [float(added.norm()) for _, added, _ in rows],
        "length of what feed-forward adds": [float(added.norm()) for _, _, added in rows],
    }
    table = {"what": list(measured)} | {
        f"layer {layer}": [f"{numbers[layer]:.2f}" for numbers in measured.values()] for layer in range(len(rows))
    }
    pictures.table(table, alt="What comes into each layer, and what is added")


def _stacked(stream: ResidualStream, position: int, word: str) -> None:
    """Everything that was written into the vector, from the embedding to the last layer."""
    n_layers = len(stream.layers)
    written = [f"{name} {layer}" for layer in range(n_layers) for name in PARTS[1:]]
    is_there = [True, *(bool(each.any()) for p in stream.layers for each in (p.attention, p.feed_forward))]
    shown = [index for index, there in enumerate(is_there) if there]
    names = [["embedding", *written][index] for index in shown]
    values = stream.shares[shown, position].tolist()
    heading("The whole stack")
    text(
        f"Because every sublayer only adds, the vector of “{plain(word)}” after the last layer is the sum of its "
        "embedding and of everything that was added on the way."
    )
    title = "share of the last vector"
    picture = pictures.bars_picture(f"The {title}, by part", {title: values}, groups=names, y_title=title)
    pictures.show(picture, key="block_stack")
    attention = float(stream.shares[1::2].sum(dim=0)[position])
    everywhere = float(stream.shares[1::2].sum(dim=0).mean())
    text(
        f"All attention together: **{attention:.0%}** of the last vector of “{plain(word)}”; as a mean over all "
        f"tokens, **{everywhere:.0%}**."
    )
