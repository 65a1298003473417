// What a choice does to what was asked for, and what is shown then; attnviz/view.py does the same.

/** @import { Shown, TextMessage, View, ViewEvent } from "./types.js" */

/**
 * What is asked for after an event: only the fields of the event change.
 * @param {View} view
 * @param {ViewEvent} event
 * @returns {View}
 */
export function update(view, event) {
  const place = { token: event.token, text: event.text };
  switch (event.type) {
    case "head": return { ...view, layer: event.layer, head: event.head, average: null };
    case "layer": return { ...view, layer: event.layer };
    case "word": {
      const isQuery = event.side === "query";
      return { ...view, query: isQuery ? place : null, key: isQuery ? null : place, pins: [], direction: isQuery ? "to" : "from" };
    }
    case "pin": {
      const isThere = view.pins.some(({ token }) => token === place.token);
      return { ...view, pins: isThere ? view.pins.filter(({ token }) => token !== place.token) : [...view.pins, place] };
    }
    case "unpin": return { ...view, pins: [] };
    case "link": return { ...view, query: event.query, key: event.key, pins: [] };
    case "direction": return { ...view, direction: event.direction };
    case "face": return { ...view, face: event.face };
    case "scale": return { ...view, scale: event.scale };
    case "average": return { ...view, average: event.average };
    case "between": return { ...view, between: event.between, pins: [] };
    default: return view;
  }
}

/**
 * What is shown of a view; of fields that nobody set, what the host showed before.
 * @param {View} view
 * @param {TextMessage} text
 * @param {Float32Array | null} map   of the heads that the result shows, null where it is not here yet
 * @param {Shown} before
 * @returns {Shown}
 */
export function settle(view, text, map, before) {
  const layer = view.layer ?? before.layer;
  const head = view.head ?? before.head;
  const average = view.average ?? "";
  const name = shownName(average, layer, head);
  /** @type {[number, number][]} */
  const heads = average === "layer" ? range(text.heads).map((each) => [layer, each])
    : average === "all" ? text.layers.flatMap((each) => range(text.heads).map((h) => /** @type {[number, number]} */ ([each, h])))
      : average ? average.split("-").map((pair) => /** @type {[number, number]} */ (pair.split(".").map(Number))) : [[layer, head]];
  const [query, key] = linkOf(view, text, map, before);
  return {
    ...before, layer, head, average, name, heads, query, key, pins: view.pins.map(({ token }) => token),
    direction: view.direction ?? before.direction, face: view.face ?? before.face, between: view.between ?? "", scale: view.scale ?? before.scale,
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
 * @param {View} view
 * @param {TextMessage} text
 * @param {Float32Array | null} map
 * @param {Shown} before
 * @returns {[number | null, number | null]}
 */
function linkOf(view, text, map, before) {
  if (view.query && view.key) return [view.query.token, view.key.token];
  const chosen = view.query ?? view.key;
  if (!chosen || !map) return [chosen === view.query && chosen ? chosen.token : before.query, view.key?.token ?? before.key];
  const isQuery = chosen === view.query;
  const [rows, columns] = text.tokens;
  const own = isQuery ? text.query : (text.key ?? text.query);
  const others = isQuery ? (text.key ?? text.query) : text.query;
  const place = own.tokens.findIndex(([first, last]) => first <= chosen.token && chosen.token <= last);
  let best = -1;
  let weight = -1;
  for (let other = 0; other < (isQuery ? columns : rows); other++) {
    const value = map[isQuery ? place * columns + other : other * columns + place];
    if (value > weight && !others.special.includes(other) && !(text.key === null && other === place)) [best, weight] = [other, value];
  }
  const partner = best < 0 ? null : others.tokens[best][0];
  return isQuery ? [chosen.token, partner] : [partner, chosen.token];
}

/** @param {number} count */
function range(count) {
  return Array.from({ length: count }, (_, index) => index);
}
