"""A model of which only some layers attend: the page counts as the model does, and says so."""

from collections.abc import Iterator

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import attnviz
from attnviz.address import DEFAULT_TEXT
from tests.app.conftest import Start, address, carried, checked, choose, drawn, said, shown
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


def masked(weights, mask):
    return np.where(mask.numpy(), weights.numpy(), np.float32("nan"))


def test_the_page_opens_with_a_layer_that_attends(at, stack):
    page = at()
    assert said(page) == ""
    place = shown(page)
    assert place["layer"] in (2, 4)
    expected = masked(stack.weights(place["layer"])[place["head"]], stack.mask(place["layer"], place["head"]))
    np.testing.assert_array_equal(drawn(page), expected)
    header, _ = carried(page, "text")
    assert header["layers"] == [2, 4]
    assert len(header["about"]) == 2 * stack.n_heads


def test_the_number_of_an_address_is_the_models_own(at, stack):
    page = at(layer="4", head="1")
    assert said(page) == ""
    np.testing.assert_array_equal(drawn(page), masked(stack.weights(4)[1], stack.mask(4, 1)))
    choose(page, type="layer", layer=2)
    assert address(page)["layer"] == "2"


@pytest.mark.parametrize(("asked", "there"), [("0", 2), ("3", 2), ("9", 4)])
def test_a_layer_that_does_not_attend_falls_back_with_a_sentence(at, asked, there):
    page = at(layer=asked)
    assert f"Layer {asked} does not attend: of this model layers 2 and 4 attend. Layer {there} is shown." in said(page)
    assert shown(page)["layer"] == there


def test_a_mean_is_of_layers_that_attend(at):
    assert shown(at(average="2.0-4.1"))["average"] == "2.0-4.1"
    page = at(average="0.0-1.1")
    assert shown(page)["average"] == ""
    assert "The mean is asked of heads that this model does not have" in said(page)
