// All layers × heads as small maps in one canvas. Pointer and arrow keys look, click and Enter choose; with Shift, Ctrl
// or ⌘ (or the space bar) a head joins those whose mean is shown.

const GUTTER = { left: 22, top: 18 };
const GAP = 5;
const MOST = { tile: 104, height: 440 };

class Overview {
  constructor(root) {
    this.root = root;
    this.title = make("p", { class: "title" });
    this.canvas = make("canvas", { tabindex: "0", role: "application" });
    this.said = make("p", { class: "said", "aria-live": "polite" });
    root.replaceChildren(this.title, this.canvas, this.said);
    this.canvas.addEventListener("pointermove", (event) => this.look(this.headAt(event)));
    this.canvas.addEventListener("pointerleave", () => this.look(null));
    this.canvas.addEventListener("click", (event) => this.choose(this.headAt(event), event));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("blur", () => this.look(null));
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(root);
  }

  update(component) {
    const message = join(this, component);
    if (!this.store.takeMaps(message)) this.draw();
  }

  remove() {
    this.observer.disconnect();
    this.leave?.();
  }

  changed(what) {
    if (what === "maps" || this.scale !== this.painted) this.draw();
    else this.mark();
  }

  /** The scale of the colours; it comes with the sentence, so that another one does not send the maps again. */
  get scale() {
    return this.store.view?.scale ?? "head";
  }

  /** Side of the maps, so that all heads fit into the width and the height there is. */
  layout() {
    const { layers, heads, tokens, rows, columns } = this.store.maps;
    const ratio = Math.min(2, Math.max(0.5, tokens[0] / tokens[1]));
    const byWidth = (this.root.clientWidth - GUTTER.left) / heads - GAP;
    const byHeight = ((MOST.height - GUTTER.top) / layers.length - GAP) / ratio;
    const whole = (side, cells) => (side >= 3 * cells ? Math.floor(side / cells) * cells : Math.max(2, Math.floor(side)));
    const side = Math.min(byWidth, byHeight, MOST.tile / Math.max(1, ratio));
    return { width: whole(side, columns), height: whole(side * ratio, rows) };
  }

  /** All maps; where they are drawn already, as at every answer of the server, only the frames. */
  draw() {
    if (!this.store?.maps || !this.root.clientWidth) return;
    const { layers, heads, digest } = this.store.maps;
    const background = getComputedStyle(this.root).getPropertyValue("--st-background-color");
    const drawn = [digest, this.scale, this.root.clientWidth, window.devicePixelRatio, background].join();
    if (drawn === this.drawn) return this.mark();
    this.drawn = drawn;
    const which = layers.every((layer, row) => layer === row) ? "All layers" : "Layers that attend";
    this.title.textContent = `${which} (down) × heads (across), from 0`;
    this.tile = this.layout();
    const width = GUTTER.left + heads * (this.tile.width + GAP), height = GUTTER.top + layers.length * (this.tile.height + GAP);
    this.colours = coloursOf(this.root);
    this.maps = make("canvas");
    const context = sharpContext(this.maps, width, height);
    context.font = `11px ${this.colours.font}`;
    context.fillStyle = this.colours.muted;
    context.textBaseline = "middle";
    const every = Math.max(1, Math.ceil(16 / (this.tile.width + GAP))), down = Math.max(1, Math.ceil(12 / (this.tile.height + GAP)));
    context.textAlign = "center";
    for (let head = 0; head < heads; head += every) context.fillText(head, this.at(0, head)[0] + this.tile.width / 2, 8);
    context.textAlign = "right";
    for (let row = 0; row < layers.length; row += down) context.fillText(layers[row], GUTTER.left - 7, this.at(layers[row], 0)[1] + this.tile.height / 2);
    this.paint(context);
    this.mark();
    Object.assign(this.root.dataset, { digest: this.store.maps.digest, scale: this.painted }); // what is drawn, for those who wait for it
  }

  /** Every map, one device pixel after the other: the largest weight of the cells that the pixel covers. */
  paint(context) {
    const { maps } = this.store;
    this.painted = this.scale;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(this.tile.width * ratio), height = Math.round(this.tile.height * ratio);
    const colour = ([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r;
    const spans = (pixels, cells) => Array.from({ length: pixels }, (_, i) => {
      const start = Math.floor((i * cells) / pixels);
      return [start, Math.max(start + 1, Math.floor(((i + 1) * cells) / pixels))];
    });
    const across = spans(width, maps.columns), down = spans(height, maps.rows);
    const image = context.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let index = 0; index < maps.layers.length * maps.heads; index++) {
      const codes = maps.codes.subarray(index * maps.rows * maps.columns, (index + 1) * maps.rows * maps.columns);
      const alone = maps.exact ? aloneRows(codes, maps.columns) : new Uint8Array(maps.rows);
      const shares = [this.sharesOfCodes(maps.scale[index], maps.scale[index]), this.sharesOfCodes(maps.scale[index], 1)];
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          let most = -1;
          for (let row = down[y][0]; row < down[y][1]; row++) {
            const line = row * maps.columns, share = shares[alone[row]];
            for (let column = across[x][0]; column < across[x][1]; column++) most = Math.max(most, share[codes[line + column]]);
          }
          pixels[y * width + x] = colour(most < 0 ? this.colours.masked : this.colours.scale[Math.round(most * 255)]);
        }
      }
      const [left, top] = this.at(maps.layers[Math.floor(index / maps.heads)], index % maps.heads);
      context.putImageData(image, Math.round(left * ratio), Math.round(top * ratio));
    }
  }

  /** How far along the colours every code is, in a head whose scale ends at `end` and a row that is coded up to `coded`. */
  sharesOfCodes(end, coded) {
    return Float32Array.from({ length: 256 }, (_, code) => (code === MASKED ? -1 : shareOf(this.painted, coded * (code / TOP_CODE) ** 2, end)));
  }

  /** The maps, a frame around the chosen head, those averaged and the one looked at; and what is said of it. */
  mark() {
    if (!this.tile) return;
    const { maps, view, preview } = this.store;
    const ratio = window.devicePixelRatio || 1;
    const context = sharpContext(this.canvas, this.maps.width / ratio, this.maps.height / ratio);
    context.drawImage(this.maps, 0, 0, this.maps.width / ratio, this.maps.height / ratio);
    context.strokeStyle = this.colours.line;
    context.lineWidth = 1;
    for (const layer of maps.layers) {
      for (let head = 0; head < maps.heads; head++) this.frame(context, layer, head, 0.5);
    }
    context.strokeStyle = this.colours.text;
    const chosen = this.store.isWhole ? view : null;
    if (chosen) {
      const shown = chosen.average ? this.store.shown().heads : [];
      for (const [layer, head] of preview ? [] : shown) this.frame(context, layer, head, 1);
      context.lineWidth = 2;
      this.frame(context, chosen.layer, chosen.head, 2);
    }
    context.lineWidth = 1.5;
    if (preview) this.frame(context, preview.layer, preview.head, 1.5);
    this.say(preview ?? chosen);
  }

  frame(context, layer, head, out) {
    const [left, top] = this.at(layer, head);
    context.strokeRect(left - out, top - out, this.tile.width + 2 * out, this.tile.height + 2 * out);
  }

  say(head) {
    const { maps, view } = this.store;
    if (!head || !view || !this.store.isWhole) return;
    const index = maps.layers.indexOf(head.layer) * maps.heads + head.head;
    const link = `${nameOf(view.query, maps.linkQuery[index])} → ${nameOf(view.key ?? view.query, maps.linkKey[index])}`;
    const about = view.about?.[index] ?? "";
    const pooled = this.store.preview && !maps.exact ? "Click to see its words." : "";
    const name = make("b", {}, `Layer ${head.layer}, head ${head.head}`);
    const rest = ` strongest link ${link} ${numberOf(maps.linkWeight[index])}. ${about} ${pooled}`;
    this.said.replaceChildren(name, rest.replaceAll(/ +/g, " ").trimEnd());
    this.canvas.setAttribute("aria-label", `All ${maps.layers.length} layers and ${maps.heads} heads as small maps. Arrow keys look, Enter chooses, space adds to a mean. ${this.said.textContent}`);
    Object.assign(this.root.dataset, { layer: view.layer, head: view.head, left: GUTTER.left, top: GUTTER.top, stepX: this.tile.width + GAP, stepY: this.tile.height + GAP });
  }

  /** Where a map begins; a layer stands at its place among those that attend. */
  at(layer, head) {
    const row = this.store.maps.layers.indexOf(layer);
    return [GUTTER.left + head * (this.tile.width + GAP), GUTTER.top + row * (this.tile.height + GAP)];
  }

  headAt({ offsetX, offsetY }) {
    if (!this.store?.isWhole) return null;
    const head = Math.floor((offsetX - GUTTER.left + GAP / 2) / (this.tile.width + GAP));
    const row = Math.floor((offsetY - GUTTER.top + GAP / 2) / (this.tile.height + GAP));
    const { layers, heads } = this.store.maps;
    return row >= 0 && head >= 0 && row < layers.length && head < heads ? { layer: layers[row], head } : null;
  }

  look(head) {
    this.canvas.style.cursor = head ? "pointer" : "default";
    this.store?.look(head);
  }

  choose(head, event) {
    if (!head) return;
    const { view } = this.store;
    if (event.shiftKey || event.ctrlKey || event.metaKey || event.key === " ") {
      const before = /\d/.test(view.average) ? view.average.split("-") : [`${view.layer}.${view.head}`];
      const name = `${head.layer}.${head.head}`;
      const several = before.includes(name) ? before.filter((each) => each !== name) : [...before, name];
      this.store.choose({ average: several.length > 1 ? several.join("-") : "" }, this.tell);
    } else {
      this.store.choose({ ...head, average: "" }, this.tell);
    }
  }

  key(event) {
    if (!this.store?.isWhole) return;
    const { layers, heads } = this.store.maps;
    const { layer, head } = this.store.preview ?? this.store.view;
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -heads], End: [0, heads] }[event.key];
    const within = (value, count) => Math.min(Math.max(value, 0), count - 1);
    if (move) this.look({ layer: layers[within(layers.indexOf(layer) + move[0], layers.length)], head: within(head + move[1], heads) });
    else if (event.key === "Enter" || event.key === " ") this.choose({ layer, head }, event);
    else if (event.key === "Escape") this.look(null);
    else return;
    event.preventDefault();
  }
}

export default mounting(Overview);
