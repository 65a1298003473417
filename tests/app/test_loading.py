import gc
import threading

import pytest
import streamlit as st
import torch
from safetensors.torch import load_file, save_file

import attnviz
from attnviz import Progress
from attnviz.app import loading
from attnviz.errors import HubUnreachableError
from attnviz.testing import PlantedEngine
from tests.engine.tiny import save_tiny


@pytest.fixture(autouse=True)
def empty_caches(request, monkeypatch):
    """Nothing is kept from another test, nor collected on demand where that is not asked: it takes 0.3 s each time."""
    st.cache_resource.clear()
    if "collected" not in request.fixturenames:
        monkeypatch.setattr(gc, "collect", lambda *_: 0)
    yield
    st.cache_resource.clear()
    st.session_state.clear()
    gc.unfreeze()


def planted() -> PlantedEngine:
    """A model that takes no time to load."""
    return PlantedEngine([["first"]], max_tokens=200)


def test_two_who_ask_for_a_model_wait_for_one_loading(monkeypatch):
    go_on, calls = threading.Event(), []

    def slowly(name: str, **options: object) -> attnviz.Engine:
        calls.append(name)
        options["progress"](Progress("download", 3, 9))
        assert go_on.wait(60)
        return planted()

    monkeypatch.setattr(attnviz, "load", slowly)
    first, second = (loading.loading("some/model", from_scratch=False) for _ in range(2))
    assert first is second
    assert not first.wait(0.01)
    go_on.set()
    assert first.wait(60.0)
    assert first.progress == Progress("download", 3, 9)
    assert loading.finish("some/model", from_scratch=False).name == "planted"
    assert calls == ["some/model"]


def failing_once(monkeypatch) -> list[str]:
    """The names that were loaded; the first time nothing can be had."""
    calls, answers = [], iter([HubUnreachableError("The hub does not answer."), planted()])

    def load(name: str, **options: object) -> attnviz.Engine:
        calls.append(name)
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(attnviz, "load", load)
    return calls


def test_a_failed_loading_is_tried_again_when_asked_and_not_by_every_visit(monkeypatch):
    calls = failing_once(monkeypatch)
    for _ in range(5):
        with pytest.raises(HubUnreachableError):
            loading.finish("some/model", from_scratch=False)
    assert calls == ["some/model"]
    loading.ask_again("some/model")
    for _ in range(5):
        assert loading.finish("some/model", from_scratch=False).name == "planted"
    loading.ask_again("some/model")  # it is there: nothing to load
    assert loading.finish("some/model", from_scratch=False).name == "planted"
    assert calls == ["some/model"] * 2


def test_files_are_fetched_again_when_asked(monkeypatch):
    asked = []
    engine = planted()
    monkeypatch.setattr(attnviz, "load", lambda name, **options: asked.append(options.get("fetch_again")) or engine)
    loading.finish("some/model", from_scratch=False)
    loading.fetch_again("some/model", from_scratch=False)
    loading.finish("some/model", from_scratch=False)
    loading.finish("some/model", from_scratch=False)
    assert asked == [None, True]


def test_a_folder_that_was_saved_again_is_read_again_when_asked(tmp_path):
    folder = save_tiny("bert", tmp_path / "model")
    before = loading.finish(str(folder), from_scratch=False)
    coming = loading.loading(str(folder), from_scratch=False)
    assert not coming.is_outdated
    save_tiny("bert", folder, num_hidden_layers=3)
    assert coming.is_outdated
    assert loading.finish(str(folder), from_scratch=False) is before, "nobody asked"
    loading.ask_again(str(folder))
    after = loading.finish(f"{folder}/", from_scratch=False)
    assert (before.n_layers, after.n_layers) == (2, 3)
    assert not loading.loading(str(folder), from_scratch=False).is_outdated


def test_no_cache_answers_for_another_engine(tmp_path):
    """Same name, same text: weights that were off by 0.64 when caches went by the name."""
    folder = save_tiny("bert", tmp_path / "model")
    before = loading.finish(str(folder), from_scratch=False)
    first = loading.trace(before, "the cat", None).encoder.weights(1)
    tensors = load_file(folder / "model.safetensors")
    save_file({name: 3 * each for name, each in tensors.items()}, folder / "model.safetensors", {"format": "pt"})
    loading.ask_again(str(folder))
    after = loading.finish(str(folder), from_scratch=False)
    assert after.name == before.name
    assert loading.serial(after) != loading.serial(before)
    second = loading.trace(after, "the cat", None).encoder.weights(1)
    assert torch.equal(second, attnviz.load(str(folder)).run("the cat").encoder.weights(1))
    assert (first - second).abs().max() > 0.1


def test_all_spellings_of_a_folder_are_loaded_once(tmp_path, monkeypatch):
    folder = save_tiny("bert", tmp_path / "models" / "mine")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(folder)
    names = [str(folder), f"{folder}/", "~/models/mine", "models/mine", "./models/../models/mine", "link", "~/link/"]
    assert len({id(loading.loading(name, from_scratch=False)) for name in names}) == 1


def test_five_models_in_turn_are_each_loaded_once(monkeypatch):
    loaded = []
    monkeypatch.setattr(attnviz, "load", lambda name, **_: loaded.append(name) or planted())
    for _ in range(3):
        for number in range(5):
            loading.ask_again(f"some/model-{number}")
            loading.finish(f"some/model-{number}", from_scratch=False)
    assert len(loaded) == 5


@pytest.fixture
def shelf(monkeypatch) -> loading.Engines:
    """Engines of 4 MB each, of which two fit."""
    monkeypatch.setattr(attnviz, "load", lambda _name, **_: planted())
    size = loading.OVERHEAD + loading.weights_of(planted())
    assert size > 3_000_000
    return loading.Engines(2 * size)


def look_at(shelf: loading.Engines, *names: str) -> list[loading.Loading]:
    coming = [shelf.get(name, from_scratch=False) for name in names]
    for each in coming:
        each.result()
    return coming


def test_engines_are_bounded_in_bytes(shelf):
    first, *_ = look_at(shelf, "a/a", "b/b", "c/c", "d/d")
    assert look_at(shelf, "d/d", "c/c", "a/a")[2] is not first


def test_what_a_session_looks_at_is_not_let_go_for_another(shelf):
    (mine,) = look_at(shelf, "a/a")
    seat = st.session_state["_engines"]
    for number in range(5):
        st.session_state["_engines"] = loading.Seat()  # another person
        look_at(shelf, f"b/{number}")
    st.session_state["_engines"] = seat
    assert look_at(shelf, "a/a") == [mine]


def test_what_a_person_has_left_is_let_go(shelf):
    (mine,) = look_at(shelf, "a/a")
    del st.session_state["_engines"]
    for number in range(5):
        st.session_state["_engines"] = loading.Seat()
        look_at(shelf, f"b/{number}")
    assert look_at(shelf, "a/a") != [mine]


def test_what_was_waited_for_is_used(monkeypatch):
    """A loading that was let go, or asked for again, while somebody waited for it still gives them its engine."""
    calls, go_on = [], threading.Event()

    def slowly(name: str, **_: object) -> attnviz.Engine:
        calls.append(name)
        assert go_on.wait(60)
        return planted()

    monkeypatch.setattr(attnviz, "load", slowly)
    coming = loading.loading("some/model", from_scratch=False)
    loading.ask_again("some/model")
    assert loading.loading("some/model", from_scratch=False) is coming
    go_on.set()
    assert coming.result().name == "planted"
    assert calls == ["some/model"]


@pytest.fixture
def collected() -> None:
    """For a test in which the garbage collector does what it is asked to."""


def test_what_is_loaded_is_taken_out_of_the_garbage_collectors_rounds(collected):
    gc.unfreeze()
    loading.finish("untrained", from_scratch=False)
    assert gc.get_freeze_count() > 100_000  # torch alone brings more objects than that


def test_a_text_is_traced_once():
    engine = attnviz.load("untrained")
    one, two = (loading.trace(engine, "the cat", None) for _ in range(2))
    assert one is two
    assert loading.trace(engine, "the cat", "sat") is not one


def test_the_bytes_of_a_trace_are_those_of_its_tensors():
    trace = attnviz.load("untrained").run("the cat")
    steps = trace.encoder.steps
    assert loading.n_bytes_of(trace) == sum(t.nbytes for step in steps for t in (step.query, step.key, step.value))
