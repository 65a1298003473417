// The row above the sentence: examples to try, or what was changed, and what the model knows of the text.

import { button, icon, make } from "./dom.js";
import { toggled } from "./edits.js";
import { Part } from "./part.js";

/** @import { Edits, ViewMessage } from "./types.js" */

export class Try extends Part {
  constructor(/** @type {ConstructorParameters<typeof Part>} */ ...given) {
    super(...given);
    this.examples = make("div", { class: "examples" });
    this.badge = make("div", { class: "badge" });
    this.element.append(this.examples, this.badge);
    this.plan = "";
  }

  draw() {
    const { view, text } = this.store;
    if (!view) return;
    const current = view.view.text ?? text?.source?.text ?? "";
    const plan = JSON.stringify([view.examples, view.badge, view.dimmed, view.edits?.listed, view.edits?.are_shown, current]);
    if (plan === this.plan) return; // a new row would lose the keyboard's place
    this.plan = plan;
    const content = view.dimmed ? this.#told(view.dimmed) : view.edits ? this.#edits(view.edits) : this.#examples(view, current);
    const focused = [...this.examples.querySelectorAll("button")].findIndex((each) => each.matches(":focus"));
    this.examples.replaceChildren(...content);
    const buttons = this.examples.querySelectorAll("button");
    if (focused >= 0) buttons[Math.min(focused, buttons.length - 1)]?.focus();
    this.badge.replaceChildren(...(view.badge && !view.dimmed ? [this.#badge(view.badge)] : []));
  }

  /**
   * @param {ViewMessage} view
   * @param {string} current
   */
  #examples({ examples }, current) {
    if (!examples?.length || this.page.isAlone) return [];
    return [make("span", { class: "muted" }, "Try"), ...examples.map(({ label, text }) => {
      const attributes = { class: "link", "aria-pressed": String(text === current), title: text };
      return button(attributes, () => this.store.choose({ type: "text", text }), label);
    })];
  }

  /** @param {Edits} edits */
  #edits({ listed, are_shown: areShown, answer }) {
    const said = listed.map(([, sentence]) => make("bdi", { title: sentence }, sentence));
    if (this.page.isAlone) return said.map((each) => make("span", { class: "edit" }, icon("cut", 16), each));
    const look = () => this.store.choose({ type: "edited", edited: areShown ? "before" : "changed" });
    const undo = (/** @type {string} */ edit) => this.store.choose(toggled(this.store.view?.view.edits, edit));
    const rows = listed.map(([edit], at) => make("span", { class: "edit" }, said[at],
      button({ class: "undo", "aria-label": `Take back: ${listed[at][1]}`, title: "Take back" }, () => undo(edit), icon("close", 14))));
    return [make("span", { class: "amount" }, icon("cut", 16), `${listed.length} edit${listed.length > 1 ? "s" : ""}`),
      ...(answer ? [button({ class: "link", "aria-pressed": String(!areShown) }, look, "As it was")] : []),
      button({ class: "link" }, () => this.store.choose({ type: "edits", edits: null }), "Undo all"), ...rows];
  }

  /** @param {NonNullable<ViewMessage["dimmed"]>} dimmed */
  #told({ sentence, offer }) {
    const told = make("span", { class: "told", role: "status" }, sentence);
    return offer ? [told, button({ class: "link" }, () => this.store.choose(offer.event), offer.label)] : [told];
  }

  /** @param {NonNullable<ViewMessage["badge"]>} badge */
  #badge({ state, text }) {
    const content = [icon(state), make("span", {}, text)];
    if (this.page.isAlone) return make("span", { class: state }, ...content);
    return button({ class: state, title: "About this model" }, () => this.page.openOver("card", ".badge button"), ...content);
  }
}
