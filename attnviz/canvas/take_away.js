// What can be taken away: the sentence, all heads and the map, each as it is on screen.

import { make, save } from "./dom.js";
import { framed, pngOf, svgOf } from "./drawing.js";
import { titleOf } from "./tables.js";

/** @import { Page } from "./mount.js" */
/** @import { Store } from "./store.js" */

const PARTS = /** @type {const} */ ([["sentence", "The sentence"], ["overview", "All heads"], ["heatmap", "The map"]]);

export class TakeAway {
  /**
   * @param {HTMLElement} element
   * @param {Store} store
   * @param {Page} page
   */
  constructor(element, store, page) {
    this.element = element;
    this.store = store;
    this.page = page;
    const lines = PARTS.map(([part, name]) => {
      const buttons = ["SVG", "PNG"].map((kind) => {
        const button = make("button", { type: "button", class: "take", "aria-label": `${name} as ${kind}` }, kind);
        button.addEventListener("click", () => this.#save(part, name, kind));
        return button;
      });
      return make("div", { class: "taken", role: "group", "aria-label": name }, make("span", {}, name), ...buttons);
    });
    const note = make("p", { class: "muted" }, "The tables are in Numbers, each with Copy and CSV.");
    if (!page.isAlone) lines.push(this.#files());
    element.append(make("div", { class: "popover", role: "dialog", "aria-label": "Take away" }, ...lines, note));
    element.hidden = true;
  }

  /** What only the host can make. */
  #files() {
    const button = make("button", { type: "button", class: "take" }, "NPZ, JSON, CSV, PDF …");
    button.addEventListener("click", () => {
      this.page.close();
      this.store.choose({ type: "open", what: "files" });
    });
    return make("div", { class: "taken" }, make("span", {}, "Files of all heads"), button);
  }

  /** @param {Set<string>} changed */
  draw(changed) {
    this.element.hidden = this.page.opened !== "take_away" || !this.store.text;
    if (!this.element.hidden && changed.has("open")) this.element.querySelector("button")?.focus();
  }

  /**
   * @param {string} part
   * @param {string} name
   * @param {string} kind
   */
  async #save(part, name, kind) {
    const picture = this.page.picture(part);
    if (!picture) return;
    const { colours } = this.page;
    const drawing = framed(picture, captionOf(this.store, part), colours);
    const body = kind === "SVG" ? svgOf(drawing, colours.font) : await pngOf(drawing, colours.font);
    if (body) save(`attnviz ${name.toLowerCase().replace("the ", "")}.${kind.toLowerCase()}`, body, kind === "SVG" ? "image/svg+xml" : "image/png");
  }

  remove() {
    this.element.replaceChildren();
  }
}

/**
 * What a drawing of a part shows, and no more.
 * @param {Store} store
 * @param {string} part
 */
export function captionOf(store, part) {
  const { text } = store;
  const map = store.map(null);
  if (!text) return "";
  const { model, text: typed, pair } = text.source;
  const what = part === "overview" || !map ? `${text.layers.length} layers × ${text.heads} heads` : titleOf(map);
  return `${what}. Model ${model}, “${typed}”${pair === null ? "" : ` and “${pair}”`}`;
}
