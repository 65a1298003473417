// One drawer for all numbers: this row, the map, q and k, what is mixed in, the strongest links.
//
// Tables are real ones, with headers that a screen reader reads. Nothing is built before the drawer is opened, and of a
// long table only a portion stands on the page; a copy and a file have all of it.

import { button, icon, make, save, segments } from "./dom.js";
import { linkOf, lookedAt, wordsOf } from "./look.js";
import { Part } from "./part.js";
import {
  asCsv, asTabs, lookedTable, mapTable, mixedTable, namesOf, outputTable, rowTable, strongestTable, titleOf, turned, vectorTable,
} from "./tables.js";
import { isCurrent, keysOf } from "./why.js";

/** @import { Table } from "./tables.js" */
/** @import { Shown, ShownMap, TextMessage, ViewMessage } from "./types.js" */

/** @typedef {{text: TextMessage, view: ViewMessage, shown: Shown, map: ShownMap | null}} Known */

const ROWS = 40; // that stand on the page at once
const COLUMNS = 20;
const PHONE_COLUMNS = 6;
const LINES = 4; // a table of at most so many is turned where it has more columns than stand on the page
const TABS = [
  { name: "this row", tables: thisRow, isOfLink: true },
  { name: "the map", tables: theMap, isOfLink: false },
  { name: "q and k", tables: vectors, isOfLink: true },
  { name: "what is mixed in", tables: mixedIn, isOfLink: true },
  { name: "strongest links", tables: strongest, isOfLink: false },
];

export class Drawer extends Part {
  constructor(/** @type {ConstructorParameters<typeof Part>} */ ...given) {
    super(...given);
    this.tab = TABS[0];
    /** @type {Table[]} */
    this.tables = [];
    /** @type {Portion[]} */
    this.portions = [];
    /** @type {HTMLElement | null} */
    this.section = null;
    this.heading = make("h3", { tabindex: "-1" }, "Numbers");
    this.body = make("div", { class: "tables" });
    this.status = make("span", { class: "status", role: "status" });
    this.switch = segments("Which numbers", (name) => this.#turnTo(name));
  }

  draw(/** @type {Set<string>} */ changed) {
    const { page } = this;
    const isOpen = page.opened === "numbers" || (page.isPhone && page.root.dataset.tab === "numbers");
    if (!isOpen) return this.#clear();
    const isNew = this.section === null;
    if (isNew) this.#build();
    const isOther = isNew || ["text", "view", "map"].some((what) => changed.has(what));
    if (isOther) this.status.textContent = ""; // it told of other numbers
    if (isOther || changed.has("size")) this.#fill();
    if (isNew && page.opened === "numbers") this.heading.focus();
  }

  #build() {
    const close = button({ "aria-label": "Close the numbers" }, () => this.#close(), icon("close"));
    close.hidden = this.page.isPhone;
    const copy = button({}, () => this.#copy(), icon("copy"), "Copy");
    const csv = button({}, () => this.#save(), icon("download"), "CSV");
    const ends = make("div", { class: "ends" }, this.status, copy, csv, close);
    const title = make("div", { class: "title" }, this.heading, this.switch.group, ends);
    this.section = make("section", { class: "drawer", "aria-label": "Numbers" }, title, this.body);
    this.section.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#close();
    });
    this.element.append(this.section);
  }

  /** The button that opened it gets the keyboard back. */
  #close() {
    this.page.close();
    /** @type {HTMLElement | null} */ (this.page.root.querySelector(".open-numbers"))?.focus();
  }

  #turnTo(/** @type {string} */ name) {
    this.tab = TABS.find((tab) => tab.name === name) ?? TABS[0];
    this.status.textContent = "";
    this.#fill();
  }

  #fill() {
    const { text, view, shown } = this;
    this.switch.show(TABS.map(({ name }) => [name, name]), this.tab.name);
    const isOld = this.tab.isOfLink && !isCurrent(this, null);
    this.section?.classList.toggle("old", isOld);
    this.section?.setAttribute("aria-busy", String(isOld));
    const most = this.page.isPhone ? PHONE_COLUMNS : COLUMNS;
    this.tables = this.tab.tables({ text, view, shown, map: this.store.map(null) }).map((table) => fitting(table, most));
    const areSame = this.tables.length === this.portions.length && this.portions.every((each, at) => each.take(this.tables[at]));
    if (areSame && this.tables.length) return;
    this.portions = this.tables.map((table) => new Portion(table));
    const nothing = make("p", { class: "note" }, "These numbers are not here yet.");
    this.body.replaceChildren(...(this.portions.length ? this.portions.map(({ element }) => element) : [nothing]));
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(asTabs(this.tables));
      this.status.textContent = "Copied.";
    } catch {
      this.status.textContent = "The browser does not let this page copy. Take the CSV.";
    }
  }

  #save() {
    save(`attnviz ${this.tab.name}.csv`, asCsv(this.tables), "text/csv;charset=utf-8");
    this.status.textContent = "Saved.";
  }

  #clear() {
    this.section?.remove();
    this.section = null;
    this.tables = [];
    this.portions = [];
  }
}

/** @typedef {{name: string, size: number, total: number, start: number}} Axis */

/** The part of a table that stands on the page, first that of the marked cell; where it is long, buttons lead on. */
class Portion {
  constructor(/** @type {Table} */ table) {
    this.table = table;
    this.rows = axisOf("rows", ROWS, table.rows.length, table.chosen?.row);
    this.columns = axisOf("columns", COLUMNS, table.columns.length, table.chosen?.column);
    this.place = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": table.title });
    const long = [this.rows, this.columns].filter(({ size, total }) => total > size);
    const head = make("div", { class: "pages" }, make("h4", {}, table.title), ...long.map((axis) => this.#pager(axis)));
    this.element = make("div", { class: "table" }, head, this.place);
    this.#draw();
  }

  /**
   * Show newer numbers at the same place; whether they are of the same thing.
   * @param {Table} table
   */
  take(table) {
    const same = (/** @type {Table} */ { title, rows, columns, chosen }) =>
      JSON.stringify([title, rows.length, columns.length, chosen?.row, chosen?.column]);
    if (same(table) !== same(this.table)) return false;
    this.table = table;
    this.#draw();
    return true;
  }

  /**
   * Buttons to the portion before and after, and between them what stands here.
   * @param {Axis} axis
   */
  #pager(axis) {
    const { name, size, total } = axis;
    const said = make("span", { role: "status" });
    const turn = (/** @type {number} */ by) => {
      axis.start += by;
      said.textContent = `${name} ${axis.start + 1} to ${Math.min(axis.start + size, total)} of ${total}`;
      before.disabled = axis.start === 0;
      after.disabled = axis.start + size >= total;
      if (by) this.#draw();
    };
    const before = button({ "aria-label": `Earlier ${name}` }, () => turn(-size), icon("left"));
    const after = button({ "aria-label": `Later ${name}` }, () => turn(size), icon("right"));
    turn(0);
    return make("span", {}, before, said, after);
  }

  #draw() {
    const { corner, columns: heads, rows, text, chosen = {}, words = [] } = this.table;
    const columns = range(this.columns);
    const look = (/** @type {boolean} */ isChosen, column = -1) => {
      const found = [isChosen && "chosen", words.includes(column) && "words"].filter(Boolean).join(" ");
      return { class: found || null };
    };
    const lines = range(this.rows).map((row) => {
      const isChosen = chosen.row === row;
      const name = make("th", { scope: "row", dir: "auto", ...look(isChosen) }, rows[row]);
      const cells = columns.map((column) => make("td", look(isChosen || chosen.column === column, column), text(row, column)));
      return make("tr", {}, name, ...cells);
    });
    const names = columns.map((column) =>
      make("th", { scope: "col", dir: "auto", ...look(chosen.column === column, column) }, heads[column]),
    );
    const top = make("tr", {}, make("td", { class: "corner", dir: "auto" }, corner), ...names);
    this.place.replaceChildren(make("table", {}, make("thead", {}, top), make("tbody", {}, ...lines)));
  }
}

/**
 * The words that are looked at as they are drawn, where that is not the row of the arithmetic; then that row.
 * @param {Known} known
 */
function thisRow(known) {
  const { why, shown } = known.view;
  const isRow = why && why.subject === "" && !why.then.length && shown.direction === "to" && !shown.pins.length;
  return [...(isRow ? [] : looked(known)), ...(why ? [rowTable(why, keysOf(why, known.text))] : [])];
}

function looked(/** @type {Known} */ { text, shown, map }) {
  const look = map && lookedAt(text, shown, null, map.values);
  if (!look) return [];
  const isQuery = look.side === "query";
  const [of, others] = [wordsOf(text, look.side), wordsOf(text, look.other)];
  const n = text.tokens[1];
  const names = namesOf(of.text);
  const lines = look.places.map((place) => ({
    name: names[place],
    values: others.text.map((_, other) => map.values[isQuery ? place * n + other : other * n + place]),
  }));
  if (lines.length > 1) {
    const total = Array.from(look.weights, (weight, other) => (look.free[other] ? weight : NaN));
    lines.push({ name: isQuery ? "mean" : "sum", values: total });
  }
  const corner = isQuery ? "looks at" : "is looked at by";
  return [lookedTable(`${titleOf(map)}, as it is drawn`, others.text, lines, corner)];
}

function theMap(/** @type {Known} */ { text, shown, map }) {
  if (!map) return [];
  const { query: row, key: column } = linkOf(text, shown);
  return [mapTable({ text, shown, map }, { row, column })];
}

function vectors(/** @type {Known} */ { view: { why } }) {
  return why ? [vectorTable(why)] : [];
}

function mixedIn(/** @type {Known} */ { view: { why }, text }) {
  return why ? [mixedTable(why, keysOf(why, text)), outputTable(why)] : [];
}

function strongest(/** @type {Known} */ { text }) {
  return [strongestTable(text, wordsOf(text, "query").text, wordsOf(text, "key").text)];
}

/**
 * The table, turned where it is wide and has few lines.
 * @param {Table} table
 * @param {number} most
 */
function fitting(table, most) {
  return table.columns.length > most && table.rows.length <= LINES ? turned(table) : table;
}

/**
 * A side of a table; it begins with the portion of what is marked.
 * @param {string} name
 * @param {number} size   of a portion
 * @param {number} total
 * @param {number} [marked]
 * @returns {Axis}
 */
function axisOf(name, size, total, marked = 0) {
  return { name, size, total, start: total <= size ? 0 : Math.floor(Math.max(0, marked) / size) * size };
}

function range(/** @type {Axis} */ { start, size, total }) {
  return Array.from({ length: Math.min(size, total - start) }, (_, at) => start + at);
}
