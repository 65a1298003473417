"""Every part of Explore with a model of each kind: our own, a real encoder, a decoder, an encoder-decoder."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

import attnviz
from attnviz.analysis.differences import align, changes, picked
from attnviz.analysis.regroup import hide_special, merge_words
from attnviz.numbers import weight_text
from attnviz.trace import AttentionMaps
from tests.browser.canvas import (
    OVERVIEW,
    assert_shown,
    load_folder,
    numbers,
    place_of,
    switch,
    wait_for,
    wait_for_address,
    word,
)
from tests.browser.conftest import Open
from tests.browser.drawn import CHOSEN, HEADS, cells, wait_for_map
from tests.engine.tiny import save_tiny

pytestmark = pytest.mark.browser
ATOL = 1e-6  # the app may compute with other threads than the test: another order of sums, 3e-7 measured
DIFFERENCE = ".st-key-difference .js-plotly-plot"


@dataclass(frozen=True)
class Case:
    """A model and a text, the attention that is looked at, and the sentence that it is compared with."""

    model: str
    kind: str
    text: str = "The animal didn't cross the street because it was too tired"
    pair: str | None = None
    other: str = "The animal didn't cross the street because it was too wide"
    special: str = "hide"
    folder: bool = field(default=True)

    @cached_property
    def stacks(self) -> dict[str, attnviz.Stack]:
        """What the page has to show."""
        return attnviz.load(self.model).run(self.text, pair=self.pair).stacks

    @property
    def stack(self) -> attnviz.Stack:
        return self.stacks[self.kind]

    def open(self, open_page: Open, path: str = "", **where: Any) -> Page:
        """The page with this model, once it is loaded."""
        address = {"model": self.model, "text": self.text, "pair": self.pair or "", "stack": self.kind} | where
        page = open_page(path=path, **address)
        if self.folder:
            load_folder(page)
        return page


@pytest.fixture(scope="session", params=["builtin", "MiniLM", "gpt2", "bart"])
def case(request: pytest.FixtureRequest, minilm: str, tmp_path_factory: pytest.TempPathFactory) -> Case:
    def tiny(family: str) -> str:
        return str(save_tiny(family, tmp_path_factory.mktemp("tiny")))

    made: dict[str, Callable[[], Case]] = {
        "builtin": lambda: Case("builtin", "encoder", folder=False),
        "MiniLM": lambda: Case(minilm, "encoder", text="Self-attention visualizes unbelievably well"),
        "gpt2": lambda: Case(tiny("gpt2"), "decoder", special="keep"),
        "bart": lambda: Case(tiny("bart"), "cross", pair="It was too tired"),
    }
    return made[request.param]()


def shown_cells(page: Page, selector: str, index: int = 0) -> NDArray[np.float32]:
    """The values that Plotly draws, nothing where a cell is masked."""
    values = [[np.nan if value is None else value for value in row] for row in cells(page, selector, index)["z"]]
    return np.array(values, dtype=np.float32)


def expected(maps: AttentionMaps, layer: int, head: int) -> NDArray[np.float32]:
    """The weights of a head, nothing where it is masked."""
    weights = maps.weights(layer, head).numpy()
    mask = maps.mask(layer, head)
    return weights if mask is None else np.where(mask.numpy(), weights, np.float32("nan"))


def test_sentence_overview_heads_and_heat_map(open_page: Open, case: Case):
    stack = case.stack
    page = case.open(open_page, layer=0, head=1)
    wait_for(page, shows="0.1")
    place = len(stack.query_tokens) - 2
    word(page, place).hover()
    row = stack.weights(0, 1).numpy()[place]
    assert_shown(page, row, side="query" if case.kind != "cross" else "key")
    page.locator(f"{OVERVIEW} canvas").click(position=place_of(page, 1, 2))
    wait_for_address(page, layer="1", head="2")
    wait_for_map(page, layer=1, head=2, n_heads=stack.n_heads)
    np.testing.assert_allclose(shown_cells(page, CHOSEN), expected(stack, 1, 2), rtol=0, atol=ATOL)
    for head in range(stack.n_heads):
        np.testing.assert_allclose(shown_cells(page, HEADS, head), expected(stack, 1, head), rtol=0, atol=ATOL)
    assert "Layer 1, head 2" in page.locator(CHOSEN).inner_text()


def test_pins_directions_columns_and_means(open_page: Open, case: Case):
    stack = case.stack
    page = case.open(open_page, layer=1, head=0)
    wait_for(page, shows="1.0")
    word(page, 1).click()
    wait_for_address(page, pins="1", query="1")
    other = "key" if case.kind == "cross" else "query"
    assert_shown(page, stack.weights(1, 0).numpy()[1], side=other)
    switch(page, "average=layer").click()
    wait_for(page, shows="layer 1")
    assert_shown(page, stack.weights(1).mean(dim=0).numpy()[1], side=other)
    switch(page, "face=columns").click()
    wait_for_address(page, face="columns", average="layer")
    assert_shown(page, stack.weights(1).mean(dim=0).numpy()[1], side="key")
    switch(page, "direction=from").click()
    wait_for_address(page, direction="from")
    word(page, 2, "key").hover()
    column = stack.weights(1).mean(dim=0).numpy()[:, 2]
    found = numbers(page, "query")
    assert found
    assert all(abs(number - column[place]) <= 0.00501 for place, number in found.items())


def test_the_arithmetic_ends_in_the_weight(open_page: Open, case: Case):
    stack = case.stack
    query, key = len(stack.query_tokens) - 1, 1
    page = case.open(open_page, layer=1, head=1, query=query, key=key)
    weight = f"{stack.weights(1, 1)[query, key].item():.4f}"
    expect(page.locator(".st-key-arithmetic")).to_contain_text(f"How the weight {weight} came about")
    last = page.locator(".st-key-arithmetic table tr:last-child td:last-child")
    assert float(last.inner_text()) == pytest.approx(float(weight), abs=1e-4)


def test_words_special_tokens_and_the_table_of_the_map(open_page: Open, case: Case):
    page = case.open(open_page, layer=1, head=1, words=1, special=case.special)
    maps: AttentionMaps = merge_words(case.stack)
    maps = hide_special(maps) if case.special == "hide" else maps
    wait_for_map(page, layer=1, head=1, n_heads=case.stack.n_heads)
    np.testing.assert_allclose(shown_cells(page, CHOSEN), expected(maps, 1, 1), rtol=0, atol=ATOL)
    page.get_by_text("Numbers of the map").click()
    expect(page.locator(".st-key-numbers_map, .st-key-table_map [data-testid=stDataFrame]").first).to_be_visible()


def test_two_sentences_are_compared(open_page: Open, case: Case):
    kind = "encoder" if case.kind == "cross" else case.kind
    engine = attnviz.load(case.model)
    one, other = (merge_words(engine.run(text).stacks[kind]) for text in (case.text, case.other))
    page = case.open(open_page, path="compare", layer=1, head=1, other=case.other, stack=kind, pair="")
    queries, keys = align(one.query_tokens, other.query_tokens), align(one.key_tokens, other.key_tokens)
    first, second = picked(*(maps.weights(1, 1).numpy() for maps in (one, other)), queries=queries, keys=keys)
    page.locator(f"{DIFFERENCE} .heatmaplayer image").first.wait_for()
    page.wait_for_function(
        """selector => document.querySelector('[data-testid="stApp"]').dataset.testScriptState === "notRunning"
            && document.querySelector(selector)?.calcdata""",
        arg=DIFFERENCE,
    )
    drawn = shown_cells(page, DIFFERENCE)
    np.testing.assert_allclose(
        np.nan_to_num(drawn), np.nan_to_num(np.where(np.isnan(drawn), np.nan, second - first)), atol=1e-6
    )
    layers = [lambda layer, maps=maps: maps.weights(layer).numpy() for maps in (one, other)]
    top = changes(one.layers, *layers, queries=queries, keys=keys)[0]
    button = page.locator(".st-key-ranking [data-testid=stButton] button").first
    expect(button).to_contain_text(f"{top.layer} · {top.head}: {weight_text(top.divergence)}")


def test_all_heads_are_taken_away(open_page: Open, case: Case, tmp_path: Path):
    page = case.open(open_page)
    page.get_by_role("button", name="Take away").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="NPZ, all heads").click()
    path = tmp_path / "attention.npz"
    download.value.save_as(path)
    with np.load(path) as arrays:
        for kind, stack in case.stacks.items():
            name = "weights" if len(case.stacks) == 1 else f"{kind}_weights"
            for layer in range(stack.n_layers):
                np.testing.assert_allclose(arrays[name][layer], stack.weights(layer).numpy(), rtol=0, atol=ATOL)
