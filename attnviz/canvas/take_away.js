// What can be taken away: the sentence, all heads and the map, each as it is on screen.

import { button, make, save } from "./dom.js";
import { pngOf, svgOf } from "./drawing.js";
import { Part } from "./part.js";
import { asCsv, mapTable } from "./tables.js";

const IMAGES = ["SVG", "PNG"];
const PARTS = /** @type {const} */ ([
  ["sentence", "The sentence", IMAGES], ["overview", "All heads", IMAGES], ["heatmap", "The map", [...IMAGES, "CSV"]],
]);

export class TakeAway extends Part {
  constructor(/** @type {ConstructorParameters<typeof Part>} */ ...given) {
    super(...given);
    const lines = PARTS.map(([part, name, kinds]) => {
      const buttons = kinds.map((kind) =>
        button({ class: "take", "aria-label": `${name} as ${kind}` }, () => this.#save(part, name, kind), kind));
      return make("div", { class: "taken", role: "group", "aria-label": name }, make("span", {}, name), ...buttons);
    });
    const note = make("p", { class: "muted" }, "The other tables are in Numbers, each with Copy and CSV.");
    if (!this.page.isAlone) lines.push(this.#files());
    this.element.append(make("div", { class: "popover", role: "dialog", "aria-label": "Take away" }, ...lines, note));
  }

  /** What only the host can make. */
  #files() {
    const open = () => {
      this.page.close();
      this.page.openOver("files", ".open-take_away");
    };
    return make("div", { class: "taken" }, make("span", {}, "Other files"), button({ class: "take" }, open, "HTML, PDF, NPZ, JSON, CSV"));
  }

  draw(/** @type {Set<string>} */ changed) {
    this.element.hidden = this.page.opened !== "take_away";
    if (!this.element.hidden && changed.has("open")) this.element.querySelector("button")?.focus();
  }

  async #save(/** @type {string} */ part, /** @type {string} */ name, /** @type {string} */ kind) {
    const file = `attnviz ${name.toLowerCase().replace("the ", "")}.${kind.toLowerCase()}`;
    if (kind === "CSV") return this.#saveNumbers(file);
    const drawing = this.page.drawing(part);
    const body = drawing && (kind === "SVG" ? svgOf(drawing) : await pngOf(drawing));
    if (body) save(file, body, kind === "SVG" ? "image/svg+xml" : "image/png");
  }

  /** The map as the table that it is. */
  #saveNumbers(/** @type {string} */ file) {
    const { text, shown } = this;
    const map = this.store.map(null);
    if (map) save(file, asCsv([mapTable({ text, shown, map })]), "text/csv;charset=utf-8");
  }
}
