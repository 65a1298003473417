"""Numbers as a person sees them: arithmetic by keyboard, comparison, files, narrow and dark."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

import attnviz
from attnviz.app.state import DEFAULT_TEXT
from attnviz.figures.files import page as page_of
from attnviz.figures.papers import paper_figure
from attnviz.figures.theme import DARK
from tests.browser.conftest import Open
from tests.browser.drawn import numbers_in_cells, wait_for_map

pytestmark = pytest.mark.browser
expect.set_options(timeout=60_000)
MAPS = ".js-plotly-plot .heatmaplayer image"


@pytest.fixture(scope="module")
def trace() -> attnviz.Trace:
    return attnviz.load(attnviz.DEFAULT_MODEL).run(DEFAULT_TEXT)


def result(page: Page) -> str:
    """The weight at the end of the computation."""
    return page.locator(".st-key-arithmetic table tr:last-child td:last-child").inner_text()


def test_query_and_key_are_chosen_by_the_keyboard_alone(open_page: Open, trace):
    page = open_page(layer=1, head=2, query=3, key=4)
    expect(page.locator(".st-key-arithmetic table")).to_be_visible()
    box = page.locator(".st-key-query input")
    box.focus()
    page.keyboard.type("was")
    page.keyboard.press("Enter")
    page.wait_for_url("**query=9**")
    strongest = trace.encoder.weights(1, 2)[9].max().item()
    expect(page.locator(".st-key-arithmetic")).to_contain_text(f"How the weight {strongest:.4f} came about")
    page.locator(".st-key-key input").focus()
    page.keyboard.type("animal")
    page.keyboard.press("Enter")
    page.wait_for_url("**key=2**")
    expected = trace.encoder.weights(1, 2)[9, 2].item()
    expect(page.locator(".st-key-arithmetic")).to_contain_text(f"How the weight {expected:.4f} came about")
    assert abs(float(result(page)) - expected) < 6e-5
    shown = [row.locator("td").nth(2).inner_text() for row in page.locator(".st-key-arithmetic table tr").all()]
    lines = [Decimal(text.replace("−", "-")) for text in shown]
    assert lines[-1] == round(Decimal(repr(expected)), 4)


def test_a_popover_that_opens_later_shows_what_is_chosen(open_page: Open):
    page = open_page(layer=1, special="hide")
    page.locator(".st-key-head").get_by_role("radio", name="2", exact=True).click()
    page.wait_for_url("**head=2**")
    page.get_by_role("button", name="Display").click()
    expect(page.get_by_role("radio", name="Hide", exact=True)).to_be_checked()
    expect(page.get_by_role("radio", name="Each head", exact=True)).to_be_checked()
    page.get_by_role("radio", name="0 to 1", exact=True).click()
    page.wait_for_url("**scale=unit**")
    expect(page.locator("[data-testid=stMain]")).to_contain_text("run from 0 to 1")


def test_the_numbers_of_a_row_are_a_table_that_opens(open_page: Open):
    page = open_page(layer=1, head=2)
    page.get_by_text("Numbers of the row").click()
    expect(page.locator(".st-key-arithmetic [data-testid=stDataFrame]")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_window_shows_it_all_without_scrolling_sideways(open_page: Open, scheme):
    page = open_page(width=390, height=844, scheme=scheme, layer=1, words=1)
    expect(page.locator(".st-key-arithmetic .js-plotly-plot")).to_have_count(3)
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("main => main.scrollWidth - main.clientWidth") <= 0
    for picture in page.locator(".st-key-arithmetic .js-plotly-plot").all():
        box = picture.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390


def test_the_menu_takes_the_view_to_the_comparison(open_page: Open):
    page = open_page(layer=2, head=1)
    expect(page.locator(".st-key-arithmetic table")).to_be_visible()
    page.get_by_role("link", name="Compare").click()
    expect(page.locator(f".st-key-difference {MAPS}")).to_be_visible()
    expect(page.locator("[data-testid=stMain]")).to_contain_text("layer 2 · head 1")
    page.wait_for_url("**/compare?*layer=2*")
    page.locator(".st-key-ranking button").first.click()
    expect(page.locator(f".st-key-difference {MAPS}")).to_be_visible()


def test_the_numbers_of_a_comparison_fit_into_narrow_cells(open_page: Open):
    page = open_page(width=390, height=844, layer=1)
    page.goto(page.url.replace("/?", "/compare?"))
    expect(page.locator(f".st-key-difference {MAPS}")).to_be_visible()
    for key in ("compare_first", "compare_second"):
        page.wait_for_function(  # Plotly draws once more when it knows how much room there is
            "key => document.querySelector(`.st-key-${key} .scatterlayer text`)?.style.fontSize !== '13px'", arg=key
        )
        numbers = numbers_in_cells(page, f".st-key-{key} .js-plotly-plot")
        assert numbers
        assert all(width < cell and is_shown for width, cell, is_shown in numbers)


def test_a_picture_and_its_numbers_are_taken_away(open_page: Open, trace, tmp_path: Path):
    page = open_page(layer=1, head=2)
    page.get_by_role("button", name="Take away").click()
    for name, start in (("SVG", b"<svg"), ("NPZ, all heads", b"PK")):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        assert path.read_bytes().startswith(start)
    svg = {}
    for picture, name in (("All heads", "attention-all-heads"), ("Sentence", "sentence-attention-layer-1-head-2")):
        page.get_by_role("radio", name=picture, exact=True).click()
        expect(page.locator("[data-testid=stCode]")).to_contain_text("4 layers" if picture == "All heads" else "Arcs")
        with page.expect_download() as download:
            page.get_by_role("button", name="SVG").click()
        assert download.value.suggested_filename == f"{name}.svg"
        download.value.save_as(tmp_path / name)
        svg[picture] = (tmp_path / name).read_text(encoding="utf-8")
    assert "All layers (down) × heads (across)" in svg["All heads"]
    assert svg["All heads"].count("<image") == 1, "one picture of all maps"
    assert ">animal</text>" in svg["Sentence"].replace("\u2068", "").replace("\u2069", "")
    with np.load(tmp_path / "attention.npz") as arrays:
        np.testing.assert_allclose(arrays["weights"][1, 2], trace.encoder.weights(1)[2].numpy(), rtol=0, atol=1e-6)


def test_what_is_taken_away_in_the_dark_is_dark(open_page: Open, tmp_path: Path):
    page = open_page(model="untrained", scheme="dark")
    wait_for_map(page, layer=0, head=0, n_heads=4)
    page.get_by_role("button", name="Take away").click()
    for picture in ("All heads", "Sentence"):
        page.get_by_role("radio", name=picture, exact=True).click()
        expect(page.locator("[data-testid=stCode]")).to_contain_text("4 layers" if picture == "All heads" else "Arcs")
        with page.expect_download() as download:
            page.get_by_role("button", name="SVG").click()
        download.value.save_as(tmp_path / "dark.svg")
        drawn = (tmp_path / "dark.svg").read_text(encoding="utf-8")
        background = ", ".join(str(int(DARK.background[at : at + 2], 16)) for at in (1, 3, 5))
        assert f"fill: rgb({background})" in drawn.partition("<defs")[0], "the sheet that all is drawn on"


def test_a_page_taken_away_opens_with_the_network_off(browser: Browser, trace, tmp_path: Path):
    path = tmp_path / "head.html"
    path.write_text(page_of(paper_figure(trace, "encoder", layer=1, head=2), title="head"), encoding="utf-8")
    context, asked, wrong = browser.new_context(offline=True), [], []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(path.as_uri())
    expect(page.locator(MAPS)).to_be_visible()
    expect(page.locator("body")).to_contain_text("layer 1, head 2 (both from 0)")
    page.locator(".nsewdrag").first.hover(position={"x": 60, "y": 60})
    expect(page.locator(".hoverlayer")).to_contain_text("weight")
    context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert not wrong
