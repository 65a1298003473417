"""Which lessons there are, in order, each with its address."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from attnviz.app import pages as app_pages

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Lesson:
    """One page of Learn: the name of its folder and of its file, and what the menu calls it."""

    file: str
    title: str

    @property
    def number(self) -> int:
        """Its place, from 1."""
        return LESSONS.index(self) + 1

    @property
    def path(self) -> Path:
        """The script of its page."""
        return FOLDER / self.file / f"{self.file}.py"

    @property
    def address(self) -> str:
        """The last part of its address."""
        return f"learn-{self.file.replace('_', '-')}"


LESSONS = (
    Lesson("what_is_self_attention", "What is self-attention?"),
    Lesson("query_key_value", "Query, key, value"),
    Lesson("scale_and_softmax", "Scale and softmax"),
    Lesson("many_heads", "Many heads"),
    Lesson("masks_and_positions", "Masks, positions, another text"),
    Lesson("why_not_a_recurrent_network", "Why not a recurrent network?"),
    Lesson("meaning_from_context", "Meaning from context"),
    Lesson("what_does_it_mean", "What does “it” mean?"),
    Lesson("from_attention_to_a_transformer", "From attention to a transformer"),
)


def lesson(file: str) -> Lesson:
    """The lesson of a page, by the path or the name of its file."""
    name = Path(file).stem
    return next(each for each in LESSONS if each.file == name)


def page(of: Lesson) -> st.Page:
    """The page as the navigation and its links take it."""
    return st.Page(of.path, title=f"{of.number}. {of.title}", url_path=of.address)


def explore() -> st.Page:
    """The page where a sentence is looked at, as links take it; it has the plain address."""
    return st.Page(Path(app_pages.__file__).parent / "explore.py", title="Explore", default=True)


def pages() -> list[st.Page]:
    """All lessons, in order."""
    return [page(each) for each in LESSONS]
