// The store: what a host says, what a person chooses, and which of them holds.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Store } from "../../attnviz/canvas/store.js";

const WORDS = { text: ["a", "b", "c"], tokens: [[0, 0], [1, 1], [2, 2]], special: [], unknown: [], starts: [1, 1, 1], second: null };

function bytes(header, ...arrays) {
  let words = JSON.stringify(header);
  words += " ".repeat((4 - (new TextEncoder().encode(words).length % 4)) % 4);
  const encoded = new TextEncoder().encode(words);
  const bodies = arrays.map((array) => new Uint8Array(array.buffer));
  const all = new Uint8Array(4 + encoded.length + bodies.reduce((sum, body) => sum + body.length, 0));
  new DataView(all.buffer).setUint32(0, encoded.length, true);
  all.set(encoded, 4);
  let at = 4 + encoded.length;
  for (const body of bodies) {
    all.set(body, at);
    at += body.length;
  }
  return all;
}

// Two heads of one layer; each code of a head is its square root in 254ths of its scale, 255 where masked.
function text(digest = "one") {
  const header = { kind: "text", group: "g", digest, layers: [4], heads: 2, tokens: [3, 3], cells: [3, 3], block: [1, 1], first: [0, 0], total: [3, 3],
    query: WORDS, key: null, is_one_text: true, names: ["looks", "is looked at"], about: [], source: { model: "m", text: "a b c", pair: null },
    opening: { layer: 4, head: 0, query: 2, key: 0 } };
  const codes = Uint8Array.from([254, 255, 255, 127, 254, 255, 0, 127, 254, 254, 255, 255, 254, 0, 255, 127, 127, 127]);
  return bytes(header, Float32Array.from([0.5, 1]), new Float32Array(2), new Uint16Array(2), new Uint16Array(2), codes);
}

const VIEW = { layer: null, head: null, query: null, key: null, pins: [], direction: null, face: null, between: null, average: null, words: null,
  special: null, scale: null };
const SHOWN = { kinds: ["encoder"], kind: "encoder", layer: 4, head: 0, query: 2, key: 0, pins: [], average: "", heads: [[4, 0]], name: "4.0",
  direction: "to", face: "text", between: "", words: false, special: "keep", scale: "head" };

function view(sequence, { digest = "one", view: asked = {}, shown = {}, ...rest } = {}) {
  return bytes({ kind: "view", digest, sequence, view: { ...VIEW, ...asked }, shown: { ...SHOWN, ...shown }, why: null, sentences: [], note: "",
    badge: null, examples: [], first: null, ...rest });
}

function opened() {
  const told = [];
  const store = new Store((choice) => told.push(choice.events.map(({ sequence, event }) => [sequence, event.type])));
  store.take(text());
  store.take(view(0));
  return { store, told };
}

test("messages are shown once they fit, in whatever order they come", () => {
  const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
  const exact = Float32Array.from({ length: 9 }, (_, place) => place / 9);
  for (const order of orders) {
    const store = new Store(() => {});
    const messages = [text(), bytes({ kind: "map", digest: "one", name: "4.0" }, exact), view(0)];
    for (const which of order) store.take(messages[which]);
    assert.deepEqual(store.map().values, exact);
    assert.equal(store.map().exact, true);
  }
});

test("a view of another text waits for its words", () => {
  const { store } = opened();
  store.take(view(0, { digest: "two", shown: { layer: 4, head: 1, name: "4.1", heads: [[4, 1]] } }));
  assert.equal(store.shown.name, "4.0");
  assert.equal(store.text.digest, "one");
  store.take(text("two"));
  assert.equal(store.shown.name, "4.1");
  assert.equal(store.text.digest, "two");
});

test("a choice is shown at once and told with all that is not acknowledged", () => {
  const { store, told } = opened();
  store.choose({ type: "head", layer: 4, head: 1 });
  assert.equal(store.shown.name, "4.1");
  store.choose({ type: "direction", direction: "from" });
  assert.deepEqual(told, [[[1, "head"]], [[1, "head"], [2, "direction"]]]);
  store.take(view(1, { view: { layer: 4, head: 1 }, shown: { head: 1, name: "4.1", heads: [[4, 1]] } }));
  store.choose({ type: "scale", scale: "log" });
  assert.deepEqual(told.at(-1), [[2, "direction"], [3, "scale"]]);
});

test("an older answer never undoes a newer choice", () => {
  const { store } = opened();
  store.choose({ type: "head", layer: 4, head: 1 });
  store.choose({ type: "direction", direction: "from" });
  store.take(view(0));
  assert.deepEqual([store.shown.name, store.shown.direction], ["4.1", "from"]);
  store.take(view(1, { view: { layer: 4, head: 1 }, shown: { head: 1, name: "4.1", heads: [[4, 1]] } }));
  assert.deepEqual([store.shown.name, store.shown.direction, store.pending.length], ["4.1", "from", 1]);
});

test("a refused choice is acknowledged too, and undone", () => {
  const { store } = opened();
  store.choose({ type: "head", layer: 4, head: 1 });
  store.take(view(1));
  assert.deepEqual([store.shown.name, store.pending.length, store.sequence], ["4.0", 0, 1]);
});

test("sequence numbers only grow", () => {
  const { store } = opened();
  store.take(view(7));
  store.choose({ type: "direction", direction: "from" });
  assert.equal(store.sequence, 8);
  store.take(view(2));
  store.choose({ type: "direction", direction: "to" });
  assert.equal(store.sequence, 9);
});

test("a host that begins anew is told again of what it does not know, and only then", () => {
  const { store, told } = opened();
  store.take(view(5));
  store.choose({ type: "direction", direction: "from" });
  store.take(view(5));
  assert.equal(told.length, 1);
  store.take(view(0));
  assert.deepEqual(told, [[[6, "direction"]], [[6, "direction"]]]);
  assert.equal(store.shown.direction, "from");
});

test("pointing shows another head and leaves what was chosen", () => {
  const { store, told } = opened();
  store.look({ layer: 4, head: 1 });
  assert.equal(store.map().name, "4.1");
  assert.equal(store.map(null).name, "4.0");
  store.look(null);
  assert.equal(store.map().name, "4.0");
  assert.deepEqual(told, []);
});

test("what did not change is not told", () => {
  const { store } = opened();
  const heard = [];
  const stop = store.listen((what) => heard.push(what));
  store.look({ query: 1 });
  store.look({ query: 1 });
  stop();
  store.look(null);
  assert.deepEqual(heard, ["preview"]);
});

test("a map that has not come is drawn from the codes: the scale times the square, 1 where there was no choice", () => {
  const { store } = opened();
  const { values, exact } = store.map();
  assert.equal(exact, false);
  const quarter = (127 / 254) ** 2;
  const expected = [1, NaN, NaN, 0.5 * quarter, 0.5, NaN, 0, 0.5 * quarter, 0.5];
  assert.deepEqual([...values].map((value) => value.toFixed(6)), expected.map((value) => value.toFixed(6)));
  store.choose({ type: "average", average: "layer" });
  assert.equal(store.map().name, "layer 4");
  assert.equal(store.map().values[3].toFixed(6), ((0.5 * quarter + 1) / 2).toFixed(6));
});

test("two stores know nothing of each other", () => {
  const [one, other] = [opened().store, opened().store];
  one.choose({ type: "direction", direction: "from" });
  assert.equal(other.shown.direction, "to");
  assert.equal(other.sequence, 0);
});
