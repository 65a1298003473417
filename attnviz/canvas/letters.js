// What the words of a sentence say of a look: letters that are read on their shade, and numbers under those that get much.

import { shadeOf } from "./arcs.js";
import { ranked } from "./look.js";
import { numberText } from "./numbers.js";

/** @import { Drawing } from "./arcs.js" */
/** @import { Look } from "./look.js" */
/** @import { Painter } from "./types.js" */
/** @import { WordList } from "./words.js" */

export const LEAST_NUMBER = 0.05;
export const CUT = "cut"; // instead of a number
const MOST_NUMBERS = 12;

/**
 * Numbers under the words that get much, under the largest however small it is, and under the chosen link; under those
 * that edits cut, that they are.
 * @param {Look} look
 * @returns {Map<number, string>}
 */
export function numbersOf({ weights, partner, free, cuts }) {
  const places = ranked(weights, 1e-9).filter((place, rank) => rank < 1 || (rank < MOST_NUMBERS && weights[place] >= LEAST_NUMBER));
  if (partner >= 0 && free[partner] && !places.includes(partner)) places.push(partner);
  const cut = cuts.map(([, place]) => place).filter((place) => !free[place]);
  return new Map([...places.map((place) => /** @type {[number, string]} */ ([place, numberText(weights[place])])),
    ...cut.map((place) => /** @type {[number, string]} */ ([place, CUT]))]);
}

/**
 * Write numbers and colours of letters into a list of words.
 * @param {WordList} list
 * @param {Drawing} drawing
 * @param {boolean} isOther   whether the list has the words that are looked at
 */
export function letter(list, drawing, isOther) {
  const { look, colours } = drawing;
  const numbers = isOther ? numbersOf(look) : new Map();
  list.number(numbers, strongOf(look));
  list.spans.forEach((span, place) => {
    const shade = isOther ? shadeOf(drawing, look.weights[place]) : 0;
    const ink = shade ? colours.ink[shade] : "";
    if (span.dataset.ink !== ink) {
      span.dataset.ink = ink;
      span.style.color = ink;
    }
    span.classList.toggle("masked", isOther && !look.free[place] && !look.places.includes(place) && !numbers.has(place));
  });
}

/**
 * The words and numbers of a list as they are on screen, for a file.
 * @param {Painter} painter
 * @param {WordList} list
 * @param {Drawing} drawing
 * @param {boolean} isOther
 */
export function paintLetters(painter, list, drawing, isOther) {
  const { look, colours, face } = drawing;
  const numbers = isOther ? numbersOf(look) : new Map();
  list.boxes.forEach((box, place) => {
    if (!box.width) return;
    const isSpecial = list.words.special.includes(place);
    const shade = isOther ? shadeOf(drawing, look.weights[place]) : 0;
    const fill = shade ? colours.ink[shade] : isSpecial ? colours.muted : colours.text;
    const size = parseFloat(getComputedStyle(list.spans[place]).fontSize);
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    painter.text(list.words.text[place], x + list.offCentre(place), y, { size, fill, align: "center" });
    if (list.words.unknown.includes(place)) {
      const under = y + size * 0.45;
      painter.line([[box.left + 4, under], [box.left + box.width - 4, under]], { stroke: colours.amber, width: 2, dash: [2, 3] });
    }
    const number = numbers.get(place);
    if (!number) return;
    const ink = { size: 14, weight: place === strongOf(look) ? 700 : 400, fill: number === CUT ? colours.amber : colours.text };
    if (face === "text") painter.text(number, x, box.top + box.height + 9, { ...ink, align: "center" });
    else if (list.side === "key") painter.text(number, box.left + box.width + 8, y, ink);
    else painter.text(number, box.left - 8, y, { ...ink, align: "right" });
  });
}

/**
 * The place of the number that is bold: the other end of the chosen link, else the largest.
 * @param {Look} look
 */
function strongOf({ weights, partner, free }) {
  return partner >= 0 && free[partner] ? partner : (ranked(weights, 1e-9)[0] ?? -1);
}
