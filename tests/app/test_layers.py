"""A model of which only some layers attend: the page counts as the model does, and says so."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import attnviz
from attnviz.analysis.habits import habits
from attnviz.app.state import DEFAULT_TEXT
from tests.app.conftest import Start, address, checked, drawn, said
from tests.engine.tiny import save_tiny


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_tiny("lfm2", tmp_path_factory.mktemp("models") / "lfm2"))


@pytest.fixture(scope="module")
def stack(folder: str) -> attnviz.Stack:
    return attnviz.load(folder).run(DEFAULT_TEXT).decoder


@pytest.fixture
def at(start: Start, folder: str) -> Iterator[Start]:
    def open_page(**where: str) -> AppTest:
        page = start(model=folder, **where)
        (button,) = [button for button in page.button if button.label == "Load this model"]
        return checked(button.click().run())

    yield open_page
    st.cache_resource.clear()


def header_of(page: AppTest, part: str) -> dict:
    (body,) = [e.proto.bytes for e in page.get("bidi_component") if e.proto.component_name.endswith(part)]
    return json.loads(body[4 : 4 + int.from_bytes(body[:4], "little")])


def masked(weights, mask):
    return np.where(mask.numpy(), weights.numpy(), np.float32("nan"))


def test_the_page_opens_with_a_layer_that_attends_and_says_which_do(at, stack):
    page = at()
    assert said(page) == ""
    assert page.button_group(key="layer").value == 2
    assert [option.content for option in page.button_group(key="layer").proto.options] == ["2", "4"]
    assert "layers 2 and 4 attend" in " ".join(each.value for each in page.caption)
    np.testing.assert_array_equal(drawn(page, "map_chosen"), masked(stack.weights(2, 0), stack.mask(2, 0)))
    for part in ("overview", "sentence"):
        assert header_of(page, part)["layers"] == [2, 4]
    assert len(header_of(page, "sentence")["about"]) == len(habits(stack)) == 2 * stack.n_heads


def test_the_number_of_an_address_is_the_models_own(at, stack):
    page = at(layer="4", head="1")
    assert said(page) == ""
    np.testing.assert_array_equal(drawn(page, "map_chosen"), masked(stack.weights(4, 1), stack.mask(4, 1)))
    checked(page.button_group(key="layer").set_value(2).run())
    assert address(page)["layer"] == "2"


@pytest.mark.parametrize(("asked", "shown"), [("0", 2), ("3", 2), ("9", 4)])
def test_a_layer_that_does_not_attend_falls_back_with_a_sentence(at, asked, shown):
    page = at(layer=asked)
    assert f"Layer {asked} does not attend: of this model layers 2 and 4 attend. Layer {shown} is shown." in said(page)
    assert page.button_group(key="layer").value == shown
    assert address(page)["layer"] == str(shown)


def test_means_and_captions_name_the_layers_that_attend(at):
    page = at(average="2.0-4.1")
    assert said(page) == ""
    assert header_of(page, "sentence")["average"] == "2.0-4.1"
    assert header_of(at(average="0.0-1.1"), "sentence")["average"] == ""
    page.session_state["take_away"] = True
    page.session_state["taken"] = "all"
    (caption,) = checked(page.run()).code
    assert "layers 2 and 4 of 4 heads (both from 0)" in caption.value
