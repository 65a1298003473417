// What the model says at the chosen word, as it was and with what was changed.

import { make } from "./dom.js";
import { Part } from "./part.js";

/** @import { Answer } from "./types.js" */

export class Prediction extends Part {
  constructor(/** @type {ConstructorParameters<typeof Part>} */ ...given) {
    super(...given);
    this.section = make("section", { class: "prediction", "aria-label": "What the model says" });
    this.element.append(this.section);
    this.plan = "";
  }

  draw() {
    const answer = this.view.edits?.answer ?? null;
    this.element.hidden = answer === null;
    const plan = JSON.stringify(answer);
    if (plan === this.plan) return;
    this.plan = plan;
    this.section.replaceChildren(...(answer ? parts(answer) : []));
  }
}

/** @param {Answer} answer */
function parts({ about, rows, said, note }) {
  const paragraphs = [said, note].filter(Boolean).map((text) => make("p", { class: "muted" }, text));
  const title = make("h3", {}, "What the model says");
  if (!rows.length) return [title, make("p", { class: "muted" }, about), ...paragraphs];
  const head = make("tr", {}, ...["Answer", "as it was", "as changed"].map((name) => make("th", { scope: "col" }, name)));
  const lines = rows.map(([name, before, after, ...shares]) => make("tr", {}, make("th", { scope: "row" }, make("bdi", {}, name)),
    ...[before, after].map((text, at) => make("td", { class: at ? "after" : "before" }, bar(shares[at]), text))));
  return [title, make("p", { class: "muted" }, about),
    make("table", {}, make("thead", {}, head), make("tbody", {}, ...lines)), ...paragraphs];
}

/** @param {number} share */
function bar(share) {
  const drawn = make("i", { "aria-hidden": "true" });
  drawn.style.width = `${(share * 56).toFixed(1)}px`;
  return drawn;
}
