"""A question with its answers. Every answer is explained, the wrong ones too: why it is tempting, and why it fails."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import streamlit as st

_WHY = "\n  > "  # before every line of what is said to an answer
_KEY = "question_"  # before the key of a question, in the session


@dataclass(frozen=True)
class Answer:
    """One answer that can be chosen, and what to say about it."""

    text: str
    why: str
    is_right: bool = False


@dataclass(frozen=True)
class Question:
    """A question with exactly one right answer; `key` is its name, unlike that of any other."""

    key: str
    text: str
    answers: tuple[Answer, ...]


def read_questions(markdown: str) -> tuple[Question, ...]:
    """The questions of a file of Markdown.

    A heading is the key of a question; an item is an answer, checked where it is right, and its quotation says why.
    """
    _, *parts = re.split(r"^## (\w+)$", markdown, flags=re.MULTILINE)
    return tuple(_question(key, body) for key, body in zip(parts[::2], parts[1::2], strict=True))


def _question(key: str, body: str) -> Question:
    asked, *parts = re.split(r"^- \[([ x])\] ", body, flags=re.MULTILINE)
    answers = []
    for mark, item in zip(parts[::2], parts[1::2], strict=True):
        answer, why = item.split(_WHY, maxsplit=1)
        answers.append(Answer(_line(answer), _line(why), is_right=mark == "x"))
    return Question(key, _line(asked), tuple(answers))


def _line(text: str) -> str:
    return " ".join(text.replace(_WHY, " ").split())


def ask(questions: Sequence[Question]) -> None:
    """Ask the questions, and explain the answer that is chosen."""
    st.subheader("Questions", anchor=False)
    for question in questions:
        chosen = st.radio(
            question.text,
            question.answers,
            index=None,
            format_func=attrgetter("text"),
            key=f"{_KEY}{question.key}",
            width=720,
            persist_state="session",
        )
        if chosen is not None:
            verdict(chosen.why, is_right=chosen.is_right)


def verdict(why: str, *, is_right: bool) -> None:
    """Say whether an answer is right, and why."""
    show, said, icon = (st.success, "Right", "check_circle") if is_right else (st.warning, "Not quite", "help")
    show(f"**{said}.** {why}", icon=f":material/{icon}:", width=720)


def n_answered() -> int:
    """How many questions were answered in this session."""
    return sum(answer is not None for key, answer in st.session_state.items() if str(key).startswith(_KEY))
