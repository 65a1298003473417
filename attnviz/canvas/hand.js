// Pointer, finger and keyboard on the words: pointing looks, a click chooses, with Shift or Ctrl it adds.

import { editKey } from "./edits.js";
import { drawnAt, isAllowed, placeOf, wordsOf } from "./look.js";

/** @import { Sentence } from "./sentence.js" */
/** @import { WordList } from "./words.js" */

/** @typedef {"query" | "key"} Side */
/** @typedef {{side: Side, place: number}} Word */

/** What is done with the words of a sentence. */
export class Hand {
  constructor(/** @type {HTMLElement} */ lists, /** @type {Sentence} */ sentence) {
    this.sentence = sentence;
    this.store = sentence.store;
    /** @type {Word | null} */
    this.at = null; // where the keyboard is
    /** @type {number | null} */
    this.tapped = null; // the word that a finger chose last: the next one that it taps is the other end of a link
    lists.addEventListener("pointerover", (event) => event.pointerType !== "touch" && this.#look(this.#wordOf(event)));
    lists.addEventListener("pointerleave", () => this.#look(null));
    lists.addEventListener("click", (event) => this.#click(event));
    lists.addEventListener("keydown", (event) => this.#key(event));
    lists.addEventListener("focusout", (event) => this.#leave(event));
  }

  /** Other words are there: what the hand was on is gone. */
  begin() {
    this.at = this.tapped = null;
  }

  /**
   * In one list the direction says which side a word is on; in two, the list does.
   * @param {Event} event
   * @returns {Word | null}
   */
  #wordOf(event) {
    const span = /** @type {Element} */ (event.target).closest?.(".token");
    if (!(span instanceof HTMLElement)) return null;
    const { text, shown } = this.sentence;
    const side = this.#sideOf(event);
    const place = Number(span.dataset.place);
    return isAllowed(text, shown.between, side, place) ? { side, place } : null;
  }

  /**
   * @param {Event} event
   * @returns {Side}
   */
  #sideOf(event) {
    if (this.sentence.isOne) return this.sentence.shown.direction === "to" ? "query" : "key";
    return /** @type {Element} */ (event.target).closest(".list")?.classList.contains("key") ? "key" : "query";
  }

  #look(/** @type {Word | null} */ word) {
    this.store.look(word && (word.side === "query" ? { query: word.place } : { key: word.place }));
  }

  #click(/** @type {MouseEvent} */ event) {
    const word = this.#wordOf(event);
    if (!word) return;
    const isTouch = /** @type {PointerEvent} */ (event).pointerType === "touch";
    const before = isTouch ? this.tapped : null;
    this.tapped = isTouch && before === null ? word.place : null;
    if (before !== null && (before !== word.place || !this.sentence.isOne)) this.#link(before, word.place);
    else this.#choose(word, event.shiftKey || event.ctrlKey || event.metaKey ? "pin" : "word");
  }

  #choose(/** @type {Word} */ { side, place }, /** @type {"word" | "pin"} */ type) {
    this.store.choose({ type, side, ...placeOf(wordsOf(this.sentence.text, side), place) });
  }

  /**
   * @param {number} from   place of the word that was tapped first
   * @param {number} to
   */
  #link(from, to) {
    const { text, shown } = this.sentence;
    const [query, key] = shown.direction === "to" ? [from, to] : [to, from];
    this.store.choose({ type: "link", query: placeOf(wordsOf(text, "query"), query), key: placeOf(wordsOf(text, "key"), key) });
  }

  #leave(/** @type {FocusEvent} */ event) {
    this.at = null;
    /** @type {Element} */ (event.target).removeAttribute("aria-activedescendant");
    this.#look(null);
  }

  #key(/** @type {KeyboardEvent} */ event) {
    const { text, shown } = this.sentence;
    const side = this.#sideOf(event);
    const list = this.sentence.list(side);
    const at = this.at?.side === side ? this.at.place : drawnAt(wordsOf(text, side), shown.pins[0] ?? shown[side]);
    const isChoice = event.key === "Enter" || event.key === " ";
    const isOn = (/** @type {number} */ place) => isAllowed(text, shown.between, side, place);
    const place = moved(event.key, list, shown.face, at, isOn);
    if (isChoice && at >= 0) this.#choose({ side, place: at }, event.key === " " || event.shiftKey ? "pin" : "word");
    else if (event.key === "Escape" && (this.store.preview || shown.pins.length)) this.#letGo();
    else if (place !== null) this.#go(list, { side, place });
    else if (!editKey(this.sentence, event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  #go(/** @type {WordList} */ list, /** @type {Word} */ word) {
    this.at = word;
    this.#look(word);
    const span = list.spans[word.place];
    list.listbox.setAttribute("aria-activedescendant", span.id);
    span.scrollIntoView({ block: "nearest" });
  }

  #letGo() {
    this.at = null;
    if (this.store.preview) this.#look(null);
    else this.store.choose({ type: "unpin" });
  }
}

/**
 * Where a key leads to from a word; null for keys that lead nowhere.
 * @param {string} key
 * @param {WordList} list
 * @param {"text" | "columns"} face
 * @param {number} at
 * @param {(place: number) => boolean} isOn
 */
function moved(key, list, face, at, isOn) {
  const isColumn = face === "columns";
  const ahead = !isColumn && list.isFromRight ? "ArrowLeft" : "ArrowRight";
  if (key === "Home") return list.next(-1, 1, isOn);
  if (key === "End") return list.next(list.spans.length, -1, isOn);
  if (key === "ArrowLeft" || key === "ArrowRight") return list.next(at, key === ahead ? 1 : -1, isOn);
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  const step = key === "ArrowUp" ? -1 : 1;
  return isColumn || at < 0 ? list.next(at, step, isOn) : list.vertical(at, step, isOn);
}
