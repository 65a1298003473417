import ast
import re
from importlib import import_module

import pytest

from attnviz.learn.questions import Answer, Question, read_questions
from attnviz.learn.syllabus import FOLDER, LESSONS, SOURCES
from tests.app.conftest import ROOT

QUESTIONS = [question for each in LESSONS for question in read_questions(each.questions)]
WRITTEN = """\
## colour

Which colour has
the sky?

- [ ] Green, as in some
      pictures.
  > That is > the meadow,
  > mostly.
- [x] Blue.
  > Look up.

## sum_of_two

What is 1 + 1?

- [x] 2
  > Count.
"""


def test_there_are_nine_lessons_with_addresses_of_their_own():
    assert len(LESSONS) == len({each.address for each in LESSONS}) == 9
    assert LESSONS[0].address == "learn-what-is-self-attention"


def test_the_title_of_a_lesson_is_that_of_its_text():
    assert [each.title for each in LESSONS[1:3]] == ["Query, key, value", "Scale and softmax"]
    assert not any("#" in each.title for each in LESSONS)


def test_questions_are_read_from_markdown_line_by_line():
    assert read_questions(WRITTEN) == (
        Question(
            "colour",
            "Which colour has the sky?",
            (Answer("Green, as in some pictures.", "That is > the meadow, mostly."), Answer("Blue.", "Look up.", True)),
        ),
        Question("sum_of_two", "What is 1 + 1?", (Answer("2", "Count.", True),)),
    )


def test_every_source_is_cited_and_stands_in_full_on_the_page():
    entries = dict(re.findall(r"^\[@(\w+)\]: (.+)$", SOURCES.read_text(encoding="utf-8"), re.MULTILINE))
    texts = {each: (FOLDER / each.file / "lesson.md").read_text(encoding="utf-8") for each in LESSONS}
    assert set(re.findall(r"\[@(\w+)\]", "".join(texts.values()))) == set(entries)
    for each, text in texts.items():
        cited = re.findall(r"\[@(\w+)\]", text)
        assert cited
        assert "[@" not in each.text
        assert all(entries[name] in each.text for name in cited)


@pytest.mark.parametrize("each", LESSONS, ids=lambda each: each.file)
def test_what_a_text_names_is_drawn_by_a_function_beside_it_and_once(each):
    named = re.findall(r"^\{(.+)\}$", each.text, re.MULTILINE)
    assert named.count("questions") == 1
    assert len(set(named)) == len(named) >= 2
    for module, function in (name.split(".") for name in named if name != "questions"):
        assert callable(getattr(import_module(f"attnviz.learn.{each.file}.{module}"), function))


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
    paths = [path for path in (ROOT / "attnviz" / room).rglob("*") if path.suffix in {".py", ".md"}]
    assert len(paths) > 20
    for path in paths:
        text = path.read_text(encoding="utf-8")
        found = [
            each
            for each in (texts_of(text) if path.suffix == ".py" else [" ".join(text.split())])
            if IMPERSONAL.search(each)
        ]
        assert not found, path


def test_an_impersonal_text_is_seen():
    assert IMPERSONAL.search("as one reads spines")
    assert IMPERSONAL.search("Why does one look?")
    assert not IMPERSONAL.search("One weight is 1; the other one stays. Each has one row.")
