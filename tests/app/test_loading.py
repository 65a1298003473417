import gc
import threading

import pytest
import streamlit as st

import attnviz
from attnviz import Progress
from attnviz.app import loading
from attnviz.errors import HubUnreachableError


@pytest.fixture(autouse=True)
def empty_caches():
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()
    gc.unfreeze()


def test_two_who_ask_for_a_model_wait_for_one_loading(monkeypatch):
    go_on, calls = threading.Event(), []
    load = attnviz.load

    def slowly(name: str, **options: object) -> attnviz.Engine:
        calls.append(name)
        options["progress"](Progress("download", 3, 9))
        assert go_on.wait(60)
        return load("untrained")

    monkeypatch.setattr(attnviz, "load", slowly)
    first, second = (loading.loading("some/model", from_scratch=False) for _ in range(2))
    assert first is second
    assert not first.wait(0.01)
    go_on.set()
    assert first.wait(60.0)
    assert first.progress == Progress("download", 3, 9)
    assert loading.finish("some/model", from_scratch=False).name == "untrained"
    assert calls == ["some/model"]


def test_a_failed_loading_is_forgotten(monkeypatch):
    answers = iter([HubUnreachableError("The hub does not answer."), attnviz.load("untrained")])

    def load(name: str, **options: object) -> attnviz.Engine:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(attnviz, "load", load)
    with pytest.raises(HubUnreachableError):
        loading.finish("some/model", from_scratch=False)
    assert loading.finish("some/model", from_scratch=False).name == "untrained"


def test_what_is_loaded_is_taken_out_of_the_garbage_collectors_rounds():
    gc.unfreeze()
    loading.finish("untrained", from_scratch=False)
    assert gc.get_freeze_count() > 100_000  # torch alone brings more objects than that


def test_a_text_is_traced_once():
    engine = attnviz.load("untrained")
    one, two = (loading.trace(engine, "the cat", None, from_scratch=False) for _ in range(2))
    assert one is two
    assert loading.trace(engine, "the cat", "sat", from_scratch=False) is not one
