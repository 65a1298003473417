// All layers × heads: steppers for layer and head, a small map for each, what the head does, and where else the chosen
// link is strong.

import { button, icon, make, MOVES, within } from "./dom.js";
import { editButton, editKey, keysSaid, muteOf } from "./edits.js";
import { linkOf, nameOf, wordsOf } from "./look.js";
import { aloneRows, codesOf, indexOf, isExact, MASKED, TOP_CODE } from "./message.js";
import { numberText } from "./numbers.js";
import { CanvasPainter } from "./painter.js";
import { Part } from "./part.js";
import { headAt, paintSheet, paintTileMarks, placeOfTile, sheetOf, tilesOf } from "./tiles.js";

/** @import { Painter, TextMessage } from "./types.js" */

/** @typedef {{layer: number, head: number}} Head */
/** @typedef {{title: string, does: string, right: string}} About */

const STRONGEST = 3; // lines
const ABOUT = "≈ means about: the exact number comes when you choose this head.";

export class Heads extends Part {
  constructor(/** @type {ConstructorParameters<typeof Part>} */ ...given) {
    super(...given);
    this.steppers = { layer: stepper("layer", (step) => this.step("layer", step)), head: stepper("head", (step) => this.step("head", step)) };
    this.under = make("canvas", { "aria-hidden": "true" });
    this.canvas = make("canvas", { tabindex: "0", role: "application", class: "marks" });
    this.room = make("div", { class: "layers" }, this.under, this.canvas);
    this.hint = make("p", { class: "muted" });
    this.about = make("div", { class: "about" });
    this.mute = editButton(this, muteOf, ["Mute this head", "Unmute this head"], "m");
    this.strongest = make("div", { class: "strongest" });
    this.drawn = this.said = ""; // what stands there
    const title = make("h3", { class: "steppers" }, this.steppers.layer.element, make("span", { class: "dot" }, "·"), this.steppers.head.element);
    this.element.replaceChildren(title, this.room, make("div", { class: "hint" }, this.hint, this.mute.element), this.about, this.strongest);
    this.canvas.addEventListener("pointermove", (event) => this.look(this.headAt(event)));
    this.canvas.addEventListener("pointerleave", () => this.look(null));
    this.canvas.addEventListener("blur", () => this.look(null));
    this.canvas.addEventListener("click", (event) => this.choose(this.headAt(event), event.shiftKey || event.ctrlKey || event.metaKey));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  draw() {
    const { text, shown } = this, { preview } = this.store;
    if (!this.room.clientWidth) return;
    const chosen = { layer: shown.layer, head: shown.head };
    const seen = preview?.layer === undefined ? chosen : /** @type {Head} */ ({ layer: preview.layer, head: preview.head });
    this.drawSteppers(chosen);
    this.drawMaps();
    this.hint.textContent = `${text.layers.length * text.heads} heads. ${this.page.isPhone ? "Tap" : "Click"} one.`;
    this.drawAbout(seen, seen === chosen);
    this.mute.draw();
    this.drawStrongest();
    const said = `Layer ${seen.layer}, head ${seen.head}. ${this.about.lastElementChild?.textContent ?? ""}`;
    const keys = "Arrow keys look, Enter chooses, space adds to a mean.";
    this.canvas.setAttribute("aria-label", `All ${text.layers.length} layers and ${text.heads} heads as small maps. ${keys}${keysSaid(this)} ${said}`);
  }

  // ---------------------------------------------------------------- layer and head by steps

  drawSteppers(/** @type {Head} */ chosen) {
    const { text } = this, { layer, head } = this.steppers;
    layer.show(chosen.layer, chosen.layer > text.layers[0], chosen.layer < text.layers[text.layers.length - 1]);
    head.show(chosen.head, chosen.head > 0, chosen.head < text.heads - 1);
  }

  step(/** @type {"layer" | "head"} */ what, /** @type {number} */ step) {
    const { text, shown } = this;
    const layer = text.layers[text.layers.indexOf(shown.layer) + step], head = shown.head + step;
    if (what === "layer" && layer !== undefined) this.store.choose({ type: "layer", layer });
    if (what === "head" && head >= 0 && head < text.heads) this.store.choose({ type: "head", layer: shown.layer, head });
  }

  // ---------------------------------------------------------------- the small maps

  drawMaps() {
    const { text, shown } = this, { preview } = this.store, { colours } = this.page;
    const ratio = window.devicePixelRatio || 1;
    const drawn = [text.digest, shown.scale, shown.between, this.room.clientWidth, ratio, colours.background].join();
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.tiles = tilesOf(text, this.room.clientWidth);
      const painter = new CanvasPainter(this.under, this.tiles.width, this.tiles.height, colours.font);
      paintSheet(painter, this.tiles, sheetOf(this.tiles, text, shown, colours, ratio), colours);
    }
    if (!this.tiles) return;
    /** @type {[number, number] | null} */
    const looked = preview?.layer === undefined || preview.head === undefined ? null : [preview.layer, preview.head];
    const [left, top] = placeOfTile(this.tiles, text.layers[0], 0), [wide, high] = this.tiles.tile;
    this.canvas.dataset.tiles = [left, top, wide, high, this.tiles.gap].join(" "); // where the maps are, for tests
    const painter = new CanvasPainter(this.canvas, this.tiles.width, this.tiles.height, colours.font);
    paintTileMarks(painter, this.tiles, { heads: shown.heads, preview: looked }, colours);
  }

  picture() {
    const { text, shown, tiles } = this, { colours } = this.page;
    if (!tiles) return null;
    const paint = (/** @type {Painter} */ painter) => {
      paintSheet(painter, tiles, sheetOf(tiles, text, shown, colours, painter.ratio), colours);
      paintTileMarks(painter, tiles, { heads: shown.heads, preview: null }, colours);
    };
    return { width: tiles.width, height: tiles.height, paint };
  }

  headAt(/** @type {MouseEvent} */ { offsetX, offsetY }) {
    return this.tiles ? headAt(this.tiles, offsetX, offsetY) : null;
  }

  look(/** @type {Head | null} */ head) {
    this.canvas.style.cursor = head ? "pointer" : "default";
    const { preview } = this.store;
    if (head?.layer !== preview?.layer || head?.head !== preview?.head) this.store.look(head);
  }

  /** Choose a head; or, where it is to join others, their mean. */
  choose(/** @type {Head | null} */ head, /** @type {boolean} */ joins) {
    const { shown } = this;
    if (!head) return;
    if (!joins) return this.store.choose({ type: "head", ...head });
    const before = /\d/.test(shown.average) ? shown.average.split("-") : [`${shown.layer}.${shown.head}`];
    const name = `${head.layer}.${head.head}`;
    const several = before.includes(name) ? before.filter((each) => each !== name) : [...before, name];
    this.store.choose({ type: "average", average: several.length > 1 ? several.join("-") : null });
  }

  key(/** @type {KeyboardEvent} */ event) {
    const { text, shown } = this, { preview } = this.store;
    const layer = preview?.layer ?? shown.layer, head = preview?.head ?? shown.head;
    const move = MOVES[event.key];
    if (move) this.look({ layer: text.layers[within(text.layers.indexOf(layer) + move[0], text.layers.length)], head: within(head + move[1], text.heads) });
    else if (event.key === "Enter" || event.key === " ") this.choose({ layer, head }, event.key === " ");
    else if (event.key === "Escape") this.look(null);
    else if (!editKey(this, event)) return;
    event.preventDefault();
  }

  // ---------------------------------------------------------------- what the head does

  /** What is said of the head that is seen; room for the longest is kept, so that nothing below moves. */
  drawAbout(/** @type {Head} */ seen, /** @type {boolean} */ isChosen) {
    const { text, shown } = this;
    if (this.said !== text.digest) {
      this.said = text.digest;
      const length = (/** @type {About} */ { title, does, right }) => title.length + does.length + right.length;
      const longest = [...text.about].sort((a, b) => length(b) - length(a)).slice(0, 3);
      this.about.replaceChildren(...longest.map((each) => described(each, "sizer")), described({ title: "", does: "", right: "" }, ""));
    }
    const isMean = isChosen && shown.heads.length > 1;
    const mean = { title: `A mean of ${shown.heads.length} heads.`, does: "Each weight is the mean of theirs.", right: "" };
    const about = isMean ? mean : text.about[indexOf(text, seen.layer, seen.head)];
    if (about) this.about.lastElementChild?.replaceWith(described(about, ""));
  }

  // ---------------------------------------------------------------- where the link is strongest

  drawStrongest() {
    const { text, shown, store } = this, link = isExact(text) ? this.link() : null;
    if (!link) return this.strongest.replaceChildren();
    const names = [nameOf(wordsOf(text, "query"), link.query), nameOf(wordsOf(text, "key"), link.key)];
    const lines = strongestHeads(store, text, link, STRONGEST).map(({ layer, head, number, weight }) => {
      const isShown = shown.heads.length === 1 && shown.layer === layer && shown.head === head;
      const bar = make("span", { class: "bar" }, make("span", { style: `width: ${(100 * weight).toFixed(1)}%` }));
      const name = make("span", {}, `layer ${layer} · head ${head}`);
      const choose = () => this.choose({ layer, head }, false);
      const title = number.startsWith("≈") ? ABOUT : null;
      return button({ "aria-current": isShown ? "true" : null, title }, choose, name, bar, make("span", { class: "number" }, number));
    });
    const focused = [...this.strongest.querySelectorAll("button")].findIndex((each) => each.matches(":focus"));
    const title = make("p", {}, "Strongest heads for ", make("bdi", {}, names[0]), " → ", make("bdi", {}, names[1]));
    this.strongest.replaceChildren(title, ...lines);
    if (focused >= 0) lines[focused]?.focus();
  }

  /** The link that is looked at, else the chosen one, as places that are drawn. */
  link() {
    const { preview } = this.store;
    if (preview?.query !== undefined && preview.key !== undefined) return { query: preview.query, key: preview.key };
    const link = linkOf(this.text, this.shown);
    return link.query >= 0 && link.key >= 0 ? link : null;
  }
}

/**
 * The heads that give a link most: from exact maps where they are here, else from codes. A number whose two decimals a
 * code does not settle has "≈".
 * @param {{maps: Map<string, Float32Array>}} store
 * @param {TextMessage} text
 * @param {{query: number, key: number}} link
 * @param {number} count
 */
export function strongestHeads({ maps }, text, { query, key }, count) {
  const columns = text.cells[1], found = [];
  for (const layer of text.layers) {
    for (let head = 0; head < text.heads; head++) {
      const codes = codesOf(text, layer, head).subarray(query * columns, (query + 1) * columns), code = codes[key];
      if (code === MASKED) continue;
      const end = aloneRows(codes, columns)[0] ? 1 : text.scale[indexOf(text, layer, head)];
      const weightOf = (/** @type {number} */ of) => end * (Math.min(TOP_CODE, Math.max(0, of)) / TOP_CODE) ** 2;
      const exact = maps.get(`${text.digest} ${layer}.${head}`)?.[query * columns + key];
      const weight = exact ?? weightOf(code);
      const isSure = exact !== undefined || numberText(weightOf(code - 0.5)) === numberText(weightOf(code + 0.5));
      found.push({ layer, head, weight, number: `${isSure ? "" : "≈\u2009"}${numberText(weight)}` });
    }
  }
  return found.sort((a, b) => b.weight - a.weight).slice(0, count);
}

/** A title and two sentences of a head. */
function described(/** @type {About} */ { title, does, right }, /** @type {string} */ name) {
  const first = make("p", {}, title ? make("b", {}, /[.!?]$/.test(title) ? title : `${title}.`) : "", title ? " " : "", does);
  return make("div", { class: name, ...(name ? { "aria-hidden": "true" } : {}) }, first, make("p", { class: "muted" }, right));
}

/** A number between two buttons. */
function stepper(/** @type {string} */ name, /** @type {(step: number) => void} */ go) {
  const number = make("output", {});
  const back = button({ "aria-label": `Previous ${name}` }, () => go(-1), icon("left", 16));
  const on = button({ "aria-label": `Next ${name}` }, () => go(1), icon("right", 16));
  const step = make("span", { class: "step" }, back, number, on);
  const element = make("span", { class: "stepper", role: "group", "aria-label": name }, make("span", {}, name), step);
  const show = (/** @type {number} */ value, /** @type {boolean} */ hasBefore, /** @type {boolean} */ hasAfter) => {
    number.textContent = String(value);
    back.setAttribute("aria-disabled", String(!hasBefore)); // not `disabled`, which would lose the focus
    on.setAttribute("aria-disabled", String(!hasAfter));
  };
  return { element, show };
}
