// Words as elements, in the order in which they are written, each text of a pair on lines of its own.

import { isBeside } from "./arcs.js";
import { make } from "./dom.js";
import { CUT } from "./letters.js";
import { measure } from "./painter.js";

/** @import { Box } from "./arcs.js" */
/** @import { Words } from "./types.js" */

const SPECIAL = 14; // pixels, of special tokens
const SIDES = 0.44; // of the letters' size: what a word has left and right of its letters
const BETWEEN = 0.2;

/** The words of one side in an element. */
export class WordList {
  /**
   * @param {Words} words
   * @param {"query" | "key"} side
   * @param {string} name   of the side, "" where there is one list
   * @param {string} of   which text they are of
   */
  constructor(words, side, name, of) {
    this.words = words;
    this.side = side;
    /** @type {Box[]} */
    this.boxes = [];
    this.numbered = new Set();
    this.spans = words.text.map((text, place) => this.#span(text, place));
    this.element = make("div", { class: `list ${side}` });
    if (name) this.element.append(make("p", { class: "name" }, name));
    // The browser finds the direction of writing. It does not look into what has a `dir` of its own: special tokens.
    this.label = `Words of ${of}${name ? `: ${name}` : ""}. Arrow keys look at a word, Enter chooses it, Space adds it.`;
    this.listbox = make("div", { class: "words", role: "listbox", tabindex: "0", "aria-multiselectable": "true", dir: "auto", "aria-label": this.label });
    this.listbox.append(...this.#lines());
    this.element.append(this.listbox);
  }

  #span(/** @type {string} */ text, /** @type {number} */ place) {
    const isSpecial = this.words.special.includes(place);
    const isUnknown = this.words.unknown.includes(place);
    const span = make("span", { class: `token${isSpecial ? " special" : ""}${isUnknown ? " unknown" : ""}`, role: "option",
      id: `${this.side}-${place}`, "aria-selected": "false", dir: isSpecial ? "ltr" : null,
      title: isUnknown ? "The model does not know this word: it reads [UNK]" : null },
    make("span", { class: "letters" }, text), make("small", { "aria-hidden": "true", dir: "ltr" }));
    span.dataset.place = String(place);
    return span;
  }

  /** The pieces of a word side by side, and a tag and a new line where the second text of a pair begins. */
  #lines() {
    const { starts, second } = this.words;
    /** @type {HTMLElement[]} */
    const line = [];
    this.spans.forEach((span, place) => {
      if (place > 0 && place === second) line.push(make("span", { class: "break", role: "presentation" }));
      if (second !== null && (place === 0 || place === second)) {
        line.push(make("span", { class: "tag", role: "presentation", dir: "ltr" }, place === second ? "B" : "A"));
      }
      if (place === 0 || starts[place] || place === second) line.push(make("span", { class: "word", role: "presentation" }));
      line[line.length - 1].append(span);
    });
    return line;
  }

  /** Whether the words are written from the right. */
  get isFromRight() {
    return getComputedStyle(this.listbox).direction === "rtl";
  }

  /**
   * Width of the longest line at letters of one pixel, and what does not grow with them.
   * @param {string} font
   */
  widths(font) {
    const { text, special, starts, second } = this.words;
    const lines = [{ growing: 0, fixed: 0 }];
    text.forEach((word, place) => {
      if (place > 0 && place === second) lines.push({ growing: 0, fixed: 24 });
      const line = lines[lines.length - 1];
      if (special.includes(place)) line.fixed += measure(word, SPECIAL, 400, font) + 14;
      else line.growing += measure(word, 100, 400, font) / 100 + (starts[place] ? SIDES + BETWEEN : 0.06);
    });
    return lines;
  }

  /**
   * Write other words in their places, or their own; a place keeps its width.
   * @param {string[]} text
   */
  rewrite(text) {
    let isOther = false;
    this.spans.forEach((span, place) => {
      const letters = /** @type {HTMLElement} */ (span.firstChild);
      if (letters.textContent === text[place]) return;
      letters.style.width = text[place] === this.words.text[place] ? "" : `${letters.getBoundingClientRect().width}px`;
      letters.style.textOverflow = letters.style.width && "clip";
      letters.textContent = text[place];
      isOther = true;
    });
    return isOther;
  }

  /**
   * Where every word stands, from a corner of the page.
   * @param {number} left
   * @param {number} top
   */
  measure(left, top) {
    this.boxes = this.spans.map((span) => {
      const box = span.getBoundingClientRect();
      return { left: box.left - left, top: box.top - top, width: box.width, height: box.height };
    });
  }

  /**
   * Numbers under the words, "" where there is none; those that stay are left alone.
   * @param {Map<number, string>} numbers
   * @param {number} strong   the place of the one that is bold
   */
  number(numbers, strong) {
    for (const place of new Set([...this.numbered, ...numbers.keys()])) {
      const small = /** @type {HTMLElement} */ (this.spans[place].lastChild);
      const text = numbers.get(place) ?? "";
      if (small.textContent !== text) small.textContent = text;
      small.classList.toggle("strong", place === strong);
      small.classList.toggle("cut", text === CUT);
    }
    this.numbered = new Set(numbers.keys());
  }

  /**
   * How far the letters of a piece stand from the middle of its box, which is tighter on the side of its word.
   * @param {number} place
   */
  offCentre(place) {
    const [box, letters] = [this.spans[place], /** @type {HTMLElement} */ (this.spans[place].firstChild)].map((each) => each.getBoundingClientRect());
    return letters.left + letters.width / 2 - box.left - box.width / 2;
  }

  /** How many lines the words take. */
  get lines() {
    const shown = this.boxes.filter(({ width }) => width);
    return shown.filter((box, place) => place === 0 || !isBeside(box, shown[place - 1])).length;
  }

  /**
   * The word of the line above or below that is nearest; the same where there is none.
   * @param {number} at
   * @param {1 | -1} step
   * @param {(place: number) => boolean} isAllowed
   */
  vertical(at, step, isAllowed) {
    const from = this.boxes[at];
    const beyond = this.boxes.map((box, place) => ({ box, place }))
      .filter(({ box, place }) => isAllowed(place) && box.width && !isBeside(box, from) && (box.top - from.top) * step > 0);
    if (!beyond.length) return at;
    const next = beyond.reduce((best, each) => ((each.box.top - best.box.top) * step < 0 ? each : best)).box;
    const off = (/** @type {{box: Box}} */ { box }) => Math.abs(box.left + box.width / 2 - from.left - from.width / 2);
    return beyond.filter(({ box }) => isBeside(box, next)).reduce((best, each) => (off(each) < off(best) ? each : best)).place;
  }

  /**
   * The next word that may take part; the same where there is none.
   * @param {number} at
   * @param {1 | -1} step
   * @param {(place: number) => boolean} isAllowed
   */
  next(at, step, isAllowed) {
    let place = at + step;
    while (place >= 0 && place < this.spans.length && !(isAllowed(place) && this.boxes[place].width)) place += step;
    return place >= 0 && place < this.spans.length ? place : at;
  }
}
