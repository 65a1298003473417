// Six seconds of a first visit: one word of the sentence changes, and “it” means something else.
//
// Nobody has touched anything yet. Every number was computed beforehand (`first` of the view's message); here they are
// only led from one to the other. The sentence draws a moment as it draws a preview, so that nothing moves and nothing
// is chosen. Once per browser; any key or pointer ends it; not where motion is unwanted.

import { Part } from "./part.js";

/** @import { First, Preview } from "./types.js" */

const SEEN = "attnviz-visited"; // what the browser keeps of it
const AT = { framed: 0.4, grown: 2, flipped: 2.4, held: 3, swung: 5, end: 6 }; // seconds
const ENDS = /** @type {const} */ (["pointerdown", "wheel", "keydown"]);

export class FirstVisit extends Part {
  constructor(/** @type {ConstructorParameters<typeof Part>} */ ...given) {
    super(...given);
    /** @type {"before" | "playing" | "over"} */
    this.state = "before";
    this.ended = new AbortController();
  }

  draw() {
    if (this.state !== "before") return;
    const { first } = this.view;
    if (!first || this.page.isAlone || matchMedia("(prefers-reduced-motion: reduce)").matches || wasSeen()) {
      this.state = "over";
      return;
    }
    this.state = "playing";
    const { signal } = this.ended, end = () => this.#end();
    for (const name of ENDS) window.addEventListener(name, end, { capture: true, signal });
    this.page.ended.signal.addEventListener("abort", end, { signal });
    // A browser tells of a pointer that rests, too, where something else comes to lie below it.
    this.page.root.addEventListener("pointermove", ({ movementX, movementY }) => (movementX || movementY) && end(), { signal });
    requestAnimationFrame((now) => this.#play(first, now, now));
  }

  /**
   * @param {First} first
   * @param {number} began
   * @param {number} now   milliseconds, both
   */
  #play(first, began, now) {
    if (this.state !== "playing") return;
    const { text, view } = this;
    const seconds = (now - began) / 1000;
    if (seconds >= AT.end || view.first?.index !== first.index) return this.#end();
    this.store.look(momentOf(first, text.query.text, seconds));
    requestAnimationFrame((next) => this.#play(first, began, next));
  }

  #end() {
    if (this.state !== "playing") return;
    this.state = "over";
    this.ended.abort();
    keepSeen();
    this.store.look(null);
  }
}

/**
 * What is drawn after so many seconds, as a preview of the store.
 * @param {First} first
 * @param {string[]} words   of the text
 * @param {number} seconds
 * @returns {Preview}
 */
export function momentOf({ index, before, after, changed }, words, seconds) {
  const [place, from, to] = changed;
  const reach = share(seconds, AT.framed, AT.grown);
  const swing = share(seconds, AT.held, AT.swung);
  const said = `One word changed, and ${words[index]} means something else. Try your own.`;
  return {
    query: index,
    row: before.map((weight, key) => reach * weight + swing * (after[key] - weight)),
    words: words.with(place, seconds < AT.flipped ? from : to),
    reach,
    ...(seconds < AT.swung ? {} : { said }),
  };
}

/**
 * How much of the way from one time to another is gone, 0 to 1, slow at both ends.
 * @param {number} seconds
 * @param {number} start
 * @param {number} end
 */
function share(seconds, start, end) {
  const gone = Math.max(0, Math.min(1, (seconds - start) / (end - start)));
  return gone * gone * (3 - 2 * gone);
}

function wasSeen() {
  try {
    return localStorage.getItem(SEEN) !== null;
  } catch {
    return false; // a browser that keeps nothing plays it each time
  }
}

function keepSeen() {
  try {
    localStorage.setItem(SEEN, "1");
  } catch {
    // it is played again
  }
}
