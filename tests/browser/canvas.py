"""What the sentence and the overview show, asked of the browser."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page

SENTENCE = ".st-key-sentence section"
OVERVIEW = ".st-key-overview section"
GAP = 5  # pixels between maps


def wait_for(page: Page, *, shows: str, exact: bool = True) -> None:
    """Wait until both parts are drawn, the sentence with these heads, as exactly as is asked for."""
    page.locator(f"{OVERVIEW}[data-layer]").wait_for()
    page.locator(f'{SENTENCE}[data-shows="{shows}"][data-exact="{str(exact).lower()}"]').wait_for()


def word(page: Page, index: int, side: str = "query") -> Locator:
    """A word of the sentence."""
    return page.locator(f'{SENTENCE} .token[data-side="{side}"][data-index="{index}"]')


def said(page: Page, part: str = SENTENCE) -> str:
    """The line that says the main thing, read to those who do not see the picture."""
    return " ".join(page.locator(f"{part} .said").inner_text().split())


def numbers(page: Page, side: str = "query") -> dict[int, float]:
    """The numbers at the words of a side, by their places."""
    found = page.locator(f'{SENTENCE} .token[data-side="{side}"]').evaluate_all(
        "tokens => tokens.map(token => token.querySelector('small').textContent)"
    )
    return {place: float(text) for place, text in enumerate(found) if text}


def pinned(page: Page) -> list[int]:
    """Places of the words that are pinned."""
    return page.locator(f"{SENTENCE} .token.pinned").evaluate_all("tokens => tokens.map(t => Number(t.dataset.index))")


def switch(page: Page, setting: str) -> Locator:
    """A control above the words: `direction=from`."""
    return page.locator(f'{SENTENCE} button[data-set="{setting}"]')


def place_of(page: Page, layer: int, head: int) -> dict[str, float]:
    """The middle of a small map, in the overview's canvas."""
    data = overview_data(page)
    left, top, across, down = (float(data[name]) for name in ("left", "top", "stepX", "stepY"))
    return {"x": left + head * across + (across - GAP) / 2, "y": top + layer * down + (down - GAP) / 2}


def overview_data(page: Page) -> dict[str, Any]:
    return page.locator(OVERVIEW).evaluate("section => ({...section.dataset})")


def wait_for_scale(page: Page, scale: str) -> None:
    """Wait until the small maps have the colours of a scale."""
    page.locator(f'{OVERVIEW}[data-scale="{scale}"]').wait_for()


def map_pixels(page: Page, layer: int, head: int, shape: tuple[int, int]) -> NDArray[np.int64]:
    """The colour in the middle of every cell of a small map, (row, column, channel)."""
    data = overview_data(page)
    left, top, across, down = (float(data[name]) for name in ("left", "top", "stepX", "stepY"))
    box = [left + head * across, top + layer * down, across - GAP, down - GAP]
    colours = page.locator(f"{OVERVIEW} canvas").evaluate(
        """(canvas, [box, rows, columns]) => {
            const context = canvas.getContext("2d"), ratio = window.devicePixelRatio, found = [];
            for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) {
                const [left, top, width, height] = box.map(length => Math.round(length * ratio));
                const x = left + Math.floor((column + 0.5) * width / columns);
                const y = top + Math.floor((row + 0.5) * height / rows);
                found.push(Array.from(context.getImageData(x, y, 1, 1).data.slice(0, 3)));
            }
            return found;
        }""",
        [box, *shape],
    )
    return np.array(colours).reshape(*shape, 3)


def ink(page: Page, x: float, y: float, width: float, height: float) -> int:
    """How many pixels of the sentence's canvas are drawn on in a part of it, given in points."""
    return page.locator(f"{SENTENCE} canvas").evaluate(
        """(canvas, [x, y, width, height]) => {
            const ratio = window.devicePixelRatio;
            const data = canvas.getContext("2d").getImageData(x * ratio, y * ratio, width * ratio, height * ratio).data;
            let drawn = 0;
            for (let i = 3; i < data.length; i += 4) if (data[i]) drawn += 1;
            return drawn;
        }""",
        [x, y, width, height],
    )


def weights_said(text: str) -> list[tuple[str, float]]:
    """Words and numbers of a line such as `it attends to animal 0.64, the (1) 0.05`."""
    listed = re.split(r"attends? (?:on average )?to|attended by(?:, summed,)?", text)[-1]
    pairs = (re.fullmatch(r"\s*(.+?) (?:≈ )?([\d.]+)\s*", part) for part in listed.split(", "))
    return [(pair[1], float(pair[2])) for pair in pairs if pair]


def address(page: Page) -> dict[str, str]:
    """The parameters of the address."""
    return {name: value[0] for name, value in parse_qs(urlsplit(page.url).query).items()}


def wait_for_address(page: Page, **expected: str | None) -> None:
    """Wait until the address has these parameters; None for one that it lacks."""
    page.wait_for_function(
        """expected => {
            const address = new URLSearchParams(location.search);
            return Object.entries(expected).every(([name, value]) => address.get(name) === value);
        }""",
        arg=expected,
    )


def assert_shown(page: Page, row: np.ndarray, *, side: str = "query") -> None:
    """The numbers at the words are the weights, and all the large ones have one."""
    shown = numbers(page, side)
    assert len(shown) >= min(3, np.count_nonzero(row))
    for place, number in shown.items():
        assert abs(number - row[place]) <= 0.005 + 1e-6, f"word {place}"
    large = np.flatnonzero(row >= 0.0501)
    assert set(large[np.argsort(-row[large])][:12]) <= set(shown)


def load_folder(page: Page) -> None:
    """Load the model that the address asks for, and wait until its pictures have taken the place of the stand-in's."""
    button = page.get_by_role("button", name="Load this model")
    button.click()
    button.wait_for(state="detached")  # at the end of the run that draws the model
