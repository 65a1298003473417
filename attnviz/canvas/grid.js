// The chosen head's map as a drawing: a row for every word that looks, a column for every word that is looked at.
// Where its cells stand (`gridOf`) and what is painted there; who points at it is the business of map.js.

import { within } from "./dom.js";
import { numberText } from "./numbers.js";

/** @import { Painter } from "./types.js" */
/** @import { Colours } from "./colours.js" */

const CELL = 30; // points of a cell at most
const IN_A_COLUMN = 16.7; // so many cells fill a column: its window is often as low as it is narrow
const WHOLE = 420; // points below which a map has the whole width
const TALL = 520; // points of the map at most, from top to bottom
const LEAST = 0.005; // a weight below is no number in a cell
const NUMBER = 19; // points of a cell in which a number can be read
const GAP = 10; // points of a cell from which there is a line between cells
const SMALLEST = 9.5; // of the numbers
const MANY = 24; // words of which every one has its label
const APART = { rows: 13, columns: 17 }; // points from one label to the next
const SLANT = Math.SQRT1_2; // sine and cosine of the angle of the labels above

/**
 * Where the cells of a map stand, in points.
 * @typedef {{rows: number, columns: number, left: number, top: number, across: number, down: number, width: number,
 *   height: number, size: number, number: number, labels: {rows: string[], columns: string[]}}} Grid
 * @typedef {(text: string, size: number, weight?: number) => number} Measure
 * @typedef {{query: number, key: number, direction: string, special: {rows: number[], columns: number[]}}} Marks
 */

/**
 * The grid of some rows and columns in so much width.
 * @param {{rows: string[], columns: string[]}} names
 * @param {number} room
 * @param {Measure} measure
 * @returns {Grid}
 */
export function gridOf(names, room, measure) {
  const rows = names.rows.length, columns = names.columns.length;
  const size = room < WHOLE ? 12 : 13;
  const most = Math.min(room * 0.24, Math.max(rows, columns) > MANY ? 84 : 112);
  const short = (/** @type {string[]} */ texts) => texts.map((text) => cut(text, most, size, measure));
  const labels = { rows: short(names.rows), columns: short(names.columns) };
  const long = (/** @type {string[]} */ texts) => texts.map((text) => measure(text, size, 600));
  const left = Math.ceil(Math.max(...long(labels.rows))) + 10;
  const slanted = long(labels.columns).map((width) => width * SLANT);
  const top = Math.ceil(Math.max(...slanted)) + 14;
  const cell = room < WHOLE ? CELL : Math.min(CELL, room / IN_A_COLUMN);
  let [across, down] = sides(rows, columns, room - left - 2, cell);
  const over = Math.max(...slanted.map((width, column) => width + 12 - (columns - column - 0.5) * across)); // of the last labels
  if (left + columns * across + over > room) [across, down] = sides(rows, columns, room - left - Math.max(2, over), cell);
  const width = Math.ceil(left + columns * across + Math.max(2, over)), height = Math.ceil(top + rows * down) + 3;
  const number = numberSize(Math.min(across, down), measure);
  return { rows, columns, left, top, across, down, width, height, size, number, labels };
}

/** Width and height of a cell: square where both have the room, a little more where one side has few cells. */
function sides(/** @type {number} */ rows, /** @type {number} */ columns, /** @type {number} */ room, /** @type {number} */ most) {
  const across = Math.min(most, room / columns), down = Math.min(most, TALL / rows);
  const least = (/** @type {number} */ count) => Math.min(12, 160 / count);
  const whole = (/** @type {number} */ side) => (side >= 3 ? Math.floor(side) : side);
  return [whole(Math.min(across, Math.max(down, least(columns)))), whole(Math.min(down, Math.max(across, least(rows))))];
}

/** The size of the numbers in cells of so many points; 0 where they could not be read. */
function numberSize(/** @type {number} */ side, /** @type {Measure} */ measure) {
  const size = Math.min(13, Math.floor((26 * (side - 2)) / measure(".99", 13)) / 2);
  return side >= NUMBER && size >= SMALLEST ? size : 0;
}

/** A text that is at most so wide, cut where it is wider. */
function cut(/** @type {string} */ text, /** @type {number} */ most, /** @type {number} */ size, /** @type {Measure} */ measure) {
  if (measure(text, size) <= most) return text;
  const letters = [...text];
  while (letters.length > 1 && measure(`${letters.join("")}…`, size) > most) letters.pop();
  return `${letters.join("")}…`;
}

/**
 * The cell at a point: the nearest one up to a few points beside the map, over a label that of its row or column.
 * @param {Grid} grid
 * @param {number} x
 * @param {number} y
 * @returns {{query: number, key: number} | null}
 */
export function cellAt(grid, x, y) {
  const key = Math.floor((x - grid.left) / grid.across), query = Math.floor((y - grid.top) / grid.down);
  const out = (/** @type {number} */ place, /** @type {number} */ count, /** @type {number} */ side) => Math.max(-1 - place, place - count) * side;
  if (out(key, grid.columns, grid.across) > 6 || out(query, grid.rows, grid.down) > 6) return null;
  return { query: within(query, grid.rows), key: within(key, grid.columns) };
}

/**
 * What stays while one points: cells, numbers, the line around.
 * @param {Painter} painter
 * @param {Grid} grid
 * @param {Cells} cells
 * @param {Colours} colours
 */
export function paintCells(painter, grid, cells, colours) {
  const { left, top, across, down, rows, columns } = grid;
  const isFine = Math.min(across, down) < GAP || cells.rows !== rows || cells.columns !== columns;
  if (isFine) {
    const { pixels, width, height } = image(grid, cells, colours, painter.ratio);
    painter.image(pixels, width, height, left, top, columns * across, rows * down);
  } else {
    paintEach(painter, grid, cells, colours);
  }
  for (const [row, column] of cells.cuts) {
    if (Number.isNaN(cells.values[row * columns + column])) paintCut(painter, grid, [row, column], colours);
  }
  painter.rect(left - 0.5, top - 0.5, columns * across + 1, rows * down + 1, { stroke: colours.line, width: 1 });
}

/**
 * The weights of a map, NaN where masked; of a text too long for exact maps of all heads, of blocks of its cells.
 * share: how far along the colours a weight is. takes: whether a link takes part, where only those between two texts do.
 * cuts: links that edits took out.
 * @typedef {{values: Float32Array, rows: number, columns: number, share: (weight: number) => number,
 *   takes: (query: number, key: number) => boolean, cuts: [number, number][]}} Cells
 */

/**
 * A cell that an edit cut, told apart from those that the mask hides.
 * @param {Painter} painter
 * @param {Grid} grid
 * @param {[number, number]} cell
 * @param {Colours} colours
 */
function paintCut(painter, { left, top, across, down }, [row, column], { amber, amberGround }) {
  const x = left + column * across, y = top + row * down;
  const [wide, high] = [(across - 1) / 3, (down - 1) / 3], ink = { stroke: amber, width: Math.min(1.5, wide / 2) };
  painter.rect(x, y, across - 1, down - 1, { fill: amberGround });
  painter.line([[x + wide, y + high], [x + 2 * wide, y + 2 * high]], ink);
  painter.line([[x + 2 * wide, y + high], [x + wide, y + 2 * high]], ink);
}

/**
 * Cells one by one, with a line between them, and their numbers where they can be read.
 * @param {Painter} painter
 * @param {Grid} grid
 * @param {Cells} cells
 * @param {Colours} colours
 */
function paintEach(painter, grid, { values, share, takes }, colours) {
  const { left, top, across, down, rows, columns } = grid;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const weight = takes(row, column) ? values[row * columns + column] : 0;
      const x = left + column * across, y = top + row * down;
      const step = Math.round(255 * share(weight)); // NaN where masked
      if (step !== 0) painter.rect(x, y, across - 1, down - 1, { fill: Number.isNaN(step) ? colours.masked : colours.css[step] });
      if (grid.number && weight >= LEAST) {
        const lettering = { size: grid.number, fill: colours.ink[step], align: /** @type {const} */ ("center") };
        painter.text(numberText(weight), x + (across - 1) / 2, y + (down - 1) / 2, lettering);
      }
    }
  }
}

/**
 * The cells as pixels: one each, or where a screen has fewer, the largest weight of those under a pixel.
 * @param {Grid} grid
 * @param {Cells} cells
 * @param {Colours} colours
 * @param {number} ratio
 */
function image(grid, { values, rows, columns, share, takes }, colours, ratio) {
  const width = Math.min(columns, Math.floor(grid.columns * grid.across * ratio));
  const height = Math.min(rows, Math.floor(grid.rows * grid.down * ratio));
  const most = new Float32Array(width * height).fill(-1);
  for (let row = 0; row < rows; row++) {
    const line = Math.floor((row * height) / rows) * width;
    for (let column = 0; column < columns; column++) {
      const place = line + Math.floor((column * width) / columns), weight = takes(row, column) ? values[row * columns + column] : 0;
      if (weight > most[place]) most[place] = weight; // NaN is not
    }
  }
  const pixels = new Uint32Array(width * height);
  most.forEach((weight, place) => {
    pixels[place] = weight < 0 ? colours.maskedPixel : colours.pixels[Math.round(255 * share(weight))];
  });
  return { pixels, width, height };
}

/**
 * The words beside and above the map; those of the link bold, special ones smaller and grey.
 * @param {Painter} painter
 * @param {Grid} grid
 * @param {Marks} marks
 * @param {Colours} colours
 */
function paintLabels(painter, { left, top, across, down, rows, columns, size, labels }, { query, key, special }, colours) {
  const least = Math.max(rows, columns) > MANY ? 2 : 1;
  const lettered = (/** @type {boolean} */ isMarked, /** @type {boolean} */ isSpecial) =>
    isMarked ? { size, weight: 600, fill: colours.text } : isSpecial ? { size: size - 1, fill: colours.muted } : { size, fill: colours.text };
  for (const row of thinned(rows, down, APART.rows, query, least)) {
    const lettering = lettered(row === query, special.rows.includes(row));
    painter.text(labels.rows[row], left - 8, top + (row + 0.5) * down, { ...lettering, align: "right" });
  }
  for (const column of thinned(columns, across, APART.columns, key, least)) {
    const lettering = lettered(column === key, special.columns.includes(column));
    painter.text(labels.columns[column], left + (column + 0.5) * across + 3, top - 7, { ...lettering, align: "left", turn: -Math.PI / 4 });
  }
}

/**
 * What moves with the pointer: the labels, those of the link bold, and the frames of its row (or column) and cell; −1
 * for a word that is not drawn.
 * @param {Painter} painter
 * @param {Grid} grid
 * @param {Marks} marks
 * @param {Colours} colours
 */
export function paintMarks(painter, grid, marks, colours) {
  paintLabels(painter, grid, marks, colours);
  const { left, top, across, down, rows, columns } = grid;
  const wide = Math.max(across, 7), high = Math.max(down, 7); // small cells get a frame that can be seen
  const x = left + (marks.key + 0.5) * across - wide / 2 - 0.5, y = top + (marks.query + 0.5) * down - high / 2 - 0.5;
  const frame = { stroke: colours.text, width: Math.min(across, down) < 7 ? 1 : 1.5 };
  if (marks.direction === "from" && marks.key >= 0) painter.rect(x, top - 0.5, wide, rows * down + 1, frame);
  if (marks.direction !== "from" && marks.query >= 0) painter.rect(left - 0.5, y, columns * across + 1, high, frame);
  if (marks.query < 0 || marks.key < 0) return;
  painter.rect(x - 1, y - 1, wide + 2, high + 2, { stroke: colours.text, width: 2.5 });
  painter.rect(x + 1, y + 1, wide - 2, high - 2, { stroke: colours.background, width: 1.5 });
}

/**
 * Which of some labels stand there, so that none touches another: every one, or every second, third, …; a marked one always.
 * @param {number} count
 * @param {number} side     points from one to the next
 * @param {number} apart    points that a label takes
 * @param {number} marked   -1 where there is none
 * @param {number} least    so many from one to the next, whatever room there is
 */
export function thinned(count, side, apart, marked, least = 1) {
  const every = Math.max(least, Math.ceil(apart / side));
  const isFree = (/** @type {number} */ place) => place % every === 0 && (marked < 0 || Math.abs(place - marked) * side >= apart);
  return Array.from({ length: count }, (_, place) => place).filter((place) => place === marked || isFree(place));
}
