// The main thing in words: "it looks mostly at animal (91 %), then street (7 %)". Where most of a weight lies on a special
// token, the word is named that the frame is around: "too looks mostly at [CLS] (63 %), of the other words most at because (6 %)".

import { make } from "./dom.js";
import { lookedAt, nameOf, ranked, wordsOf } from "./look.js";
import { numberText, percentText } from "./numbers.js";

/** @import { Look } from "./look.js" */
/** @import { Preview, Shown, ShownMap, TextMessage } from "./types.js" */

const MOSTLY = 0.395; // of the weight: what is written 40 %
const SECOND = 0.02; // less is not told

/**
 * What is looked at in words, as children of a paragraph; the rest of it is muted.
 * @param {TextMessage} text
 * @param {Shown} shown
 * @param {Preview | null} preview
 * @param {ShownMap} map
 * @returns {(Node | string)[]}
 */
export function said(text, shown, preview, map) {
  if (preview?.said !== undefined) return [preview.said];
  const look = lookedAt(text, shown, preview, map.values);
  if (!look) return [make("span", { class: "muted" }, "The chosen word is not shown here.")];
  const isTo = look.side === "query";
  const isItself = (/** @type {number} */ place) => text.key === null && look.places.length === 1 && look.places[0] === place;
  const name = (/** @type {"query" | "key"} */ side, /** @type {number} */ place) =>
    (isItself(place) && side === look.other ? "itself" : preview?.words?.[place] ?? nameOf(wordsOf(text, side), place));
  const who = make("b", {}, ...listed(look.places.map((place) => make("bdi", {}, name(look.side, place)))));
  const order = ranked(look.weights, 1e-9), [first, second] = order;
  if (first === undefined) return [who, isTo ? " looks at nothing here" : " is not looked at here"];
  const share = (/** @type {number} */ place) => shareText(look, place, map.exact);
  const { special } = wordsOf(text, look.other);
  const typed = special.includes(first) ? order.find((place) => !special.includes(place) && !isItself(place)) : undefined;
  const next = typed ?? (look.weights[second] >= SECOND ? second : undefined);
  const how = typed === undefined ? "then" : `of the ${text.key === null ? "other " : ""}words most ${isTo ? "at" : "by"}`;
  const rest = next === undefined ? [] : [after(how, name(look.other, next), share(next))];
  return [within(text, shown, isTo), who, ` ${verb(look)} `, make("b", {}, make("bdi", {}, name(look.other, first))), ` (${share(first)})`, ...rest];
}

/**
 * Of which words it is told, where others get some of the weight too: they are hidden, or in the other text.
 * @param {TextMessage} text
 * @param {Shown} shown
 * @param {boolean} isTo
 */
function within({ query }, { special, between }, isTo) {
  const one = between && query.second !== null ? between[isTo ? 1 : 0].toUpperCase() : "";
  const parts = [special === "hide" ? "the words" : "", one].filter(Boolean);
  return parts.length ? `Of ${parts.join(" of ")}, ` : "";
}

/**
 * What comes second: behind a comma, or on a line of its own where there is little room.
 * @param {string} how
 * @param {string} name
 * @param {string} share
 */
function after(how, name, share) {
  return make("span", { class: "muted then" }, make("span", { class: "comma" }, ", "), `${how} `, make("bdi", {}, name), ` (${share})`);
}

function verb(/** @type {Look} */ { side, places, weights }) {
  const most = Math.max(...weights) >= MOSTLY ? "mostly" : "most";
  const isOne = places.length === 1;
  if (side === "query") return isOne ? `looks ${most} at` : `look ${most} at`;
  return isOne ? `is looked at ${most} by` : `are looked at ${most} by`;
}

/**
 * Shares of one look add up to a hundred; what several words get of one is a sum, which can be more.
 * @param {Look} look
 * @param {number} place
 * @param {boolean} isExact
 */
function shareText({ side, places, weights }, place, isExact) {
  const about = isExact ? "" : "≈\u202f";
  if (side === "key" && places.length > 1) return `${about}${numberText(weights[place])} together`;
  return `${about}${percentText(weights[place])}`;
}

/**
 * Names with commas and an "and" between them.
 * @param {HTMLElement[]} names
 */
function listed(names) {
  return names.flatMap((name, place) => (place === 0 ? [name] : [place === names.length - 1 ? " and " : ", ", name]));
}
