// Which part of a long text is on screen: a slider with a step at each end, one for each side of the map.

import { button, icon, make, within } from "./dom.js";

/** @import { Store } from "./store.js" */
/** @import { TextMessage } from "./types.js" */

export class WindowSteps {
  constructor(/** @type {Store} */ store) {
    this.rows = slide("Rows", (rows) => store.choose({ type: "window", rows }));
    this.columns = slide("Columns", (columns) => store.choose({ type: "window", columns }));
    this.element = make("div", { class: "slides" }, this.rows.element, this.columns.element);
  }

  /** Where one text looks at itself, its columns are those of the rows. */
  draw(/** @type {TextMessage} */ { first, tokens, total, key }) {
    this.rows.show(first[0], tokens[0], total[0], key === null ? "Tokens" : "Rows");
    this.columns.show(first[1], tokens[1], key === null ? 0 : total[1], "Columns");
  }
}

/** A slider whose place is told when it is let go. */
function slide(/** @type {string} */ name, /** @type {(first: number) => void} */ go) {
  const range = make("input", { type: "range", min: "0", "aria-label": `First of the ${name.toLowerCase()} on screen` });
  const said = make("span", { class: "muted" });
  let size = 1;
  const turn = (/** @type {number} */ by) => () => go(within(Number(range.value) + by * size, Number(range.max) + 1));
  const before = button({ "aria-label": `Earlier ${name.toLowerCase()}` }, turn(-1), icon("left", 16));
  const after = button({ "aria-label": `Later ${name.toLowerCase()}` }, turn(1), icon("right", 16));
  const element = make("div", { class: "slide" }, before, range, after, said);
  let total = 0, label = name;
  const say = () => (said.textContent = `${label} ${range.value} to ${Number(range.value) + size - 1} of ${total}`);
  range.addEventListener("input", say);
  range.addEventListener("change", () => go(Number(range.value)));
  const show = (/** @type {number} */ first, /** @type {number} */ shown, /** @type {number} */ all, /** @type {string} */ title) => {
    [size, total, label] = [shown, all, title];
    element.hidden = all <= shown;
    [range.max, range.value] = [String(Math.max(0, all - shown)), String(first)];
    say();
  };
  return { element, show };
}
