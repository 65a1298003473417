"""Every example runs as its first lines say, and says what it promises."""

import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs an example as `python` does, in a folder of its own, and gives its lines."""
    monkeypatch.chdir(tmp_path)

    def run_it(name, *arguments):
        path = str(ROOT / "examples" / f"{name}.py")
        monkeypatch.setattr(sys, "argv", [path, *arguments])
        runpy.run_path(path, run_name="__main__")
        return capsys.readouterr().out.splitlines()

    return run_it


def test_examples_are_numbered_without_gaps():
    assert [path.name[:3] for path in EXAMPLES] == [f"{number:02}_" for number in range(1, len(EXAMPLES) + 1)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_it_says_how_it_is_run(example):
    assert f"\npython examples/{example.name}" in example.read_text(encoding="utf-8")


def test_the_strongest_weights_come_first(run):
    weights = [float(line.split()[0]) for line in run("01_where_a_word_attends")[1:]]
    assert len(weights) == 5
    assert weights == sorted(weights, reverse=True)


def test_a_weight_by_hand_is_the_weight_of_the_trace(run):
    *_, by_hand, by_trace = run("02_a_weight_by_hand")
    assert by_hand.split()[-1] == by_trace.split()[-1]


def test_the_file_lies_where_it_was_asked_for(run, tmp_path):
    first, *_ = run("03_numbers_in_a_file", str(tmp_path / "mine.npz"))
    assert first.startswith("mine.npz: (4, 4, 13, 13) float32")
    assert (tmp_path / "mine.npz").is_file()


def test_the_weight_of_a_head_set_by_hand_is_the_closed_form(run):
    by_trace, by_hand = run("04_heads_set_by_hand")
    assert by_trace.split()[-1] == by_hand.split()[-1] == "0.9489"


def test_the_cut_link_takes_the_answer_along_and_the_head_that_has_it_matters_most(run):
    before, after, most = run("05_cut_a_link")
    assert before.split(": ")[2].startswith("animal 0.99")
    assert after.split(": ")[2].startswith("street 0.9")
    assert "3.0 matters most: -" in most


def test_every_example_is_run():
    source = Path(__file__).read_text(encoding="utf-8")
    assert all(f'run("{path.stem}"' in source for path in EXAMPLES)
