// All layers × heads as small maps: where they stand (`tilesOf`), their colours as one sheet of pixels, and the frames.

import { thinned } from "./grid.js";
import { isAllowed, shareOf } from "./look.js";
import { aloneRows, isExact, MASKED, TOP_CODE } from "./message.js";

/** @import { Painter, TextMessage } from "./types.js" */
/** @import { Colours } from "./colours.js" */

const GUTTER = { left: 22, top: 20 };
const MOST = { tile: 104, height: 440 };

/**
 * Where the small maps stand, in points.
 * @typedef {{layers: number[], heads: number, gap: number, tile: [number, number], width: number, height: number}} Tiles
 */

/**
 * The places of all heads in so much width.
 * @param {TextMessage} text
 * @param {number} room
 * @returns {Tiles}
 */
export function tilesOf(text, room) {
  const { layers, heads, tokens, cells } = text;
  const ratio = Math.min(2, Math.max(0.5, tokens[0] / tokens[1]));
  const gap = heads > 8 ? 4 : 6;
  const byWidth = (room - GUTTER.left) / heads - gap, byHeight = ((MOST.height - GUTTER.top) / layers.length - gap) / ratio;
  const side = Math.max(3, Math.min(byWidth, byHeight, MOST.tile / Math.max(1, ratio)));
  const whole = (/** @type {number} */ length, /** @type {number} */ count) => {
    const even = Math.floor(length / count) * count; // cells of one size, where that costs little room
    return even > 0.88 * length ? even : Math.max(2, Math.floor(length));
  };
  const tile = /** @type {[number, number]} */ ([whole(side, cells[1]), whole(side * ratio, cells[0])]);
  return { layers, heads, gap, tile, width: GUTTER.left + heads * (tile[0] + gap), height: GUTTER.top + layers.length * (tile[1] + gap) };
}

/** Where the map of a head begins; a layer stands at its place among those that attend. */
export function placeOfTile(/** @type {Tiles} */ tiles, /** @type {number} */ layer, /** @type {number} */ head) {
  return [GUTTER.left + head * (tiles.tile[0] + tiles.gap), GUTTER.top + tiles.layers.indexOf(layer) * (tiles.tile[1] + tiles.gap)];
}

/** The head at a point, or null. */
export function headAt(/** @type {Tiles} */ tiles, /** @type {number} */ x, /** @type {number} */ y) {
  const head = Math.floor((x - GUTTER.left + tiles.gap / 2) / (tiles.tile[0] + tiles.gap));
  const row = Math.floor((y - GUTTER.top + tiles.gap / 2) / (tiles.tile[1] + tiles.gap));
  return row >= 0 && head >= 0 && row < tiles.layers.length && head < tiles.heads ? { layer: tiles.layers[row], head } : null;
}

/**
 * All small maps as pixels of one sheet, `ratio` of them to a point; transparent between the maps.
 * @param {Tiles} tiles
 * @param {TextMessage} text
 * @param {{scale: string, between: string}} shown
 * @param {Colours} colours
 * @param {number} ratio
 */
export function sheetOf(tiles, text, { scale, between }, colours, ratio) {
  const [rows, columns] = text.cells, [tall, broad] = text.block;
  const width = Math.round(tiles.width * ratio), height = Math.round(tiles.height * ratio);
  const pixels = new Uint32Array(width * height);
  const [wide, high] = tiles.tile.map((side) => Math.round(side * ratio));
  const across = spans(wide, columns, (cell) => isAllowed(text, between, "key", cell * broad));
  const down = spans(high, rows, (cell) => isAllowed(text, between, "query", cell * tall));
  for (let index = 0; index < tiles.layers.length * tiles.heads; index++) {
    const [left, top] = placeOfTile(tiles, tiles.layers[Math.floor(index / tiles.heads)], index % tiles.heads);
    fill(pixels.subarray(Math.round(top * ratio) * width + Math.round(left * ratio)), width, { across, down }, headOf(text, index, scale), colours);
  }
  return { pixels, width, height };
}

/**
 * One map: each pixel has the colour of the largest weight of the cells that it covers.
 * @param {Uint32Array} pixels   of the sheet, from the map's first one on
 * @param {number} width   of the sheet
 * @param {{across: Span[], down: Span[]}} spans
 * @param {ReturnType<typeof headOf>} head
 * @param {Colours} colours
 */
function fill(pixels, width, { across, down }, { codes, shares, alone, columns }, colours) {
  for (let y = 0; y < down.length; y++) {
    for (let x = 0; x < across.length; x++) {
      const takesPart = down[y].takesPart && across[x].takesPart;
      let most = takesPart ? -1 : 0;
      for (let row = down[y].start; takesPart && row < down[y].end; row++) {
        const share = shares[alone[row]], end = row * columns + across[x].end;
        for (let place = row * columns + across[x].start; place < end; place++) {
          if (share[codes[place]] > most) most = share[codes[place]];
        }
      }
      pixels[y * width + x] = most < 0 ? colours.maskedPixel : colours.pixels[Math.round(most * 255)];
    }
  }
}

/**
 * The codes of a head, and how far along the colours each is, −1 where masked: in its rows, and in those with one free
 * cell (`alone`).
 * @param {TextMessage} text
 * @param {number} index
 * @param {string} scale
 */
function headOf(text, index, scale) {
  const [rows, columns] = text.cells, end = text.scale[index];
  const codes = text.codes.subarray(index * rows * columns, (index + 1) * rows * columns);
  const shareOfCode = (/** @type {number} */ code, /** @type {number} */ coded) => shareOf(scale, coded * (code / TOP_CODE) ** 2, end);
  const shares = [end, 1].map((coded) => Float32Array.from({ length: 256 }, (_, code) => (code === MASKED ? -1 : shareOfCode(code, coded))));
  return { codes, shares, alone: isExact(text) ? aloneRows(codes, columns) : new Uint8Array(rows), columns };
}

/** @typedef {{start: number, end: number, takesPart: boolean}} Span */

/**
 * Which cells lie under each of some pixels, and whether they take part.
 * @param {number} pixels
 * @param {number} cells
 * @param {(cell: number) => boolean} takesPart
 * @returns {Span[]}
 */
function spans(pixels, cells, takesPart) {
  return Array.from({ length: pixels }, (_, at) => {
    const start = Math.floor((at * cells) / pixels);
    return { start, end: Math.max(start + 1, Math.floor(((at + 1) * cells) / pixels)), takesPart: takesPart(start) };
  });
}

/**
 * The small maps themselves, which stay while one points.
 * @param {Painter} painter
 * @param {Tiles} tiles
 * @param {{pixels: Uint32Array, width: number, height: number}} sheet
 * @param {Colours} colours
 */
export function paintSheet(painter, tiles, { pixels, width, height }, colours) {
  painter.image(pixels, width, height, 0, 0, tiles.width, tiles.height);
  for (const layer of tiles.layers) {
    for (let head = 0; head < tiles.heads; head++) frame(painter, tiles, [layer, head], 0.5, { stroke: colours.line, width: 1 });
  }
}

/**
 * The numbers of layers and heads, and frames: around the chosen head, those of a mean, and the one that is pointed at.
 * @param {Painter} painter
 * @param {Tiles} tiles
 * @param {{heads: [number, number][], preview: [number, number] | null}} marks
 * @param {Colours} colours
 */
export function paintTileMarks(painter, tiles, marks, colours) {
  const [wide, high] = tiles.tile;
  const [layer, head] = marks.preview ?? (marks.heads.length === 1 ? marks.heads[0] : [-1, -1]);
  const inked = (/** @type {boolean} */ isMarked) => ({ size: 12, weight: isMarked ? 700 : 400, fill: isMarked ? colours.text : colours.muted });
  for (const each of thinned(tiles.heads, wide + tiles.gap, 16, head)) {
    painter.text(String(each), placeOfTile(tiles, tiles.layers[0], each)[0] + wide / 2, 8, { ...inked(each === head), align: "center" });
  }
  for (const place of thinned(tiles.layers.length, high + tiles.gap, 13, tiles.layers.indexOf(layer))) {
    const each = tiles.layers[place];
    painter.text(String(each), GUTTER.left - 8, placeOfTile(tiles, each, 0)[1] + high / 2, { ...inked(each === layer), align: "right" });
  }
  const areMany = marks.heads.length > 1;
  for (const each of marks.heads) frame(painter, tiles, each, areMany ? 1 : 1.5, { stroke: colours.text, width: areMany ? 1 : 2.5 });
  if (marks.preview) frame(painter, tiles, marks.preview, 1, { stroke: colours.text, width: 1.5 });
}

/**
 * A frame around a map, so many points outside of it.
 * @param {Painter} painter
 * @param {Tiles} tiles
 * @param {[number, number]} head
 * @param {number} out
 * @param {import("./types.js").Ink} ink
 */
function frame(painter, tiles, [layer, head], out, ink) {
  const [left, top] = placeOfTile(tiles, layer, head);
  painter.rect(left - out, top - out, tiles.tile[0] + 2 * out, tiles.tile[1] + 2 * out, ink);
}
