// A part of the picture as a file: what is on screen at rest, on its own ground, with a line that says what it is.

import { make } from "./dom.js";
import { CanvasPainter, SvgPainter, measure } from "./painter.js";

/** @import { Colours } from "./colours.js" */
/** @import { Painter, Picture } from "./types.js" */
/** @typedef {Picture & {title: string, font: string}} Drawing */

const EDGE = 16; // points around the drawing
const LINE = 18; // of the caption
const LETTERS = 13;
const SHARPER = 2; // pixels of a PNG for each point

/**
 * The drawing with its ground and its caption.
 * @param {Picture} picture
 * @param {string} caption
 * @param {Colours} colours
 * @returns {Drawing}
 */
export function framed(picture, caption, colours) {
  const lines = broken(caption, Math.max(picture.width, 280));
  const width = Math.ceil(Math.max(picture.width, ...lines.map((line) => measure(line, LETTERS)))) + 2 * EDGE;
  const height = Math.ceil(picture.height) + LINE * lines.length + 2.5 * EDGE;
  const paint = (/** @type {Painter} */ painter) => {
    painter.rect(0, 0, width, height, { fill: colours.background });
    painter.shift(EDGE, EDGE, () => picture.paint(painter));
    lines.forEach((line, at) =>
      painter.text(line, EDGE, picture.height + 1.5 * EDGE + LINE * (at + 0.5), { size: LETTERS, fill: colours.muted }),
    );
  };
  return { width, height, paint, title: caption, font: colours.font };
}

/**
 * A drawing as the text of an SVG file; nothing of none.
 * @param {Drawing | null} drawing
 */
export function svgOf(drawing) {
  if (!drawing) return "";
  const { width, height, paint, title, font } = drawing;
  const painter = new SvgPainter(width, height, font);
  paint(painter);
  return painter.toString(title);
}

/**
 * A drawing as a PNG file.
 * @param {Drawing} drawing
 * @returns {Promise<Blob | null>}
 */
export function pngOf({ width, height, paint, font }) {
  const canvas = make("canvas");
  paint(new CanvasPainter(canvas, width, height, font, SHARPER));
  return new Promise((given) => canvas.toBlob(given, "image/png"));
}

/**
 * A text in lines of at most a width, broken between words; a word that is wider, as writing without blanks may be,
 * between its letters.
 * @param {string} text
 * @param {number} width
 */
function broken(text, width) {
  const lines = [""];
  const parts = text.split(/(?<=\s)/).flatMap((word) => (measure(word.trimEnd(), LETTERS) > width ? [...word] : [word]));
  for (const part of parts) {
    const longer = lines[lines.length - 1] + part;
    if (measure(longer.trimEnd(), LETTERS) <= width) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines.map((line) => line.trimEnd()).filter(Boolean);
}
