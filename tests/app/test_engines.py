"""A model of the page: what is looked at before a click, what is loaded again, and which engine answers."""

import json
import os
import shutil
from collections.abc import Iterator

import numpy as np
import pytest
import streamlit as st
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from streamlit.testing.v1.element_tree import Block

import attnviz
from attnviz.address import DEFAULT_TEXT
from attnviz.app import loading
from tests.app.conftest import Start, address, checked, drawn, labelled, load_from_link, said
from tests.engine.hub import Hub
from tests.engine.tiny import save_tiny


def weights(engine: attnviz.Engine, text: str, layer: int = 0, head: int = 0) -> np.ndarray:
    (stack,) = engine.run(text).stacks.values()
    return stack.weights(layer)[head].numpy()


def asks_for_a_click(page) -> bool:
    shown = drawn(page)
    expected = weights(attnviz.load("builtin"), DEFAULT_TEXT, 3, 0)
    return "Load this model" in [button.label for button in page.button] and np.array_equal(shown, expected)


def test_a_path_in_a_link_is_not_even_looked_at_before_the_click(start: Start, tmp_path, monkeypatch):
    folder, looks = save_tiny("bert", tmp_path / "not-to-be-seen"), []
    for name in ("stat", "lstat", "listdir", "scandir", "open", "readlink"):
        real = getattr(os, name)

        def noted(path=".", *args, real=real, **options):
            if "not-to-be-seen" in str(path):
                looks.append(path)
            return real(path, *args, **options)

        monkeypatch.setattr(os, name, noted)
    page = start(model=str(folder))
    assert asks_for_a_click(page)
    assert looks == []
    checked(labelled(page, "Load this model").click().run())
    assert looks, "what was not looked at before is opened now"
    assert not said(page)


def odd_folder(tmp_path, kind: str) -> str:
    folder = save_tiny("bert", tmp_path / "model")
    (folder / "config.json").unlink()
    if kind == "a pipe":
        os.mkfifo(folder / "config.json")
    else:
        (folder / "config.json").write_text("[" * 100_000 + "]" * 100_000)
    return str(folder)


@pytest.mark.parametrize("kind", ["x" * 300, "/" + "x" * 300, "~nosuch", "~nosuch/model", "a pipe", "a deep config"])
def test_a_path_that_cannot_be_opened_is_one_sentence(start: Start, tmp_path, kind):
    page = start(model=odd_folder(tmp_path, kind) if kind.startswith("a ") else kind)
    assert asks_for_a_click(page)
    checked(labelled(page, "Load this model").click().run())
    assert len(page.error) == 1
    assert "Shown instead" in said(page)


def test_a_folder_that_was_saved_again_is_read_again_on_a_click(start: Start, tmp_path):
    folder = save_tiny("bert", tmp_path / "model")
    page = load_from_link(start, model=str(folder), text="the cat sat")
    before = drawn(page)
    tensors = load_file(folder / "model.safetensors")
    save_file({name: 3 * each for name, each in tensors.items()}, folder / "model.safetensors", {"format": "pt"})
    checked(page.run())
    np.testing.assert_array_equal(drawn(page), before)
    assert "saved again" in " ".join(note.value for note in page.info)
    checked(labelled(page, "Load again").click().run())
    after = drawn(page)
    np.testing.assert_array_equal(after, weights(attnviz.load(str(folder)), "the cat sat"))
    assert np.abs(after - before).max() > 0.1
    assert not page.info


def test_a_second_person_who_asks_for_a_folder_gets_it_as_it_is_now(start: Start, tmp_path):
    folder = save_tiny("bert", tmp_path / "model")
    load_from_link(start, model=str(folder), text="the cat sat")
    shutil.rmtree(folder)
    save_tiny("bert", folder, num_hidden_layers=3)
    page = load_from_link(start, model=str(folder), text="the cat sat", layer="2")
    np.testing.assert_array_equal(drawn(page), weights(attnviz.load(str(folder)), "the cat sat", 2))


def test_a_wrong_file_in_the_cache_is_fetched_again_on_a_click(start: Start, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    folder = save_tiny("bert", tmp_path / "model")
    with Hub(models={"someone/tiny": folder}) as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        attnviz.load("someone/tiny")
        (damaged,) = cache.glob("models--someone--tiny/snapshots/*/model.safetensors")
        damaged.resolve().write_bytes(b"not weights")
        page = load_from_link(start, model="someone/tiny", text="the cat sat")
        assert "cannot be read" in said(page)
        checked(labelled(page, "Fetch its files again").click().run())
    assert not said(page)
    np.testing.assert_array_equal(drawn(page), weights(attnviz.load(str(folder)), "the cat sat"))
    assert address(page)["model"] == "someone/tiny"


def test_files_of_a_folder_cannot_be_fetched_again(start: Start, tmp_path):
    folder = save_tiny("bert", tmp_path / "model")
    (folder / "config.json").write_text(json.dumps({"model_type": "nosuch"}))
    page = load_from_link(start, model=str(folder))
    assert "Try again" in [button.label for button in page.button]
    assert "Fetch its files again" not in [button.label for button in page.button]


def containers(block: Block) -> Iterator[Block]:
    """The containers in a part of a page."""
    for each in block.children.values():
        if isinstance(each, Block):
            yield each
            yield from containers(each)


def test_what_stood_there_while_a_model_was_loaded_leaves_no_gap(start: Start, monkeypatch):
    monkeypatch.setattr(loading, "POLL_SECONDS", 0.0)
    shown = []
    monkeypatch.setattr(st, "progress", lambda share, text: shown.append(text))
    page = start()
    assert shown[0].startswith("Loading Built")
    held = [[each.type for each in block.children.values()] for block in containers(page.main)]
    assert ["bidi_component"] in held
    assert not [types for types in held if types and set(types) == {"empty"}]


def test_our_own_models_are_what_they_are_whatever_the_address_says(start: Start):
    page = start(model="builtin", from_scratch="1")
    assert drawn(page).size
    assert said(page) == "The address asks for our own code, which this model is anyway."
