// What is drawn behind the words: shades, frames, arcs in the text or lines between two columns.

import { ranked } from "./look.js";

/** @import { Colours } from "./colours.js" */
/** @import { Look } from "./look.js" */
/** @import { Painter } from "./types.js" */

/** @typedef {{left: number, top: number, width: number, height: number}} Box */

/**
 * What is drawn of a sentence, and where its words stand.
 * @typedef {object} Drawing
 * @property {"text" | "columns"} face
 * @property {Look} look
 * @property {{query: Box[], key: Box[]}} boxes   one list for both where there is one
 * @property {Set<number>} numbered               places of the other side under which a number stands
 * @property {number[]} kept                      places that stay chosen while another word is looked at
 * @property {(weight: number) => number} share   how far along the colours a weight is
 * @property {Colours} colours
 * @property {number} gap                         room for arcs above a line
 * @property {number} reach                       how far the arcs have grown, 0 to 1
 */

const LEAST_ARC = 0.02; // of weight; fainter arcs are a haze
const MOST_ARCS = 48;
const ALWAYS = 3; // so many arcs are drawn however faint they are
const WORD_SHADE = 0.74; // of the scale, where an arc could not be told from the word
const ARC_SHADES = [0.36, 0.78];
const LEAST_SHADE = 1 / 60;
const NUMBER = 17; // pixels that a number takes under its word

/**
 * Shade (a step of the scale) behind a word; 0 where none is seen.
 * @param {Drawing} drawing
 * @param {number} weight
 */
export function shadeOf({ share }, weight) {
  return share(weight) < LEAST_SHADE ? 0 : Math.max(1, Math.round(255 * WORD_SHADE * share(weight)));
}

export function paintSentence(/** @type {Painter} */ painter, /** @type {Drawing} */ drawing) {
  const { look, boxes, colours, kept, face } = drawing;
  look.weights.forEach((weight, place) => {
    const step = shadeOf(drawing, weight);
    if (step) box(painter, boxes[look.other][place], 0, { fill: colours.css[step] });
  });
  if (face === "columns") paintLines(painter, drawing);
  else paintArcs(painter, drawing);
  for (const [from, place] of look.cuts) paintCut(painter, drawing, from, place);
  for (const place of kept) box(painter, boxes[look.side][place], -0.5, { stroke: colours.muted, width: 1 });
  for (const place of look.places) box(painter, boxes[look.side][place], -1, { stroke: colours.text, width: 2 });
}

/**
 * Arcs from every word that looks to the words that it looks at; thickness and shade by weight, the strongest on top.
 * @param {Painter} painter
 * @param {Drawing} drawing
 */
function paintArcs(painter, drawing) {
  const { look, boxes, colours, share, numbered, gap, reach } = drawing;
  const places = ranked(look.weights, 1e-9).filter((place, rank) => rank < MOST_ARCS && (rank < ALWAYS || look.weights[place] >= LEAST_ARC));
  const top = Math.max(...look.weights);
  for (const place of places.reverse()) {
    const weight = look.weights[place];
    const ink = {
      stroke: shadeOfArc(colours, share(weight)),
      width: 0.8 + 6.2 * Math.min(1, weight),
      opacity: 0.35 + 0.65 * Math.sqrt(Math.min(1, weight / top)), // twice as much is seen as about twice
    };
    for (const from of look.places) {
      if (boxes.query === boxes.key && from === place) continue;
      const below = numbered.has(place) ? NUMBER : 1;
      curve(painter, arc(boxes[look.side][from], boxes[look.other][place], gap, below), reach, ink);
    }
  }
}

/**
 * The way of a link that an edit cut, dashed.
 * @param {Painter} painter
 * @param {Drawing} drawing
 * @param {number} from
 * @param {number} place
 */
function paintCut(painter, { look, boxes, colours, face, numbered, gap, reach }, from, place) {
  const [one, other] = [boxes[look.side][from], boxes[look.other][place]];
  if (one === other || !one.width || !other.width) return;
  const points = face === "text" ? arc(one, other, gap, numbered.has(place) ? NUMBER : 1)
    : look.side === "query" ? across(one, other) : across(other, one);
  curve(painter, points, reach, { stroke: colours.muted, width: 1.5, dash: [5, 4] });
}

/**
 * Whether two words stand on one line; special tokens are lower than others.
 * @param {Box} one
 * @param {Box} other
 */
export function isBeside(one, other) {
  return one.top < other.top + other.height && other.top < one.top + one.height;
}

/**
 * A curve from one word to another: an arch above a line; between lines, from the nearer edge of the one to that of the
 * other, under the number of the upper one.
 * @param {Box} from
 * @param {Box} to
 * @param {number} gap
 * @param {number} below
 * @returns {[number, number][]}
 */
function arc(from, to, gap, below) {
  const [x1, x2] = [from, to].map((each) => each.left + each.width / 2);
  if (isBeside(from, to)) {
    const rise = Math.min(gap - 8, 10 + 0.16 * Math.abs(x1 - x2)) * (4 / 3);
    return [[x1, from.top], [x1, from.top - rise], [x2, from.top - rise], [x2, to.top]];
  }
  const isUp = to.top < from.top;
  const y1 = isUp ? from.top : from.top + from.height + 1;
  const y2 = isUp ? to.top + to.height + below : to.top;
  return [[x1, y1], [x1, y1 + (y2 - y1) * 0.6], [x2, y2 - (y2 - y1) * 0.6], [x2, y2]];
}

/**
 * A curve, or as much of it as has grown.
 * @param {Painter} painter
 * @param {[number, number][]} points
 * @param {number} reach
 * @param {import("./types.js").Ink} ink
 */
function curve(painter, points, reach, ink) {
  if (reach <= 0) return;
  const [a, b, c, d] = points;
  const between = (/** @type {[number, number]} */ p, /** @type {[number, number]} */ q) =>
    /** @type {[number, number]} */ ([p[0] + (q[0] - p[0]) * reach, p[1] + (q[1] - p[1]) * reach]);
  const [ab, bc, cd] = [between(a, b), between(b, c), between(c, d)];
  const [abc, bcd] = [between(ab, bc), between(bc, cd)];
  painter.curve(a, ab, abc, between(abc, bcd), ink);
}

/**
 * Lines between two columns.
 * @param {Painter} painter
 * @param {Drawing} drawing
 */
function paintLines(painter, { look, boxes, colours, share, reach }) {
  const top = Math.max(...look.weights) || 1;
  for (const place of ranked(look.weights, 0.002).reverse()) {
    const weight = look.weights[place];
    for (const from of look.places) {
      const left = boxes.query[look.side === "query" ? from : place];
      const right = boxes.key[look.side === "query" ? place : from];
      curve(painter, across(left, right), reach, {
        stroke: shadeOfArc(colours, share(weight)),
        width: 0.8 + 4 * Math.min(1, weight),
        opacity: 0.15 + 0.85 * Math.min(1, weight / top),
      });
    }
  }
}

/**
 * A line from a word of the one column to one of the other.
 * @param {Box} left
 * @param {Box} right
 * @returns {[number, number][]}
 */
function across(left, right) {
  const [x1, x2] = [left.left + left.width + 3, right.left - 3];
  const [y1, y2] = [left, right].map((each) => each.top + each.height / 2);
  return [[x1, y1], [x1 + (x2 - x1) * 0.35, y1], [x2 - (x2 - x1) * 0.35, y2], [x2, y2]];
}

function shadeOfArc(/** @type {Colours} */ { css }, /** @type {number} */ share) {
  return css[Math.round(255 * (ARC_SHADES[0] + (ARC_SHADES[1] - ARC_SHADES[0]) * share))];
}

/**
 * @param {Painter} painter
 * @param {Box} at
 * @param {number} out
 * @param {import("./types.js").Ink} ink
 */
function box(painter, at, out, ink) {
  if (at.width) painter.box(at.left - out, at.top - out, at.width + 2 * out, at.height + 2 * out, 6, ink);
}
