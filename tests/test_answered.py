"""What the picture says of edits and of the answer before and after them."""

import numpy as np
import pytest
import torch

import attnviz
from attnviz.address import Place, View
from attnviz.answered import N_ANSWERS, answer, listed
from attnviz.edits import read_edits
from attnviz.errors import SelectionError
from attnviz.prediction import Prediction, PredictionKind
from attnviz.testing import PlantedEngine
from attnviz.view import resolve
from tests.surveyed import survey

TEXT = "The animal didn't cross the street because it was too tired"
NAMES = ("sun", "moon", "star", "sea", "sky", "hill", "tree", "bird")
BEFORE = np.array([3.0, 2.0, 1.0, 0.5, 0.25, 0.0, -1.0, -2.0])
AFTER = np.array([-1.0, 2.0, 1.0, 0.5, 0.25, 0.0, -1.0, 4.0])


class Answering(PlantedEngine):
    """An engine that answers what a test wants, and remembers what it was asked."""

    def __init__(self, *values: np.ndarray, answers: PredictionKind = "next token") -> None:
        super().__init__([["first"]])
        self._answers = answers
        self._values = list(values)
        self.asked: list[tuple[int | None, int | None]] = []

    @property
    def answers(self) -> PredictionKind:
        """As a test wants."""
        return self._answers

    def predict(self, text, *, at=None, head=None, **others):
        """The next of the values."""
        self.asked.append((at, head))
        if not self._values:
            raise SelectionError("Token 0 is [CLS], which nobody typed.")
        values = torch.from_numpy(self._values.pop(0))
        return Prediction("m", self.answers, "the next token after “it”", values, NAMES.__getitem__, at=at)


def resolved(**asked):
    trace = attnviz.load("builtin").run(TEXT)
    return trace, resolve(View(**asked), trace, survey)


def softmax(values):
    return np.exp(values - values.max()) / np.exp(values - values.max()).sum()


def test_the_answers_that_changed_most_come_first_with_both_probabilities():
    trace, shown = resolved(layer=2, head=1)
    told = answer(Answering(BEFORE, AFTER), trace, trace, shown)
    was, now = softmax(BEFORE), softmax(AFTER)
    likely = {*np.argsort(-was)[:N_ANSWERS]} | {*np.argsort(-now)[:N_ANSWERS]}
    expected = sorted(likely, key=lambda place: -abs(now[place] - was[place]))[:N_ANSWERS]
    assert [row[0] for row in told["rows"]] == [NAMES[place] for place in expected]
    assert [row[0] for row in told["rows"]][:2] == ["bird", "sun"]
    for name, _, _, before, after in told["rows"]:
        place = NAMES.index(name)
        assert (before, after) == pytest.approx((was[place], now[place]), abs=1e-6)
    assert told["about"] == "The next token after “it”."
    odds = [np.log(p[0] / (1 - p[0])) for p in (was, now)]
    fall = f"The log-odds of “sun”, log(p ÷ (1 − p)), fall by {odds[0] - odds[1]:.2f}."
    assert told["said"] == f"“bird” takes the place of “sun”. {fall}"


@pytest.mark.parametrize(
    ("after", "said"), [(BEFORE, "stay as they were"), (BEFORE + np.eye(8)[0], "rise by"), (BEFORE + 7, "stay")]
)
def test_an_answer_that_stays_or_grows_is_said_to(after, said):
    trace, shown = resolved()
    told = answer(Answering(BEFORE, after), trace, trace, shown)["said"]
    assert told.startswith("“sun” stays the likeliest. The log-odds of “sun”")
    assert said in told


def test_a_further_answer_that_is_next_to_nothing_before_and_after_is_left_out():
    trace, shown = resolved()
    before, after = np.array([9.0, 1, 1, 1, 2, 1, 1, 1]), np.array([9.0, 1, 1, 1, 5, 1, 1, 1])
    told = answer(Answering(before, after), trace, trace, shown)
    assert [row[0] for row in told["rows"]] == ["sky", "sun"]
    assert softmax(after)[4] > 0.01 > softmax(after)[1]


@pytest.mark.parametrize(("answers", "says"), [("masked word", True), ("next token", False)])
def test_of_a_covered_word_it_is_said_that_the_maps_are_of_the_text_as_it_stands(answers, says):
    trace, shown = resolved()
    note = answer(Answering(BEFORE, AFTER, answers=answers), trace, trace, shown)["note"]
    assert ("word is covered" in note) == says


def test_vectors_are_no_prediction():
    trace, shown = resolved()
    same = answer(Answering(BEFORE, 2 * BEFORE, answers="vectors"), trace, trace, shown)
    assert same["said"] == "It stays as it was."
    told = answer(Answering(np.array([1.0, 0.0]), np.array([1.0, 1.0]), answers="vectors"), trace, trace, shown)
    assert told["rows"] == []
    assert told["said"].startswith(f"It moved by {1 - np.sqrt(0.5):.4f}, as 1 − cosine")


@pytest.mark.parametrize(
    ("answers", "asked", "expected"),
    [
        ("named word", {"layer": 3, "head": 4}, (8, 4)),
        ("named word", {"layer": 2, "head": 4}, (8, None)),
        ("masked word", {"layer": 3, "head": 4}, (8, None)),
        ("class", {"layer": 3, "head": 4}, (None, None)),
    ],
)
def test_a_model_is_asked_at_the_chosen_word_where_it_answers_at_one(answers, asked, expected):
    trace, shown = resolved(query=Place(8), **asked)
    engine = Answering(BEFORE, AFTER, answers=answers)
    answer(engine, trace, trace, shown)
    assert engine.asked == [expected] * 2


def test_what_cannot_be_asked_is_said():
    trace, shown = resolved()
    told = answer(Answering(), trace, trace, shown)
    assert (told["rows"], told["said"]) == ([], "Token 0 is [CLS], which nobody typed.")


def test_edits_are_told_in_words_and_those_that_cannot_be_made_as_they_were_written():
    engine = attnviz.load("builtin")
    edits = "cut 3.0 8 2; mute 1"
    told = listed(edits, engine.run(TEXT, edits=read_edits(edits)))
    assert [text for text, _ in told] == edits.split("; ")
    assert "“it” no longer looks at “animal”" in told[0][1]
    assert "layer 1" in told[1][1]
    unmade = engine.run(TEXT)
    assert listed("cut 3.0 99 2", unmade) == (("cut 3.0 99 2", "cut 3.0 99 2"),)
