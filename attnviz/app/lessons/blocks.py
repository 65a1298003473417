"""From attention to a transformer: what each sublayer adds to a token's vector."""

from itertools import pairwise

import streamlit as st

from attnviz.analysis.residual import LayerParts
from attnviz.app.components.scheme import theme
from attnviz.app.lessons import model, pictures
from attnviz.app.lessons.page import part, text
from attnviz.app.lessons.questions import Answer, Question
from attnviz.figures.charts import Series, bars
from attnviz.figures.diagram import Arrow, Box, diagram

SENTENCE = "She ate the apple."
PARTS = ("what was there", "attention", "feed-forward")

QUESTIONS = (
    Question(
        "blocks_mix",
        "Which part of a transformer block moves information from one position to another?",
        (
            Answer(
                "The feed-forward layer.", "It does the same to each position by itself, without seeing the others."
            ),
            Answer("Attention.", "It is the only part in which positions meet.", is_right=True),
            Answer("Layer norm.", "It rescales the vector of one position by that vector’s own mean and spread."),
        ),
    ),
    Question(
        "blocks_residual",
        "All matrices W_O and all feed-forward layers are set to zero. What comes out of the blocks?",
        (
            Answer("Zeros.", "The sublayers add zeros, but they add them to what came in."),
            Answer(
                "What went in.",
                "Each block computes x + 0 + 0. The residual connection carries x past both sublayers.",
                is_right=True,
            ),
            Answer("The mean of all vectors.", "Nothing is averaged if attention adds nothing."),
        ),
    ),
)


def flow() -> None:
    """One block with its two residual connections."""
    boxes = (
        Box("x", 4.2, 0, 2.4),
        Box("layer norm", 4.2, 1.9, 3.2),
        Box("multi-head attention", 4.2, 3.5, 4.4, is_filled=True),
        Box("+", 4.2, 5.1, 0.9),
        Box("layer norm", 4.2, 7, 3.2),
        Box("feed-forward", 4.2, 8.6, 4.4, is_filled=True),
        Box("+", 4.2, 10.2, 0.9),
        Box("to the next block", 4.2, 11.8, 3.6),
    )
    downwards = [(upper.y + 0.5, lower.y - 0.5) for upper, lower in pairwise(boxes)]
    arrows = [Arrow(((4.2, start), (4.2, end))) for start, end in downwards]
    arrows += [Arrow(((4.2, top), (0.9, top), (0.9, plus), (3.7, plus))) for top, plus in ((0.9, 5.1), (6, 10.2))]
    figure = diagram(boxes, arrows, theme=theme())
    pictures.show(pictures.Picture("One transformer block", figure), key="block_flow")


def play() -> None:
    """A sentence and a word of it: what each layer adds to its vector."""
    model.say_which()
    with part():
        typed = st.text_input("A sentence", SENTENCE, key="block_sentence", width=640)
        stream = model.stream(typed)
        names = model.names(stream.tokens)
        last = len(names) - 1
        position = st.select_slider(
            "Token", range(len(names)), value=min(2, last), format_func=names.__getitem__, key="block_token", width=640
        )
        layers = [f"layer {index}" for index in range(len(stream.layers))]
        shares = [layer.shares[:, position].tolist() for layer in stream.layers]
        series = [Series(name, [share[index] for share in shares]) for index, name in enumerate(PARTS)]
        figure = bars(series, groups=layers, x_title="", y_title="share of the new vector", theme=theme())
        numbers = {"": layers} | {each.name: list(each.values) for each in series}
        pictures.show(pictures.Picture("Share of each part in the new vector", figure, numbers), key="block_shares")
        _all_tokens(stream.layers, names, layers)


def _all_tokens(parts: tuple[LayerParts, ...], names: tuple[str, ...], layers: list[str]) -> None:
    norms = [(float(p.before.norm(dim=-1).mean()), float(p.attention.norm(dim=-1).mean())) for p in parts]
    means = [float(each.shares[1].mean()) for each in parts]
    listed = "; ".join(f"{layer}: **{share:.0%}**" for layer, share in zip(layers, means, strict=True))
    text(f"Share of attention, as a mean over all {len(names)} tokens: {listed}.")
    lengths = "; ".join(
        f"{layer}: {was:.2f} and {added:.2f}" for layer, (was, added) in zip(layers, norms, strict=True)
    )
    text(f"Mean length of the vector that comes in and of what attention adds: {lengths}.")
    without = [layer for layer, each in zip(layers, parts, strict=True) if not each.feed_forward.any()]
    if without:
        text(f"Without a feed-forward layer in this model: {', '.join(without)}.")
