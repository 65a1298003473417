// The third column: how the weight of the chosen link came about, one step at a time.
//
// First one number: q, k and their products as bars, and the lines from the products to the weight. Then the whole row,
// then what is mixed in, then the output. Every number comes from Python (`why` of the view's message); none is
// computed here. Where the link that is shown is another one, the old arithmetic stands dimmed under its own title until
// its own has come, so that no number ever stands under the wrong words.

import { Bars } from "./bars.js";
import { button, make } from "./dom.js";
import { cutOf, editButton } from "./edits.js";
import { linkOf, wordsOf } from "./look.js";
import { Part } from "./part.js";
import { STAGES } from "./stages.js";

/** @import { Preview, TextMessage, Why as Arithmetic } from "./types.js" */
/** @import { Vectors } from "./bars.js" */

const LINK = /** @type {const} */ (["layer", "head", "query", "key", "name", "words", "special"]);

export class Why extends Part {
  constructor(/** @type {ConstructorParameters<typeof Part>} */ ...given) {
    super(...given);
    this.stage = 0;
    /** @type {Arithmetic | null} */
    this.drawn = null;
    /** @type {Bars | null} */
    this.bars = null;
    this.title = make("h3");
    this.cut = editButton(this, cutOf, ["Cut this link", "Put it back"], "x");
    this.subject = make("p", { class: "subject" });
    this.body = make("div", { class: "stage", role: "group" });
    this.back = button({ class: "back" }, () => this.#go(-1));
    this.next = button({ class: "next" }, () => this.#go(1));
    this.note = make("span", { class: "note" });
    this.section = make(
      "section",
      { class: "why", "aria-label": "Why this number" },
      make("div", { class: "title" }, this.title, this.cut.element),
      this.subject,
      this.body,
      make("p", { class: "stages" }, this.back, this.next, this.note),
    );
    this.element.append(this.section);
  }

  draw() {
    const { why } = this.view;
    this.section.hidden = why === null;
    if (why === null) return;
    const isOld = !isCurrent(this, this.store.preview);
    this.section.classList.toggle("old", isOld);
    this.section.setAttribute("aria-busy", String(isOld && !this.page.isAlone)); // else another one is on its way
    const isLeft = this.page.isAlone && !isCurrent(this, null);
    this.subject.textContent = isLeft ? "This file has the steps of this link alone." : why.subject;
    this.subject.hidden = this.subject.textContent === "";
    if (why !== this.drawn) this.#fill(why);
    this.cut.draw();
    this.bars?.draw();
  }

  #fill(/** @type {Arithmetic} */ why) {
    this.drawn = why;
    this.bars = null;
    const [before, stage, after] = [-1, 0, 1].map((by) => STAGES[this.stage + by]);
    this.title.textContent = why.title;
    this.body.setAttribute("aria-label", stage.name(why));
    const keys = keysOf(why, this.text);
    this.body.replaceChildren(...stage.parts(why, keys).map((part) => ("strips" in part ? this.#drawing(part) : part)));
    this.back.hidden = !before;
    this.back.textContent = `Back: ${before?.name(why)}`;
    this.next.hidden = !after;
    this.next.textContent = `Next step: ${after?.name(why)}`;
    this.note.textContent = after?.note(why) ?? "";
  }

  /**
   * Bars are kept, for they are drawn where their width is known.
   * @param {Vectors} vectors
   */
  #drawing(vectors) {
    this.bars = new Bars(vectors, this.page);
    return this.bars.element;
  }

  #go(/** @type {1 | -1} */ by) {
    if (!this.drawn) return;
    this.stage += by;
    this.#fill(this.drawn);
    this.page.ask("size");
    const [wanted, other] = by > 0 ? [this.next, this.back] : [this.back, this.next];
    (wanted.hidden ? other : wanted).focus();
  }
}

/**
 * The texts of the keys that the arithmetic is about.
 * @param {Arithmetic} why
 * @param {TextMessage} text
 */
export function keysOf(why, text) {
  return why.keys ?? wordsOf(text, "key").text;
}

/**
 * Whether the arithmetic that has come is of the link that is shown, or pointed at.
 * @param {Part} part
 * @param {Preview | null} preview
 */
export function isCurrent({ text, view, shown }, preview) {
  if (!LINK.every((field) => view.shown[field] === shown[field])) return false;
  if (!preview) return true;
  const isHead = preview.layer === undefined || `${preview.layer}.${preview.head}` === shown.name;
  const { query, key } = linkOf(text, shown);
  return isHead && (preview.query ?? query) === query && (preview.key ?? key) === key && preview.row === undefined;
}
