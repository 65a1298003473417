// How the picture looks: arcs or columns, the scale of the colours, words or pieces, special tokens.

import { Groups, groupsOf, isOnPhone } from "./bar.js";
import { make } from "./dom.js";
import { Part } from "./part.js";

/** @import { Group } from "./bar.js" */
/** @import { Shown } from "./types.js" */

/**
 * @param {Shown} shown
 * @returns {Group[]}
 */
function looksOf(shown) {
  return [
    { name: "face", label: "Sentence", options: [["text", "arcs in the text"], ["columns", "two columns"]], value: shown.face,
      event: (face) => ({ type: "face", face }) },
    { name: "scale", label: "Colours", options: [["head", "each head its own"], ["unit", "all from 0 to 1"], ["log", "logarithmic"]], value: shown.scale,
      event: (scale) => ({ type: "scale", scale }) },
    { name: "words", label: "Text", options: [["", "as the model reads it"], ["words", "whole words"]], value: shown.words ? "words" : "",
      event: (words) => ({ type: "words", on: words === "words" }) },
    { name: "special", label: "Special tokens", options: [["keep", "shown"], ["hide", "hidden"], ["renormalise", "left out: rows add up to 1 again"]],
      value: shown.special, event: (special) => ({ type: "special", special }) },
  ];
}

export class Display extends Part {
  constructor(/** @type {ConstructorParameters<typeof Part>} */ ...given) {
    super(...given);
    this.groups = new Groups(this.store);
    this.element.append(make("div", { class: "popover", role: "dialog", "aria-label": "Display" }, this.groups.element));
  }

  draw(/** @type {Set<string>} */ changed) {
    const { text, shown } = this;
    const isOpen = this.page.opened === "display";
    this.element.hidden = !isOpen;
    if (!isOpen) return;
    const others = this.page.isPhone ? groupsOf(text, shown).filter((group) => !isOnPhone(group)) : [];
    this.groups.show([...others, ...looksOf(shown)]);
    if (changed.has("open")) this.groups.element.querySelector("button")?.focus();
  }
}
