"""What a session takes from widgets."""

import pytest
import streamlit as st

from attnviz.app import session
from attnviz.app.state import View
from tests.app.conftest import Start, checked


@pytest.fixture
def state(monkeypatch):
    """The state of a session that shows the default view."""
    kept = {"_view": View(layer=1, query=2, key=3), "_complaints": (), "_from_address": True}
    monkeypatch.setattr(st, "session_state", kept)
    return kept


@pytest.mark.parametrize(
    ("field", "gone"), [("layer", None), ("query", "w4 (5)"), ("key", None), ("stack", None), ("words", None)]
)
def test_a_choice_that_is_gone_is_left(state, field, gone):
    before = session.view()
    state[field] = gone
    session.take(field)
    assert session.view() is before
    assert session.is_from_address()


def test_a_choice_is_taken_with_what_follows_from_it(state):
    state["query"] = 7
    session.take("query", key=-1)
    assert (session.view().query, session.view().key) == (7, -1)
    state["key"] = 5
    session.take("key", key=-1)
    assert session.view().key == 5


def test_what_a_widget_shows_is_sent_again_after_a_run_that_was_broken_off(start: Start):
    def set_by_the_page(page) -> list[bool]:
        return [element.proto.set_value for element in (page.text_input(key="text"), page.selectbox(key="query"))]

    page = start()
    assert set_by_the_page(checked(page.run())) == [False, False], "what is being typed would be overwritten"
    page.session_state["_ended"] = False
    assert set_by_the_page(checked(page.run())) == [True, True]
    assert set_by_the_page(checked(page.run())) == [False, False]
