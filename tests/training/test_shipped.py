"""The shipped weights against the table, on a fixed held-out sample of their own, and the card against its report."""

import json
from dataclasses import asdict
from itertools import islice

import numpy as np
import pytest
import torch

from attnviz import cut
from attnviz.engine.builtin import example_sentences, load_builtin
from attnviz.engine.naming import HEADS
from training.audit import audit
from training.evaluate import REPORTING, causality, examples
from training.export import FOLDER
from training.free_pairs import free_pair_score
from training.loop import config
from training.measure import EXAMS, all_weights, baseline, cases, score
from training.report import write_card, write_guide
from training.stream import training_texts
from training.vocabulary import vocabulary

SAMPLE = 31  # a seed that neither chose the heads nor gave the report's figures
N = 100


@pytest.fixture(scope="module")
def model():
    return load_builtin().model


@pytest.fixture(scope="module")
def report():
    return json.loads((FOLDER / "report.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("exam", EXAMS, ids=lambda exam: exam.name)
def test_the_shipped_weights_reach_the_table(model, report, exam):
    """On a hundred cases, three standard errors below what the row must reach is chance; less is a loss of skill."""
    row = next(row for row in report["shipped"]["table"] if row["name"] == exam.name)
    found = cases(exam, n=N, seed=SAMPLE)
    reached = score(exam, found, all_weights(model, [case.words for case in found]))[row["layer"], row["head"]]
    expected = min(exam.needed, row["accuracy"])
    n_judged = sum(len(case.links) for case in found) / (2 if exam.flips else 1)
    assert reached >= expected - 3 * (expected * (1.01 - expected) / n_judged) ** 0.5
    assert reached - baseline(exam, found) >= exam.margin


def test_cutting_the_link_takes_the_name_and_cutting_the_rival_leaves_it(model):
    found = causality(model, n=100)
    assert found["nothing cut, between the two nouns"] > 0.9
    assert found["antecedent cut, between the two nouns"] < 0.6
    assert found["distractor cut, between the two nouns"] > 0.9


def test_the_figures_of_the_report_come_out_again(model, report):
    for again, told in zip(examples(model), report["shipped"]["examples"], strict=True):
        assert again["weight"] == pytest.approx(told["weight"], abs=0.002)  # rounding; sums differ between machines
    assert free_pair_score(model) == report["shipped"]["free_pairs"]


def test_an_offered_example_gives_the_antecedent_three_times_its_rival(model):
    offered = {example.text for example in example_sentences()}
    rows = [row for row in examples(model) if row["text"] in offered and row["word"] in ("it", "she", "his")]
    assert len(rows) >= 7
    for row in rows:
        assert row["weight"] >= 3 * row["rival_weight"], row


def test_guide_and_card_are_made_from_the_report(report, tmp_path):
    write_guide(report, tmp_path)
    write_card(report, tmp_path)
    for name in ("head_guide.json", "MODEL_CARD.md"):
        assert (tmp_path / name).read_text(encoding="utf-8") == (FOLDER / name).read_text(encoding="utf-8")


def test_the_stream_of_the_shipped_weights_is_clean(report):
    assert (report["audit"]["held_out_pairs"], report["audit"]["example_sentences"]) == (0, 0)
    assert audit(islice(training_texts(report["made"]["seed"]), 2000)).is_clean


def test_vocabulary_and_sizes_are_those_of_the_training_code():
    stored = json.loads((FOLDER / "vocabulary.json").read_text(encoding="utf-8"))
    assert tuple(stored["words"]) == vocabulary()
    assert stored["config"] == json.loads(json.dumps(asdict(config())))
    assert sum(parameter.numel() for parameter in load_builtin().model.parameters()) > 0
    assert torch.get_default_dtype() == torch.float32


def test_the_engine_cuts_the_same_links_with_the_same_outcome(model):
    """Sixty held-out sentences, each as itself, without it → antecedent, and without it → the other noun."""
    engine, found = load_builtin(), cases(EXAMS[0], n=60, seed=REPORTING)
    last, words = engine.n_layers - 1, engine.vocabulary.typed
    keeps = {role: np.zeros(3) for role in ("any", "reference")}
    for case in found:
        link = case.links[0]
        cuts = [[cut(layer=last, query=link.query + 1, key=key + 1)] for key in (link.key, link.rival)]
        right, wrong = (words.index(case.words[place].lower()) for place in (link.key, link.rival))
        for role, kept in keeps.items():
            answers = engine.predictions(
                " ".join(case.words), variants=[[], *cuts], at=link.query + 1, head=HEADS.index(role)
            )
            kept += [float(answer.values[right] > answer.values[wrong]) for answer in answers]
    reached = np.max(list(keeps.values()), axis=0) / 60
    told = causality(model, n=60)
    kinds = ("nothing", "antecedent", "distractor")
    np.testing.assert_allclose(reached, [told[f"{kind} cut, between the two nouns"] for kind in kinds], atol=1e-6)
    assert reached[0] > 0.9 > 0.2 > reached[1]
