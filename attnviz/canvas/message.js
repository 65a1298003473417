// Bytes of the host as objects: length of the header, header (JSON), arrays; all little-endian.

/** @import { TextMessage, MapMessage, ViewMessage } from "./types.js" */

export const MASKED = 255;
export const TOP_CODE = 254;

/**
 * The message that some bytes are.
 * @param {Uint8Array} bytes
 * @returns {TextMessage | MapMessage | ViewMessage}
 */
export function readMessage(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  if (header.kind === "view") return header;
  const body = bytes.slice(4 + length).buffer; // a copy, because typed arrays begin at multiples of their size
  if (header.kind === "map") return { ...header, values: new Float32Array(body) };
  return { ...header, ...arraysOf(header, body) };
}

function arraysOf(/** @type {any} */ header, /** @type {ArrayBuffer} */ body) {
  const n = header.layers.length * header.heads;
  const [rows, columns] = header.cells;
  const about = header.about.map((/** @type {any} */ each) => (Array.isArray(each) ? habitOf(header.habit, each) : each));
  return {
    about,
    scale: new Float32Array(body, 0, n),
    linkWeight: new Float32Array(body, 4 * n, n),
    linkQuery: new Uint16Array(body, 8 * n, n),
    linkKey: new Uint16Array(body, 10 * n, n),
    codes: new Uint8Array(body, 12 * n, n * rows * columns),
  };
}

/**
 * What is said of a head of which there are a title and the numbers in a sentence.
 * @param {string} sentence   with {} for each number
 * @param {string[]} told
 */
function habitOf(sentence, [title, ...numbers]) {
  return { title, does: numbers.reduce((does, number) => does.replace("{}", number), sentence), right: "" };
}

/**
 * The codes of one head, row by row.
 * @param {TextMessage} text
 * @param {number} layer
 * @param {number} head
 */
export function codesOf(text, layer, head) {
  const size = text.cells[0] * text.cells[1];
  const index = indexOf(text, layer, head);
  return text.codes.subarray(index * size, (index + 1) * size);
}

/**
 * Place of a head among all heads, layer by layer; a layer stands at its place among those that attend.
 * @param {TextMessage} text
 * @param {number} layer
 * @param {number} head
 */
export function indexOf(text, layer, head) {
  return text.layers.indexOf(layer) * text.heads + head;
}

/**
 * Whether each cell of the codes is one weight.
 * @param {TextMessage} text
 */
export function isExact(text) {
  return text.block[0] === 1 && text.block[1] === 1;
}

/**
 * Which rows have a single allowed cell: its weight is 1 whatever happens, so its code counts from 1, not from the scale.
 * @param {Uint8Array} codes
 * @param {number} columns
 */
export function aloneRows(codes, columns) {
  const rows = codes.length / columns;
  const alone = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    let free = 0;
    for (let place = row * columns; place < (row + 1) * columns; place++) free += Number(codes[place] !== MASKED);
    alone[row] = Number(free === 1 && columns > 1);
  }
  return alone;
}

/**
 * The mean of the weights of some heads, from their codes; NaN where every one of them masks.
 * @param {TextMessage} text
 * @param {[number, number][]} heads
 */
export function decoded(text, heads) {
  const [rows, columns] = text.cells;
  const mean = new Float32Array(rows * columns).fill(NaN);
  for (const [layer, head] of heads) {
    const codes = codesOf(text, layer, head);
    const scale = text.scale[indexOf(text, layer, head)];
    const alone = aloneRows(codes, columns);
    for (let place = 0; place < codes.length; place++) {
      if (codes[place] === MASKED) continue;
      const end = alone[Math.floor(place / columns)] ? 1 : scale;
      const share = (end * (codes[place] / TOP_CODE) ** 2) / heads.length;
      mean[place] = Number.isNaN(mean[place]) ? share : mean[place] + share;
    }
  }
  return mean;
}
