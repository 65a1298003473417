// What the two parts have in common: reading bytes, colours, and the store where they meet.
//
// The overview receives the maps of all heads once for a text; the sentence receives the words, the selection and the
// chosen head exactly. Both are on one page, in one document, so a head that is hovered in the overview can show its
// arcs in the sentence without the server. SCALES (light and dark) and FLOOR are put in
// front of this file by Python.

const MASKED = 255;
const TOP_CODE = 254;
const ECHO_MS = 3000; // for so long an older answer of the server does not undo what was chosen here since

/** Header and arrays of a message: length, JSON, bytes. The copy makes the arrays begin where typed arrays may. */
function readMessage(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  return { header, body: bytes.slice(4 + length).buffer };
}

/** The maps of all heads: scales, strongest links, codes. */
function readMaps({ header, body }) {
  const n = header.layers.length * header.heads;
  const [rows, columns] = header.cells;
  return {
    ...header, rows, columns,
    exact: header.block[0] === 1 && header.block[1] === 1,
    scale: new Float32Array(body, 0, n),
    linkWeight: new Float32Array(body, 4 * n, n),
    linkQuery: new Uint16Array(body, 8 * n, n),
    linkKey: new Uint16Array(body, 10 * n, n),
    codes: new Uint8Array(body, 12 * n, n * rows * columns),
  };
}

/** What one page looks at; parts listen to it. */
class Store {
  constructor() {
    this.maps = null; // of all heads
    this.view = null; // words and selection
    this.exactMap = null; // Float32Array of what view.shows names
    this.preview = null; // {layer, head} under the pointer
    this.sequence = 0;
    this.chosenAt = -Infinity;
    this.listeners = new Set();
    this.cache = new Map();
  }

  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(what) {
    for (const listener of this.listeners) listener(what);
  }

  /** Take the maps of all heads; whether that was told to those who listen. */
  takeMaps(message) {
    if (this.maps?.digest === message.header.digest) return false;
    this.maps = readMaps(message);
    this.preview = null;
    this.cache.clear();
    this.emit("maps");
    return true;
  }

  /** Take words and selection; whether that was told to those who listen. */
  takeView({ header, body }) {
    const isOld = header.sequence < this.sequence && performance.now() - this.chosenAt < ECHO_MS;
    if (isOld && header.digest === this.view?.digest) return false;
    if (header.digest !== this.view?.digest) this.cache.clear();
    this.view = header;
    this.sequence = Math.max(this.sequence, header.sequence);
    this.exactMap = new Float32Array(body);
    this.exactName = header.shows;
    this.emit("view");
    return true;
  }

  /** Tell the server of a choice, and show it at once. */
  choose(values, tell) {
    Object.assign(this.view, values);
    this.preview = null;
    this.sequence += 1;
    this.chosenAt = performance.now();
    const { query, key, direction } = this.view;
    const { first } = direction === "from" ? (key ?? query) : query; // the server counts from the start of the text
    const pins = values.pins ? { pins: values.pins.map((place) => place + first), digest: this.view.digest } : {};
    tell("choice", { ...values, ...pins, rooms: rooms(), sequence: this.sequence }); // first, so that it works meanwhile
    this.emit("view");
  }

  look(preview) {
    if (preview?.layer === this.preview?.layer && preview?.head === this.preview?.head) return;
    this.preview = preview;
    this.emit("preview");
  }

  /** Whether maps and words are of one text and model: the two arrive one after the other. */
  get isWhole() {
    return this.maps !== null && this.view !== null && this.maps.digest === this.view.digest;
  }

  /** The heads that are shown, as [layer, head], and their name; the name is what Python calls them, too. */
  shown() {
    if (this.preview && this.isWhole && this.maps.exact) {
      const { layer, head } = this.preview;
      return { name: `${layer}.${head}`, heads: [[layer, head]] };
    }
    const { average, layer, head, heads, layers } = this.view;
    const all = (l) => Array.from({ length: heads }, (_, h) => [l, h]);
    if (average === "layer") return { name: `layer ${layer}`, heads: all(layer) };
    if (average === "all") return { name: "all", heads: layers.map(all).flat() };
    if (average) return { name: average, heads: average.split("-").map((pair) => pair.split(".").map(Number)) };
    return { name: `${layer}.${head}`, heads: [[layer, head]] };
  }

  /** The map of what is shown: exact where the server sent it, else from the codes, else null (it is on its way). */
  map() {
    const { name, heads } = this.shown();
    if (name === this.exactName) return { name, heads, values: this.exactMap, exact: true };
    if (!this.isWhole || !this.maps.exact) return null;
    if (!this.cache.has(name)) {
      if (this.cache.size > 8) this.cache.clear();
      this.cache.set(name, decoded(this.maps, heads));
    }
    return { name, heads, values: this.cache.get(name), exact: false };
  }
}

/** How wide the parts of the page with charts are: a chart that is sent with the width that it will have is drawn once. */
function rooms() {
  const parts = ["heatmap", "arithmetic"].map((name) => [name, document.querySelector(`.st-key-${name}`)]);
  return Object.fromEntries(parts.filter(([, part]) => part).map(([name, part]) => [name, part.getBoundingClientRect().width]));
}

/** Which rows of a map have a single allowed cell; where cells are exact, the scale of their codes ends at 1. */
function aloneRows(codes, columns) {
  const rows = codes.length / columns, alone = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    let free = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) free += codes[i] !== MASKED;
    alone[row] = free === 1 && columns > 1;
  }
  return alone;
}

/** The mean of the weights of some heads, from their codes. */
function decoded(maps, heads) {
  const size = maps.rows * maps.columns;
  const mean = new Float32Array(size);
  const seen = new Uint8Array(size);
  for (const [layer, head] of heads) {
    const index = maps.layers.indexOf(layer) * maps.heads + head;
    const codes = maps.codes.subarray(index * size, (index + 1) * size);
    const alone = aloneRows(codes, maps.columns);
    for (let i = 0; i < size; i++) {
      if (codes[i] === MASKED) continue;
      const end = alone[Math.floor(i / maps.columns)] ? 1 : maps.scale[index];
      mean[i] += (end * (codes[i] / TOP_CODE) ** 2) / heads.length;
      seen[i] = 1;
    }
  }
  for (let i = 0; i < size; i++) if (!seen[i]) mean[i] = NaN;
  return mean;
}

/** The store of a page, or of one of several sentences on it. */
function storeOf(group) {
  const stores = (globalThis[Symbol.for("attnviz.canvas")] ??= new Map());
  if (!stores.has(group)) stores.set(group, new Store());
  return stores.get(group);
}

/** Colours of the page as it is now: its own, and 256 steps of the scale that begins at its background. */
function coloursOf(element) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(`--st-${name}`).trim();
  const background = rgb(read("background-color"));
  const isDark = background[0] * 0.3 + background[1] * 0.6 + background[2] * 0.1 < 128;
  const stops = (isDark ? SCALES.dark : SCALES.light).scale.map(rgb);
  const scale = Array.from({ length: 256 }, (_, i) => {
    const place = (i / 255) * (stops.length - 1), low = Math.min(Math.floor(place), stops.length - 2);
    return stops[low].map((from, c) => Math.round(from + (stops[low + 1][c] - from) * (place - low)));
  });
  const contrast = (one, other) => {
    const [light, dark] = [one, other].map(luminance).sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const text = rgb(read("text-color"));
  const inverted = scale.map((colour) => contrast(colour, background) > contrast(colour, text));
  const { muted, line, masked } = isDark ? SCALES.dark : SCALES.light;
  return { isDark, scale, inverted, muted, line, masked: rgb(masked), text: read("text-color"), background: read("background-color"),
    font: read("font") || "sans-serif", css: scale.map((colour) => `rgb(${colour})`) };
}

/** How far along the colours a weight is, 0 to 1, as attnviz/figures/scales.py has it; `end` is that of its map. */
function shareOf(scale, weight, end) {
  if (scale === "log") return 1 - Math.log10(Math.min(1, Math.max(weight, FLOOR))) / Math.log10(FLOOR);
  return Math.min(1, weight / (scale === "unit" ? 1 : end));
}

/** Relative luminance, as the Web Content Accessibility Guidelines define it. */
function luminance(colour) {
  const [r, g, b] = colour.map((part) => (part <= 10 ? part / 3294 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function rgb(colour) {
  if (colour.startsWith("#")) {
    const digits = colour.length < 6 ? [...colour.slice(1, 4)].map((digit) => digit + digit).join("") : colour.slice(1, 7);
    return [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16));
  }
  return colour.match(/[\d.]+/g)?.slice(0, 3).map(Number) ?? [255, 255, 255];
}

/** Give a canvas as many pixels as the screen has there, and a context that counts in points. */
function sharpContext(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** An element with attributes and text; text is never read as HTML. */
function make(tag, attributes = {}, text = "") {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text) element.textContent = text;
  return element;
}

/** A weight: two decimals, and two digits of one below 0.01. */
function numberOf(weight) {
  return weight >= 0.00995 || weight === 0 ? weight.toFixed(2) : weight >= 0.0001 ? weight.toPrecision(2) : "< 0.0001";
}

/** Number the words that occur more than once: "the (1)". */
function nameOf(tokens, index) {
  tokens.counts ??= tokens.text.reduce((counts, text) => counts.set(text, (counts.get(text) ?? 0) + 1), new Map());
  const text = tokens.text[index];
  return tokens.counts.get(text) > 1 ? `${text} (${tokens.first + index})` : text;
}

/** Have a part listen to the store that its message is for; the message. */
function join(part, { data, setTriggerValue }) {
  part.tell = setTriggerValue;
  const message = readMessage(data);
  const store = storeOf(message.header.group);
  if (part.store !== store) {
    part.leave?.();
    part.leave = store.listen((what) => part.changed(what));
    part.store = store;
  }
  return message;
}

/** A component's default function: one instance of `Part` for an element, updated with every message. */
function mounting(Part) {
  const parts = new WeakMap();
  return (component) => {
    const root = component.parentElement.querySelector("section");
    if (!parts.has(root)) parts.set(root, new Part(root));
    parts.get(root).update(component);
    return () => {
      parts.get(root)?.remove();
      parts.delete(root);
    };
  };
}
