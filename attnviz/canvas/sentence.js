// The text as words. A word that is pointed at, or chosen, shows what it looks at: arcs in the text itself, or lines
// between two columns. What is seen is drawn on a canvas behind the words; words and numbers are text.

import { paintSentence } from "./arcs.js";
import { make } from "./dom.js";
import { cutsIn, keysSaid } from "./edits.js";
import { Hand } from "./hand.js";
import { LEAST_NUMBER, letter, numbersOf, paintLetters } from "./letters.js";
import { endOf, isAllowed, lookedAt, shareOf, whoLooks, wordsOf } from "./look.js";
import { CanvasPainter } from "./painter.js";
import { Part } from "./part.js";
import { WordList } from "./words.js";

/** @import { Drawing } from "./arcs.js" */
/** @import { Side } from "./hand.js" */
/** @import { Painter, Preview, ShownMap } from "./types.js" */

const LETTERS = { wide: 34, narrow: 30, phone: 23, several: 20, long: 16, columns: 16 }; // pixels; "several": lines
const MANY = 120; // words from which a text is long: it scrolls
const NAMES = 172; // pixels beside two lists
const ASIDE = { text: 8, columns: 48 }; // pixels beside the words of a drawing, for their numbers

export class Sentence extends Part {
  constructor(/** @type {ConstructorParameters<typeof Part>} */ ...given) {
    super(...given);
    this.canvas = make("canvas", { "aria-hidden": "true" });
    this.lists = make("div", { class: "lists" });
    this.box = make("div", { class: "box" }, make("div", { class: "pane" }, this.canvas), this.lists);
    this.element.append(this.box);
    /** @type {WordList[]} */
    this.every = []; // one list where a text looks at itself, else one for those that look and one for those looked at
    this.isOne = true;
    this.plan = "";
    this.gap = 0;
    this.isMoved = false; // whether words stand elsewhere than they were measured
    this.hand = new Hand(this.lists, this);
    this.box.addEventListener("scroll", () => this.#paint());
  }

  draw(/** @type {Set<string>} */ changed) {
    const { text, shown } = this, { preview } = this.store;
    const plan = `${text.digest} ${shown.face}`;
    if (plan !== this.plan) this.#build(plan);
    if (!preview) this.#weaken();
    if (this.list("query").rewrite(preview?.words ?? text.query.text) || changed.has("size") || changed.has("text")) this.isMoved = true;
    if (this.isMoved) this.#measure();
    if (changed.has("view") || changed.has("text")) this.#mark();
    this.#paint();
  }

  #build(/** @type {string} */ plan) {
    const { text, shown } = this;
    this.plan = plan;
    this.hand.begin();
    this.isOne = shown.face === "text" && text.key === null;
    const { of } = this.page, focused = this.every.findIndex(({ listbox }) => listbox.matches(":focus"));
    const queries = new WordList(text.query, "query", this.isOne ? "" : text.names[0], of);
    this.every = this.isOne ? [queries] : [queries, new WordList(wordsOf(text, "key"), "key", text.names[1], of)];
    const order = shown.face === "columns" ? this.every : this.every.toReversed(); // a translation stands below its source
    this.lists.replaceChildren(...order.map(({ element }) => element));
    this.element.dataset.face = shown.face;
    this.element.dataset.long = String(text.query.text.length > MANY);
    if (focused >= 0) this.every[Math.min(focused, this.every.length - 1)].listbox.focus();
    this.box.scrollTop = 0;
    this.isMoved = true;
  }

  /**
   * The words of a side; of both where there is one list.
   * @param {Side} side
   */
  list(side) {
    return this.every[side === "key" ? this.every.length - 1 : 0];
  }

  /** The largest letters that keep one line, the room for arcs, and where every word stands. */
  #measure() {
    this.isMoved = false;
    const { style } = this.element;
    const isColumns = this.shown.face === "columns";
    const count = Math.max(...this.every.map(({ spans }) => spans.length));
    style.setProperty("--letters", `${isColumns ? LETTERS.columns : count > MANY ? LETTERS.long : this.#largest()}px`);
    style.setProperty("--row", count <= 24 ? "24px" : "20px");
    style.setProperty("--gap", "20px");
    this.#place();
    const lines = Math.max(...this.every.map((list) => list.lines));
    this.gap = isColumns ? 0 : this.#room(lines);
    style.setProperty("--gap", `${this.gap}px`);
    this.#place();
  }

  #place() {
    const { left, top } = this.box.getBoundingClientRect();
    for (const list of this.every) list.measure(left, top - this.box.scrollTop);
  }

  #room(/** @type {number} */ lines) {
    if (lines <= 1) return this.page.isLow ? 62 : 90;
    if (lines <= 2 && !this.page.isPhone) return 40;
    return lines <= 4 ? 26 : 14;
  }

  #largest() {
    const { isPhone, isWide, colours } = this.page;
    const most = isPhone ? LETTERS.phone : isWide ? LETTERS.wide : LETTERS.narrow;
    if (isPhone) return most; // there it is several lines anyway
    const room = this.lists.clientWidth - (this.isOne ? 0 : NAMES);
    const lines = this.every.flatMap((list) => list.widths(colours.font));
    const largest = Math.min(...lines.map(({ growing, fixed }) => Math.floor((room - fixed) / Math.max(growing, 1))));
    return Math.max(LETTERS.several, Math.min(most, largest));
  }

  /** Which special tokens get next to nothing of the chosen word: a phone has no room for them. */
  #weaken() {
    const map = this.store.map(null);
    const look = map && lookedAt(this.text, this.shown, null, map.values);
    if (!look) return;
    for (const list of this.every) {
      const isOther = list === this.list(look.other);
      for (const place of list.words.special) {
        const isWeak = !look.places.includes(place) && !(isOther && look.weights[place] >= LEAST_NUMBER);
        const { classList } = list.spans[place];
        if (classList.contains("weak") === isWeak) continue;
        classList.toggle("weak", isWeak);
        this.isMoved ||= this.page.isPhone;
      }
    }
  }

  /** Which words are chosen, and which the choice between two texts lets take part. */
  #mark() {
    const { text, shown } = this;
    const { side: looking, places } = whoLooks(text, shown, null);
    for (const list of this.every) {
      list.listbox.setAttribute("aria-label", list.label + keysSaid(this));
      list.spans.forEach((span, place) => {
        span.setAttribute("aria-selected", String(list === this.list(looking) && places.includes(place)));
        const sides = /** @type {Side[]} */ (this.isOne ? ["query", "key"] : [list.side]);
        span.classList.toggle("off", !sides.some((side) => isAllowed(text, shown.between, side, place)));
      });
    }
  }

  #paint() {
    const { preview } = this.store, map = this.store.map();
    if (!this.every.length) return;
    const { scrollTop, clientHeight, scrollHeight } = this.box;
    this.box.dataset.more = String(scrollTop + clientHeight < scrollHeight - 1); // below
    const painter = new CanvasPainter(this.canvas, this.box.clientWidth, this.box.clientHeight, this.page.colours.font);
    const drawing = map && this.#drawing(preview, map);
    if (!drawing) return;
    for (const list of this.every) letter(list, drawing, list === this.list(drawing.look.other));
    painter.shift(0, -this.box.scrollTop, () => paintSentence(painter, drawing));
  }

  /**
   * @param {Preview | null} preview
   * @param {ShownMap} map
   * @returns {Drawing | null}
   */
  #drawing(preview, { values, heads }) {
    const { text, shown } = this;
    const look = lookedAt(text, shown, preview, values, cutsIn(this, heads));
    if (!look) return null;
    const end = endOf(values, text.tokens[1]);
    const rest = preview && lookedAt(text, shown, null, values);
    return {
      face: shown.face, look, gap: this.gap, reach: preview?.reach ?? 1, colours: this.page.colours,
      boxes: { query: this.list("query").boxes, key: this.list("key").boxes },
      numbered: new Set(numbersOf(look).keys()),
      kept: rest?.side === look.side ? rest.places.filter((place) => !look.places.includes(place)) : [],
      share: (weight) => shareOf(shown.scale, weight, end),
    };
  }

  /** The sentence at rest, its words too, as a drawing of its own. */
  picture() {
    const map = this.store.map(null);
    const drawing = map && this.#drawing(null, map);
    if (!drawing) return null;
    const boxes = this.every.flatMap((list) => list.boxes.filter(({ width }) => width));
    const aside = ASIDE[this.shown.face];
    const left = Math.max(0, Math.min(...boxes.map((box) => box.left)) - aside);
    return {
      width: Math.max(...boxes.map((box) => box.left + box.width)) + aside - left,
      height: this.lists.scrollHeight,
      paint: (/** @type {Painter} */ painter) => painter.shift(-left, 0, () => {
        paintSentence(painter, drawing);
        for (const list of this.every) paintLetters(painter, list, drawing, list === this.list(drawing.look.other));
      }),
    };
  }
}
