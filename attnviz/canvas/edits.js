// What a person changes of the attention: the edits of a view in their text form, as attnviz/edits.py reads them.

import { button, icon, make } from "./dom.js";
import { drawnAt, linkOf, placeOf, wordsOf } from "./look.js";

/** @import { Part } from "./part.js" */
/** @import { Store } from "./store.js" */
/** @import { Shown, TextMessage, ViewMessage } from "./types.js" */

const CUT = /^(?:(encoder|decoder|cross) )?cut (\d+)(?:\.(\d+))? (\d+) (\d+)$/;
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

/**
 * The links that edits cut in some heads, as places that are drawn; none where it is shown how it was. Whether anything is
 * left, of other heads or of other pieces of a word, the weight says: it is NaN where nothing is.
 * @param {{text: TextMessage, view: ViewMessage | null, shown: Shown}} what
 * @param {[number, number][]} heads
 * @returns {[number, number][]}
 */
export function cutsIn({ text, view, shown }, heads) {
  const edits = view?.edits?.are_shown ? view.edits.listed : [];
  return edits.flatMap(([edit]) => {
    const [, kind, ...numbers] = CUT.exec(edit) ?? [];
    const [layer, head, query, key] = numbers.map(Number); // NaN for all heads
    if (!heads.some((each) => each[0] === layer && [each[1], NaN].includes(head)) || (kind ?? shown.kind) !== shown.kind) return [];
    const [row, column] = [drawnAt(text.query, query), drawnAt(wordsOf(text, "key"), key)];
    return row < 0 || column < 0 ? [] : [/** @type {[number, number]} */ ([row, column])];
  });
}

/**
 * Whether an edit of what is chosen can be made: somebody computes it, and it is of one head.
 * @param {Part} part
 */
function canEdit({ store: { view, shown }, page }) {
  return Boolean(view?.can_edit && shown && shown.heads.length === 1 && !page.isAlone);
}

/**
 * What the keys of `editKey` do, for those who hear it; "" where they do nothing.
 * @param {Part} part
 */
export function keysSaid(part) {
  return canEdit(part) ? " x cuts the chosen link or puts it back, m mutes its head." : "";
}

/**
 * Make an edit, or take it back, where a key asks for one. Whether it did.
 * @param {Part} part
 * @param {KeyboardEvent} event
 */
export function editKey(part, { key, ctrlKey, metaKey, altKey }) {
  const editOf = key === "x" ? cutOf : key === "m" ? muteOf : null;
  if (!editOf || ctrlKey || metaKey || altKey || !canEdit(part)) return false;
  choose(part.store, editOf);
  return true;
}

/** @param {Shown} shown */
function kindOf({ kinds, kind }) {
  return kinds.length > 1 ? `${kind} ` : "";
}

/**
 * A button that makes an edit of what is chosen, and takes it back where it was made.
 * @param {Part} part
 * @param {(shown: Shown) => string} editOf
 * @param {[string, string]} labels   what it does, and what it does then
 * @param {string} key   that does the same
 */
export function editButton(part, editOf, labels, key) {
  const { store } = part;
  const label = make("span"), place = make("span", { class: "icon" });
  const element = button({ class: "edits", "aria-keyshortcuts": key, title: `Key: ${key}` }, () => choose(store, editOf), place, label);
  const draw = () => {
    const { view, shown } = store;
    element.hidden = !canEdit(part);
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
