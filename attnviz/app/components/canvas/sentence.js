// The text as words. A word that is looked at (pointer, arrow keys) or pinned (click, Enter) shows what it attends to:
// arcs in the text itself, or lines between two columns. What is seen is drawn on a canvas behind the words; the words
// and their numbers are text.

const SECOND_WRITING = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/; // Hebrew, Arabic and others written from the right

class Sentence {
  constructor(root) {
    this.root = root;
    this.bar = make("div", { class: "bar" });
    this.canvas = make("canvas", { "aria-hidden": "true" });
    this.pane = make("div", { class: "pane" });
    this.pane.append(this.canvas);
    this.lists = make("div", { class: "lists" });
    this.box = make("div", { class: "box" });
    this.box.append(this.pane, this.lists);
    this.said = make("p", { class: "said", "aria-live": "polite" });
    this.note = make("p", { class: "note", role: "status" });
    root.replaceChildren(this.bar, this.box, this.said, this.note);
    this.hovered = null; // {side, index}
    this.lists.addEventListener("pointerover", (event) => this.hover(this.wordOf(event)));
    this.lists.addEventListener("pointerleave", () => this.hover(null));
    this.lists.addEventListener("click", (event) => this.pin(this.wordOf(event)));
    this.lists.addEventListener("keydown", (event) => this.key(event));
    this.lists.addEventListener("focusout", () => this.hover(null));
    this.box.addEventListener("scroll", () => this.draw());
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(root);
  }

  update(component) {
    const message = join(this, component);
    if (!this.store.takeView(message)) this.changed("view");
  }

  remove() {
    this.observer.disconnect();
    this.leave?.();
  }

  changed(what) {
    if (!this.store.view) return;
    if (what === "view") {
      this.view = this.store.view;
      this.buildBar();
      this.buildWords();
      this.note.textContent = this.view.note ?? "";
    }
    this.draw();
  }

  // ---------------------------------------------------------------- the controls above the words

  buildBar() {
    const { view } = this;
    const groups = [
      ["Direction", "direction", { to: "attends to", from: "is attended by" }],
      ["Picture", "face", { text: "in the text", columns: "two columns" }],
      ["Heads", "average", {
        "": "one head", ...(/\d/.test(view.average) ? { [view.average]: `mean of ${view.average.split("-").length} heads` } : {}),
        layer: `mean of layer ${view.layer}`, all: "mean of all",
      }],
    ];
    if (view.query.second !== null && view.key === null) {
      groups.push(["Between", "between", { "": "A and B", aa: "A → A", ab: "A → B", ba: "B → A", bb: "B → B" }]);
    }
    if (view.stacks.length > 1) groups.push(["Attention", "stack", Object.fromEntries(view.stacks.map((each) => [each, each]))]);
    const plan = JSON.stringify([groups, groups.map(([, field]) => view[field]), view.pins.length]);
    if (plan === this.barPlan) return; // an answer of the server seldom changes it, and a new bar is a new layout
    this.barPlan = plan;
    const content = groups.map(([label, field, options]) => {
      const group = make("div", { role: "group", "aria-label": label });
      for (const [value, text] of Object.entries(options)) {
        const button = make("button", { type: "button", "data-set": `${field}=${value}`, "aria-pressed": String(view[field] === value) }, text);
        button.addEventListener("click", () => this.set(field, value));
        group.append(button);
      }
      return group;
    });
    if (view.pins.length) {
      const clear = make("button", { type: "button", "data-set": "pins=" }, view.pins.length > 1 ? "unpin all" : "unpin");
      clear.addEventListener("click", () => this.store.choose({ pins: [] }, this.tell));
      content.push(clear);
    }
    const focused = this.root.getRootNode().activeElement?.dataset?.set;
    this.bar.replaceChildren(...content);
    if (focused) this.bar.querySelector(`[data-set="${focused}"]`)?.focus();
  }

  set(field, value) {
    if (this.view[field] === value) return;
    this.hovered = null;
    this.store.choose({ [field]: value, ...(field === "between" || field === "stack" ? { pins: [] } : {}) }, this.tell);
  }

  // ---------------------------------------------------------------- the words

  /** Lists of words: one where the text attends to itself, else one for the queries and one for the keys. */
  buildWords() {
    const { digest, face, query, key, names } = this.view;
    const isOne = face === "text" && key === null;
    const plan = `${digest} ${face} ${query.text.length}`;
    if (plan !== this.plan) {
      this.plan = plan;
      this.hovered = null;
      this.sides = isOne ? { query: this.list(query, "query", "") }
        : { query: this.list(query, "query", names[0]), key: this.list(key ?? query, "key", names[1]) };
      const order = face === "columns" ? ["query", "key"] : ["key", "query"]; // a translation stands below its source
      this.lists.replaceChildren(...order.filter((side) => this.sides[side]).map((side) => this.sides[side].element));
      this.root.dataset.face = face;
      this.root.dataset.long = String(query.text.length > 60);
      this.box.scrollTop = 0;
      this.measure();
    }
    this.sides.key ??= null;
    for (const [side, list] of Object.entries(this.sides)) {
      if (!list) continue;
      const isActive = isOne || side === this.activeSide();
      list.words.setAttribute("tabindex", isActive ? "0" : "-1");
      list.spans.forEach((span, index) => {
        const isPinned = isActive && this.view.pins.includes(index);
        if (span.classList.toggle("pinned", isPinned) !== (span.getAttribute("aria-selected") === "true")) {
          span.setAttribute("aria-selected", String(isPinned));
        }
        const isOn = isOne ? this.isAllowed("query", index) || this.isAllowed("key", index) : this.isAllowed(side, index);
        span.classList.toggle("off", !isOn);
      });
    }
  }

  list(tokens, side, name) {
    const element = make("div", { class: `list ${side}` });
    if (name) element.append(make("p", { class: "name" }, name));
    const fromRight = tokens.text.some((text, index) => !tokens.special.includes(index) && SECOND_WRITING.test(text));
    const words = make("div", { class: "words", role: "listbox", "aria-multiselectable": "true", dir: fromRight ? "rtl" : "ltr",
      "aria-label": `Words of the text${name ? `: ${name}` : ""}. Arrow keys look at a word, Enter pins it.` });
    element.append(words);
    let word = null;
    const spans = tokens.text.map((text, index) => {
      const isSpecial = tokens.special.includes(index);
      if (index === tokens.second) words.append(make("span", { class: "break", role: "presentation" }));
      if (tokens.second !== null && (index === 0 || index === tokens.second)) {
        words.append(make("span", { class: "tag", role: "presentation" }, index ? "B" : "A"));
      }
      if (!word || tokens.starts[index] || index === tokens.second) {
        word = make("span", { class: "word", role: "presentation" });
        words.append(word);
      }
      const span = make("span", { class: isSpecial ? "token special" : "token", role: "option", id: `${side}-${index}`, "aria-selected": "false" });
      if (tokens.unknown.includes(index)) {
        span.classList.add("unknown");
        span.title = "The model does not know this word: it reads [UNK]";
      }
      span.append(make("bdi", {}, text), make("small", { "aria-hidden": "true" }));
      span.dataset.index = index;
      span.dataset.side = side;
      word.append(span);
      return span;
    });
    return { element, words, spans, tokens, boxes: [], numbered: new Set(), strong: new Set() };
  }

  /** Side whose words are looked at and pinned. */
  activeSide() {
    return this.view.direction === "to" ? "query" : "key";
  }

  /** Whether the filter lets a token take part on a side. */
  isAllowed(side, index) {
    const { between, query } = this.view;
    if (!between || query.second === null) return true;
    const text = between[side === "query" ? 0 : 1];
    return text === (index < query.second ? "a" : "b");
  }

  listOf(side) {
    return this.sides[side] ?? this.sides.query;
  }

  /** Place of every word, relative to the top of the text; and room for the arcs, less the more lines there are. */
  measure() {
    if (!this.view || !this.root.clientWidth) return;
    const isText = this.view.face === "text";
    const every = ["query", "key"].filter((side) => this.sides[side]).map((side) => this.sides[side]);
    const lines = new Set(every.flatMap((list) => list.spans.map((span) => span.offsetTop))).size;
    this.gap = isText ? (lines <= 1 ? 74 : lines <= 2 ? 50 : lines <= 4 ? 32 : 14) : 0;
    this.root.style.setProperty("--gap", `${this.gap}px`);
    this.root.style.setProperty("--row", every[0].spans.length <= 24 ? "22px" : "18px");
    const pane = this.pane.getBoundingClientRect(); // stays in place while the text scrolls
    const origin = { left: pane.left, top: pane.top - this.box.scrollTop };
    for (const list of every) {
      list.boxes = list.spans.map((span) => {
        const box = span.getBoundingClientRect();
        return { left: box.left - origin.left, top: box.top - origin.top, width: box.width, height: box.height };
      });
    }
    this.draw();
  }

  // ---------------------------------------------------------------- looking and pinning

  wordOf(event) {
    const span = event.target.closest?.(".token");
    return span ? { side: span.dataset.side, index: Number(span.dataset.index) } : null;
  }

  /** In one list, the switch says which side a word is on; in two, the list does. */
  sideOf(word) {
    return this.sides.key ? word.side : this.activeSide();
  }

  hover(word) {
    if (word && !this.isAllowed(this.sideOf(word), word.index)) word = null;
    if (word?.index === this.hovered?.index && word?.side === this.hovered?.side) return;
    this.hovered = word;
    this.draw();
  }

  pin(word) {
    if (!word || !this.isAllowed(this.sideOf(word), word.index)) return;
    const side = this.sideOf(word);
    const isOther = side !== this.activeSide();
    const before = isOther ? [] : this.view.pins;
    const pins = before.includes(word.index) ? before.filter((each) => each !== word.index) : [...before, word.index].sort((a, b) => a - b);
    this.store.choose({ pins, ...(isOther ? { direction: side === "query" ? "to" : "from" } : {}) }, this.tell);
  }

  key(event) {
    const side = event.target.closest(".list")?.classList.contains("key") ? "key" : "query";
    const list = this.sides[side];
    const at = this.hovered?.side === side ? this.hovered.index : (this.view.pins[0] ?? -1);
    const ahead = list.words.dir === "rtl" && this.view.face === "text" ? "ArrowLeft" : "ArrowRight";
    const step = { [ahead]: 1, [ahead === "ArrowRight" ? "ArrowLeft" : "ArrowRight"]: -1 }[event.key];
    let index = at;
    if (step) index = this.next(side, at, step);
    else if (event.key === "ArrowUp" || event.key === "ArrowDown") index = this.vertical(side, at, event.key === "ArrowUp" ? -1 : 1);
    else if (event.key === "Home") index = this.next(side, -1, 1);
    else if (event.key === "End") index = this.next(side, list.spans.length, -1);
    else if (event.key === "Enter" || event.key === " ") this.pin(at < 0 ? null : { side, index: at });
    else if (event.key === "Escape") this.hover(null);
    else return;
    event.preventDefault();
    if (index === at || index < 0) return;
    this.hover({ side, index });
    list.words.setAttribute("aria-activedescendant", list.spans[index].id);
    list.spans[index].scrollIntoView({ block: "nearest" });
  }

  next(side, at, step) {
    const { spans } = this.sides[side];
    let index = at + step;
    while (index >= 0 && index < spans.length && !this.isAllowed(this.sideOf({ side }), index)) index += step;
    return index >= 0 && index < spans.length ? index : at;
  }

  /** The word of the line above or below that is nearest. */
  vertical(side, at, step) {
    if (this.view.face === "columns" || at < 0) return this.next(side, at, step);
    const { boxes } = this.sides[side];
    const from = boxes[at];
    const beyond = boxes.filter((box) => (box.top - from.top) * step > 4);
    if (!beyond.length) return at;
    const line = beyond.reduce((best, box) => ((box.top - best.top) * step < 0 ? box : best)).top;
    const off = (box) => Math.abs(box.left + box.width / 2 - from.left - from.width / 2);
    const nearest = beyond.filter((box) => Math.abs(box.top - line) < 4).reduce((best, box) => (off(box) < off(best) ? box : best));
    return boxes.indexOf(nearest);
  }

  draw() {
    if (!this.view || !this.sides || !this.root.clientWidth) return;
    drawSentence(this);
  }
}

export default mounting(Sentence);
