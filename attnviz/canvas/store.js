// What one picture knows: the text with all heads, exact maps, what was asked for and what is shown.
//
// A choice is taken in here at once and told to the host, together with all that the host has not yet acknowledged. What
// the host answers is what it took in; choices made since are put on top of that again, so that an older answer never
// undoes a newer choice.

import { decoded, isExact, readMessage } from "./message.js";
import { settle, shownName, update } from "./update.js";

/** @import { MapMessage, Preview, Sent, Shown, ShownMap, TextMessage, ViewEvent, ViewMessage } from "./types.js" */

const MOST_MAPS = 12; // exact ones that are kept, at most 1 MB each

export class Store {
  constructor(/** @type {(told: {events: Sent[]}) => void} */ onChoice) {
    this.onChoice = onChoice;
    /** @type {TextMessage | null} */
    this.text = null;
    /** @type {ViewMessage | null} */
    this.view = null;
    /** @type {ViewMessage | null} */
    this.host = null; // the last view of the host that is shown; `view` is that with what is pending on top
    /** @type {Shown | null} */
    this.shown = null;
    /** @type {Preview | null} */
    this.preview = null;
    /** @type {Map<string, Float32Array>} */
    this.maps = new Map();
    /** @type {Sent[]} */
    this.pending = [];
    this.sequence = 0;
    /** @type {Uint8Array} */
    this.bytes = new Uint8Array(); // of the last text, for a file that holds the picture
    /** @type {{text: TextMessage | null, view: ViewMessage | null}} */
    this.received = { text: null, view: null };
    /** @type {Set<(what: string) => void>} */
    this.listeners = new Set();
    /** @type {Map<string, Float32Array>} */
    this.fromCodes = new Map();
  }

  /**
   * Have a function told what changed: "text", "view", "map" or "preview". Returns what ends that.
   * @param {(what: string) => void} listener
   */
  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(/** @type {string} */ what) {
    for (const listener of this.listeners) listener(what);
  }

  /**
   * Take in a message of the host.
   * @param {Uint8Array} bytes
   */
  take(bytes) {
    const message = readMessage(bytes);
    if (message.kind === "map") this.#takeMap(message);
    else if (message.kind === "text") [this.received.text, this.bytes] = [message, bytes];
    else this.#acknowledge(message);
    this.#join();
  }

  #takeMap(/** @type {MapMessage} */ { digest, name, values }) {
    const key = `${digest} ${name}`;
    this.maps.delete(key);
    this.maps.set(key, values);
    for (const old of [...this.maps.keys()].slice(0, -MOST_MAPS)) this.maps.delete(old);
    if (this.text?.digest === digest) this.emit("map");
  }

  /**
   * What the host has taken in need not be told again. A host that knows of less than before has begun anew: it is told.
   * @param {ViewMessage} message
   */
  #acknowledge(message) {
    const isAnew = message.sequence < (this.received.view?.sequence ?? 0);
    this.received.view = message;
    this.sequence = Math.max(this.sequence, message.sequence);
    this.pending = this.pending.filter(({ sequence }) => sequence > message.sequence);
    if (isAnew && this.pending.length) this.onChoice({ events: [...this.pending] });
  }

  /** Show what was received, once words and view are of one text: they come one after the other. */
  #join() {
    const { text, view } = this.received;
    if (!view || view === this.host) return;
    if (view.digest !== text?.digest && !view.dimmed) return;
    const isNew = text !== null && text.digest === view.digest && text.digest !== this.text?.digest;
    if (isNew) {
      this.text = text;
      this.preview = null;
      this.fromCodes.clear();
    }
    this.host = view;
    this.shown = view.shown ?? this.shown;
    this.view = { ...view };
    for (const { event } of this.pending) this.#apply(event);
    if (isNew) this.emit("text");
    this.emit("view");
  }

  #apply(/** @type {ViewEvent} */ event) {
    if (!this.view || !this.shown || !this.text) return;
    const before = this.shown;
    this.view = { ...this.view, view: update(this.view.view, event) };
    const named = settle(this.view.view, this.text, null, before);
    const map = this.#named(named);
    this.shown = map ? settle(this.view.view, this.text, map.values, before) : named;
  }

  /**
   * Take a choice, show it, and tell the host of all that it has not acknowledged.
   * @param {ViewEvent} event
   */
  choose(event) {
    this.sequence += 1;
    this.pending.push({ sequence: this.sequence, digest: this.text?.digest ?? "", event });
    this.preview = null;
    this.#apply(event);
    this.emit("view");
    this.onChoice({ events: [...this.pending] });
  }

  /**
   * Look at a head or at words, as long as a pointer or the keyboard is on them.
   * @param {Preview | null} preview
   */
  look(preview) {
    if (JSON.stringify(preview) === JSON.stringify(this.preview)) return;
    this.preview = preview;
    this.emit("preview");
  }

  /**
   * The map of what is shown, the head under the pointer instead of the chosen one; null where it is on its way.
   * @param {Preview | null} [preview]   null: the chosen map, whatever is under the pointer
   * @returns {ShownMap | null}
   */
  map(preview = this.preview) {
    if (!this.text || !this.shown) return null;
    const { layer, head } = preview ?? {};
    if (layer === undefined || head === undefined) return this.#named(this.shown);
    return this.#named({ name: shownName("", layer, head), heads: [[layer, head]] }) ?? this.#named(this.shown);
  }

  /**
   * @param {{name: string, heads: [number, number][]}} shown
   * @returns {ShownMap | null}
   */
  #named({ name, heads }) {
    const text = /** @type {TextMessage} */ (this.text);
    const values = this.maps.get(`${text.digest} ${name}`);
    if (values) return { name, heads, values, exact: true };
    if (!isExact(text)) return null;
    const close = this.fromCodes.get(name) ?? decoded(text, heads);
    if (this.fromCodes.size >= MOST_MAPS) this.fromCodes.clear();
    this.fromCodes.set(name, close);
    return { name, heads, values: close, exact: false };
  }
}
