// Vectors as bars, dimension under dimension, each scaled to its own largest number; pointing gives the numbers.

import { make, within } from "./dom.js";
import { CanvasPainter } from "./painter.js";

/** @import { Page } from "./mount.js" */
/** @import { Painter } from "./types.js" */

/**
 * @typedef {object} Vectors
 * @property {string} name   for those who do not see the bars
 * @property {{label: (string | Node)[], values: number[]}[]} strips
 * @property {number} rest   the dimension that is told of when nobody points
 * @property {boolean} band   whether there is one behind it
 * @property {(dimension: number) => string} say
 */

const HEIGHT = 30; // pixels of one strip
const FULL = 0.86; // of half of it: the largest bar
const APART = 4; // pixels a bar, from which there is a gap beside it

export class Bars {
  constructor(/** @type {Vectors} */ vectors, /** @type {Page} */ page) {
    this.vectors = vectors;
    this.page = page;
    this.n = vectors.strips[0].values.length;
    this.height = HEIGHT * vectors.strips.length;
    this.at = vectors.rest;
    this.canvas = make("canvas", {
      role: "slider", tabindex: "0", "aria-label": vectors.name, "aria-valuemin": "0", "aria-valuemax": String(this.n - 1),
    });
    this.place = make("div", { class: "strips" }, this.canvas);
    this.readout = make("p", { class: "readout" }, vectors.say(this.at));
    const labels = vectors.strips.map(({ label }) => make("span", {}, ...label));
    this.element = make("div", { class: "bars" }, make("div", { class: "labels" }, ...labels), this.place, this.readout);
    this.#listen();
  }

  #listen() {
    const point = (/** @type {PointerEvent} */ event) => {
      const box = this.canvas.getBoundingClientRect();
      this.#look(Math.floor(((event.clientX - box.left) / box.width) * this.n));
    };
    this.canvas.addEventListener("pointermove", point);
    this.canvas.addEventListener("pointerdown", point);
    this.canvas.addEventListener("pointerleave", () => this.#look(this.vectors.rest));
    this.canvas.addEventListener("blur", () => this.#look(this.vectors.rest));
    this.canvas.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: this.at - 1, ArrowRight: this.at + 1, Home: 0, End: this.n - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.#look(to);
    });
  }

  #look(/** @type {number} */ dimension) {
    this.at = within(dimension, this.n);
    this.draw();
  }

  /** Draw the bars, and say the numbers of the dimension that is pointed at. */
  draw() {
    const said = this.vectors.say(this.at);
    this.readout.textContent = said;
    this.canvas.setAttribute("aria-valuenow", String(this.at));
    this.canvas.setAttribute("aria-valuetext", said);
    const width = this.place.clientWidth;
    if (width) this.paint(new CanvasPainter(this.canvas, width, this.height, this.page.colours.font), width);
  }

  paint(/** @type {Painter} */ painter, /** @type {number} */ width) {
    const { colours } = this.page;
    const { strips, rest, band } = this.vectors;
    const step = width / this.n;
    const gap = step >= APART ? 1 : 0;
    if (band) painter.rect(rest * step, 0, step, this.height, { fill: colours.band });
    strips.forEach(({ values }, line) => {
      const middle = HEIGHT * (line + 0.5);
      const reach = Math.max(...values.map(Math.abs)) || 1;
      values.forEach((value, dimension) => {
        const length = Math.max(1, (Math.abs(value) / reach) * (HEIGHT / 2) * FULL);
        const fill = value < 0 ? colours.minus : colours.plus;
        painter.rect(dimension * step + gap / 2, value < 0 ? middle : middle - length, step - gap, length, { fill });
      });
    });
    if (this.at !== rest) painter.rect(this.at * step, 0.5, step, this.height - 1, { stroke: colours.text, width: 1 });
  }
}
