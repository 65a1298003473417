import ast
import importlib
import pkgutil
import re

import pytest

from attnviz import learn
from attnviz.learn.questions import Question
from attnviz.learn.syllabus import LESSONS, lesson
from tests.app.conftest import ROOT

MODULES = [
    importlib.import_module(info.name)
    for info in pkgutil.walk_packages(learn.__path__, f"{learn.__name__}.")
    if info.name.rpartition(".")[2] not in {each.file for each in LESSONS} or info.ispkg  # pages draw when they run
]
QUESTIONS: list[Question] = [question for module in MODULES for question in getattr(module, "QUESTIONS", ())]


def test_there_are_nine_lessons_with_addresses_of_their_own():
    assert len(LESSONS) == len({each.address for each in LESSONS}) == 9
    assert LESSONS[0].address == "learn-what-is-self-attention"
    assert all(lesson(f"/somewhere/{each.file}.py") is each for each in LESSONS)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.key)
def test_a_question_has_one_right_answer_and_every_answer_is_explained(question: Question):
    assert sum(answer.is_right for answer in question.answers) == 1
    assert len({answer.text for answer in question.answers}) == len(question.answers) >= 3
    assert all(len(answer.why) > 20 for answer in question.answers)


def test_no_question_has_the_key_of_another():
    assert len({question.key for question in QUESTIONS}) == len(QUESTIONS) >= 18


def test_the_right_answer_is_not_always_at_the_same_place():
    places = [[answer.is_right for answer in question.answers].index(True) for question in QUESTIONS]
    assert max(places.count(place) for place in set(places)) <= 0.7 * len(places)


def test_a_page_has_fewer_than_eighty_lines_and_the_router_at_most_thirty():
    for each in LESSONS:
        assert len(each.path.read_text(encoding="utf-8").splitlines()) < 80
    assert len((ROOT / "app.py").read_text(encoding="utf-8").splitlines()) <= 30


# "One" for people in general, told from the number by the word after or before it.
IMPERSONAL = re.compile(
    r"\bone (?:can|could|does|has|should|would|wants|must|may|might|looks|takes|reads|sees|divides|runs|says|needs|"
    r"compares|eats|hits|begins|knows)\b|\b(?:does|can|should|would) one\b|\bone’s\b|\boneself\b",
    re.IGNORECASE,
)


def texts_of(source: str) -> list[str]:
    """Every string of a module that is no docstring."""
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and isinstance(node.body[0], ast.Expr)
    }
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [node.value for node in strings if id(node) not in docstrings]


@pytest.mark.parametrize("room", ["app", "learn"])
def test_every_text_says_you(room):
    paths = list((ROOT / "attnviz" / room).rglob("*.py"))
    assert len(paths) > 20
    for path in paths:
        found = [text for text in texts_of(path.read_text(encoding="utf-8")) if IMPERSONAL.search(text)]
        assert not found, path


def test_an_impersonal_text_is_seen():
    assert IMPERSONAL.search("as one reads spines")
    assert IMPERSONAL.search("Why does one look?")
    assert not IMPERSONAL.search("One weight is 1; the other one stays. Each has one row.")
