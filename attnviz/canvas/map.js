// The chosen head's map with its numbers. Pointer, finger and arrow keys look at a cell, click and Enter choose it; the
// cells are drawn once for a map, the labels and frames above them with every move.

import { make, MOVES, within } from "./dom.js";
import { cutsIn, editKey, keysSaid } from "./edits.js";
import { cellAt, gridOf, paintCells, paintMarks } from "./grid.js";
import { endOf, linkOf, nameOf, placeOf, shareOf, takesPart, wordsOf } from "./look.js";
import { decoded } from "./message.js";
import { numberText } from "./numbers.js";
import { CanvasPainter, measure } from "./painter.js";
import { Part } from "./part.js";
import { WindowSteps } from "./window.js";

/** @import { Cells } from "./grid.js" */
/** @import { Painter, Shown, TextMessage } from "./types.js" */

/** @typedef {{query: number, key: number}} Cell */

export class HeadMap extends Part {
  constructor(/** @type {ConstructorParameters<typeof Part>} */ ...given) {
    super(...given);
    this.note = make("span", { class: "muted" });
    this.under = make("canvas", { "aria-hidden": "true" });
    this.canvas = make("canvas", { tabindex: "0", role: "application", class: "marks" });
    this.tip = make("div", { class: "tip", hidden: "" });
    this.said = make("p", { class: "unseen", "aria-live": "polite" });
    this.room = make("div", { class: "layers" }, this.under, this.canvas, this.tip);
    this.steps = new WindowSteps(this.store);
    this.sized = this.drawn = ""; // what the grid and the cells on the screen are of
    /** @type {Float32Array | undefined} */
    this.values = undefined;
    this.isLooking = false; // whether what is looked at is looked at here
    this.element.replaceChildren(make("h3", {}, make("span", {}, "Who looks at whom"), " ", this.note), this.room, this.steps.element, this.said);
    this.canvas.addEventListener("pointermove", (event) => this.look(this.cellAt(event)));
    this.canvas.addEventListener("pointerdown", (event) => this.look(this.cellAt(event)));
    this.canvas.addEventListener("pointerleave", () => this.look(null));
    this.canvas.addEventListener("pointercancel", () => this.look(null));
    this.canvas.addEventListener("blur", () => this.look(null));
    this.canvas.addEventListener("pointerup", (event) => event.button === 0 && this.choose(this.cellAt(event))); // also of a finger that slid there
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  draw(/** @type {Set<string>} */ changed) {
    const { text, shown } = this, { colours } = this.page;
    if (!this.room.clientWidth) return;
    if (changed.has("theme")) this.sized = ""; // letters may have come that were not there
    this.note.textContent = noteOf(text, shown);
    const sized = [text.digest, this.room.clientWidth, colours.font].join();
    if (sized !== this.sized) {
      this.sized = sized;
      const names = { rows: wordsOf(text, "query").text, columns: wordsOf(text, "key").text };
      this.grid = gridOf(names, this.room.clientWidth, (words, size, weight) => measure(words, size, weight, colours.font));
      this.drawn = "";
    }
    const { grid } = this, { preview } = this.store, map = this.store.map();
    if (!grid) return;
    this.cells = cellsOf(this);
    const { background } = colours, looked = [preview?.layer, preview?.head];
    const drawn = [map?.name, map?.exact, shown.scale, shown.between, background, window.devicePixelRatio, ...looked].join();
    if (drawn !== this.drawn || map?.values !== this.values) {
      [this.drawn, this.values] = [drawn, map?.values];
      const painter = new CanvasPainter(this.under, grid.width, grid.height, colours.font);
      paintCells(painter, grid, this.cells, colours);
    }
    this.canvas.dataset.grid = [grid.left, grid.top, grid.across, grid.down].join(" "); // where the cells are, for tests
    paintMarks(new CanvasPainter(this.canvas, grid.width, grid.height, colours.font), grid, this.marks(this.looked()), colours);
    this.tell();
    this.steps.draw(text);
  }

  picture() {
    const { grid } = this, { colours } = this.page, cells = cellsOf(this);
    if (!grid) return null;
    const paint = (/** @type {Painter} */ painter) => {
      paintCells(painter, grid, cells, colours);
      paintMarks(painter, grid, this.marks(linkOf(this.text, this.shown)), colours);
    };
    return { width: grid.width, height: grid.height, paint };
  }

  /** The link that is looked at here or elsewhere, else the chosen one. */
  looked() {
    const { preview } = this.store;
    if (preview?.query === undefined && preview?.key === undefined) return linkOf(this.text, this.shown);
    return { query: preview?.query ?? -1, key: preview?.key ?? -1 };
  }

  marks(/** @type {Cell} */ link) {
    const { text, shown } = this;
    const special = { rows: wordsOf(text, "query").special, columns: wordsOf(text, "key").special };
    return { ...link, direction: shown.direction, special };
  }

  /** Name both words and the weight of the cell that is looked at. */
  tell() {
    const link = this.looked(), { text, grid, tip } = this, isCell = link.query >= 0 && link.key >= 0;
    const names = isCell ? `${nameOf(wordsOf(text, "query"), link.query)} → ${nameOf(wordsOf(text, "key"), link.key)}` : "";
    const number = isCell ? this.number(link) : "";
    this.canvas.setAttribute("aria-label", `The map of ${titleOf(this)}. Arrow keys look at a cell, Enter chooses it.${keysSaid(this)} ${names} ${number}`);
    tip.hidden = !this.isLooking || !names || !grid;
    this.said.textContent = tip.hidden ? "" : `${names} ${number}`;
    if (tip.hidden || !grid) return;
    tip.replaceChildren(make("bdi", {}, names), make("b", {}, number));
    const left = grid.left + (link.key + 1) * grid.across + 6, isBeyond = left + tip.offsetWidth > this.room.clientWidth;
    tip.style.left = `${Math.max(0, isBeyond ? grid.left + link.key * grid.across - tip.offsetWidth - 8 : left)}px`;
    tip.style.top = `${grid.top + (link.query + 0.5) * grid.down - tip.offsetHeight / 2}px`;
  }

  /** The weight of a cell in words. */
  number(/** @type {Cell} */ cell) {
    const weight = this.weight(cell);
    if (weight === null) return "";
    if (Number.isNaN(weight)) return this.isCut(cell) ? "cut: an edit took it out" : "masked: it may not look there";
    return this.store.map()?.exact ? longText(weight) : `≈ ${numberText(weight)}`;
  }

  isCut(/** @type {Cell} */ { query, key }) {
    return Boolean(this.cells?.cuts.some(([row, column]) => row === query && column === key));
  }

  /** The weight of a cell; null where the map of this head is not here. */
  weight(/** @type {Cell} */ { query, key }) {
    const { cells, grid } = this;
    return cells && grid && cells.columns === grid.columns ? cells.values[query * cells.columns + key] : null;
  }

  cellAt(/** @type {MouseEvent} */ { offsetX, offsetY }) {
    return this.grid ? cellAt(this.grid, offsetX, offsetY) : null;
  }

  look(/** @type {Cell | null} */ cell) {
    const { preview } = this.store;
    if (cell && this.cells && !this.cells.takes(cell.query, cell.key)) cell = null;
    if (!cell && !this.isLooking) return;
    this.isLooking = cell !== null;
    if (cell?.query !== preview?.query || cell?.key !== preview?.key) this.store.look(cell);
  }

  choose(/** @type {Cell | null} */ cell) {
    const { text } = this;
    if (!cell || !this.cells?.takes(cell.query, cell.key)) return;
    if (Number.isNaN(this.weight(cell)) && !this.isCut(cell)) return; // what was cut can be put back
    this.isLooking = false;
    this.store.choose({ type: "link", query: placeOf(wordsOf(text, "query"), cell.query), key: placeOf(wordsOf(text, "key"), cell.key) });
  }

  key(/** @type {KeyboardEvent} */ event) {
    const { grid } = this, { query, key } = this.looked();
    if (!grid) return;
    const move = MOVES[event.key], from = { query: Math.max(0, query), key: Math.max(0, key) };
    if (move) this.walk(from, move);
    else if (event.key === "Enter" || event.key === " ") this.choose(query < 0 || key < 0 ? null : { query, key });
    else if (event.key === "Escape") this.look(null);
    else if (!editKey(this, event)) return;
    event.preventDefault();
  }

  /** Look at the next cell in a direction that takes part; where there is none, stay. */
  walk(/** @type {Cell} */ from, /** @type {[number, number]} */ [down, across]) {
    const { grid, cells } = this;
    if (!grid || !cells) return;
    const to = { query: within(from.query + down, grid.rows), key: within(from.key + across, grid.columns) };
    while (!cells.takes(to.query, to.key)) {
      const next = { query: to.query + Math.sign(down), key: to.key + Math.sign(across) };
      if (within(next.query, grid.rows) !== next.query || within(next.key, grid.columns) !== next.key) return;
      Object.assign(to, next);
    }
    this.look(to);
  }
}

/**
 * The cells of the map that is shown; of a head that is looked at in a long text, blocks of them.
 * @param {Part} part
 * @returns {Cells}
 */
function cellsOf({ text, view, shown, store }) {
  const { preview } = store, map = store.map();
  const { layer, head } = preview ?? {};
  const takes = (/** @type {number} */ query, /** @type {number} */ key) => takesPart(text, shown.between, query, key);
  if (map && (layer === undefined || (map.heads.length === 1 && map.heads[0][0] === layer && map.heads[0][1] === head))) {
    const [rows, columns] = text.tokens, end = endOf(map.values, columns);
    return { values: map.values, rows, columns, takes, cuts: cutsIn({ text, view, shown }, map.heads), share: (weight) => shareOf(shown.scale, weight, end) };
  }
  /** @type {[number, number][]} */
  const heads = layer === undefined || head === undefined ? shown.heads : [[layer, head]];
  const [rows, columns] = text.cells, values = decoded(text, heads), end = endOf(values, columns);
  return { values, rows, columns, takes: () => true, cuts: [], share: (weight) => shareOf(shown.scale, weight, end) };
}

/** What the rows are, in one line. */
function noteOf(/** @type {TextMessage} */ text, /** @type {Shown} */ { special, between }) {
  const row = text.key ? "each row is a word of the second text" : "each row is a word that looks";
  if (text.tokens[1] < text.total[1]) return `${row}; ${text.tokens[1]} of ${text.total[1]} columns are here`;
  if (between) return `${row}; only links from ${between[0].toUpperCase()} to ${between[1].toUpperCase()}`;
  if (special === "hide") return `${row}; what goes to special tokens is left out`;
  return `${row}; its numbers add up to 1`;
}

/** Which head or mean is shown, in words. */
function titleOf(/** @type {Part} */ { shown, store: { preview } }) {
  if (preview?.layer !== undefined) return `layer ${preview.layer}, head ${preview.head}`;
  return shown.heads.length > 1 ? `a mean of ${shown.heads.length} heads` : `layer ${shown.layer}, head ${shown.head}`;
}

/** A weight with four decimals, and two digits of a smaller one. */
function longText(/** @type {number} */ weight) {
  return weight >= 0.0001 || weight === 0 ? weight.toFixed(4) : weight.toPrecision(2);
}
