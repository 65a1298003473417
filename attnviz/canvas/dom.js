// Elements. Text is always a text node: what somebody typed is never read as HTML.

/**
 * An element with attributes and children; strings become text. An attribute that is null is left out.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | null>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * A button, and what a click does.
 * @param {Record<string, string | null>} attributes
 * @param {() => void} clicked
 * @param {...(Node | string)} children
 */
export function button(attributes, clicked, ...children) {
  const made = make("button", { type: "button", ...attributes }, ...children);
  made.addEventListener("click", clicked);
  return made;
}

/** @type {Record<string, [number, number]>} */
export const MOVES = { // rows and columns that a key leads on by
  ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -Infinity], End: [0, Infinity],
};

/**
 * The place that is nearest, among so many.
 * @param {number} place
 * @param {number} count
 */
export function within(place, count) {
  return Math.max(0, Math.min(place, count - 1));
}

const SVG = "http://www.w3.org/2000/svg";

// Outlines in a square of 24, drawn with a line of 1.8.
const OUTLINES = {
  table: ["M4 4h16v16H4z", "M4 9.5h16", "M9.5 9.5V20"],
  tune: ["M4 6h10", "M18 6h2", "M16 4v4", "M4 12h3", "M11 12h9", "M9 10v4", "M4 18h8", "M16 18h4", "M14 16v4"],
  download: ["M12 4v10", "M8 10.5l4 4 4-4", "M5 16v3.5h14V16"],
  known: ["M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17", "M8.2 12.2l2.6 2.6 5-5.3"],
  warn: ["M12 4L21 19.5H3z", "M12 10v4.5", "M12 16.7v.6"],
  real: ["M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17", "M12 11v5.5", "M12 7.6v.6"],
  left: ["M14.5 6l-6 6 6 6"],
  right: ["M9.5 6l6 6-6 6"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  copy: ["M9 8h10v12H9z", "M15 8V4H5v12h4"],
  back: ["M9 6L4.5 10.5L9 15", "M5 10.5h9a5 5 0 0 1 0 10h-3"],
  cut: ["M6 4l8.5 11", "M18 4L9.5 15", "M7.5 15a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5", "M16.5 15a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5"],
};

/**
 * A small picture, drawn in the colour of the text around it.
 * @param {keyof typeof OUTLINES} name
 * @param {number} size
 */
export function icon(name, size = 20) {
  const drawing = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: "0 0 24 24", width: size, height: size, fill: "none", stroke: "currentColor", "stroke-width": 1.8,
    "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" };
  for (const [attribute, value] of Object.entries(attributes)) drawing.setAttribute(attribute, String(value));
  for (const outline of OUTLINES[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", outline);
    drawing.append(path);
  }
  return drawing;
}

/**
 * Segments, of which one is on. They are made once; `show` says which is on.
 * @param {string} label
 * @param {(value: string) => void} chosen
 */
export function segments(label, chosen) {
  const group = make("div", { class: "segments", role: "group", "aria-label": label });
  let plan = "";
  /** @param {[string, string][]} options @param {string} value */
  const show = (options, value) => {
    const asked = JSON.stringify(options);
    if (asked !== plan) {
      plan = asked;
      const focused = /** @type {HTMLElement | null} */ (group.querySelector(":focus"))?.dataset.value;
      group.replaceChildren(...options.map(([each, words]) => button({ "data-value": each }, () => chosen(each), words)));
      if (focused !== undefined) /** @type {HTMLElement | null} */ (group.querySelector(`[data-value="${focused}"]`))?.focus();
    }
    for (const each of group.children) each.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (each).dataset.value === value));
  };
  return { group, show };
}

/**
 * Give a file to the person.
 * @param {string} name
 * @param {BlobPart} content
 * @param {string} type
 */
export function save(name, content, type) {
  const link = make("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}
