// What a drawing shows, in words: what stands below a part of the picture that is taken away.

import { cutsIn } from "./edits.js";
import { nameOf, whoLooks, wordsOf } from "./look.js";
import { isExact, MASKED } from "./message.js";
import { titleOf } from "./tables.js";

/** @import { Store } from "./store.js" */
/** @import { Shown, TextMessage } from "./types.js" */

const QUOTED = 240; // letters of a text that a caption quotes

/**
 * What a drawing of a part shows, and no more.
 * @param {Store} store
 * @param {string} part   "sentence", "overview" or "heatmap"
 */
export function captionOf(store, part) {
  const { text, shown } = store, edits = store.view?.edits;
  const map = store.map(null);
  if (!text || !shown) return "";
  const { model, text: typed, pair } = text.source;
  const isOverview = part === "overview" || !map;
  const what = isOverview ? `${text.layers.length} layers × ${text.heads} heads` : titleOf(map);
  const isPooled = isOverview && !isExact(text);
  const cuts = isOverview ? [] : cutsIn({ text, view: store.view, shown }, map.heads);
  const { side, places } = whoLooks(text, shown, null);
  const isDashed = cuts.some(([query, key]) => places.includes(side === "query" ? query : key));
  const isHidden = (/** @type {number} */ weight, /** @type {number} */ at) =>
    Number.isNaN(weight) && !cuts.some(([query, key]) => query * text.tokens[1] + key === at);
  const isMasked = isOverview ? text.codes.includes(MASKED) : map.values.some(isHidden);
  const sentences = [
    `${what}${shown.kinds.length > 1 ? `, ${shown.kind} attention` : ""}`,
    `Model ${model === "builtin" ? "built-in" : model}, ${quoted(typed)}${pair === null ? "" : ` and ${quoted(pair)}`}`,
    ...(!isOverview && shown.average.includes(".") ? [`The heads, as layer.head: ${shown.average.split("-").join(", ")}`] : []),
    ...(part === "sentence" ? [lookOf(text, shown)] : []),
    ...tokensOf(text, shown),
    ...(edits?.are_shown ? [`Edited: ${edits.listed.map(([edit]) => edit).join("; ")}`] : []),
    ...(part === "sentence" ? [] : coloursOf(shown, isOverview)),
    ...(isPooled ? ["A cell is the largest weight of several"] : []),
    ...(isMasked && part !== "sentence" ? [`Grey: the mask${isOverview && edits?.are_shown ? " or a cut" : ""} hides it`] : []),
    ...(part === "sentence" ? (isDashed ? ["Dashed: cut"] : []) : cuts.length ? ["Crossed: cut"] : []),
    ...(isOverview ? [`Framed: ${shown.heads.length > 1 ? "the heads of the mean" : `layer ${shown.layer}, head ${shown.head}`}`] : []),
    "Layers and heads count from 0",
  ];
  return sentences.filter(Boolean).reduce((told, each) => `${told}${/[.!?…]”?$/.test(told) ? "" : "."} ${each}`);
}

/**
 * Whose weights the arcs and numbers of the sentence are.
 * @param {TextMessage} text
 * @param {Shown} shown
 */
function lookOf(text, shown) {
  const { side, places } = whoLooks(text, shown, null), isTo = side === "query";
  const names = places.map((place) => `“${nameOf(wordsOf(text, side), place)}”`);
  const together = names.length < 2 ? "" : isTo ? ", the mean of their rows" : ", the sum of their columns";
  return names.length ? `Weights ${isTo ? "from" : "to"} ${names.join(", ")}${together}` : "";
}

/**
 * Which tokens are drawn, where it is not all of them, each alone.
 * @param {TextMessage} text
 * @param {Shown} shown
 */
function tokensOf({ first, tokens, total, key }, { words, special, between }) {
  const windowOf = (/** @type {0 | 1} */ side, /** @type {string} */ name) =>
    (tokens[side] < total[side] ? [`${name} ${first[side]} to ${first[side] + tokens[side] - 1} of ${total[side]}`] : []);
  return [
    ...windowOf(0, key ? "Rows" : "Tokens"),
    ...(key ? windowOf(1, "Columns") : []),
    ...(words ? ["Pieces are merged to words"] : []),
    ...(special === "keep" ? [] : ["Special tokens are left out"]),
    ...(special === "renormalise" ? ["Each row is divided by what is left of it"] : []),
    ...(between ? [`Only links from text ${between[0].toUpperCase()} to text ${between[1].toUpperCase()}`] : []),
  ];
}

/**
 * How weights become colours.
 * @param {Shown} shown
 * @param {boolean} isOverview
 */
function coloursOf({ scale }, isOverview) {
  if (scale === "unit") return ["Colours from 0 to 1"];
  if (scale === "log") return ["Colours from .0001 to 1, logarithmic"];
  return isOverview ? ["The colours of each map end at its own largest weight"] : [];
}

/**
 * The text in quotation marks; of a long one the beginning, up to the end of a word, and how long it is.
 * @param {string} text
 */
function quoted(text) {
  const letters = [...text];
  if (letters.length <= QUOTED) return `“${text}”`;
  return `“${letters.slice(0, QUOTED).join("").replace(/\s+\S*$/, "")} …” (${letters.length} characters)`;
}
