"""What a person sees and does, in a real browser."""

from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import attnviz
from attnviz.app.guide import first_view
from attnviz.app.state import DEFAULT_TEXT
from attnviz.figures.theme import DARK, LIGHT, Theme
from tests.browser.conftest import Open, serving
from tests.browser.drawn import (
    CHOSEN,
    HEADS,
    cells,
    click,
    colours,
    hover,
    numbers_in_cells,
    wait_for_map,
    wait_for_row,
)

pytestmark = pytest.mark.browser
ATOL = 1e-6  # the app computes with one thread, the test with more: other order of sums, 3e-8 measured
REPEATED = "the animal saw the street because the animal was tired"
STRANGE = "the <b>x</b> &lt; $y$ #000011 **z** the"


@pytest.fixture(scope="module")
def engine() -> attnviz.Engine:
    return attnviz.load("untrained")


def stack(engine: attnviz.Engine, text: str) -> attnviz.Stack:
    (only,) = engine.run(text).stacks.values()
    return only


def address(page: Page) -> dict[str, str]:
    return {name: value[0] for name, value in parse_qs(urlsplit(page.url).query).items()}


def test_the_default_sentence_is_drawn_without_a_click(open_page: Open):
    engine = attnviz.load(attnviz.DEFAULT_MODEL)
    layer, head = first_view(attnviz.DEFAULT_MODEL)
    page = open_page()
    wait_for_map(page, layer=layer, head=head, n_heads=engine.n_heads)
    drawn = cells(page, CHOSEN)
    expected = stack(engine, DEFAULT_TEXT).weights(layer, head).numpy()
    np.testing.assert_allclose(np.array(drawn["z"], np.float32), expected, rtol=0, atol=ATOL)
    assert page.get_by_label("Sentence", exact=True).input_value() == DEFAULT_TEXT
    assert address(page) == {}


def test_every_cell_that_the_browser_draws_is_the_tensors_where_words_repeat(open_page: Open, engine):
    page = open_page(model="untrained", text=REPEATED, layer=2, head=1)
    wait_for_map(page, layer=2, head=1, n_heads=engine.n_heads)
    expected = stack(engine, REPEATED)
    n_tokens = len(expected.query_tokens)
    names = [f"{token.text} ({position})" for position, token in enumerate(expected.query_tokens)]
    assert len({token.text for token in expected.query_tokens}) < n_tokens
    for selector, index, head in ((CHOSEN, 0, 1), *((HEADS, head, head) for head in range(engine.n_heads))):
        drawn = cells(page, selector, index)
        np.testing.assert_allclose(
            np.array(drawn["z"], np.float32), expected.weights(2, head).numpy(), rtol=0, atol=ATOL
        )
        assert drawn["rows"] == drawn["columns"] == names
        assert drawn["x"] == drawn["y"] == [edge - 0.5 for edge in range(n_tokens + 1)]


@pytest.mark.parametrize(("scheme", "theme"), [("light", LIGHT), ("dark", DARK)])
def test_every_cell_has_the_colour_of_its_weight(open_page: Open, engine, scheme, theme: Theme):
    page = open_page(model="untrained", text=REPEATED, scheme=scheme)
    wait_for_map(page, layer=0, head=0, n_heads=engine.n_heads)
    weights = stack(engine, REPEATED).weights(0, 0).numpy()
    seen = colours(page, CHOSEN, weights.shape)
    stops = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in theme.scale])
    places = weights / weights.max() * (len(stops) - 1)
    expected = np.stack([np.interp(places, range(len(stops)), stops[:, channel]) for channel in range(3)], axis=-1)
    assert np.abs(seen - expected).max() <= 2, "colours are rounded twice, by the scale and by the picture"
    background = page.locator('[data-testid="stApp"]').evaluate("page => getComputedStyle(page).backgroundColor")
    assert background == f"rgb({', '.join(str(channel) for channel in stops[0])})"


@pytest.mark.parametrize("there", [".st-key-text", ".st-key-sentence", CHOSEN, None])
def test_the_colours_follow_when_the_browser_turns_dark(open_page: Open, engine, there):
    """At any time: before a picture is drawn, after the sentence, after the first map, when all is there."""
    page = open_page(model="untrained")
    if there is None:
        wait_for_map(page, layer=0, head=0, n_heads=engine.n_heads)
    else:
        page.locator(there).first.wait_for(state="attached")
    page.emulate_media(color_scheme="dark")
    for selector in (CHOSEN, HEADS):
        page.wait_for_function(
            "([plot, colour]) => document.querySelector(plot)?._fullLayout?.plot_bgcolor === colour",
            arg=[selector, DARK.background],
        )


def test_hover_names_both_tokens_with_their_positions_and_the_weight(open_page: Open, engine):
    page = open_page(model="untrained", text=REPEATED)
    wait_for_map(page, layer=0, head=0, n_heads=engine.n_heads)
    weights = stack(engine, REPEATED).weights(0, 0)
    for row, column in ((4, 1), (1, 4), (7, 7)):
        lines = hover(page, row, column, tuple(weights.shape)).split("\n")
        assert lines[0] == f"the ({row})"
        assert lines[1] == f"attends to the ({column})"
        assert float(lines[2].removeprefix("weight ")) == pytest.approx(weights[row, column].item(), rel=1e-3)


def test_hover_and_labels_show_typed_text_letter_by_letter(open_page: Open, engine):
    page = open_page(model="untrained", text=STRANGE)
    wait_for_map(page, layer=0, head=0, n_heads=engine.n_heads)
    tokens = [token.text for token in stack(engine, STRANGE).query_tokens]
    labels = page.locator(f"{CHOSEN} .y2tick").all_text_contents()
    assert labels == tokens
    for position in range(len(tokens)):
        text = hover(page, position, position, (len(tokens),) * 2)
        assert text.startswith(f"{tokens[position]} ({position})\nattends to {tokens[position]} ({position})\n")


def test_a_long_text_is_named_exactly_on_hover_where_labels_thin_out(open_page: Open, engine):
    text = " ".join(f"w{i}" for i in range(200))
    page = open_page(model="untrained", text=text)
    wait_for_map(page, layer=0, head=0, n_heads=engine.n_heads)
    weights = stack(engine, text).weights(0, 0)
    np.testing.assert_allclose(np.array(cells(page, CHOSEN)["z"], np.float32), weights.numpy(), rtol=0, atol=ATOL)
    assert page.locator(f"{CHOSEN} .x2tick").count() < 60
    query, key, weight = hover(page, 102, 57, tuple(weights.shape)).split("\n")
    row, column = (int(name.rpartition("(")[2].rstrip(")")) for name in (query, key))
    assert (row, column) == pytest.approx((102, 57), abs=1), "a cell is two pixels wide, and a mouse counts whole ones"
    assert (query, key) == (f"w{row - 1} ({row})", f"attends to w{column - 1} ({column})")
    assert float(weight.removeprefix("weight ")) == pytest.approx(weights[row, column].item(), rel=1e-3)


def test_a_click_on_a_cell_shows_how_its_weight_came_about(open_page: Open, engine):
    page = open_page(model="untrained")
    wait_for_map(page, layer=0, head=0, n_heads=engine.n_heads)
    weights = stack(engine, DEFAULT_TEXT).weights(0, 0)
    for row, column in ((3, 6), (11, 2)):
        click(page, row, column, tuple(weights.shape))
        expect(page.locator(".st-key-arithmetic")).to_contain_text(
            f"How the weight {weights[row, column].item():.4f} came about", timeout=30_000
        )
        page.wait_for_url(f"**/?model=untrained&query={row}&key={column}")


def test_a_cell_of_a_window_is_the_one_that_is_seen(open_page: Open, engine):
    text = " ".join(f"w{i}" for i in range(600))
    page = open_page(model="untrained", text=text, rows=60, columns=40)
    wait_for_map(page, layer=0, head=0, n_heads=engine.n_heads)
    label = hover(page, 100, 200, (512, 512)).split("\n")
    page.mouse.down()
    page.mouse.up()
    row, column = (int(line.rpartition("(")[2].rstrip(")")) for line in label[:2])
    page.wait_for_url(f"**query={row}&key={column}*")
    assert (row, column) == pytest.approx((160, 240), abs=2)


def test_numbers_fit_into_narrow_cells_or_are_left_to_hover(open_page: Open):
    engine = attnviz.load("untrained")
    long = " ".join(f"w{i}" for i in range(16))
    for text, width, are_shown in ((DEFAULT_TEXT, 1280, True), (DEFAULT_TEXT, 390, True), (long, 390, False)):
        page = open_page(model="untrained", text=text, width=width, height=844)
        wait_for_map(page, layer=0, head=0, n_heads=engine.n_heads)
        numbers = numbers_in_cells(page, CHOSEN)
        assert numbers
        assert {shown for *_, shown in numbers} == {are_shown}
        assert not are_shown or all(width < cell for width, cell, _ in numbers)
    n_tokens = len(stack(engine, long).query_tokens)
    assert hover(page, 3, 4, (n_tokens, n_tokens)).startswith("w2 (3)\nattends to w3 (4)\nweight ")


def test_a_new_sentence_replaces_every_picture(open_page: Open, engine):
    page = open_page(model="untrained")
    wait_for_map(page, layer=0, head=0, n_heads=engine.n_heads)
    page.get_by_label("Sentence", exact=True).fill("She ate the apple.")
    page.get_by_label("Sentence", exact=True).press("Enter")
    wait_for_row(page, 1, "She (1)")
    wait_for_map(page, layer=0, head=0, n_heads=engine.n_heads)
    expected = stack(engine, "She ate the apple.")
    for head in range(engine.n_heads):
        drawn = cells(page, HEADS, head)
        np.testing.assert_allclose(
            np.array(drawn["z"], np.float32), expected.weights(0, head).numpy(), rtol=0, atol=ATOL
        )
    assert address(page)["text"] == "She ate the apple."
    page.get_by_label("Sentence", exact=True).fill("")
    page.get_by_label("Sentence", exact=True).press("Enter")
    page.get_by_text("The text is empty").wait_for()
    page.locator(CHOSEN).wait_for(state="detached")
    assert page.locator(HEADS).count() == 0


def test_no_picture_of_the_last_sentence_stays_while_the_next_is_computed(open_page: Open, engine, tmp_path):
    release = tmp_path / "release"
    with serving("tests/browser/held.py", tmp_path / "log.txt", ATTNVIZ_TEST_RELEASE=str(release)) as url:
        page = open_page(url=url, model="untrained")
        wait_for_map(page, layer=0, head=0, n_heads=engine.n_heads)
        page.get_by_label("Sentence", exact=True).fill("held back")
        page.get_by_label("Sentence", exact=True).press("Enter")
        page.locator(CHOSEN).wait_for(state="detached")
        assert page.locator(HEADS).count() == 0
        release.touch()
        wait_for_row(page, 1, "held (1)")


def test_back_and_forward_go_through_what_was_looked_at(open_page: Open, engine):
    page = open_page(model="untrained")
    wait_for_map(page, layer=0, head=0, n_heads=engine.n_heads)
    page.get_by_role("button", name="Head 2", exact=True).click()
    wait_for_map(page, layer=0, head=2, n_heads=engine.n_heads)
    page.locator(".st-key-layer").get_by_text("3", exact=True).click()
    wait_for_map(page, layer=3, head=2, n_heads=engine.n_heads)
    link = page.url
    page.go_back()
    wait_for_map(page, layer=0, head=2, n_heads=engine.n_heads)
    page.go_back()
    wait_for_map(page, layer=0, head=0, n_heads=engine.n_heads)
    page.go_forward()
    wait_for_map(page, layer=0, head=2, n_heads=engine.n_heads)
    page.goto(link)
    wait_for_map(page, layer=3, head=2, n_heads=engine.n_heads)


@pytest.mark.parametrize(
    "name", ["**b** $x$ <img src=x onerror=alert(1)>", ":red[y] :smile: a -> b [l](http://x.invalid)"]
)
def test_a_link_cannot_smuggle_markup_into_the_page(open_page: Open, name):
    page = open_page(model=name, layer=999)
    alert = page.get_by_role("alert").first
    alert.wait_for()
    assert name in alert.inner_text().replace("\u2060", "")
    assert alert.locator("img, a, strong, .katex").count() == 0


def test_a_narrow_window_has_all_maps_below_each_other_and_nothing_cut(open_page: Open, engine):
    page = open_page(model="untrained", width=390, height=844)
    wait_for_map(page, layer=0, head=0, n_heads=engine.n_heads)
    boxes = [place.bounding_box() for place in page.locator(f"{CHOSEN}, {HEADS}").all()]
    assert len(boxes) == engine.n_heads + 1
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    assert len({round(box["y"]) for box in boxes}) > 2, "the small maps do not wrap"
    wide = page.locator('[data-testid="stMain"]').evaluate("main => main.scrollWidth - main.clientWidth")
    assert wide <= 0


def test_the_keyboard_reaches_and_does_everything(open_page: Open, engine):
    page = open_page(model="untrained")
    wait_for_map(page, layer=0, head=0, n_heads=engine.n_heads)
    reached = [focused(page, "Sentence")]
    while reached[-1] != "Head 1":
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.ariaLabel || document.activeElement.innerText"))
        assert len(reached) < 60, f"the keyboard reached {reached}"
    assert [name for name in ("… it was too tired", "Model", "0", "Fullscreen", "Head 0") if name not in reached] == []
    page.keyboard.press("Enter")
    wait_for_map(page, layer=0, head=1, n_heads=engine.n_heads)
    page.locator(".st-key-layer").get_by_role("radio", checked=True).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    wait_for_map(page, layer=1, head=1, n_heads=engine.n_heads)
    focused(page, "Sentence")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    wait_for_row(page, 11, "wide (11)")


def focused(page: Page, label: str) -> str:
    page.get_by_label(label).focus()
    return label
