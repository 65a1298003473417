"""From attention to a transformer: what each sublayer adds to a token's vector."""

from itertools import compress

import streamlit as st

from attnviz.analysis.residual import ResidualStream
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
    layers = [f"layer {index}" for index in range(len(stream.parts))]
    _say_where_feed_forward_is(stream, layers)
    shares = dict(zip(PARTS, stream.layer_shares[:, :, position].T.tolist(), strict=True))
    title = "Share of each part in the new vector"
    picture = pictures.bars_picture(title, shares, groups=layers, y_title="share of the new vector")
    pictures.show(picture, key="block_shares")
    means = stream.layer_shares[:, 1].mean(dim=-1).tolist()
    listed = ", ".join(f"**{share:.0%}** in {layer}" for layer, share in zip(layers, means, strict=True))
    text(f"Attention has this share of the new vectors, as a mean over all {len(names)} tokens: {listed}.")
    _what_layer_norm_reads(stream, position, names[position])
    _stacked(stream, position, names[position])


def _say_where_feed_forward_is(stream: ResidualStream, layers: list[str]) -> None:
    with_it = [layer for layer, added in zip(layers, stream.parts[:, 2], strict=True) if added.any()]
    if len(with_it) < len(layers):
        text(f"Of the {len(layers)} layers of this model only {', '.join(with_it) or 'none'} has a feed-forward layer.")


def _what_layer_norm_reads(stream: ResidualStream, position: int, word: str) -> None:
    """Mean, standard deviation and length of what comes into each layer, and how much each sublayer adds."""
    before, attention, feed_forward = stream.parts[:, :, position].unbind(dim=1)  # (layer, d_model) each
    heading("What comes in and what is added")
    text(
        f"The vector of “{plain(word)}” as it comes into each layer. Layer norm subtracts its mean and divides by its "
        "standard deviation, so that every layer reads numbers of the same size, however long the vector has grown."
    )
    measured = {
        "mean": before.mean(dim=-1),
        "standard deviation": before.std(dim=-1, correction=0),
        "length": before.norm(dim=-1),
        "length of what attention adds": attention.norm(dim=-1),
        "length of what feed-forward adds": feed_forward.norm(dim=-1),
    }
    table = {"what": list(measured)} | {
        f"layer {layer}": [f"{numbers[layer]:.2f}" for numbers in measured.values()] for layer in range(len(before))
    }
    pictures.table(table, alt="What comes into each layer, and what is added")


def _stacked(stream: ResidualStream, position: int, word: str) -> None:
    """Everything that was written into the vector, from the embedding to the last layer."""
    written = [f"{name} {layer}" for layer in range(len(stream.parts)) for name in PARTS[1:]]
    is_there = [True, *(bool(added.any()) for added in stream.parts[:, 1:].flatten(0, 1))]
    names = list(compress(["embedding", *written], is_there))
    values = list(compress(stream.shares[:, position].tolist(), is_there))
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
