// On a phone: the map, why this number, and all numbers, one at a time.

import { segments } from "./dom.js";
import { Part } from "./part.js";

export class Tabs extends Part {
  constructor(/** @type {ConstructorParameters<typeof Part>} */ ...given) {
    super(...given);
    this.switch = segments("What stands below", (name) => this.#turnTo(name));
    this.switch.group.classList.add("tabs");
    this.page.root.dataset.tab = "map";
    this.element.append(this.switch.group);
  }

  draw() {
    const { page } = this;
    this.element.hidden = !page.isPhone;
    const number = this.view.why?.number ?? "";
    this.switch.show([["map", "Map"], ["why", `Why ${number}`.trim()], ["numbers", "Numbers"]], page.root.dataset.tab ?? "");
  }

  #turnTo(/** @type {string} */ name) {
    this.page.root.dataset.tab = name;
    this.page.ask("size");
  }
}
