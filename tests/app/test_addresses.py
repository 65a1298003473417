"""The page at addresses that nobody should trust: a picture all the same, a sentence, and nothing looked at."""

import builtins
import os
import re
from pathlib import Path

import pytest

from attnviz.app import loading
from attnviz.app.state import MAX_ADDRESS
from attnviz.errors import AttentionError, AttnVizError, NotTraceableError, TextError
from tests.app.conftest import Start, address, checked, said
from tests.engine.tiny import save_tiny


@pytest.mark.parametrize("value", ["-1", "1.5", "nan", "1e3", "٣", "", "9" * 10_000], ids=lambda value: value[:4])
def test_what_is_no_number_is_one_sentence_and_the_page_is_there(start: Start, value):
    names = ("layer", "head", "query", "key", "rows", "columns")
    page = start(**dict.fromkeys(names, value))
    assert said(page).count("which is no number from 0") == len(names)
    assert len(said(page)) < 1200
    assert address(page) == {}
    assert page.get("plotly_chart")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("layer", "4", "There is no layer 4"),
        ("layer", "999999999", "There is no layer 999999999"),
        ("head", "6", "There is no head 6"),
        ("query", "900", "There is no query 900"),
        ("key", "999999999", "There is no key 999999999"),
        ("pins", "1-99999", "There is no word 99999 to pin"),
        ("average", "9.9-1.1", "the mean of heads that this model does not have"),
        ("stack", "cross", "no attention “cross”"),
        ("stack", "sideways", "stack=sideways, which cannot be read"),
        ("words", "maybe", "words=maybe, which is neither true nor false"),
        ("from_scratch", "1", "asks for our own code, which this model is anyway"),
        ("utm_source", "x", "parameters that attnviz does not know, and leaves out: utm_source"),
        ("model", "", "model=, which cannot be read"),
        ("model", "a\0b", "which cannot be read"),
        ("model", "a" * 100_000, "which cannot be read"),
    ],
)
def test_what_the_model_has_not_is_one_sentence_and_the_page_is_there(start: Start, name, value, says):
    page = start(**{name: value})
    assert says in said(page)
    assert len(said(page)) < 300
    assert address(page).get(name) != value
    assert page.get("plotly_chart")
    assert says not in said(checked(page.text_input(key="text").set_value("The cat sat").run()))


@pytest.mark.parametrize(("name", "value"), [("rows", "999999999"), ("columns", "500"), ("between", "ab")])
def test_a_window_beyond_the_text_is_moved_back(start: Start, name, value):
    page = start(**{name: value})
    assert page.get("plotly_chart")
    assert said(page) == ""


def test_words_true_is_true(start: Start):
    page = start(words="true", text="unbelievable")
    assert said(page) == ""
    assert page.session_state["words"] is True
    assert address(page)["words"] == "1"


def test_a_repeated_parameter_is_named(start: Start):
    page = start(layer=["1", "2"])
    assert "The address has layer more than once; the last one is taken." in said(page)
    assert page.button_group(key="layer").value == 2


@pytest.mark.parametrize(("text", "says"), [("", "is empty"), ("a " * 50_000, "Shorten it"), ("\0", "NUL character")])
def test_a_text_that_cannot_be_read_is_one_sentence(start: Start, text, says):
    for name in ("text", "pair"):
        page = start(model="untrained", **{"text": "The cat", name: text})
        assert (says in said(page)) == (name == "text" or text != "")  # no second text is none
        assert len(said(page)) < 300


def test_a_link_leaves_out_texts_that_are_together_too_long_and_says_so(start: Start):
    half = "word " * (MAX_ADDRESS // 10)
    page = start(model="untrained", text=half)
    assert "too long for an address" not in captions(page)
    checked(page.text_input(key="pair").set_value(half + "word").run())
    assert "The texts are too long for an address: a link to this page leaves them out." in captions(page)
    assert address(page) == {"model": "untrained"}


def captions(page) -> str:
    return " ".join(element.value for element in page.caption)


# A model that a link asks for


NAMES = {
    "a pipe": "{folder}/pipe",
    "a folder whose settings are a pipe": "{folder}/waits",
    "a folder whose settings are deep": "{folder}/deep",
    "a folder with a model": "{folder}/bert",
    "no folder": "{folder}/missing",
    "a name in a folder that is too long": "{folder}/" + "a" * 300,
    "300 letters": "a" * 300,
    "a folder of nobody": "~nosuch",
    "many folders up": "../" * 500,
    "a model of the hub": "some/model",
    "a revision of nothing": "@main",
    "Markdown": "**bold** <b>",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What it is dangerous to look at."""
    folder = tmp_path_factory.mktemp("hostile")
    save_tiny("bert", folder / "bert")
    os.mkfifo(folder / "pipe")
    for name in ("waits", "deep"):
        (folder / name).mkdir()
    os.mkfifo(folder / "waits" / "config.json")
    (folder / "deep" / "config.json").write_text('{"a":' * 100_000)
    return folder


@pytest.mark.parametrize("kind", NAMES)
def test_a_model_in_a_link_is_not_even_looked_at_before_the_click(start: Start, folder, monkeypatch, kind):
    name, seen = NAMES[kind].format(folder=folder), []
    marks = (name, "nosuch") if kind == "a folder of nobody" else (name, name.replace("/", "--"))

    def watch(module: object, function: str) -> None:
        original = getattr(module, function)

        def watched(*arguments: object, **options: object) -> object:
            path = (
                os.fsdecode(arguments[0]) if arguments and isinstance(arguments[0], str | bytes | os.PathLike) else ""
            )
            if any(mark in path for mark in marks):
                seen.append((function, path))
            return original(*arguments, **options)

        monkeypatch.setattr(module, function, watched)

    for function in ("stat", "lstat", "open", "scandir", "listdir", "access", "readlink"):
        watch(os, function)
    watch(os.path, "expanduser")
    watch(builtins, "open")
    for more in ({}, {"from_scratch": "1"}):
        page = start(model=name, **more)
        assert not seen
        assert "This link asks for the model" in said(page)
        assert len(said(page)) < 300


REFUSED = [
    kind for kind in NAMES if kind not in {"a folder with a model", "a model of the hub", "a revision of nothing"}
]


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_loaded_is_one_sentence_after_the_click(start: Start, folder, kind):
    name = NAMES[kind].format(folder=folder)
    page = start(model=name)
    (button,) = [button for button in page.button if button.label == "Load this model"]
    checked(button.click().run())
    (error,) = page.error
    assert "Shown instead: Built-in" in said(page)
    assert len(error.value) < 3 * len(name) + 500
    assert page.get("plotly_chart")


@pytest.mark.parametrize("error", [NotTraceableError, AttentionError, TextError, AttnVizError])
def test_what_a_run_refuses_is_its_sentence(start: Start, monkeypatch, error):
    page = start()

    def refuse(*_: object, **__: object) -> None:
        raise error("This head *has* nothing to look at.")

    monkeypatch.setattr(loading, "trace", refuse)
    checked(page.text_input(key="text").set_value("anything").run())
    assert said(page) == "This head *has* nothing to look at."


# A bug


def test_a_bug_is_told_of_in_the_log_and_the_page_has_no_path_of_this_machine(start: Start, monkeypatch, capsys):
    page = start()
    monkeypatch.setattr(loading, "trace", lambda *_, **__: 1 / 0)
    page.text_input(key="text").set_value("anything").run()
    (shown,) = page.exception
    sent = shown.proto.SerializeToString().decode(errors="replace")
    assert "This app has encountered an error" in sent
    for secret in ("ZeroDivisionError", "division", "Traceback", ".py", str(Path(loading.__file__).parent)):
        assert secret not in sent
    assert "ZeroDivisionError: division by zero" in re.sub("\x1b\\[[0-9;]*m", "", capsys.readouterr().out)
