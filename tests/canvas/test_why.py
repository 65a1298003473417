"""The third column and the drawer, in a bare page: every number is the message's, and the tensor's."""

import csv
import io

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from attnviz.canvas import bundle
from attnviz.export import cell
from tests.canvas.explaining import number, row_of, trace, vectors, why_of, with_why
from tests.naughty import NAUGHTY

PLUS = (58, 142, 165)
MINUS = (204, 111, 40)
BAND = (228, 241, 243)


def lines(table: Locator) -> list[list[str]]:
    """The cells of a table, line by line, headers included."""
    return [
        [text.strip() for text in row]
        for row in table.evaluate(
            "table => Array.from(table.rows, row => Array.from(row.cells, cell => cell.textContent))"
        )
    ]


def open_drawer(bare, tab=None):
    """The drawer, opened with the keyboard, at a tab."""
    bare.root().locator(".open-numbers").focus()
    bare.page.keyboard.press("Enter")
    bare.settled()
    drawer = bare.part("numbers").locator(".drawer")
    if tab:
        drawer.get_by_role("button", name=tab).press("Enter")
    return drawer


def pixels(canvas: Locator) -> np.ndarray:
    """The colours of a canvas, (row, column, channel), one for each point of the page."""
    data, width, height = canvas.evaluate(
        """canvas => { const { width, height } = canvas;
            return [Array.from(canvas.getContext("2d").getImageData(0, 0, width, height).data), width, height]; }"""
    )
    return np.array(data).reshape(height, width, 4)[..., :3]


def test_the_steps_are_those_of_the_message(bare):
    sent = with_why()
    why, column = why_of(sent), bare(sent).part("arithmetic")
    assert column.get_by_role("heading", level=3).inner_text() == why["title"] == "Why it → animal is .91"
    assert lines(column.locator(".chain")) == [[step["name"], step["how"], step["result"]] for step in why["steps"]]
    labels = column.locator(".labels span").all_text_contents()
    assert labels == ["q: what it asks for", "k: what animal offers", "q × k, one by one"]


def test_a_long_word_is_cut_and_not_what_is_said_of_it(bare):
    shown = bare(with_why("My zorp flibbered the unbelievably internationalisation", query=6, key=3), width=1280)
    labels = shown.root().locator(".labels span:has(b), .strongest p")
    assert labels.count() == 3
    for cut, end, edge, word in labels.evaluate_all(
        """labels => labels.map((label) => {
            const words = [...label.children], texts = [...label.childNodes].filter((each) => each.nodeType === 3);
            const range = document.createRange();
            range.selectNode(texts.at(-1));
            return [words.some((each) => each.scrollWidth > each.clientWidth), range.getBoundingClientRect().right,
                label.getBoundingClientRect().right, Math.min(...words.map((each) => each.clientWidth))];
        })"""
    ):
        assert end <= edge + 0.5
        assert word >= 36, "some of it is read"
        assert cut or word < 80


def test_the_bars_are_as_long_as_the_numbers_and_the_band_is_behind_the_largest_product(bare):
    q, k, _, _ = vectors()
    drawn = pixels(bare(with_why()).part("arithmetic").locator("canvas"))
    step = drawn.shape[1] / 16
    for strip, values in enumerate((q[8], k[2], q[8] * k[2])):
        reach = abs(values).max()
        for dimension, value in enumerate(values):
            column = drawn[30 * strip : 30 * (strip + 1), int((dimension + 0.5) * step)]
            is_bar = (abs(column - np.array(MINUS if value < 0 else PLUS)) <= 2).all(axis=1)
            assert abs(is_bar.sum() - max(1, abs(value) / reach * 15 * 0.86)) <= 1.5, (strip, dimension)
            assert is_bar[15:].any() if value < 0 else is_bar[:15].any()
    largest = int(np.argmax(abs(q[8] * k[2])))
    behind = (drawn[45] == BAND).all(axis=1)
    assert set(np.flatnonzero(behind) // step) <= {largest}
    assert {int(place // step) for place in np.flatnonzero((drawn[0] == BAND).all(axis=1))} == {largest}


def test_pointing_at_a_bar_gives_its_numbers_and_so_do_the_arrow_keys(bare):
    shown = bare(with_why())
    q, k, _, _ = vectors()
    column = shown.part("arithmetic")
    bars, readout = column.get_by_role("slider"), column.locator(".readout")

    def said():
        dimension, numbers = readout.inner_text().removeprefix("dimension ").split(": ")
        return int(dimension), [number(text.strip("()")) for text in numbers.replace("=", "×").split(" × ")]

    largest = int(np.argmax(abs(q[8] * k[2])))
    assert said()[0] == largest, "at rest, the largest is told of"
    before = column.bounding_box()["height"]
    width = bars.bounding_box()["width"]
    bars.hover(position={"x": width * 3.5 / 16, "y": 10})
    dimension, numbers = said()
    assert dimension == 3
    assert numbers == pytest.approx([q[8, 3], k[2, 3], q[8, 3] * k[2, 3]], abs=0.51e-4)
    assert column.bounding_box()["height"] == before, "nothing moves while one points"
    shown.page.mouse.move(0, 0)
    assert said()[0] == largest
    bars.focus()
    bars.press("Home")
    bars.press("ArrowRight")
    assert said()[0] == 1
    assert bars.get_attribute("aria-valuetext") == readout.inner_text()
    bars.press("End")
    bars.press("ArrowRight")
    assert said()[0] == 15


def test_the_steps_open_one_at_a_time_with_a_way_back_by_keyboard(bare):
    shown = bare(with_why())
    column, page = shown.part("arithmetic"), shown.page
    scores, exps, weights = row_of(8)
    _, _, v, _ = vectors()
    column.get_by_role("button", name="Next step: the whole row of “it”").focus()
    page.keyboard.press("Enter")
    found = lines(column.locator("table"))
    assert [line[0] for line in found[1:-1]] == [token.text for token in trace().encoder.key_tokens]
    for place, exact in enumerate((scores, exps, weights), 1):
        assert [number(line[place]) for line in found[1:-1]] == pytest.approx(exact, abs=0.51e-4)
    assert number(found[-1][2]) == pytest.approx(exps.sum(), abs=0.51e-4)
    bars = column.locator("tbody .bar i").evaluate_all(
        "bars => bars.map(bar => [bar.getBoundingClientRect().width, bar.parentElement.clientWidth - 12])"
    )
    assert [width for width, _ in bars] == pytest.approx(
        [max(1, w * room) for w, (_, room) in zip(weights, bars, strict=True)], abs=1
    )
    expect(column.get_by_role("button", name="Next step: what is mixed in")).to_be_focused()
    page.keyboard.press("Enter")
    found = lines(column.locator("table"))
    lengths = np.linalg.norm(v, axis=1)
    for place, exact in enumerate((weights, lengths, weights * lengths), 1):
        assert [number(line[place]) for line in found[1:]] == pytest.approx(exact, abs=0.51e-4)
    page.keyboard.press("Enter")
    assert column.locator(".bars").count() == 1
    assert "output" in column.locator(".readout").inner_text()
    expect(column.get_by_role("button", name="Back: what is mixed in")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Enter")
    assert column.locator(".chain").count() == 1
    expect(column.get_by_role("button", name="Next step: the whole row")).to_be_focused()


def test_a_link_without_its_arithmetic_has_the_old_one_dimmed_under_the_old_title(bare):
    shown = bare(with_why())
    column = shown.part("arithmetic").locator(".why")
    assert column.get_attribute("aria-busy") == "false"
    shown.page.evaluate("() => { hosts[0].isSlow = true; }")
    shown.part("sentence").get_by_text("tired", exact=True).click()
    expect(column).to_have_attribute("aria-busy", "true")
    assert column.get_by_role("heading", level=3).inner_text() == "Why it → animal is .91"
    expect(column).to_have_css("opacity", "0.4")


def test_many_words_are_listed_with_the_strongest(bare):
    text = "The animal didn't cross the street because it was too tired and the dog saw the old river near the bank"
    shown = bare(with_why(text))
    column = shown.part("arithmetic")
    column.get_by_role("button", name="Next step").click()
    found = lines(column.locator("table"))[1:-1]
    weights = row_of(8, text=text)[2]
    assert len(found) == 16
    assert "the 16 largest of 23" in column.inner_text()
    assert sorted(number(line[3]) for line in found) == pytest.approx(sorted(weights)[-16:], abs=0.51e-4)


def test_a_longer_chain_is_drawn_to_its_end(bare):
    then = [{"name": "mean of heads", "how": "(0.9130 + 1.2 of the other 5 heads) ÷ 6", "result": "0.3522"}]
    subject = "Computed for layer 3, head 0, one of the 6 heads of the mean."
    why = why_of(with_why()) | {"then": then, "subject": subject}
    column = bare(with_why(why=why)).part("arithmetic")
    assert lines(column.locator(".chain"))[-1] == list(then[0].values())
    assert subject in column.inner_text()


def test_nothing_of_the_drawer_is_built_before_it_is_opened_and_escape_closes_it(bare):
    shown = bare(with_why())
    assert shown.part("numbers").evaluate("element => element.childElementCount") == 0
    drawer = open_drawer(shown)
    expect(drawer.get_by_role("heading", name="Numbers")).to_be_focused()
    shown.page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(shown.root().locator(".open-numbers")).to_be_focused()


def test_this_row_and_the_vectors_in_the_drawer_are_the_tensors(bare):
    shown = bare(with_why())
    q, k, v, _ = vectors()
    scores, exps, weights = row_of(8)
    drawer = open_drawer(shown)
    head, *rows = lines(drawer.locator("table"))
    assert head == ["it looks at", *(token.text for token in trace().encoder.key_tokens), "sum"]
    for row, exact in zip(rows, (scores, exps, weights), strict=True):
        assert [number(text) for text in row[1:14]] == pytest.approx(exact, abs=0.51e-4)
    assert [number(row[14]) for row in rows[1:]] == pytest.approx([exps.sum(), 1], abs=0.51e-4)
    drawer.get_by_role("button", name="q and k").click()
    _, *rows = lines(drawer.locator("table"))
    for row, exact in zip(rows, (q[8], k[2], q[8] * k[2]), strict=True):
        assert [number(text) for text in row[1:17]] == pytest.approx(exact, abs=0.51e-4)
    assert number(rows[2][17]) == pytest.approx(q[8] @ k[2], abs=0.51e-4)
    drawer.get_by_role("button", name="what is mixed in").click()
    mixed, output = (lines(table) for table in drawer.locator("table").all())
    assert [number(text) for text in mixed[3][1:]] == pytest.approx(weights * np.linalg.norm(v, axis=1), abs=0.51e-4)
    assert [number(text) for text in output[2][1:]] == pytest.approx(weights[2] * v[2], abs=0.51e-4)
    assert [number(text) for text in output[3][1:]] == pytest.approx(weights @ v, abs=0.51e-4)


def test_the_map_in_the_drawer_is_the_tensor_and_a_screen_reader_knows_its_headers(bare):
    drawer = open_drawer(bare(with_why()), "the map")
    head, *rows = lines(drawer.locator("table"))
    exact = trace().encoder.weights(3, 0).numpy()
    assert np.array([[number(text) for text in row[1:14]] for row in rows]) == pytest.approx(exact, abs=0.51e-4)
    assert {row[14] for row in rows} == {"1.0000"}
    assert [row[0] for row in rows] == head[1:14] == [token.text for token in trace().encoder.key_tokens]
    assert drawer.get_by_role("columnheader").count() == 14
    assert drawer.get_by_role("rowheader").count() == 13
    assert drawer.locator("td.chosen").count() == 13 + 14 - 1, "row and column of the link are marked"


def test_the_strongest_links_are_those_of_the_text(bare):
    sent = with_why()
    drawer = open_drawer(bare(sent), "strongest links")
    _, *rows = lines(drawer.locator("table"))
    stack = trace().encoder
    assert len(rows) == 24
    for at, (name, query, key, weight, _) in enumerate(rows):
        layer, head = divmod(at, 6)
        assert name == f"layer {layer}, head {head}"
        weights = stack.weights(layer, head)[1:-1, 1:-1].numpy().copy()
        np.fill_diagonal(weights, -1)
        best = np.unravel_index(weights.argmax(), weights.shape)
        words = [token.text for token in stack.query_tokens[1:-1]]
        assert (query, key) == (words[best[0]], words[best[1]])
        assert number(weight) == pytest.approx(weights.max(), abs=0.51e-4)


def test_of_a_long_map_a_portion_stands_on_the_page_and_a_file_has_all(bare):
    text = "The animal didn't cross the street because it was too tired. " * 5
    shown = bare(with_why(text.strip(), query=53, key=2))
    drawer = open_drawer(shown, "the map")
    exact = trace(text.strip()).encoder.weights(3, 0).numpy()
    n = len(exact)
    found = lines(drawer.locator("table"))
    assert (len(found), len(found[0])) == (1 + n - 40, 1 + 20)
    assert "rows 41 to" in drawer.inner_text(), "it begins where the link is"
    assert number(found[1 + 53 - 40][3]) == pytest.approx(exact[53, 2], abs=0.51e-4)
    drawer.get_by_role("button", name="Earlier rows").press("Enter")
    drawer.get_by_role("button", name="Later columns").press("Enter")
    found = lines(drawer.locator("table"))
    cells = np.array([[number(text) for text in row[1:]] for row in found[1:]])
    expect(drawer.get_by_role("button", name="Later columns")).to_be_focused()
    assert cells == pytest.approx(exact[:40, 20:40], abs=0.51e-4)
    with shown.page.expect_download() as download:
        drawer.get_by_role("button", name="CSV").click()
    with download.value.path().open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert (len(rows), len(head)) == (n, n + 2)
    assert np.array([[float(text) for text in row[1:-1]] for row in rows], dtype=np.float32).tolist() == exact.tolist()


def test_a_copy_holds_every_weight_of_the_map_for_a_spreadsheet(bare):
    shown = bare(with_why(), address="http://localhost/")
    shown.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    drawer = open_drawer(shown, "the map")
    drawer.get_by_role("button", name="Copy").press("Enter")
    expect(drawer.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    copied = shown.page.evaluate("() => navigator.clipboard.readText()")
    head, *rows = [line.split("\t") for line in copied.splitlines()]
    exact, words = trace().encoder.weights(3, 0).numpy(), [token.text for token in trace().encoder.key_tokens]
    assert head == ["looks at", *words, "sum"]
    assert [row[0] for row in rows] == words
    assert np.array([[float(text) for text in row[1:-1]] for row in rows], dtype=np.float32).tolist() == exact.tolist()


def test_a_browser_that_lets_nothing_be_copied_says_what_to_take(bare):
    shown = bare(with_why())
    shown.page.evaluate("() => Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    drawer = open_drawer(shown, "the map")
    drawer.get_by_role("button", name="Copy").press("Enter")
    told = drawer.get_by_role("status").filter(has_text="Take the CSV.")
    expect(told).to_be_visible()
    shown.page.set_viewport_size({"width": 1300, "height": 700})  # other room, the same numbers
    shown.settled()
    expect(told).to_be_visible()
    drawer.get_by_role("button", name="this row").press("Enter")
    expect(told).to_have_count(0)


def test_no_cell_of_a_file_is_a_formula(bare):
    shown = bare(with_why())
    script = bundle.script("tables")
    shown.page.add_script_tag(content=f"globalThis.tabled = (() => {{ {script}; return attnviz; }})();")
    texts = ["=1", "+1", "-", "@A1", "\tx", "\r=1", "\n=1", " =1", "\u200b=1", "＝1", "'=1", "\x85=1", "\x1f-1"]
    texts += ["a,b", 'say "x"', "two\nlines", "", "she = it", *(text for group in NAUGHTY.values() for text in group)]
    written = shown.page.evaluate("texts => texts.map(tabled.tables.cell)", texts)
    assert written == [cell(text) for text in texts]
    table = shown.page.evaluate(
        """texts => tabled.tables.asCsv([{ title: "", corner: "", columns: ["a"], rows: texts,
            text: (row) => (row % 2 ? "−0.5" : "1e−7") }])""",
        texts,
    )
    rows = list(csv.reader(io.StringIO(table, newline="")))
    assert [row[0] for row in rows[1:]] == [cell(text) for text in texts]
    assert {row[1] for row in rows[1:]} == {"-0.5", "1e-7"}
