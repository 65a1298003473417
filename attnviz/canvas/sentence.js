// The text as words. A word that is pointed at, or chosen, shows what it looks at: arcs in the text itself, or lines
// between two columns. What is seen is drawn on a canvas behind the words; words and numbers are text.

import { paintSentence, stepOf } from "./arcs.js";
import { make } from "./dom.js";
import { drawnAt, endOf, isAllowed, lookedAt, placeOf, ranked, shareOf, wordsOf } from "./look.js";
import { numberText } from "./numbers.js";
import { CanvasPainter } from "./painter.js";
import { WordList } from "./words.js";

/** @import { Drawing } from "./arcs.js" */
/** @import { Page } from "./mount.js" */
/** @import { Store } from "./store.js" */
/** @import { Painter, Preview, Shown, TextMessage } from "./types.js" */

const LEAST_NUMBER = 0.05;
const MOST_NUMBERS = 12;
const SMALLEST = 20; // pixels, of words on several lines
const MANY = 120; // words of which a text is long: it scrolls, in smaller letters

export class Sentence {
  /**
   * @param {HTMLElement} element
   * @param {Store} store
   * @param {Page} page
   */
  constructor(element, store, page) {
    this.element = element;
    this.store = store;
    this.page = page;
    this.canvas = make("canvas", { "aria-hidden": "true" });
    this.lists = make("div", { class: "lists" });
    this.box = make("div", { class: "box" }, make("div", { class: "pane" }, this.canvas), this.lists);
    element.append(this.box);
    /** @type {{query: WordList, key: WordList | null} | null} */
    this.sides = null;
    this.plan = "";
    this.gap = 0;
    /** @type {{side: "query" | "key", place: number} | null} */
    this.at = null; // the word that the keyboard is on
    /** @type {number | null} */
    this.tapped = null; // the word that a finger chose last: the next one it taps is the other end of a link
    this.lists.addEventListener("pointerover", (event) => this.#look(this.#wordOf(event)));
    this.lists.addEventListener("pointerleave", () => this.#look(null));
    this.lists.addEventListener("click", (event) => this.#click(event));
    this.lists.addEventListener("keydown", (event) => this.#key(event));
    this.lists.addEventListener("focusout", () => this.#leave());
    this.box.addEventListener("scroll", () => this.#paint());
  }

  remove() {
    this.element.replaceChildren();
  }

  /** @param {Set<string>} changed */
  draw(changed) {
    const { text, shown, preview } = this.store;
    if (!text || !shown) return;
    const plan = `${text.digest} ${shown.face}`;
    if (plan !== this.plan) this.#build(text, shown, plan);
    if (!preview) this.#weaken(text, shown);
    const isWritten = this.sides?.query.rewrite(preview?.words ?? text.query.text);
    if (isWritten || this.boxesAreOld || changed.has("size") || changed.has("text")) this.#measure(text, shown);
    if (changed.has("view") || changed.has("text")) this.#mark(text, shown);
    this.#paint();
  }

  /**
   * Lists of words: one where a text looks at itself, else one for those that look and one for those looked at.
   * @param {TextMessage} text
   * @param {Shown} shown
   * @param {string} plan
   */
  #build(text, shown, plan) {
    this.plan = plan;
    this.at = this.tapped = null;
    this.isOne = shown.face === "text" && text.key === null;
    this.sides = this.isOne ? { query: new WordList(text.query, "query", ""), key: null }
      : { query: new WordList(text.query, "query", text.names[0]), key: new WordList(wordsOf(text, "key"), "key", text.names[1]) };
    const { query, key } = this.sides;
    const order = shown.face === "columns" ? [query, key] : [key, query]; // a translation stands below its source
    this.lists.replaceChildren(...order.flatMap((list) => (list ? [list.element] : [])));
    this.element.dataset.face = shown.face;
    this.box.scrollTop = 0;
    this.boxesAreOld = true;
  }

  /**
   * The largest letters that keep one line, the room for arcs, and where every word stands.
   * @param {TextMessage} text
   * @param {Shown} shown
   */
  #measure(text, shown) {
    const lists = this.#every();
    const { style } = this.element;
    const count = text.query.text.length;
    this.size = shown.face === "columns" ? 16 : count > MANY ? 16 : this.#largest(lists);
    style.setProperty("--letters", `${this.size}px`);
    style.setProperty("--row", count <= 24 ? "24px" : "20px");
    this.element.dataset.long = String(count > MANY);
    style.setProperty("--gap", "0px");
    const lines = new Set(lists.flatMap((list) => list.spans.map((span) => Math.round(span.getBoundingClientRect().bottom)))).size;
    const most = this.page.isLow ? 62 : 90;
    this.gap = shown.face === "columns" ? 0 : lines <= 1 ? most : lines <= 2 && !this.page.isPhone ? 46 : lines <= 4 ? 30 : 18;
    style.setProperty("--gap", `${this.gap}px`);
    const { left, top } = this.box.getBoundingClientRect();
    for (const list of lists) list.measure(left + this.box.clientLeft, top - this.box.scrollTop);
    this.boxesAreOld = false;
  }

  /** @param {WordList[]} lists */
  #largest(lists) {
    const most = this.page.isPhone ? 23 : this.page.isWide ? 34 : 30;
    const room = this.lists.clientWidth - (this.isOne ? 0 : 120);
    const fits = lists.flatMap((list) => list.widths(this.page.colours.font)).map(({ growing, fixed }) => (room - fixed) / Math.max(growing, 1));
    const largest = Math.floor(Math.min(...fits));
    return this.page.isPhone && largest < most ? Math.min(most, 23) : Math.max(SMALLEST, Math.min(most, largest));
  }

  #every() {
    const { query, key } = /** @type {{query: WordList, key: WordList | null}} */ (this.sides);
    return key ? [query, key] : [query];
  }

  /**
   * Which special tokens get next to nothing of the chosen word: a phone has no room for them.
   * @param {TextMessage} text
   * @param {Shown} shown
   */
  #weaken(text, shown) {
    const map = this.store.map(null);
    const look = map && lookedAt(text, shown, null, map.values);
    if (!look) return;
    const other = this.#list(look.other);
    for (const list of this.#every()) {
      for (const place of list.words.special) {
        const isWeak = !look.places.includes(place) && !(list === other && look.weights[place] >= LEAST_NUMBER);
        const { classList } = list.spans[place];
        if (classList.contains("weak") === isWeak) continue;
        classList.toggle("weak", isWeak);
        this.boxesAreOld ||= this.page.isPhone;
      }
    }
  }

  /** @param {"query" | "key"} side */
  #list(side) {
    const { query, key } = /** @type {{query: WordList, key: WordList | null}} */ (this.sides);
    return side === "key" && key ? key : query;
  }

  /**
   * Which words are chosen, and which the choice between two texts lets take part.
   * @param {TextMessage} text
   * @param {Shown} shown
   */
  #mark(text, shown) {
    const looking = shown.direction === "to" ? "query" : "key";
    const chosen = new Set((shown.pins.length ? shown.pins : [shown[looking]]).map((token) => drawnAt(wordsOf(text, looking), token)));
    for (const list of this.#every()) {
      const isLooking = this.isOne || list.side === looking;
      list.listbox.setAttribute("tabindex", isLooking || !this.isOne ? "0" : "-1");
      list.spans.forEach((span, place) => {
        span.setAttribute("aria-selected", String(isLooking && chosen.has(place)));
        const isOn = this.isOne ? isAllowed(text, shown.between, "query", place) || isAllowed(text, shown.between, "key", place)
          : isAllowed(text, shown.between, list.side, place);
        span.classList.toggle("off", !isOn);
      });
    }
  }

  // ---------------------------------------------------------------- looking and choosing

  /**
   * In one list the direction says which side a word is on; in two, the list does.
   * @param {Event} event
   * @returns {{side: "query" | "key", place: number} | null}
   */
  #wordOf(event) {
    const span = /** @type {Element} */ (event.target).closest?.(".token");
    if (!(span instanceof HTMLElement) || !this.store.text || !this.store.shown) return null;
    const { text, shown } = this.store;
    const own = span.closest(".list")?.classList.contains("key") ? "key" : "query";
    const side = this.isOne ? (shown.direction === "to" ? "query" : "key") : own;
    const place = Number(span.dataset.place);
    return isAllowed(text, shown.between, side, place) ? { side, place } : null;
  }

  /** @param {{side: "query" | "key", place: number} | null} word */
  #look(word) {
    this.store.look(word && (word.side === "query" ? { query: word.place } : { key: word.place }));
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const word = this.#wordOf(event);
    if (!word) return;
    const isTouch = /** @type {PointerEvent} */ (event).pointerType === "touch";
    const isSeveral = event.shiftKey || event.ctrlKey || event.metaKey;
    if (isTouch && this.tapped !== null && this.tapped !== word.place) this.#link(this.tapped, word.place);
    else this.#choose(word, isSeveral ? "pin" : "word");
    this.tapped = isTouch && this.tapped === null ? word.place : null;
  }

  /**
   * @param {{side: "query" | "key", place: number}} word
   * @param {"word" | "pin"} type
   */
  #choose({ side, place }, type) {
    const text = /** @type {TextMessage} */ (this.store.text);
    this.store.choose({ type, side, ...placeOf(wordsOf(text, side), place) });
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  #link(from, to) {
    const text = /** @type {TextMessage} */ (this.store.text);
    const isTo = this.store.shown?.direction === "to";
    this.store.choose({ type: "link", query: placeOf(wordsOf(text, "query"), isTo ? from : to), key: placeOf(wordsOf(text, "key"), isTo ? to : from) });
  }

  #leave() {
    this.at = null;
    for (const list of this.sides ? this.#every() : []) list.listbox.removeAttribute("aria-activedescendant");
    this.#look(null);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { text, shown } = this.store;
    if (!text || !shown) return;
    const own = /** @type {Element} */ (event.target).closest(".list")?.classList.contains("key") ? "key" : "query";
    const list = this.#list(own);
    const side = this.isOne ? (shown.direction === "to" ? "query" : "key") : own;
    const at = this.at?.side === side ? this.at.place : drawnAt(wordsOf(text, side), shown.pins[0] ?? shown[side]);
    if ((event.key === "Enter" || event.key === " ") && at >= 0) this.#choose({ side, place: at }, event.key === " " || event.shiftKey ? "pin" : "word");
    else if (event.key === "Escape") this.#letGo(shown);
    else {
      const place = this.#moved(event.key, list, at, (each) => isAllowed(text, shown.between, side, each));
      if (place === null) return;
      this.at = { side, place };
      this.#look(this.at);
      list.listbox.setAttribute("aria-activedescendant", list.spans[place].id);
      list.spans[place].scrollIntoView({ block: "nearest" });
    }
    event.preventDefault();
  }

  /** @param {Shown} shown */
  #letGo(shown) {
    this.at = null;
    if (this.store.preview) this.#look(null);
    else if (shown.pins.length) this.store.choose({ type: "unpin" });
  }

  /**
   * Where a key leads to; null where it leads nowhere.
   * @param {string} key
   * @param {WordList} list
   * @param {number} at
   * @param {(place: number) => boolean} isOn
   */
  #moved(key, list, at, isOn) {
    const isColumn = this.store.shown?.face === "columns";
    const ahead = !isColumn && list.isFromRight ? "ArrowLeft" : "ArrowRight";
    if (key === "Home") return list.next(-1, 1, isOn);
    if (key === "End") return list.next(list.spans.length, -1, isOn);
    if (key === "ArrowLeft" || key === "ArrowRight") return list.next(at, key === ahead ? 1 : -1, isOn);
    if (key !== "ArrowUp" && key !== "ArrowDown") return null;
    const step = key === "ArrowUp" ? -1 : 1;
    return isColumn || at < 0 ? list.next(at, step, isOn) : list.vertical(at, step, isOn);
  }

  // ---------------------------------------------------------------- drawing

  #paint() {
    const { text, shown, preview } = this.store;
    const map = this.store.map();
    if (!text || !shown || !this.sides) return;
    const painter = new CanvasPainter(this.canvas, this.box.clientWidth, this.box.clientHeight, this.page.colours.font);
    const drawing = map && this.#drawing(text, shown, preview, map.values);
    if (!drawing) return;
    this.#letter(drawing);
    painter.shift(0, -this.box.scrollTop, () => paintSentence(painter, drawing));
  }

  /**
   * @param {TextMessage} text
   * @param {Shown} shown
   * @param {Preview | null} preview
   * @param {Float32Array} values
   * @returns {Drawing | null}
   */
  #drawing(text, shown, preview, values) {
    const look = lookedAt(text, shown, preview, values);
    if (!look) return null;
    const end = endOf(values, text.tokens[1]);
    const isLooking = preview?.query !== undefined || preview?.key !== undefined;
    const chosen = isLooking ? lookedAt(text, shown, null, values) : null;
    return {
      face: shown.face, look, gap: this.gap, reach: preview?.reach ?? 1, colours: this.page.colours,
      boxes: { query: this.#list("query").boxes, key: this.#list("key").boxes },
      numbered: new Set(this.#numbers(look.weights, look.partner).keys()),
      kept: chosen && chosen.side === look.side ? chosen.places.filter((place) => !look.places.includes(place)) : [],
      share: (weight) => shareOf(shown.scale, weight, end),
    };
  }

  /**
   * The numbers under the words that get much, the largest however small it is, and the one of the chosen link.
   * @param {Float32Array} weights
   * @param {number} partner
   */
  #numbers(weights, partner) {
    const places = ranked(weights, 1e-9).filter((place, rank) => rank < 1 || (rank < MOST_NUMBERS && weights[place] >= LEAST_NUMBER));
    if (partner >= 0 && !places.includes(partner)) places.push(partner);
    return new Map(places.map((place) => [place, numberText(weights[place])]));
  }

  /**
   * Letters that are read on their shade, numbers, and which words are masked.
   * @param {Drawing} drawing
   */
  #letter(drawing) {
    const { look, colours } = drawing;
    const other = this.#list(look.other);
    const numbers = this.#numbers(look.weights, look.partner);
    const strong = look.partner >= 0 ? look.partner : (ranked(look.weights, 1e-9)[0] ?? -1);
    for (const list of this.#every()) {
      list.number(list === other ? numbers : new Map(), strong);
      list.spans.forEach((span, place) => {
        const step = list === other ? stepOf(drawing, look.weights[place]) : 0;
        const ink = step ? colours.ink[step] : "";
        if (span.dataset.ink !== ink) {
          span.dataset.ink = ink;
          span.style.color = ink;
        }
        const isMasked = list === other && !look.free[place] && !look.places.includes(place) && !span.classList.contains("off");
        span.classList.toggle("masked", isMasked);
      });
    }
  }

  /** The sentence at rest, words included, as a drawing of its own. */
  picture() {
    const { text, shown } = this.store;
    const map = this.store.map(null);
    const drawing = text && shown && map ? this.#drawing(text, shown, null, map.values) : null;
    const height = this.lists.scrollHeight;
    return {
      width: this.box.clientWidth,
      height,
      paint: (/** @type {Painter} */ painter) => {
        if (!drawing) return;
        paintSentence(painter, drawing);
        for (const list of this.#every()) this.#write(painter, list, drawing);
      },
    };
  }

  /**
   * @param {Painter} painter
   * @param {WordList} list
   * @param {Drawing} drawing
   */
  #write(painter, list, drawing) {
    const { look, colours } = drawing;
    const isOther = list === this.#list(look.other);
    const numbers = isOther ? this.#numbers(look.weights, look.partner) : new Map();
    list.boxes.forEach((box, place) => {
      if (!box.width) return;
      const isSpecial = list.words.special.includes(place);
      const step = isOther ? stepOf(drawing, look.weights[place]) : 0;
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      const fill = step ? colours.ink[step] : isSpecial ? colours.muted : colours.text;
      painter.text(list.words.text[place], x, y, { size: isSpecial ? 14 : (this.size ?? SMALLEST), fill, align: "center" });
      const number = numbers.get(place);
      if (!number) return;
      painter.text(number, x, box.top + box.height + 9, { size: 14, weight: place === look.partner ? 700 : 400, fill: colours.text, align: "center" });
    });
  }
}
