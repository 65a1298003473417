// A part of the picture: its place on the page, the store, and the page, which makes it once there is a text.

/** @import { Page } from "./mount.js" */
/** @import { Store } from "./store.js" */
/** @import { Picture, Shown, TextMessage, ViewMessage } from "./types.js" */

export class Part {
  constructor(/** @type {HTMLElement} */ element, /** @type {Store} */ store, /** @type {Page} */ page) {
    this.element = element;
    this.store = store;
    this.page = page;
  }

  get text() {
    return /** @type {TextMessage} */ (this.store.text);
  }

  get shown() {
    return /** @type {Shown} */ (this.store.shown);
  }

  get view() {
    return /** @type {ViewMessage} */ (this.store.view);
  }

  /**
   * What is drawn at rest, for a file; null where there is nothing to take.
   * @returns {Picture | null}
   */
  picture() {
    return null;
  }
}
