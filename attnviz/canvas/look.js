// What is looked at, in numbers: rows of a map averaged, columns of it summed; and how far along the colours a weight is.

/** @import { Shown, TextMessage, Words, Preview } from "./types.js" */

export const FLOOR = 1e-4; // at and below it, a logarithmic scale shows the colour of 0

/**
 * How far along the colours a weight is, 0 to 1, as attnviz/figures/scales.py has it.
 * @param {string} scale
 * @param {number} weight
 * @param {number} end   of the map's own scale
 */
export function shareOf(scale, weight, end) {
  if (scale === "log") return 1 - Math.log10(Math.min(1, Math.max(weight, FLOOR))) / Math.log10(FLOOR);
  return Math.min(1, Math.max(0, weight / (scale === "unit" ? 1 : end)));
}

/** @type {WeakMap<Float32Array, number>} */
const ends = new WeakMap();

/**
 * The largest weight of a map in a row where there was a choice, 1 where there was none; kept until the map changes.
 * @param {Float32Array} values
 * @param {number} columns
 */
export function endOf(values, columns) {
  let largest = ends.get(values) ?? 0;
  for (let row = 0; !ends.has(values) && row < values.length; row += columns) {
    let free = 0;
    let most = 0;
    for (let place = row; place < row + columns; place++) {
      if (Number.isNaN(values[place])) continue;
      free += 1;
      if (values[place] > most) most = values[place];
    }
    if (free > 1 && most > largest) largest = most;
  }
  ends.set(values, largest || 1);
  return largest || 1;
}

/**
 * The words of a side.
 * @param {TextMessage} text
 * @param {"query" | "key"} side
 * @returns {Words}
 */
export function wordsOf(text, side) {
  return side === "query" ? text.query : (text.key ?? text.query);
}

/**
 * A place of some words as an event names it.
 * @param {Words} words
 * @param {number} place
 */
export function placeOf(words, place) {
  return { token: words.tokens[place][0], text: words.text[place] };
}

/**
 * Where a token of the model is drawn; -1 where it is hidden or outside the window.
 * @param {Words} words
 * @param {number | null} token
 */
export function drawnAt(words, token) {
  return token === null ? -1 : words.tokens.findIndex(([first, last]) => first <= token && token <= last);
}

/**
 * The chosen link as places that are drawn; -1 for a word that is not.
 * @param {TextMessage} text
 * @param {Shown} shown
 */
export function linkOf(text, { query, key }) {
  return { query: drawnAt(text.query, query), key: drawnAt(wordsOf(text, "key"), key) };
}

/**
 * Whether the choice between the texts of a pair lets a word take part.
 * @param {TextMessage} text
 * @param {string} between
 * @param {"query" | "key"} side
 * @param {number} place
 */
export function isAllowed(text, between, side, place) {
  const { second } = text.query;
  if (!between || second === null) return true;
  return between[side === "query" ? 0 : 1] === (place < second ? "a" : "b");
}

/**
 * Whether it lets a link take part.
 * @param {TextMessage} text
 * @param {string} between
 * @param {number} query
 * @param {number} key
 */
export function takesPart(text, between, query, key) {
  return isAllowed(text, between, "query", query) && isAllowed(text, between, "key", key);
}

/**
 * @typedef {object} Look
 * @property {"query" | "key"} side     whose words are looked from
 * @property {"query" | "key"} other
 * @property {number[]} places          the words looked from
 * @property {number} partner           the word at the other end of the chosen link, -1 where there is none
 * @property {Float32Array} weights     of the other side, summed over the places (averaged where they are queries)
 * @property {[number, number][]} cuts   links that edits took out: a word that looks from, and one of the other side
 * @property {Uint8Array} free          1 where the mask lets one of them look
 */

/**
 * What is looked at: the word under the pointer, else what was chosen; null where that is not on screen.
 * @param {TextMessage} text
 * @param {Shown} shown
 * @param {Preview | null} preview
 * @param {Float32Array} values
 * @param {[number, number][]} [cut]   links that edits took out, query and key
 * @returns {Look | null}
 */
export function lookedAt(text, shown, preview, values, cut = []) {
  const { side, places, partner } = whoLooks(text, shown, preview);
  if (!places.length) return null;
  const isTo = side === "query";
  const other = isTo ? "key" : "query";
  const [rows, columns] = text.tokens;
  const weights = new Float32Array(isTo ? columns : rows);
  const free = new Uint8Array(weights.length);
  for (const place of places) {
    for (let at = 0; at < weights.length; at++) {
      const weight = values[isTo ? place * columns + at : at * columns + place];
      if (Number.isNaN(weight) || !isAllowed(text, shown.between, other, at)) continue;
      free[at] = 1;
      weights[at] += isTo ? weight / places.length : weight;
    }
  }
  if (preview?.row) weights.set(preview.row);
  const cuts = cut.filter(([query, key]) => Number.isNaN(values[query * columns + key]) && isAllowed(text, shown.between, other, isTo ? key : query))
    .map(([query, key]) => /** @type {[number, number]} */ (isTo ? [query, key] : [key, query])).filter(([from]) => places.includes(from));
  return { side, other, places, partner, weights, free, cuts };
}

/**
 * The side and the places that are looked from.
 * @param {TextMessage} text
 * @param {Shown} shown
 * @param {Preview | null} preview
 * @returns {{side: "query" | "key", places: number[], partner: number}}
 */
export function whoLooks(text, shown, preview) {
  const chosen = shown.direction === "to" ? "query" : "key";
  if (preview?.query !== undefined || preview?.key !== undefined) {
    const side = preview[chosen] === undefined ? (chosen === "query" ? "key" : "query") : chosen;
    return { side, places: [/** @type {number} */ (preview[side])], partner: preview[side === "query" ? "key" : "query"] ?? -1 };
  }
  const words = wordsOf(text, chosen);
  const tokens = shown.pins.length ? shown.pins : [shown[chosen]];
  const places = [...new Set(tokens.map((token) => drawnAt(words, token)))].filter((place) => place >= 0);
  return { side: chosen, places, partner: shown.pins.length ? -1 : linkOf(text, shown)[chosen === "query" ? "key" : "query"] };
}

/**
 * Places of the weights above a bound, largest first.
 * @param {Float32Array} weights
 * @param {number} least
 */
export function ranked(weights, least) {
  const places = [];
  for (let place = 0; place < weights.length; place++) if (weights[place] >= least) places.push(place);
  return places.sort((a, b) => weights[b] - weights[a]);
}

/** @type {WeakMap<Words, Map<string, number>>} */
const counted = new WeakMap();

/**
 * A word with its number where it occurs more than once: "the (4)", the place of its first token in the model's text.
 * @param {Words} words
 * @param {number} place
 */
export function nameOf(words, place) {
  let counts = counted.get(words);
  if (!counts) {
    counts = new Map();
    for (const word of words.text) counts.set(word, (counts.get(word) ?? 0) + 1);
    counted.set(words, counts);
  }
  const word = words.text[place];
  return (counts.get(word) ?? 0) > 1 ? `${word} (${words.tokens[place][0]})` : word;
}
