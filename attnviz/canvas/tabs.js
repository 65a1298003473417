// On a phone: the map, why this number, and all numbers, one at a time.

import { segments } from "./dom.js";

/** @import { Page } from "./mount.js" */
/** @import { Store } from "./store.js" */

export class Tabs {
  /**
   * @param {HTMLElement} element
   * @param {Store} store
   * @param {Page} page
   */
  constructor(element, store, page) {
    this.element = element;
    this.store = store;
    this.page = page;
    this.switch = segments("What stands below", (name) => this.#turnTo(name));
    this.switch.group.classList.add("tabs");
    page.root.dataset.tab = "map";
    element.append(this.switch.group);
  }

  draw() {
    const { page, store } = this;
    this.element.hidden = !page.isPhone || !store.text;
    const number = store.view?.why?.number ?? "";
    this.switch.show([["map", "Map"], ["why", `Why ${number}`.trim()], ["numbers", "Numbers"]], page.root.dataset.tab ?? "");
  }

  /** @param {string} name */
  #turnTo(name) {
    this.page.root.dataset.tab = name;
    this.page.ask("size");
  }
}
