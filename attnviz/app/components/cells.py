"""What the browser adds to large heat maps: a click on a cell chooses it, and numbers fit into their cells or go.

Streamlit hands on no click on a heat map, and Plotly's numbers keep their size where a narrow window makes the cells
narrow. A part without a picture listens to Plotly's own events.
"""

from collections.abc import Callable, Sequence

import streamlit as st

from attnviz.app import sent, session
from attnviz.app.display import Display
from attnviz.figures.heatmap import FONT_SIZE

MIN_FONT = 10  # pixels; smaller numbers are not read but guessed
_LETTERS = 1.5  # width that ".43" and the space beside it take up, in font sizes

_LISTEN = """
const listeners = new WeakMap(); // of a part, what ends its listening

export default function ({ data, parentElement, setTriggerValue }) {
    listeners.get(parentElement)?.();
    const { maps, isChosen, letters, fonts: [least, most] } = data;
    const attached = new Map(); // of a plot, its event emitter: a plot that is made anew has another one

    /** Numbers as large as the cells allow; none where that is too small to be read. */
    const fit = (plot) => {
        const field = plot.querySelector(".nsewdrag"), numbers = plot.querySelectorAll(".scatterlayer text");
        if (!field || !plot.layout?.xaxis?.range) return;
        if (isChosen) field.style.cursor = "pointer";
        const [from, to] = plot.layout.xaxis.range;
        const size = Math.min(most, Math.floor((2 * field.getBoundingClientRect().width) / (to - from) / letters) / 2);
        const fontSize = `${Math.max(size, least)}px`, visibility = size < least ? "hidden" : "";
        for (const { style } of numbers) {
            if (style.fontSize !== fontSize) style.fontSize = fontSize;
            if (style.visibility !== visibility) style.visibility = visibility;
        }
    };
    const choose = ({ points }) => {
        const cell = points.find((point) => Array.isArray(point.pointNumber));
        if (cell) setTriggerValue("cell", cell.pointNumber);
    };
    const attach = () => {
        for (const key of maps) {
            const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`);
            if (!plot?.on || attached.get(plot)?.on === plot.on) continue;
            const draw = () => fit(plot);
            plot.on("plotly_afterplot", draw);
            if (isChosen) plot.on("plotly_click", choose);
            attached.set(plot, { on: plot.on, draw });
            fit(plot);
        }
    };
    const observer = new MutationObserver(attach);
    const page = document.querySelector('[data-testid="stMain"]') ?? document.body;
    observer.observe(page, { childList: true, subtree: true });
    attach();
    const end = () => {
        observer.disconnect();
        for (const [plot, { draw }] of attached) {
            plot.removeListener?.("plotly_afterplot", draw);
            plot.removeListener?.("plotly_click", choose);
        }
    };
    listeners.set(parentElement, end);
    return end;
}
"""
_listener = st.components.v2.component("attnviz_cells", js=_LISTEN)


def legible(*maps: str) -> None:
    """Have the numbers of large maps, named by the keys of their containers, fit into their cells."""
    _listener(key="cells", data=_data(maps, is_chosen=False), height=1)


def choosable(of: str, shown: Display, rows: range, columns: range) -> None:
    """The same for one map, of which a click on a cell chooses the query and the key that the page works out."""
    _listener(key="cells", data=_data([of], is_chosen=True), on_cell_change=_taker(shown, rows, columns), height=1)


def _data(maps: Sequence[str], *, is_chosen: bool) -> dict[str, object]:
    return {"maps": list(maps), "isChosen": is_chosen, "letters": _LETTERS, "fonts": [MIN_FONT, FONT_SIZE]}


def _taker(shown: Display, rows: range, columns: range) -> Callable[[], None]:
    """Takes a cell; of a word of several pieces, the first one."""
    queries, keys = shown.queries, shown.keys
    is_cell = sent.wholes(range(max(len(rows), len(columns))), count=2)

    def take() -> None:
        cell = st.session_state["cells"].get("cell")
        if not is_cell(cell):
            return
        query, key = queries.tokens(rows.start + cell[0]), keys.tokens(columns.start + cell[1])
        if query and key:
            session.change(query=query[0], key=key[0])

    return take
