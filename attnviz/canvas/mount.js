// The picture in an element of a page: its parts, in their places, over one store of their own.

import { Bar } from "./bar.js";
import { captionOf } from "./caption.js";
import { coloursOf, luminance, rgb } from "./colours.js";
import { Display } from "./display.js";
import { make } from "./dom.js";
import { framed, svgOf } from "./drawing.js";
import { Drawer } from "./drawer.js";
import { FirstVisit } from "./first_visit.js";
import { Heads } from "./heads.js";
import { HeadMap } from "./map.js";
import { Prediction } from "./prediction.js";
import { Sentence } from "./sentence.js";
import { Store } from "./store.js";
import { Tabs } from "./tabs.js";
import { TakeAway } from "./take_away.js";
import { Try } from "./try.js";
import { Why } from "./why.js";

/** @import { Colours } from "./colours.js" */
/** @import { Part } from "./part.js" */
/** @import { Preview, Sent } from "./types.js" */

const WIDE = 1200; // pixels from which the columns have their full size
const THREE = 1080; // from which three columns stand beside each other
const PHONE = 700; // below it, one column
const LOW = 800; // of the window's height; below it the arcs are lower

// Every part by its name, in the order in which they are read; its element has the class `st-key-` and the name.
// `draw` is called once a frame, with what has changed: "text" "view" "map" "preview" "theme" "size" "open".
/** @typedef {Part & {draw: (changed: Set<string>) => void}} Drawn */
/** @type {Record<string, new (...given: ConstructorParameters<typeof Part>) => Drawn>} */
const PARTS = {
  try: Try,
  sentence: Sentence,
  bar: Bar,
  display: Display,
  take_away: TakeAway,
  overview: Heads,
  tabs: Tabs,
  heatmap: HeadMap,
  arithmetic: Why,
  prediction: Prediction,
  numbers: Drawer,
  first_visit: FirstVisit,
};

/**
 * @typedef {object} Options
 * @property {Uint8Array[]} messages
 * @property {"auto" | "light" | "dark"} [theme]
 * @property {string[] | null} [parts]   names of the parts that are wanted; all where there is no list
 * @property {string} [of]   which text it is of, for those who hear it
 * @property {(told: {events: Sent[]}) => void} [onChoice]   left out: nobody answers
 */

/** @typedef {{style: string, source: string}} Made   what the bundle adds: the style sheet, and the whole script as text */

/**
 * Put the picture into an element. What it returns takes further messages and takes the picture away again.
 * @param {HTMLElement} element
 * @param {Options} options
 * @param {Made} made
 */
export function mount(element, options, made) {
  const page = new Page(element, options, made);
  for (const message of options.messages) page.store.take(message);
  return {
    update: (/** @type {Uint8Array} */ bytes) => page.store.take(bytes),
    picture: (/** @type {string} */ name) => page.picture(name),
    svg: (/** @type {string} */ name) => svgOf(page.drawing(name)),
    look: (/** @type {Preview | null} */ preview) => page.store.look(preview),
    isDrawn: () => page.frame === 0,
    remove: () => page.remove(),
  };
}

/** What the parts share: the store, the colours, the room there is, and which of the drawers is open. */
export class Page {
  /**
   * @param {HTMLElement} element
   * @param {Options} options
   * @param {Made} made
   */
  constructor(element, { theme = "auto", parts, of = "the text", onChoice }, { style, source }) {
    this.source = source;
    this.of = of;
    this.isAlone = !onChoice;
    this.store = new Store(onChoice ?? (() => {}));
    this.theme = theme;
    this.low = matchMedia(`(max-height: ${LOW - 1}px)`);
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.opened = "";
    this.width = 0;
    /** @type {Set<string>} */
    this.changed = new Set(["text", "view", "map", "theme", "size"]);
    this.frame = 0;
    this.ended = new AbortController(); // tells who listens outside of the picture that it is gone
    this.host = make("div");
    this.root = make("div", { class: "picture" });
    this.host.attachShadow({ mode: "open" }).append(make("style", {}, style), this.root);
    element.append(this.host);
    /** @type {Map<string, HTMLElement>} */
    this.places = new Map();
    /** @type {Map<string, Drawn>} */
    this.parts = new Map();
    for (const name of Object.keys(PARTS)) {
      if (!parts || parts.includes(name)) this.places.set(name, make("div", { class: `st-key-${name}` }));
    }
    this.root.append(...this.places.values());
    /** @type {Colours} */
    this.colours = coloursOf(false);
    this.#watch();
    this.#restyle();
  }

  #watch() {
    const { signal } = this.ended;
    const restyle = () => this.#restyle();
    this.dark.addEventListener("change", restyle, { signal });
    this.low.addEventListener("change", () => this.#resize(), { signal });
    // The host's own colours fade for a moment in the style sheet, so that the end of that tells of other ones.
    this.root.addEventListener("transitionend", (event) => event.target === this.root && restyle(), { signal });
    // A popover closes with Escape, and with a press anywhere else; the button that opened it closes it by itself.
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.#closePopover(true), { signal });
    document.addEventListener("pointerdown", (event) => this.#pressed(event), { signal });
    const observer = new ResizeObserver(() => this.#resize());
    observer.observe(this.root);
    const stop = this.store.listen((what) => this.ask(what));
    document.fonts.addEventListener("loadingdone", () => (this.ask("size"), this.ask("theme")), { signal }); // other letters
    signal.addEventListener("abort", () => (observer.disconnect(), stop()));
  }

  get isPhone() {
    return this.width < PHONE;
  }

  get isWide() {
    return this.width >= WIDE;
  }

  get isLow() {
    return this.low.matches;
  }

  #resize() {
    this.width = this.root.clientWidth;
    this.root.dataset.size = this.isPhone ? "phone" : this.width < THREE ? "two" : this.isWide ? "wide" : "narrow";
    this.root.dataset.low = String(this.isLow);
    this.ask("size");
  }

  /** Light or dark, as asked for, as the host's page is, or as the browser prefers. */
  #restyle() {
    const style = getComputedStyle(this.root);
    const ground = style.getPropertyValue("--st-background-color").trim();
    const isDark = this.theme === "dark" || (this.theme === "auto" && (ground ? luminance(rgb(ground)) < 0.18 : this.dark.matches));
    this.root.dataset.theme = isDark ? "dark" : "light";
    this.colours = coloursOf(isDark, style.fontFamily);
    this.ask("theme");
  }

  open(/** @type {string} */ what) {
    this.opened = what;
    this.ask("open");
  }

  close() {
    this.open("");
  }

  /**
   * Have the host open something over its page. When that is closed, the host gives the keyboard back to the element that
   * it can see, which is around the picture; from there it goes on to the button.
   * @param {"card" | "files"} what
   * @param {string} button
   */
  openOver(what, button) {
    const opener = /** @type {HTMLElement} */ (this.root.querySelector(button));
    let host = this.host;
    for (let root = host.getRootNode(); "host" in root; root = host.getRootNode()) host = /** @type {HTMLDivElement} */ (root.host);
    const back = () => (host.removeAttribute("tabindex"), opener.focus());
    opener.focus();
    host.tabIndex = -1;
    host.addEventListener("focus", back, { once: true, signal: this.ended.signal });
    this.store.choose({ type: "open", what });
  }

  #pressed(/** @type {PointerEvent} */ event) {
    const isInside = event.composedPath().some((each) => each instanceof HTMLElement && each.matches(".popover, [aria-expanded]"));
    if (!isInside) this.#closePopover(false);
  }

  /** @param {boolean} isByKey   the button that opened it gets the keyboard back */
  #closePopover(isByKey) {
    if (!this.opened || !this.root.querySelector(`.st-key-${this.opened} .popover`)) return;
    const button = /** @type {HTMLElement | null} */ (this.root.querySelector(`.open-${this.opened}`));
    this.close();
    if (isByKey) button?.focus();
  }

  /**
   * A part as it is drawn at rest, for files.
   * @param {string} name
   */
  picture(name) {
    this.#resize();
    this.draw();
    return this.parts.get(name)?.picture() ?? null;
  }

  /**
   * A part with its caption, for a file; null where it is not on the page.
   * @param {string} name
   */
  drawing(name) {
    const picture = this.picture(name);
    return picture && framed(picture, captionOf(this.store, name), this.colours);
  }

  /**
   * Have all parts drawn with the next frame.
   * @param {string} what   has changed
   */
  ask(what) {
    this.changed.add(what);
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { store, changed } = this;
    if (!store.view || !this.width) return; // what has changed is kept until there is something to draw
    this.changed = new Set();
    for (const [name, place] of this.places) {
      // Before there is a text, the row that says so stands alone.
      if (!this.parts.has(name) && (store.text || name === "try")) this.parts.set(name, new PARTS[name](place, store, this));
    }
    for (const part of this.parts.values()) part.draw(changed);
    // A picture that is no longer of what was typed can be looked at, not used; the row that tells of it can.
    for (const [name, place] of this.places) place.inert = name !== "try" && Boolean(store.view.dimmed);
    const map = store.map();
    Object.assign(this.root.dataset, {
      shows: map?.name ?? "", exact: String(map?.exact ?? false), digest: store.text?.digest ?? "",
      sequence: String(store.sequence), pending: String(store.pending.length), dimmed: String(Boolean(store.view.dimmed)),
    });
  }

  remove() {
    this.ended.abort();
    cancelAnimationFrame(this.frame);
    this.host.remove();
  }
}
