"""A model of which only some layers attend: the small maps stand in the order of the layers and have their numbers."""

from pathlib import Path

import numpy as np
import pytest

import attnviz
from tests.browser.canvas import (
    OVERVIEW,
    assert_shown,
    load_folder,
    place_of,
    said,
    switch,
    wait_for,
    wait_for_address,
    word,
)
from tests.browser.conftest import Open
from tests.browser.drawn import wait_for_map
from tests.engine.tiny import save_tiny

pytestmark = pytest.mark.browser


def test_a_click_on_the_second_row_chooses_the_second_layer_that_attends(open_page: Open, tmp_path: Path):
    folder, text = str(save_tiny("lfm2", tmp_path / "lfm2")), "She ate the apple"
    stack = attnviz.load(folder).run(text).decoder
    page = open_page(model=folder, text=text)
    load_folder(page)
    wait_for(page, shows="2.0")
    assert page.locator(f"{OVERVIEW} .title").inner_text().startswith("Layers that attend (down)")
    page.locator(f"{OVERVIEW} canvas").hover(position=place_of(page, 1, 1))
    wait_for(page, shows="4.1", exact=False)
    assert said(page, OVERVIEW).startswith("Layer 4, head 1 strongest link")
    page.locator(f"{OVERVIEW} canvas").click(position=place_of(page, 1, 1))
    wait_for_address(page, layer="4", head="1")
    wait_for_map(page, layer=4, head=1, n_heads=stack.n_heads)
    word(page, 5).hover()
    assert_shown(page, stack.weights(4, 1).numpy()[5])
    page.locator(f"{OVERVIEW} canvas").press("ArrowUp")
    wait_for(page, shows="2.1", exact=False)
    page.locator(f"{OVERVIEW} canvas").press("Enter")
    wait_for_address(page, layer="2", head="1")
    switch(page, "average=all").click()
    wait_for(page, shows="all")
    word(page, 5).hover()
    every = np.concatenate([stack.weights(layer).numpy() for layer in stack.layers])
    assert_shown(page, every.mean(axis=0)[5])
