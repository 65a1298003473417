// The numbers of the picture as tables, before they are drawn: what stands in the drawer, in a copy and in a CSV file.
//
// A table is its headers and a function that gives a cell, so that a map of 512 × 512 costs nothing until it is looked at.

import { takesPart, wordsOf } from "./look.js";

/** @import { Shown, ShownMap, TextMessage, Why } from "./types.js" */

/**
 * @typedef {object} Table
 * @property {string} title   what the table is of, one line
 * @property {string} corner   above the names of the rows
 * @property {string[]} columns
 * @property {string[]} rows
 * @property {(row: number, column: number) => string} text   a cell as it is shown
 * @property {(row: number, column: number) => string} [exact]   a cell as a file has it, where that is not as it is shown
 * @property {{row?: number, column?: number}} [chosen]   what is marked
 * @property {number[]} [words]   columns that hold words, not numbers
 */

const DECIMALS = 4;
// A text that a spreadsheet takes for a formula, as attnviz.export has it; what Python calls a blank is one here.
// eslint-disable-next-line no-control-regex -- a formula may begin behind them
const FORMULA = /^'*(?=[\t\r\n]|[\s\x00-\x20\x85\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠])/;
const NUMBER = /^−?\d+(\.\d+)?(e−?\d+)?$/; // as this page writes them, with a true minus

/**
 * Names that tell equal words apart: with their place, where a word occurs twice.
 * @param {string[]} texts
 */
export function namesOf(texts) {
  const counts = new Map();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return texts.map((text, place) => (counts.get(text) === 1 ? text : `${text} (${place})`));
}

/**
 * Numbers as they are written here, with a true minus sign.
 * @param {string[]} texts
 */
export function numbersOf(texts) {
  return texts.map((text) => Number(text.replace("−", "-")));
}

/**
 * Where the number stands that is largest by its size.
 * @param {number[]} values
 */
export function largest(values) {
  return values.reduce((best, value, place) => (Math.abs(value) > Math.abs(values[best]) ? place : best), 0);
}

/**
 * Scores, exponentials and weights of the query's row.
 * @param {Why} why
 * @param {string[]} keys
 * @returns {Table}
 */
export function rowTable(why, keys) {
  const { scores, exps, weights, total } = why.row;
  const lines = [scores, exps, weights];
  const decimals = weights[0].split(".")[1]?.length ?? 0;
  const sums = ["", total, (1).toFixed(decimals)];
  const isPlain = !why.steps.slice(2, -2).length;
  return {
    title: `Layer ${why.layer}, head ${why.head}: the whole row of “${why.names[0]}”`,
    corner: `${why.names[0]} looks at`,
    columns: [...namesOf(keys), "sum"],
    rows: [isPlain ? "score (q · k × scale)" : "score", "exp, less the largest", "weight (÷ row sum)"],
    text: (row, column) => lines[row][column] ?? sums[row],
    chosen: { column: why.at },
  };
}

/**
 * Query, key and their products, dimension by dimension.
 * @param {Why} why
 * @returns {Table}
 */
export function vectorTable(why) {
  const { q, k, products } = why.written;
  const lines = [q, k, products];
  const sums = ["", "", why.steps[0].result];
  return {
    title: `Layer ${why.layer}, head ${why.head}: ${why.names[0]} → ${why.names[1]}`,
    corner: "dimension",
    columns: [...q.map((_, dimension) => String(dimension)), "sum"],
    rows: [`q of “${why.names[0]}”`, `k of “${why.names[1]}”`, "q × k"],
    text: (row, column) => lines[row][column] ?? sums[row],
    chosen: { column: largest(numbersOf(products)) },
  };
}

/**
 * What each key adds to the output: its weight, how long its value is, and how long its part.
 * @param {Why} why
 * @param {string[]} keys
 * @returns {Table}
 */
export function mixedTable(why, keys) {
  const lines = /** @type {const} */ (["weight", "length", "part"]);
  return {
    title: `Layer ${why.layer}, head ${why.head}: what is mixed in for “${why.names[0]}”`,
    corner: "word",
    columns: namesOf(keys),
    rows: ["weight", "length of its value v", "weight × length"],
    text: (row, column) => why.mixed[lines[row]][column],
    chosen: { column: why.at },
  };
}

/**
 * The value of the key, its part of the output, and the output, dimension by dimension.
 * @param {Why} why
 * @returns {Table}
 */
export function outputTable(why) {
  const { weight, v, part, out } = why.output;
  const lines = [v, part, out];
  return {
    title: `The part of “${why.names[1]}”, and the output: the parts of all words added up`,
    corner: "dimension",
    columns: v.map((_, dimension) => String(dimension)),
    rows: [`v of “${why.names[1]}”`, `${weight} × v`, "output"],
    text: (row, column) => lines[row][column],
  };
}

/**
 * The map as it is drawn, all of its weights: a masked cell is a dash, and one that is not between the texts that are
 * asked for is empty.
 * @param {{text: TextMessage, shown: Shown, map: ShownMap}} drawn
 * @param {{row?: number, column?: number}} [chosen]
 * @returns {Table}
 */
export function mapTable({ text, shown, map }, chosen) {
  const [queries, keys] = [wordsOf(text, "query").text, wordsOf(text, "key").text];
  const n = keys.length;
  const takes = (/** @type {number} */ row, /** @type {number} */ column) => takesPart(text, shown.between, row, column);
  const sum = (/** @type {number} */ row) =>
    keys.reduce((total, _, column) => total + (takes(row, column) ? map.values[row * n + column] || 0 : 0), 0);
  const of = (/** @type {(weight: number) => string} */ write) => (/** @type {number} */ row, /** @type {number} */ column) =>
    (column === n ? write(sum(row)) : takes(row, column) ? write(map.values[row * n + column]) : "");
  return {
    title: titleOf(map), corner: "looks at", columns: [...namesOf(keys), "sum"], rows: namesOf(queries),
    text: of(fixed), exact: of(exactly), chosen,
  };
}

/**
 * A line for each word that is looked at together with others, and their mean or their sum.
 * @param {string} title
 * @param {string[]} names   of the words of the other side
 * @param {{name: string, values: ArrayLike<number>}[]} lines
 * @param {string} corner
 * @returns {Table}
 */
export function lookedTable(title, names, lines, corner) {
  return {
    title,
    corner,
    columns: namesOf(names),
    rows: lines.map(({ name }) => name),
    text: (row, column) => fixed(lines[row].values[column]),
    exact: (row, column) => exactly(lines[row].values[column]),
  };
}

/**
 * The strongest link of each head between two typed words.
 * @param {TextMessage} text
 * @param {string[]} queries
 * @param {string[]} keys
 * @returns {Table}
 */
export function strongestTable(text, queries, keys) {
  const [looking, seen] = [namesOf(queries), namesOf(keys)];
  const does = text.about.map(({ title }) => title);
  const cells = [
    (/** @type {number} */ at) => looking[text.linkQuery[at]],
    (/** @type {number} */ at) => seen[text.linkKey[at]],
    (/** @type {number} */ at) => fixed(text.linkWeight[at]),
    (/** @type {number} */ at) => does[at],
  ];
  return {
    title: "The strongest link of each head between two different words",
    corner: "head",
    columns: ["word", "looks at", "weight", ...(does.some(Boolean) ? ["what the head does"] : [])],
    rows: Array.from(text.linkWeight, (_, at) => `layer ${text.layers[Math.floor(at / text.heads)]}, head ${at % text.heads}`),
    text: (row, column) => cells[column](row),
    exact: (row, column) => (column === 2 ? exactly(text.linkWeight[row]) : cells[column](row)),
    words: [0, 1, 3],
  };
}

/**
 * What a map is of.
 * @param {ShownMap} map
 */
export function titleOf({ name, heads, exact }) {
  const [layer, head] = heads[0];
  const mean = name === `layer ${layer}` ? `mean of layer ${layer}` : `mean of ${heads.length} heads`;
  const title = heads.length > 1 ? `The ${mean}` : `Layer ${layer}, head ${head}`;
  return exact ? title : `${title}, about: the exact numbers are on their way`;
}

/**
 * The table with rows and columns exchanged.
 * @param {Table} table
 * @returns {Table}
 */
export function turned({ exact, chosen, ...table }) {
  return {
    ...table,
    columns: table.rows,
    rows: table.columns,
    text: (row, column) => table.text(column, row),
    exact: exact && ((row, column) => exact(column, row)),
    chosen: chosen && { row: chosen.column, column: chosen.row },
  };
}

/**
 * Tables as a spreadsheet takes them from the clipboard.
 * @param {Table[]} tables
 */
export function asTabs(tables) {
  return written(tables, "\t", (text) => cell(text).replace(/[\t\r\n]+/g, " "));
}

/**
 * Tables as a CSV file, one below the other.
 * @param {Table[]} tables
 */
export function asCsv(tables) {
  return written(tables, ",", (text) => quoted(cell(text)));
}

/**
 * A cell such that no spreadsheet takes it for a formula: a number, or a text with ' in front where it might.
 * @param {string} text
 */
export function cell(text) {
  if (NUMBER.test(text)) return text.replaceAll("−", "-");
  return FORMULA.test(text) ? `'${text}` : text;
}

function written(/** @type {Table[]} */ tables, /** @type {string} */ separator, /** @type {(text: string) => string} */ write) {
  return tables.map(({ corner, columns, rows, text, exact = text }) => {
    const lines = rows.map((name, row) => [name, ...columns.map((_, column) => exact(row, column))]);
    return [[corner, ...columns], ...lines].map((line) => `${line.map(write).join(separator)}\r\n`).join("");
  }).join("\r\n");
}

function quoted(/** @type {string} */ text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function fixed(/** @type {number} */ value) {
  return Number.isNaN(value) ? "–" : value.toFixed(DECIMALS).replace("-", "−");
}

function exactly(/** @type {number} */ value) {
  return Number.isNaN(value) ? "" : String(value).replaceAll("-", "−");
}
