"""What Plotly has drawn, asked of the browser."""

from typing import Any

from playwright.sync_api import Page

_CELLS = """plot => {
    const drawn = plot.calcdata[0][0];
    const axis = plot._fullLayout.yaxis;
    return {
        z: drawn.z.map(row => Array.from(row)),
        x: Array.from(drawn.x), y: Array.from(drawn.y),
        rows: Array.from(axis.ticktext), columns: Array.from(plot._fullLayout.xaxis.ticktext),
    };
}"""


def cells(page: Page, selector: str, index: int = 0) -> dict[str, Any]:
    """Values, edges and labels of a map, as Plotly computed them for drawing."""
    return page.locator(selector).nth(index).evaluate(_CELLS)
