"""How far a word reaches: measured in a recurrent network and with attention, before training and after."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median

import streamlit as st

from attnviz.analysis.influence import (
    N_STEPS,
    N_WORDS,
    mean_influence,
    mean_slope,
    random_attention,
    random_rnn,
    recall,
    train_to_recall,
)
from attnviz.learn.frame import heading, text
from attnviz.learn.parts import pictures, worked

LENGTHS = (6, 8, 10, 12, 16, 20, 24)
RADII = (0.5, 0.7, 0.9, 1.0, 1.2, 1.5, 2.0)
N_POSITIONS = 24
LEARNED = 0.9  # accuracy from which a run has learned its length
RNN, ATTENTION = "recurrent network", "self-attention"


@st.cache_data(max_entries=len(LENGTHS), show_spinner="Training both networks")
def trained(n_positions: int) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Influence by distance of both networks after training on texts of this length, and how often they are right."""
    both = {RNN: random_rnn(radius=1.0), ATTENTION: random_attention()}
    accuracy = {name: train_to_recall(last, n_positions=n_positions) for name, last in both.items()}
    return {name: mean_influence(last, n_positions=n_positions) for name, last in both.items()}, accuracy


@st.cache_data(max_entries=len(RADII), show_spinner=False)
def untrained(radius: float) -> tuple[dict[str, list[float]], float]:
    """Influence by distance of both networks before training, and the factor of tanh, on average."""
    rnn = random_rnn(radius=radius)
    both = {RNN: rnn, ATTENTION: random_attention()}
    curves = {name: mean_influence(last, n_positions=N_POSITIONS) for name, last in both.items()}
    return curves, mean_slope(rnn, n_positions=N_POSITIONS)


def play() -> None:
    """Before training: the spectral radius; after training: the length of the texts, then many random starts."""
    heading("Before training")
    radius = st.select_slider("Spectral radius of the recurrent matrix U", RADII, value=0.9, key="radius", width=720)
    curves, slope = untrained(radius)
    _draw("Influence before training", curves, key="untrained")
    _say_what_decides(radius, curves[RNN], curves[ATTENTION], slope)
    heading("After training")
    text(
        f"Both networks learn the same task: at the end of a text of random words, which of {N_WORDS} words came "
        "first? So the word farthest away, at the right of the picture, should come to have the most influence. The "
        f"recurrent network starts with a spectral radius of 1, and each picture is one run of {N_STEPS} steps from "
        "one random start."
    )
    length = st.select_slider("Words in a text", LENGTHS, value=10, key="length", width=720)
    curves, accuracy = trained(length)
    _draw(f"Influence after training on {length} words", curves, key="trained")
    text(
        f"On new texts of {length} words the recurrent network of this run names the first word in "
        f"**{accuracy[RNN]:.0%}** of them, attention in **{accuracy[ATTENTION]:.0%}**. Guessing is right in 1 of "
        f"{N_WORDS}."
    )
    _by_length(length)


def _say_what_decides(radius: float, rnn: list[float], attention: list[float], slope: float) -> None:
    n_steps = N_POSITIONS - 1
    factor = rnn[-1] / rnn[0]
    fate = "grows" if factor > 1 else "shrinks"
    text(
        f"Over {n_steps} steps the influence in the recurrent network {fate} by a factor of ${worked.value(factor)}$, "
        f"that is {factor ** (1 / n_steps):.2f} for each step. With attention, the last word itself has the most "
        "influence, because its vector is the query too; before it, distance makes no difference in kind: from "
        f"distance 1 to {n_steps} the influence changes by a factor of {attention[-1] / attention[1]:.2f}.\n\n"
        "Two things make the factor of a step in the recurrent network. In the long run *U* alone would multiply by "
        f"its spectral radius, {radius:g}. But every step also goes through tanh, which lets only the share 1 − *h*² "
        f"of a change in each number pass: all of it at *h* = 0, less everywhere else, here **{slope:.2f}** on "
        "average. So a radius above 1 does not yet make the influence grow. And a larger *U* drives the states "
        "farther from 0, so that tanh lets less pass: try 1.2, 1.5 and 2."
    )


def _by_length(length: int) -> None:
    """What twenty random starts made of every length."""
    runs = recall()
    heading("Luck, and the length of the text")
    text(
        f"The run above is one of many that could have been. {len(runs.seeds)} others of each network, at every "
        "length, were made beforehand in the same way, each from a random start of its own:"
    )
    rnn, attention = ([by_length[n] for n in LENGTHS] for by_length in (runs.recurrent, runs.attention))
    picture = pictures.lines_picture(
        "How often the first word is named right, by length",
        {
            f"{RNN}, median": list(map(median, rnn)),
            f"{ATTENTION}, median": list(map(median, attention)),
            f"{RNN}, best": list(map(max, rnn)),
        },
        x=LENGTHS,
        x_title="words in a text",
        y_title="first word named right",
        mark=length,
    )
    others = {
        f"{RNN}, worst": list(map(min, rnn)),
        f"{ATTENTION}, best": list(map(max, attention)),
        f"{ATTENTION}, worst": list(map(min, attention)),
    }
    pictures.show(replace(picture, numbers={**picture.numbers, **others}), key="recall")
    text(
        f"At {length} words: {_spread('the recurrent network', runs.recurrent[length])}; "
        f"{_spread('attention', runs.attention[length])}. Made by `{runs.made['by']}` with PyTorch "
        f"{runs.made['torch']}."
    )


def _spread(name: str, accuracies: Sequence[float]) -> str:
    n_learned = sum(accuracy > LEARNED for accuracy in accuracies)
    return (
        f"{name} names the first word in {min(accuracies):.0%} to {max(accuracies):.0%} of the texts (median "
        f"{median(accuracies):.0%}), and in more than {LEARNED:.0%} after {n_learned} of {len(accuracies)} starts"
    )


def _draw(title: str, curves: Mapping[str, list[float]], *, key: str) -> None:
    picture = pictures.lines_picture(
        title,
        curves,
        x=range(len(curves[RNN])),
        x_title="distance from the last word",
        y_title="influence on the end",
        log_y=True,
    )
    pictures.show(picture, key=key)
