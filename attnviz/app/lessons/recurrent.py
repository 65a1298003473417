"""How far a word reaches: measured in a recurrent network and with attention, before training and after."""

from dataclasses import dataclass

import streamlit as st

from attnviz.analysis.influence import (
    N_STEPS,
    N_WORDS,
    mean_influence,
    random_attention,
    random_rnn,
    train_to_recall,
)
from attnviz.app.components.scheme import theme
from attnviz.app.lessons import pictures, worked
from attnviz.app.lessons.page import heading, text
from attnviz.app.lessons.questions import Answer, Question
from attnviz.figures.charts import Series, lines
from attnviz.figures.diagram import Arrow, Box, diagram

LENGTHS = (6, 8, 10, 12, 16, 20, 24)
RADII = (0.5, 0.7, 0.9, 1.0, 1.2, 1.5, 2.0)
N_POSITIONS = 24

QUESTIONS = (
    Question(
        "rnn_path",
        "A text has n words. How many steps does it take from the first word to the last?",
        (
            Answer(
                "n − 1 in a recurrent network, 1 in self-attention.", "This is the maximum path length.", is_right=True
            ),
            Answer(
                "n − 1 in both.",
                "Self-attention computes the score of the last word with the first directly, whatever stands between.",
            ),
            Answer(
                "1 in both.",
                "A recurrent network hands its state from word to word. Every step in between is one more product.",
            ),
        ),
    ),
    Question(
        "rnn_cost",
        "What does attention pay for the short path?",
        (
            Answer(
                "Parameters: their number grows with the text.", "The matrices do not depend on the length of a text."
            ),
            Answer(
                "Work and memory: it computes n² scores.",
                "Each of n queries is compared with n keys. A recurrent network needs n steps, but one after the "
                "other.",
                is_right=True,
            ),
            Answer("Nothing.", "There are n² scores to compute. For n = 1000 that is a million for every head."),
        ),
    ),
)


@dataclass(frozen=True)
class Measured:
    """Influence by distance after training, and the accuracy at naming the first word."""

    rnn: list[float]
    rnn_accuracy: float
    attention: list[float]
    attention_accuracy: float


@st.cache_data(max_entries=len(LENGTHS), show_spinner="Training both networks")
def trained(n_positions: int) -> Measured:
    """Both networks, trained on texts of this length."""
    rnn = train_to_recall(random_rnn(radius=1.0), n_positions=n_positions)
    attention = train_to_recall(random_attention(), n_positions=n_positions)
    return Measured(
        mean_influence(rnn.last, n_positions=n_positions),
        rnn.accuracy,
        mean_influence(attention.last, n_positions=n_positions),
        attention.accuracy,
    )


@st.cache_data(max_entries=len(RADII) + 1, show_spinner=False)
def untrained(radius: float | None) -> list[float]:
    """Influence by distance before training; without a radius, that of attention."""
    last = random_attention() if radius is None else random_rnn(radius=radius)
    return mean_influence(last, n_positions=N_POSITIONS)


def paths() -> None:
    """The way from the first word to the last, in both networks."""
    places = (0.9, 2.8, 4.7, 6.6)
    boxes = [Box(f"x_{t + 1}", x, 1.6, 1.1) for t, x in enumerate(places)]
    boxes += [Box(f"h_{t + 1}", x, 0, 1.1, is_filled=True) for t, x in enumerate(places)]
    boxes += [Box(f"x_{t + 1}", x, 5.2, 1.1) for t, x in enumerate(places)]
    boxes += [Box("o_4", 6.6, 3.6, 1.1, is_filled=True)]
    arrows = [Arrow(((x, 1.1), (x, 0.5))) for x in places]
    arrows += [Arrow(((x + 0.55, 0), (x + 1.35, 0))) for x in places[:-1]]
    arrows += [Arrow(((x, 4.7), (6.2 + 0.25 * t, 4.1))) for t, x in enumerate(places)]
    figure = diagram(boxes, arrows, theme=theme())
    title = "Above, a recurrent network: word 1 reaches the end in three steps. Below, attention: in one."
    pictures.show(pictures.Picture(title, figure), key="paths")
    st.caption(title)


def play() -> None:
    """Before training: the spectral radius; after training: the length of the texts."""
    heading("Before training")
    radius = st.select_slider("Spectral radius of the recurrent matrix U", RADII, value=0.9, key="radius", width=720)
    rnn, attention = untrained(radius), untrained(None)
    _curves("Influence before training", rnn, attention, key="untrained")
    text(
        f"From distance 0 to distance {N_POSITIONS - 1} the influence in the recurrent network changes by a factor of "
        f"${worked.value(rnn[-1] / rnn[0])}$; with attention by ${worked.value(attention[-1] / attention[0])}$."
    )
    heading("After training")
    text(
        f"Both networks learn the same task: at the end of a text of random words, which of {N_WORDS} words came "
        "first? So the word farthest away, at the right of the picture, should come to have the most influence. Each "
        f"length is one run of {N_STEPS} steps from one random start: with other luck a recurrent network may learn a "
        "length or miss it."
    )
    length = st.select_slider("Words in a text", LENGTHS, value=10, key="length", width=720)
    result = trained(length)
    _curves(f"Influence after training on {length} words", result.rnn, result.attention, key="trained")
    text(
        f"On new texts of {length} words the recurrent network names the first word in **{result.rnn_accuracy:.0%}** "
        f"of them, attention in **{result.attention_accuracy:.0%}**. Guessing is right in 1 of {N_WORDS}."
    )


def _curves(title: str, rnn: list[float], attention: list[float], *, key: str) -> None:
    distances = list(range(len(rnn)))
    series = (Series("recurrent network", rnn), Series("self-attention", attention))
    figure = lines(
        series,
        x=distances,
        x_title="distance from the last word",
        y_title="influence on the end",
        theme=theme(),
        log_y=True,
    )
    numbers = {"distance": distances} | {each.name: list(each.values) for each in series}
    pictures.show(pictures.Picture(title, figure, numbers), key=key)
