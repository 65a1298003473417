"""What stands on every lesson: its title and how far one has come; at its end its limits, its sources and the way on.

A page of Learn imports what one can play with after its first words: that brings torch, which takes a second, once.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from attnviz import AttnVizError
from attnviz.address import View, write_address
from attnviz.app.shared.scheme import follow_browser
from attnviz.app.shared.words import counted, plain
from attnviz.engine import minilm
from attnviz.learn.questions import n_answered
from attnviz.learn.syllabus import LESSONS, Lesson, explore, lesson, page

WIDTH = 1060  # pixels of a lesson
TEXT_WIDTH = 720  # pixels of a paragraph: about 90 characters
_READ = "_lessons_read"
# Streamlit draws what is to be clicked and filled in with a contrast of 1.4; WCAG 2.2 (1.4.11) asks for 3.
_OUTLINES = """<style>
[data-testid="stRadioOption"]:not([data-selected]) > div > div:first-child,
[data-testid="stTextInputRootElement"]:not(:focus-within) {
  border-color: color-mix(in srgb, currentColor 65%, transparent);
}
</style>"""


@contextmanager
def lesson_page(file: str) -> Iterator[Lesson]:
    """A lesson, from its title to the links to its neighbours; an error that one can mend is shown in its place."""
    current = lesson(file)
    read: frozenset[int] = st.session_state.get(_READ, frozenset()) | {current.number}
    st.session_state[_READ] = read
    with st.container(width=WIDTH):
        st.title(current.title, anchor=False)
        st.caption(
            f"Lesson {current.number} of {len(LESSONS)} · in this session: {counted(len(read), 'lesson')} opened, "
            f"{counted(n_answered(), 'question')} answered"
        )
        with part():
            yield current
        _way_on(current)
    st.html(_OUTLINES)
    follow_browser()


@contextmanager
def part() -> Iterator[None]:
    """A part of a lesson that depends on what was typed: what is wrong with it is said, and the page goes on."""
    try:
        yield
    except AttnVizError as error:
        st.error(plain(str(error)), width=TEXT_WIDTH)


def text(markdown: str) -> None:
    """A paragraph or more, in lines that can be read."""
    st.markdown(markdown, width=TEXT_WIDTH)


def heading(title: str) -> None:
    """The title of a section."""
    st.subheader(title, anchor=False)


def to_explore(sentence: str, *, layer: int, head: int) -> None:
    """A link to Explore with this sentence and this head."""
    st.page_link(
        explore(),
        label="This head in Explore",
        icon=":material/grid_on:",
        query_params=write_address(View(text=sentence, layer=layer, head=head)),
    )


def in_a_real_bert(*sentences: str) -> None:
    """Links to Explore with these sentences in MiniLM, where its weights are installed."""
    if minilm.folder() is None:
        return
    for number, sentence in enumerate(sentences, start=1):
        which = "This sentence" if len(sentences) == 1 else f"Sentence {number}"
        st.page_link(
            explore(),
            label=f"{which} in a real BERT",
            icon=":material/swap_horiz:",
            query_params=write_address(View(text=sentence, model=minilm.NAME)),
        )


def does_not_show(markdown: str) -> None:
    """What must not be read into the page."""
    heading("What this does not show")
    text(markdown)


def sources(*entries: str) -> None:
    """Where the facts of the page come from."""
    heading("Sources")
    text("\n".join(f"- {entry}" for entry in entries))


def _way_on(current: Lesson) -> None:
    neighbours: Sequence[tuple[str, int]] = (("Previous", current.number - 2), ("Next", current.number))
    st.divider()
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        for label, index in neighbours:
            if 0 <= index < len(LESSONS):
                icon = ":material/arrow_back:" if label == "Previous" else ":material/arrow_forward:"
                st.page_link(page(LESSONS[index]), label=f"{label}: {LESSONS[index].title}", icon=icon)
