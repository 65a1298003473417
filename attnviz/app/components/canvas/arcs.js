// The canvas behind the words: shades, arcs, lines; and the numbers under the words, which are text.

const LEAST_ARC = 0.02; // of weight; fainter arcs are a haze
const MOST_ARCS = 48;
const LEAST_NUMBER = 0.05;
const MOST_NUMBERS = 12;
const ALWAYS = 3; // so many arcs and numbers are drawn however small they are
const MOST_LINES = 3000;

/** Draw what a sentence looks at. The canvas covers the part of the text that is scrolled into view. */
function drawSentence(part) {
  const colours = coloursOf(part.root);
  const width = part.box.clientWidth, height = part.box.clientHeight;
  const context = sharpContext(part.canvas, width, height);
  context.translate(0, -part.box.scrollTop);
  const map = part.store.map();
  const look = map && lookedAt(part, map);
  part.root.dataset.shows = map?.name ?? "";
  part.root.dataset.exact = String(map?.exact ?? false);
  if (!look) {
    part.said.textContent = map ? "" : "…";
    return;
  }
  const isResting = look.kind === "resting";
  const end = largestChoice(map.values, part.view.tokens[1]) || 1;
  const shade = (weight) => shareOf(part.view.scale, weight, end); // as in the heat map
  shadeWords(part, context, look, colours, shade);
  if (part.view.face === "columns") drawLines(part, context, map, look, colours, shade, isResting);
  else drawArcs(part, context, look, colours, shade);
  frameWords(part, context, look, colours, isResting);
  numberWords(part, look);
  sayLooked(part, map, look);
}

function shadeWords(part, context, look, colours, share) {
  const list = part.listOf(look.other);
  const shade = (weight) => Math.round(165 * share(weight)); // not to the end, where an arc would be lost
  for (let index = 0; index < look.weights.length; index++) {
    const weight = look.weights[index];
    if (share(weight) < 1 / 60) continue;
    context.fillStyle = colours.css[shade(weight)];
    roundBox(context, list.boxes[index], 0);
    context.fill();
  }
  for (const each of new Set([part.sides.query, part.sides.key])) {
    each?.spans.forEach((span, index) => {
      const isOther = each === list;
      span.classList.toggle("strong", isOther && colours.inverted[shade(look.weights[index])]);
      span.classList.toggle("masked", isOther && !look.free[index] && !span.classList.contains("off"));
    });
  }
}

function frameWords(part, context, look, colours, isResting) {
  const list = part.listOf(look.side);
  context.strokeStyle = isResting ? colours.muted : colours.text;
  context.lineWidth = isResting ? 1 : 2;
  for (const index of look.indices) {
    roundBox(context, list.boxes[index], 1);
    context.stroke();
  }
  if (look.kind !== "hovered" || !part.view.pins.length) return;
  context.lineWidth = 1; // pinned words keep a thin frame while another one is looked at
  for (const index of part.view.pins) {
    roundBox(context, part.listOf(part.activeSide()).boxes[index], 1);
    context.stroke();
  }
}

/** Arcs from every word looked at to the words it attends to; thickness and shade by weight, the strongest on top. */
function drawArcs(part, context, look, colours, shade) {
  const from = part.listOf(look.side).boxes, to = part.listOf(look.other).boxes;
  const places = leading(look.weights, LEAST_ARC, MOST_ARCS).reverse();
  const top = Math.max(...look.weights);
  for (const place of places) {
    const weight = look.weights[place];
    context.strokeStyle = colours.css[Math.round(70 + 130 * shade(weight))];
    context.lineWidth = 0.75 + 6 * Math.min(1, weight);
    context.globalAlpha = 0.35 + 0.65 * Math.sqrt(Math.min(1, weight / top)); // twice as much is seen as about twice
    for (const index of look.indices) {
      if (from === to && index === place) continue;
      context.beginPath();
      arc(context, from[index], to[place], part.gap);
      context.stroke();
    }
  }
  context.globalAlpha = 1;
}

/** A curve from one word to another: an arch above a line; between lines, from the top of the lower one to the upper. */
function arc(context, from, to, gap) {
  const x1 = from.left + from.width / 2, x2 = to.left + to.width / 2;
  const down = to.top - from.top;
  const rise = Math.min(gap - 8, 10 + 0.16 * Math.abs(x1 - x2)) * 1.32;
  if (Math.abs(down) < 4) {
    context.moveTo(x1, from.top);
    context.bezierCurveTo(x1, from.top - rise, x2, to.top - rise, x2, to.top);
    return;
  }
  const y1 = down < 0 ? from.top : from.top + from.height, y2 = down < 0 ? to.top + to.height : to.top;
  context.moveTo(x1, y1);
  context.bezierCurveTo(x1, y1 + (y2 - y1) * 0.6, x2, y2 - (y2 - y1) * 0.6, x2, y2);
}

/** Lines between two columns: those of the words looked at; where nobody looks, the strongest of all. */
function drawLines(part, context, map, look, colours, shade, isResting) {
  const [rows, columns] = part.view.tokens;
  const queries = part.sides.query.boxes, keys = part.sides.key.boxes;
  const seen = [part.box.scrollTop - 40, part.box.scrollTop + part.box.clientHeight + 40];
  const line = (query, key, strength, weight) => {
    const left = queries[query], right = keys[key];
    const y1 = left.top + left.height / 2, y2 = right.top + right.height / 2;
    if (Math.max(y1, y2) < seen[0] || Math.min(y1, y2) > seen[1]) return;
    const x1 = left.left + left.width + 3, x2 = right.left - 3;
    context.strokeStyle = colours.css[Math.round(70 + 150 * shade(weight))];
    context.globalAlpha = 0.08 + 0.92 * strength;
    context.lineWidth = 0.75 + 4 * Math.min(1, weight);
    context.beginPath();
    context.moveTo(x1, y1);
    context.bezierCurveTo(x1 + (x2 - x1) * 0.35, y1, x2 - (x2 - x1) * 0.35, y2, x2, y2);
    context.stroke();
  };
  if (isResting) {
    for (const [place, strength] of strongestCells(map.values)) {
      const query = Math.floor(place / columns), key = place % columns;
      if (part.isAllowed("query", query) && part.isAllowed("key", key)) line(query, key, strength, map.values[place]);
    }
  } else {
    const top = Math.max(...look.weights) || 1;
    for (const place of ranked(look.weights, 0.002).slice(0, rows + columns).reverse()) {
      const weight = look.weights[place];
      for (const index of look.indices) {
        line(look.side === "query" ? index : place, look.side === "query" ? place : index, weight / top, weight);
      }
    }
  }
  context.globalAlpha = 1;
}

/** The largest weight of a map in a row where there was a choice; kept until the map changes. */
const largestOf = new WeakMap();
function largestChoice(values, columns) {
  if (!largestOf.has(values)) {
    let largest = 0;
    for (let row = 0; row < values.length; row += columns) {
      let free = 0, most = 0;
      for (let place = row; place < row + columns; place++) {
        if (Number.isNaN(values[place])) continue;
        free += 1;
        if (values[place] > most) most = values[place];
      }
      if (free > 1 && most > largest) largest = most;
    }
    largestOf.set(values, largest);
  }
  return largestOf.get(values);
}

/** Places and shares of the largest cells of a map, weakest first; kept until the map changes. */
const cellsOf = new WeakMap();
function strongestCells(values) {
  if (!cellsOf.has(values)) {
    let top = 0;
    for (const value of values) if (value > top) top = value;
    const counts = new Uint32Array(257);
    for (const value of values) if (value > 0) counts[Math.round((value / top) * 256)] += 1;
    let bin = 256, kept = counts[256];
    while (bin > 6 && kept + counts[bin - 1] <= MOST_LINES) kept += counts[--bin];
    const cells = [];
    values.forEach((value, place) => {
      if (value > 0 && Math.round((value / top) * 256) >= bin) cells.push([place, value / top]);
    });
    cellsOf.set(values, cells.sort((a, b) => a[1] - b[1]));
  }
  return cellsOf.get(values);
}

/** The number under every word that gets much. */
function numberWords(part, look) {
  const list = part.listOf(look.other);
  const chosen = new Set(leading(look.weights, LEAST_NUMBER, MOST_NUMBERS));
  for (const each of [part.sides.query, part.sides.key]) {
    if (!each) continue;
    const numbers = each === list ? chosen : new Set();
    for (const index of new Set([...each.numbered, ...numbers])) {
      const small = each.spans[index].lastChild;
      const text = numbers.has(index) ? numberOf(look.weights[index]).replace(/^0/, "") : "";
      if (small.textContent !== text) small.textContent = text;
    }
    each.numbered = numbers;
  }
}

function roundBox(context, box, out) {
  context.beginPath();
  context.roundRect(box.left - out, box.top - out, box.width + 2 * out, box.height + 2 * out, 5);
}
