"""One word in two sentences: how its vectors part, layer by layer, and where it looked."""

import numpy as np
import streamlit as st

from attnviz.analysis.example import Matrix
from attnviz.analysis.residual import ResidualStream, cosines
from attnviz.app.shared.scheme import theme
from attnviz.app.shared.words import plain
from attnviz.figures.strips import strips
from attnviz.learn.frame import heading, text
from attnviz.learn.parts import model, pictures, trained

WORD = "bank"
SENTENCES = ("The bank of the river was muddy.", "The bank kept the money.")


def play() -> None:
    """Two sentences and a word, the cosine after each layer, the vectors, and where the word looked."""
    model.say_which()
    with st.container(horizontal=True):
        typed = [
            st.text_input(f"Sentence {number}", sentence, key=f"context_{number}", width=340)
            for number, sentence in enumerate(SENTENCES, start=1)
        ]
        word = st.text_input("Word", WORD, key="context_word", width=140)
    streams = [model.stream(sentence) for sentence in typed]
    places = [model.position_of(word, stream.tokens) for stream in streams]
    trained.say_what_is_new(*typed)
    one, other = (stream.hidden[:, place] for stream, place in zip(streams, places, strict=True))
    together = cosines(one, other)
    stages = ["embedding", *(f"after layer {layer}" for layer in range(len(together) - 1))]
    shown = model.marked(streams[0].tokens[places[0]])
    title = "Cosine between the vectors of the same word in the two sentences"
    heading(title)
    picture = pictures.lines_picture(
        title,
        {shown: together.tolist()} | _control(streams, places),
        x=range(len(stages)),
        x_title="",
        y_title="cosine",
        x_names=stages,
        is_from_zero=False,
    )
    pictures.show(picture, key="context_cosine")
    text(
        f"The cosine of “{plain(shown)}” goes from **{together[0]:.3f}** at the embedding to "
        f"**{together[-1]:.3f}** after the last layer."
    )
    if not trained.is_known(streams[0].tokens[places[0]]):
        text(
            "It is the vector of the unknown word that parts here, as any word’s does between two sentences. The "
            f"model was never told of senses of “{plain(word)}”, and the picture shows none."
        )
    _vectors(one, other, stages)
    _looked_at(typed, places)


def _vectors(one: Matrix, other: Matrix, stages: list[str]) -> None:
    """All numbers of both vectors as colours, those of one stage below each other."""
    heading("The vectors")
    text(
        f"All {one.shape[-1]} numbers of the vector, each a cell. The two sentences stand below each other at every "
        "stage: where the colours differ, the vectors have parted."
    )
    values = np.stack([one.numpy(), other.numpy()], axis=1).reshape(-1, one.shape[-1])  # (stage · sentence, d_model)
    rows = [f"{stage}, {number}" for stage in stages for number in (1, 2)]
    title = "The vector of the word in sentence 1 and in sentence 2"
    end = float(np.quantile(np.abs(values), 0.95))  # beside a few large ones the others would be pale
    figure = strips(values, rows=rows, title=title, end=end or 1.0, theme=theme(), group=2)
    numbers = {"number": list(range(one.shape[-1]))} | dict(zip(rows, values.tolist(), strict=True))
    pictures.show(pictures.Picture(title, figure, numbers), key="context_vectors")


def _control(streams: list[ResidualStream], places: list[int]) -> dict[str, list[float]]:
    """The same for the first other word that both sentences have, to compare with."""
    first, second = streams
    for place, token in enumerate(first.tokens):
        if token.is_special or place == places[0] or not token.text[0].isalpha():
            continue
        spellings = [other.text.casefold() for other in second.tokens]
        if token.text.casefold() in spellings and spellings.index(token.text.casefold()) != places[1]:
            there = spellings.index(token.text.casefold())
            together = cosines(first.hidden[:, place], second.hidden[:, there])
            return {f"{model.marked(token)}, to compare": together.tolist()}
    return {}


def _looked_at(typed: list[str], places: list[int]) -> None:
    heading("Which other word it attended to most")
    text(
        "Weights are means over the heads of a layer. The word itself and the special tokens [CLS] and [SEP] are left "
        "out of “most”, and have columns of their own."
    )
    for number, (sentence, place) in enumerate(zip(typed, places, strict=True), start=1):
        stack = model.stack(sentence)
        rows = [stack.weights(layer).mean(dim=0)[place].tolist() for layer in range(stack.n_layers)]
        table = {"layer": [str(layer) for layer in range(stack.n_layers)]}
        table |= model.attended(rows, stack.query_tokens, places=[place] * stack.n_layers)
        text(f"Sentence {number}: {plain(sentence)}")
        pictures.table(table, alt=f"Which other word it attended to most, sentence {number}")
