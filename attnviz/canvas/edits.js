// What a person changes of the attention: the edits of a view in their text form, as attnviz/edits.py reads them.

import { button, icon, make } from "./dom.js";
import { linkOf, placeOf, wordsOf } from "./look.js";

/** @import { Store } from "./store.js" */
/** @import { Shown } from "./types.js" */

const OF_WORDS = /^(?:(?:encoder|decoder|cross) )?(?:cut|take_away|set_row) /;

/**
 * The edits of a view, one by one.
 * @param {string | null | undefined} edits
 */
export function listed(edits) {
  return edits ? edits.split("; ") : [];
}

/**
 * Those of the edits that name no word; null where there is none.
 * @param {string | null | undefined} edits
 */
export function ofHeads(edits) {
  return listed(edits).filter((edit) => !OF_WORDS.test(edit)).join("; ") || null;
}

/**
 * The edit that cuts the chosen link.
 * @param {Shown} shown
 */
export function cutOf(shown) {
  return `${kindOf(shown)}cut ${shown.layer}.${shown.head} ${shown.query} ${shown.key}`;
}

/**
 * The edit that mutes the chosen head.
 * @param {Shown} shown
 */
export function muteOf(shown) {
  return `${kindOf(shown)}mute ${shown.layer}.${shown.head}`;
}

/**
 * The event that adds an edit, or takes it back where it is there.
 * @param {string | null | undefined} edits
 * @param {string} edit
 */
export function toggled(edits, edit) {
  const before = listed(edits), kept = before.filter((each) => each !== edit);
  return { type: "edits", edits: (kept.length === before.length ? [...before, edit] : kept).join("; ") || null };
}

/** @param {Shown} shown */
function kindOf({ kinds, kind }) {
  return kinds.length > 1 ? `${kind} ` : "";
}

/**
 * A button that makes an edit of what is chosen, and takes it back where it was made.
 * @param {Store} store
 * @param {(shown: Shown) => string} editOf
 * @param {[string, string]} labels   what it does, and what it does then
 */
export function editButton(store, editOf, labels) {
  const label = make("span"), place = make("span", { class: "icon" });
  const element = button({ class: "edits" }, () => choose(store, editOf), place, label);
  const draw = () => {
    const { view, shown } = store;
    element.hidden = !view?.can_edit || !shown || shown.heads.length > 1;
    if (element.hidden || !shown) return;
    const isMade = listed(view?.view.edits).includes(editOf(shown));
    if (label.textContent === labels[Number(isMade)]) return;
    label.textContent = labels[Number(isMade)];
    place.replaceChildren(icon(isMade ? "back" : "cut", 16));
  };
  return { element, draw };
}

/**
 * Make an edit or take it back. What it is of stays chosen: without it the page would choose, and look elsewhere.
 * @param {Store} store
 * @param {(shown: Shown) => string} editOf
 */
function choose(store, editOf) {
  const { text, shown, view } = store;
  if (!text || !shown || !view) return;
  const { query, key } = linkOf(text, shown);
  const edit = editOf(shown);
  if (view.view.layer !== shown.layer || view.view.head !== shown.head) store.choose({ type: "head", layer: shown.layer, head: shown.head });
  if (query >= 0 && key >= 0) store.choose({ type: "link", query: placeOf(text.query, query), key: placeOf(wordsOf(text, "key"), key) });
  store.choose(toggled(view.view.edits, edit));
}
