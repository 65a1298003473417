"""What Plotly has drawn, asked of the browser."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

CHOSEN = ".st-key-heatmap .js-plotly-plot"
HEADS = ".st-key-heads .js-plotly-plot"

_CELLS = """plot => {
    const drawn = plot.calcdata[0][0];
    const axis = plot._fullLayout.yaxis;
    return {
        z: drawn.z.map(row => Array.from(row)),
        x: Array.from(drawn.x), y: Array.from(drawn.y),
        rows: Array.from(axis.ticktext), columns: Array.from(plot._fullLayout.xaxis.ticktext),
    };
}"""
_COLOURS = """async ([plot, rows, columns]) => {
    const image = plot.querySelector(".heatmaplayer image");
    const bitmap = new Image();
    bitmap.src = image.getAttribute("xlink:href") || image.getAttribute("href");
    await bitmap.decode();
    const canvas = document.createElement("canvas");
    canvas.width = bitmap.width; canvas.height = bitmap.height;
    const context = canvas.getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const colours = [];
    for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) {
        const x = Math.floor((column + 0.5) * bitmap.width / columns);
        const y = Math.floor((row + 0.5) * bitmap.height / rows);
        colours.push(Array.from(context.getImageData(x, y, 1, 1).data));
    }
    return colours;
}"""


def wait_for_map(page: Page, *, layer: int, head: int, n_heads: int) -> None:
    """Wait until the chosen head and all heads of its layer are drawn and the page is at rest."""
    page.wait_for_function(
        """([chosen, heads, title, count]) => {
            const plot = document.querySelector(chosen);
            return document.querySelector('[data-testid="stApp"]').dataset.testScriptState === "notRunning"
                && plot && plot.layout && plot.layout.title.text.startsWith(title)
                && document.querySelectorAll(heads + ":has(.heatmaplayer image)").length === count;
        }""",
        arg=[CHOSEN, HEADS, f"Layer {layer}, head {head}:", n_heads],
    )


def wait_for_row(page: Page, position: int, label: str) -> None:
    """Wait until a row of the chosen map has this label."""
    page.wait_for_function(
        "([plot, i, label]) => document.querySelector(plot)?._fullLayout?.yaxis?.ticktext?.[i] === label",
        arg=[CHOSEN, position, label],
    )


def cells(page: Page, selector: str, index: int = 0) -> dict[str, Any]:
    """Values, edges and labels of a map, as Plotly computed them for drawing."""
    return page.locator(selector).nth(index).evaluate(_CELLS)


def colours(page: Page, selector: str, shape: tuple[int, int]) -> NDArray[np.int64]:
    """The colour in the middle of every cell of a map, (row, column, channel)."""
    plot = page.locator(selector).first.element_handle()
    return np.array(page.evaluate(_COLOURS, [plot, *shape])).reshape(*shape, 4)[..., :3]


def numbers_in_cells(page: Page, selector: str) -> list[tuple[float, float, bool]]:
    """Of every number in a large map its width, that of its cell, and whether it is shown."""
    return page.locator(selector).evaluate(
        """plot => {
            const columns = plot.calcdata[0][0].z[0].length;
            const cell = plot.querySelector(".nsewdrag").getBoundingClientRect().width / columns;
            return [...plot.querySelectorAll(".scatterlayer text")].map(text =>
                [text.getBoundingClientRect().width, cell, getComputedStyle(text).visibility === "visible"]);
        }"""
    )


def move_to(page: Page, row: int, column: int, shape: tuple[int, int]) -> None:
    """Move the mouse to a cell of the chosen map."""
    place = page.locator(f"{CHOSEN} .nsewdrag").first
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.move(
        box["x"] + (column + 0.5) * box["width"] / shape[1], box["y"] + (row + 0.5) * box["height"] / shape[0], steps=4
    )


def click(page: Page, row: int, column: int, shape: tuple[int, int]) -> None:
    """Click a cell of the chosen map, once Plotly knows that the mouse is on it."""
    hover(page, row, column, shape)
    page.mouse.down()
    page.mouse.up()


def hover(page: Page, row: int, column: int, shape: tuple[int, int]) -> str:
    """What appears when the mouse is on a cell of the chosen map."""
    move_to(page, row, column, shape)
    texts = page.locator(f"{CHOSEN} .hoverlayer .hovertext .line")
    texts.last.wait_for()
    page.wait_for_timeout(150)  # Plotly moves the label at most every 50 ms
    return re.sub("[\u2068\u2069]", "", "\n".join(texts.all_text_contents()))
