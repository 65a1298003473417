"""The page of a lesson: its title and how far one has come, its text with what the code draws, and the way on.

A text is Markdown. `{module.function}` on a line of its own is drawn by that function, of a module beside the text; a
block of `dot` is drawn by Graphviz, beside the words before it. The module is imported after the first words: that
brings torch, which takes a second, once.
"""

import re
from functools import partial
from importlib import import_module
from pathlib import Path

import streamlit as st

from attnviz import AttnVizError
from attnviz.address import View, write_address
from attnviz.app import pages as app_pages
from attnviz.app.shared.scheme import follow_browser, theme
from attnviz.app.shared.words import counted, plain
from attnviz.engine import minilm
from attnviz.learn.questions import ask, n_answered, read_questions
from attnviz.learn.syllabus import LESSONS, Lesson

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


def page(of: Lesson) -> st.Page:
    """The page of a lesson, as the navigation and links take it."""
    return st.Page(partial(show_lesson, of), title=f"{of.number}. {of.title}", url_path=of.address)


def pages() -> list[st.Page]:
    """All lessons, in order."""
    return [page(each) for each in LESSONS]


def show_lesson(current: Lesson) -> None:
    """A lesson, from its title to the links to its neighbours."""
    read: frozenset[int] = st.session_state.get(_READ, frozenset()) | {current.number}
    st.session_state[_READ] = read
    with st.container(width=WIDTH):
        st.title(current.title, anchor=False)
        st.caption(
            f"Lesson {current.number} of {len(LESSONS)} · in this session: {counted(len(read), 'lesson')} opened, "
            f"{counted(n_answered(), 'question')} answered"
        )
        *beside, rest = re.split(r"^```dot\n(.*?)\n```$", current.text, flags=re.MULTILINE | re.DOTALL)
        if beside:
            prose, picture = st.columns([5, 4], gap="large")
            with prose:
                _written(beside[0], current)
            with picture:
                _flow(beside[1])
        _written(rest, current)
        _way_on(current)
    st.html(_OUTLINES)
    follow_browser()


def _written(markdown: str, current: Lesson) -> None:
    """A part of a lesson: paragraphs, formulas between lines of `$$`, headings, and what is drawn."""
    for piece in re.split(r"^(\$\$\n.*?\n\$\$|## [^\n]+|\{[\w.]+\})$", markdown, flags=re.MULTILINE | re.DOTALL):
        if piece.startswith("$$"):
            st.latex(piece.strip("$\n"), width=TEXT_WIDTH)
        elif piece.startswith("## "):
            heading(piece.removeprefix("## "))
        elif piece == "{questions}":
            ask(read_questions(current.questions))
        elif piece.startswith("{"):
            _drawn(current, *piece.strip("{}").split("."))
        elif piece.strip():
            text(piece.strip())


def _flow(source: str) -> None:
    """How data flows, in the language of Graphviz; what computes has `fillcolor=tint`."""
    colours = theme()
    node = f'color="{colours.muted}" fontcolor="{colours.text}" fillcolor="{colours.background}"'
    style = (
        f'bgcolor=transparent nodesep=.25 ranksep=.3 edge [color="{colours.muted}" arrowsize=.7] '
        f'node [shape=box height=.35 width=.5 margin=".12,.04" fontsize=12 style=filled {node}]'
    )
    coloured = source.replace("=tint", f'="{colours.scale[1]}"')
    st.graphviz_chart(coloured.replace("{", f"{{ {style}", 1), width="content")


def _drawn(current: Lesson, module: str, function: str) -> None:
    """What one can play with; what is wrong with what was typed is said in its place, and the page goes on."""
    try:
        getattr(import_module(f"attnviz.learn.{current.file}.{module}"), function)()
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
    _link("This head in Explore", ":material/grid_on:", View(text=sentence, layer=layer, head=head))


def in_a_real_bert(*sentences: str) -> None:
    """Links to Explore with these sentences in MiniLM, where its weights are installed."""
    if minilm.folder() is None:
        return
    for number, sentence in enumerate(sentences, start=1):
        which = "This sentence" if len(sentences) == 1 else f"Sentence {number}"
        _link(f"{which} in a real BERT", ":material/swap_horiz:", View(text=sentence, model=minilm.NAME))


def _link(label: str, icon: str, view: View) -> None:
    """A link to Explore, which has the plain address."""
    explore = st.Page(Path(app_pages.__file__).parent / "explore.py", title="Explore", default=True)
    st.page_link(explore, label=label, icon=icon, query_params=write_address(view))


def _way_on(current: Lesson) -> None:
    """Links to the lessons before and after."""
    st.divider()
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        for label, icon, number in ("Previous", "back", current.number - 1), ("Next", "forward", current.number + 1):
            if 1 <= number <= len(LESSONS):
                other = LESSONS[number - 1]
                st.page_link(page(other), label=f"{label}: {other.title}", icon=f":material/arrow_{icon}:")
