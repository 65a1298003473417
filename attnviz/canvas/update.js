// What an event does to what was asked for, and what is shown then, before the host knows; attnviz/events.py and
// attnviz/view.py do the same, and one test feeds both.

import { ofHeads } from "./edits.js";
import { drawnAt, isAllowed, wordsOf } from "./look.js";

/** @import { Place, Shown, TextMessage, View, ViewEvent } from "./types.js" */

const MOST_LETTERS = 64; // by which a chosen word is known again
const MOST_PINS = 512;
/** @type {Record<string, "to" | "from">} */
const DIRECTIONS = { query: "to", key: "from" };
const WINDOW = { rows: null, columns: null };
const OF_A_MODEL = { stack: null, layer: null, head: null, average: null, source_language: null, target_language: null,
  from_scratch: null, edits: null, ...WINDOW };

/**
 * What is asked for after an event: its own fields change and no others. What an address asks for the host reads.
 * @param {View} view
 * @param {ViewEvent} event
 * @returns {View}
 */
export function update(view, event) {
  switch (event.type) {
    case "text": return { ...view, text: event.text, edits: ofHeads(view.edits), ...WINDOW };
    case "pair": return { ...view, pair: event.pair || null, edits: ofHeads(view.edits), ...WINDOW };
    case "model": return { ...view, ...OF_A_MODEL, model: event.model };
    case "stack": return { ...view, stack: event.stack || null, query: null, key: null, pins: [], ...WINDOW };
    case "language": return { ...view, [`${event.side}_language`]: event.language || null };
    case "head": return { ...view, layer: event.layer, head: event.head, average: null };
    case "word": return { ...view, query: null, key: null, [event.side]: chosen(event), pins: [], direction: DIRECTIONS[event.side] };
    case "pin": return pinned(view, event.side, chosen(event));
    case "unpin": return { ...view, pins: [] };
    case "link": return { ...view, query: chosen(event.query), key: chosen(event.key), pins: [] };
    case "window": return { ...view, rows: event.rows ?? view.rows ?? null, columns: event.columns ?? view.columns ?? null };
    case "between": return { ...view, between: event.between || null, pins: [] };
    case "from_scratch": return { ...view, from_scratch: event.on };
    case "words": return { ...view, words: event.on };
    case "other": return { ...view, other: event.other };
    case "layer": return { ...view, layer: event.layer };
    case "direction": return { ...view, direction: event.direction };
    case "face": return { ...view, face: event.face };
    case "special": return { ...view, special: event.special };
    case "scale": return { ...view, scale: event.scale };
    case "average": return { ...view, average: event.average || null };
    case "edits": return { ...view, edits: event.edits || null };
    case "edited": return { ...view, edited: event.edited };
    case "other_pair": return { ...view, other_pair: event.other_pair || null };
    case "other_model": return { ...view, other_model: event.other_model || null };
    default: return view;
  }
}

/**
 * What is shown of a view in this text: everything that it leaves open decided, as the host will.
 * @param {View} view
 * @param {TextMessage} text
 * @param {Float32Array | null} map   that is shown then; without it a word keeps the partner that it had `before`
 * @param {Shown} before
 * @returns {Shown}
 */
export function settle(view, text, map, before) {
  const layer = nearest(view.layer ?? text.opening.layer, text.layers);
  const head = Math.min(view.head ?? text.opening.head, text.heads - 1);
  const [average, heads] = averaged(view.average ?? "", layer, head, text);
  const direction = view.direction ?? "to";
  const between = text.query.second === null ? "" : view.between ?? "";
  const find = (/** @type {"query" | "key"} */ side, /** @type {Place | null} */ place) => foundIn(text, between, side, place);
  const pins = [...new Set(view.pins.map((pin) => find(direction === "to" ? "query" : "key", pin)).filter((token) => token !== null))];
  const there = { query: find("query", view.query), key: find("key", view.key), pins };
  const [query, key] = linked(there, text, map, before, { layer, head, average, direction, between });
  return {
    kinds: before.kinds, kind: before.kinds.find((kind) => kind === view.stack) ?? before.kinds[0], layer, head, query, key,
    pins, average, heads, name: shownName(average, layer, head), direction,
    face: view.face ?? "text", between, words: view.words ?? false,
    special: hasTyped(text) ? view.special ?? "keep" : "keep", scale: view.scale ?? "head",
  };
}

/**
 * The name of the map of a head or of a mean.
 * @param {string} average
 * @param {number} layer
 * @param {number} head
 */
export function shownName(average, layer, head) {
  return average === "layer" ? `layer ${layer}` : average || `${layer}.${head}`;
}

/**
 * @param {ViewEvent | Place} sent
 * @returns {Place}
 */
function chosen({ token, text }) {
  return { token, text: [...text].slice(0, MOST_LETTERS).join("") };
}

/**
 * A word joins those that are looked at together, or leaves them; the one that was chosen before is the first.
 * @param {View} view
 * @param {"query" | "key"} side
 * @param {Place} place
 * @returns {View}
 */
function pinned(view, side, place) {
  const direction = DIRECTIONS[side];
  let pins = (view.direction ?? "to") === direction ? view.pins : [];
  const before = view[side];
  if (!pins.length && before) pins = [before];
  const kept = pins.filter(({ token }) => token !== place.token);
  return { ...view, pins: (kept.length === pins.length ? [...kept, place] : kept).slice(0, MOST_PINS), direction };
}

/**
 * The last layer up to this one that attends, else the first that does.
 * @param {number} layer
 * @param {number[]} layers
 */
function nearest(layer, layers) {
  return layers.findLast((each) => each <= layer) ?? layers[0];
}

/**
 * What is averaged, without heads that the model lacks, and the heads.
 * @param {string} average
 * @param {number} layer
 * @param {number} head
 * @param {TextMessage} text
 * @returns {[string, [number, number][]]}
 */
function averaged(average, layer, head, text) {
  const all = Array.from({ length: text.heads }, (_, each) => each);
  if (average === "layer") return [average, all.map((each) => [layer, each])];
  if (average === "all") return [average, text.layers.flatMap((l) => all.map((h) => /** @type {[number, number]} */ ([l, h])))];
  const asked = new Set(average ? average.split("-").map((pair) => pair.split(".").map(Number).join(".")) : []);
  const there = [...asked].map((pair) => /** @type {[number, number]} */ (pair.split(".").map(Number)))
    .filter(([l, h]) => text.layers.includes(l) && h < text.heads);
  return there.length > 1 ? [there.map((pair) => pair.join(".")).join("-"), there] : ["", [[layer, head]]];
}

/**
 * The token that a chosen word is here: itself where it still reads so, else the nearest that does; null where none does,
 * and where it is not on screen. How a piece of a merged word reads only the host knows.
 * @param {TextMessage} text
 * @param {string} between
 * @param {"query" | "key"} side
 * @param {Place | null} place
 */
function foundIn(text, between, side, place) {
  if (!place) return null;
  const words = wordsOf(text, side);
  let { token } = place;
  const at = drawnAt(words, token);
  if (place.text && at >= 0 && words.text[at] !== place.text && words.tokens[at][0] === words.tokens[at][1]) {
    const tokens = words.tokens.filter((_, each) => words.text[each] === place.text).map(([first]) => first);
    token = tokens.sort((a, b) => Math.abs(a - place.token) - Math.abs(b - place.token))[0] ?? -1;
  }
  return isSeen(text, between, side, token) ? token : null;
}

/**
 * Whether a token is on screen.
 * @param {TextMessage} text
 * @param {string} between
 * @param {"query" | "key"} side
 * @param {number | null} token
 */
function isSeen(text, between, side, token) {
  const at = drawnAt(wordsOf(text, side), token);
  return at >= 0 && isAllowed(text, between, side, at);
}

/**
 * The two tokens whose weight is worked out: those that were chosen, or one and the word that goes best with it.
 * @param {{query: number | null, key: number | null, pins: number[]}} there   the chosen words, as tokens of this text
 * @param {TextMessage} text
 * @param {Float32Array | null} map
 * @param {Shown} before
 * @param {{layer: number, head: number, average: string, direction: "to" | "from", between: string}} shown
 * @returns {[number | null, number | null]}
 */
function linked(there, text, map, before, { layer, head, average, direction, between }) {
  const { opening } = text;
  let { query, key } = there;
  if (query === null && key === null && there.pins.length) {
    if (direction === "from") key = there.pins[there.pins.length - 1];
    else query = there.pins[there.pins.length - 1];
  }
  if (query === null && key === null && isSeen(text, between, "query", opening.query)) {
    query = opening.query;
    const isStart = layer === opening.layer && head === opening.head && !average;
    if (isStart && isSeen(text, between, "key", opening.key)) key = opening.key;
  }
  if (query !== null && key !== null) return [query, key];
  if (!map) return [query ?? before.query, key ?? before.key];
  const keys = wordsOf(text, "key");
  const [row, column] = strongestIn(text, map, between, drawnAt(text.query, query), drawnAt(keys, key));
  return [query ?? text.query.tokens[row][0], key ?? keys.tokens[column][0]];
}

/**
 * Row and column of the strongest link, of the map or of one row or column of it: the largest weight between two different
 * words that were typed, in a row with a choice; only where there is none, that of another token, or of the token itself.
 * @param {TextMessage} text
 * @param {Float32Array} map
 * @param {string} between
 * @param {number} row   -1 where any will do
 * @param {number} column
 * @returns {[number, number]}
 */
function strongestIn(text, map, between, row, column) {
  const [rows, columns] = text.tokens;
  const keys = wordsOf(text, "key");
  const every = Array.from({ length: columns }, (_, c) => c).filter((c) => isAllowed(text, between, "key", c));
  /** @type {([number, number] | undefined)[]} */
  const best = [];
  const weights = [-1, -1, -1];
  for (let r = Math.max(0, row); r < (row < 0 ? rows : row + 1); r++) {
    if (!isAllowed(text, between, "query", r)) continue;
    const free = every.filter((c) => map[r * columns + c] >= 0);
    for (const c of free) {
      if (column >= 0 && c !== column) continue;
      const weight = map[r * columns + c];
      const isOther = !(text.is_one_text && r === c);
      const isTyped = !text.query.special.includes(r) && !keys.special.includes(c);
      [isOther && isTyped && free.length > 1, isOther, true].forEach((does, rank) => {
        if (does && weight > weights[rank]) [best[rank], weights[rank]] = [[r, c], weight];
      });
    }
  }
  return best.find((link) => link) ?? [Math.max(0, row), Math.max(0, column)];
}

function hasTyped(/** @type {TextMessage} */ { query, key }) {
  return [query, key ?? query].every(({ text, special }) => special.length < text.length);
}
