// The verbs that every picture is drawn with, to a canvas or to SVG: what is taken away is what is on screen.
// No verb leaves anything behind for the next one.

/** @import { Ink, Painter } from "./types.js" */

const MIDDLE = 0.34; // of the letters' size: so far below the middle of letters and digits stands their line
const ALIGNED = /** @type {const} */ ({ left: "start", center: "middle", right: "end" });

/** @implements {Painter} */
export class CanvasPainter {
  /**
   * Clears the canvas and gives it as many pixels as the screen has there.
   * @param {HTMLCanvasElement} canvas
   * @param {number} width
   * @param {number} height
   * @param {string} font
   * @param {number} ratio   pixels to a point
   */
  constructor(canvas, width, height, font = "sans-serif", ratio = globalThis.devicePixelRatio || 1) {
    this.ratio = ratio;
    this.font = font;
    const [across, down] = [Math.round(width * this.ratio), Math.round(height * this.ratio)];
    if (canvas.width !== across || canvas.height !== down) {
      canvas.width = across;
      canvas.height = down;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.context.clearRect(0, 0, width, height);
  }

  /** @type {Painter["rect"]} */
  rect(x, y, width, height, ink) {
    this.context.beginPath();
    this.context.rect(x, y, width, height);
    this.#ink(ink);
  }

  /** @type {Painter["box"]} */
  box(x, y, width, height, radius, ink) {
    this.context.beginPath();
    this.context.roundRect(x, y, width, height, radius);
    this.#ink(ink);
  }

  /** @type {Painter["line"]} */
  line(points, ink) {
    this.context.beginPath();
    points.forEach(([x, y], index) => (index ? this.context.lineTo(x, y) : this.context.moveTo(x, y)));
    this.#ink(ink);
  }

  /** @type {Painter["curve"]} */
  curve(from, bend1, bend2, to, ink) {
    this.context.beginPath();
    this.context.moveTo(...from);
    this.context.bezierCurveTo(...bend1, ...bend2, ...to);
    this.#ink(ink);
  }

  /** @type {Painter["text"]} */
  text(words, x, y, { size, weight = 400, fill, align = "left", turn = 0 }) {
    const { context } = this;
    context.save();
    context.translate(x, y);
    context.rotate(turn);
    context.font = `${weight} ${size}px ${this.font}`;
    context.textAlign = align;
    context.textBaseline = "alphabetic";
    context.fillStyle = fill;
    context.fillText(words, 0, MIDDLE * size);
    context.restore();
  }

  /** @type {Painter["image"]} */
  image(pixels, columns, rows, x, y, width, height) {
    this.context.imageSmoothingEnabled = false;
    this.context.drawImage(canvasOf(pixels, columns, rows), x, y, width, height);
  }

  /** @type {Painter["clip"]} */
  clip(x, y, width, height, draw) {
    this.context.save();
    this.context.beginPath();
    this.context.rect(x, y, width, height);
    this.context.clip();
    draw();
    this.context.restore();
  }

  /** @type {Painter["shift"]} */
  shift(x, y, draw) {
    this.context.save();
    this.context.translate(x, y);
    draw();
    this.context.restore();
  }

  #ink(/** @type {Ink} */ { fill, stroke, width = 1, dash = [], opacity = 1 }) {
    const { context } = this;
    context.globalAlpha = opacity;
    if (fill) {
      context.fillStyle = fill;
      context.fill();
    }
    if (stroke) {
      context.strokeStyle = stroke;
      context.lineWidth = width;
      context.setLineDash(dash);
      context.stroke();
    }
    context.globalAlpha = 1;
  }
}

/** @implements {Painter} */
export class SvgPainter {
  /**
   * @param {number} width
   * @param {number} height
   * @param {string} font
   */
  constructor(width, height, font = "sans-serif") {
    this.width = width;
    this.height = height;
    this.font = font;
    this.ratio = 4;
    /** @type {string[]} */
    this.marks = [];
    this.clips = 0;
  }

  /** @type {Painter["rect"]} */
  rect(x, y, width, height, ink) {
    this.#mark("rect", { x, y, width, height }, ink);
  }

  /** @type {Painter["box"]} */
  box(x, y, width, height, radius, ink) {
    this.#mark("rect", { x, y, width, height, rx: radius }, ink);
  }

  /** @type {Painter["line"]} */
  line(points, ink) {
    this.#mark("polyline", { points: points.map(([x, y]) => `${short(x)},${short(y)}`).join(" ") }, { fill: "none", ...ink });
  }

  /** @type {Painter["curve"]} */
  curve(from, bend1, bend2, to, ink) {
    const [start, ...rest] = [from, bend1, bend2, to].map(([x, y]) => `${short(x)} ${short(y)}`);
    this.#mark("path", { d: `M${start}C${rest.join(" ")}` }, { fill: "none", ...ink });
  }

  /** @type {Painter["text"]} */
  text(words, x, y, { size, weight = 400, fill, align = "left", turn = 0 }) {
    /** @type {Record<string, string | number>} */
    const place = turn ? { transform: `translate(${short(x)} ${short(y)}) rotate(${short((turn * 180) / Math.PI)})` } : { x, y };
    const attributes = { ...place, fill, "font-size": size, "font-weight": weight, "text-anchor": ALIGNED[align], dy: MIDDLE * size };
    this.marks.push(`<text${attributesOf(attributes)}>${escaped(words)}</text>`);
  }

  /** @type {Painter["image"]} */
  image(pixels, columns, rows, x, y, width, height) {
    const href = canvasOf(pixels, columns, rows).toDataURL("image/png");
    this.marks.push(`<image${attributesOf({ x, y, width, height, preserveAspectRatio: "none", style: "image-rendering:pixelated", href })}/>`);
  }

  /** @type {Painter["clip"]} */
  clip(x, y, width, height, draw) {
    const id = `clip-${++this.clips}`;
    this.marks.push(`<clipPath id="${id}"><rect${attributesOf({ x, y, width, height })}/></clipPath><g clip-path="url(#${id})">`);
    draw();
    this.marks.push("</g>");
  }

  /** @type {Painter["shift"]} */
  shift(x, y, draw) {
    this.marks.push(`<g transform="translate(${short(x)} ${short(y)})">`);
    draw();
    this.marks.push("</g>");
  }

  /** The drawing as the text of a file, with a title for who cannot see it. */
  toString(title = "") {
    const { width, height } = this;
    const frame = attributesOf({ xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`, "font-family": this.font });
    return `<svg${frame}>${title && `<title>${escaped(title)}</title>`}${this.marks.join("\n")}</svg>\n`;
  }

  /**
   * @param {string} name
   * @param {Record<string, string | number>} attributes
   * @param {Ink} ink
   */
  #mark(name, attributes, { fill, stroke, width = 1, dash = [], opacity = 1 }) {
    const line = stroke ? { stroke, "stroke-width": width, ...(dash.length ? { "stroke-dasharray": dash.join(" ") } : {}) } : {};
    this.marks.push(`<${name}${attributesOf({ ...attributes, fill: fill ?? "none", ...line, ...(opacity < 1 ? { opacity } : {}) })}/>`);
  }
}

/** @type {CanvasRenderingContext2D | null} */
let ruler = null;

/**
 * The width of some words.
 * @param {string} words
 * @param {number} size
 * @param {number} [weight]
 * @param {string} [font]
 */
export function measure(words, size, weight = 400, font = "sans-serif") {
  ruler ??= /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  ruler.font = `${weight} ${size}px ${font}`;
  return ruler.measureText(words).width;
}

function canvasOf(/** @type {Uint32Array} */ pixels, /** @type {number} */ columns, /** @type {number} */ rows) {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const bytes = new Uint8ClampedArray(pixels.slice().buffer);
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).putImageData(new ImageData(bytes, columns, rows), 0, 0);
  return canvas;
}

function attributesOf(/** @type {Record<string, string | number>} */ attributes) {
  return Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(typeof value === "number" ? short(value) : value)}"`).join("");
}

function short(/** @type {number} */ value) {
  return String(Math.round(value * 100) / 100);
}

function escaped(/** @type {string} */ words) {
  // Control characters are not allowed in XML in any form.
  // eslint-disable-next-line no-control-regex
  const allowed = words.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd");
  return allowed.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
