// Under the sentence: what it shows in words, which way one looks, at one head or a mean, and the buttons.

import { button, icon, make, segments } from "./dom.js";
import { Part } from "./part.js";
import { said } from "./said.js";

/** @import { Store } from "./store.js" */
/** @import { Shown, TextMessage, ViewEvent } from "./types.js" */

/**
 * Choices of which one is on, each with its event; none where there is nothing to choose.
 * @typedef {object} Group
 * @property {string} name
 * @property {string} label
 * @property {[string, string][]} options
 * @property {string} value
 * @property {(value: string) => ViewEvent} event
 */

/**
 * Which way one looks, at one head or a mean of several, between which texts, and at which kind of attention.
 * @param {TextMessage} text
 * @param {Shown} shown
 * @returns {Group[]}
 */
export function groupsOf(text, shown) {
  /** @type {[string, string][]} */
  const several = /\d/.test(shown.average) ? [[shown.average, `mean of ${shown.heads.length}`]] : [];
  /** @type {Group[]} */
  const groups = [
    { name: "direction", label: "Direction", options: [["to", "looks at"], ["from", "is looked at by"]], value: shown.direction,
      event: (direction) => ({ type: "direction", direction }) },
    { name: "average", label: "Heads", options: [["", "one head"], ...several, ["layer", "layer mean"], ["all", "mean of all"]],
      value: shown.average, event: (average) => ({ type: "average", average: average || null }) },
  ];
  if (text.query.second !== null && text.key === null) {
    groups.push({ name: "between", label: "Between the texts",
      options: [["", "A and B"], ["aa", "A → A"], ["ab", "A → B"], ["ba", "B → A"], ["bb", "B → B"]], value: shown.between,
      event: (between) => ({ type: "between", between: between || null }) });
  }
  if (shown.kinds.length > 1) {
    groups.push({ name: "stack", label: "Kind of attention", options: shown.kinds.map((kind) => [kind, kind]), value: shown.kind,
      event: (stack) => ({ type: "stack", stack }) });
  }
  return groups;
}

/**
 * What stands on a phone, too, above layer and head; the rest is in Display there.
 * @param {Group} group
 */
export function isOnPhone({ name }) {
  return name === "direction" || name === "stack";
}

/** Rows of segments for groups: those that are new are made, the others stay, with the keyboard's place on them. */
export class Groups {
  constructor(/** @type {Store} */ store) {
    this.store = store;
    this.element = make("div", { class: "groups" });
    /** @type {Map<string, ReturnType<typeof segments>>} */
    this.made = new Map();
  }

  show(/** @type {Group[]} */ groups) {
    const rows = groups.map(({ name, label, options, value, event }) => {
      const made = this.made.get(name) ?? segments(label, (chosen) => this.store.choose(event(chosen)));
      this.made.set(name, made);
      made.group.classList.add(name);
      made.show(options, value);
      return made.group;
    });
    if (rows.length !== this.element.children.length || rows.some((row, place) => row !== this.element.children[place])) {
      this.element.replaceChildren(...rows);
    }
  }
}

const BUTTONS = /** @type {const} */ ([["numbers", "table", "Numbers"], ["display", "tune", "Display"], ["take_away", "download", "Take away"]]);

export class Bar extends Part {
  constructor(/** @type {ConstructorParameters<typeof Part>} */ ...given) {
    super(...given);
    this.said = make("p", { class: "said", "aria-live": "polite" });
    const { page } = this;
    this.groups = new Groups(this.store);
    this.told = make("p", { class: "told", role: "status" });
    this.buttons = make("div", { class: "buttons" }, ...BUTTONS.map(([what, drawing, label]) =>
      button({ class: `open-${what}`, "aria-label": label, title: label, "aria-expanded": "false" },
        () => (page.opened === what ? page.close() : page.open(what)), icon(drawing, 22), make("span", {}, label))));
    this.element.append(this.said, this.groups.element, this.buttons, this.told);
  }

  draw() {
    const { text, shown, view, page } = this;
    const { preview } = this.store;
    const map = this.store.map();
    // Pointing never moves what is below: the height stays that of the sentence at rest.
    this.said.style.height = preview ? `${this.said.offsetHeight}px` : "";
    this.said.replaceChildren(...(map ? said(text, shown, preview, map) : ["…"]));
    this.groups.show(groupsOf(text, shown).filter((group) => !page.isPhone || isOnPhone(group)));
    const told = [...view.sentences, view.note ?? ""].filter(Boolean).join(" ");
    if (this.told.textContent !== told) this.told.textContent = told;
    const home = page.isPhone ? page.root : this.element; // a phone has them under the picture
    if (this.buttons.parentElement !== home) home.insertBefore(this.buttons, page.isPhone ? null : this.told);
    BUTTONS.forEach(([what], place) => this.buttons.children[place].setAttribute("aria-expanded", String(page.opened === what)));
  }
}
