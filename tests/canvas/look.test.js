// What is looked at, in numbers, worked out by hand.
import assert from "node:assert/strict";
import { test } from "node:test";

import { endOf, lookedAt, nameOf, ranked } from "../../attnviz/canvas/look.js";

const WORDS = { text: ["the", "cat", "the", "mat"], tokens: [[0, 0], [1, 2], [3, 3], [4, 4]], special: [], unknown: [], starts: [1, 1, 1, 1], second: null };
const TEXT = { tokens: [4, 4], query: WORDS, key: null };
const SHOWN = { direction: "to", query: 2, key: 3, pins: [], between: "" };
const VALUES = Float32Array.from([
  1, NaN, NaN, NaN,
  0.25, 0.75, NaN, NaN,
  0.5, 0.25, 0.25, NaN,
  0.125, 0.125, 0.25, 0.5,
]);

test("a chosen token is looked at where its word is drawn, and the chosen link is known", () => {
  const look = lookedAt(TEXT, SHOWN, null, VALUES);
  assert.deepEqual([look.side, look.other, look.places, look.partner], ["query", "key", [1], 2]);
  assert.deepEqual([...look.weights], [0.25, 0.75, 0, 0]);
  assert.deepEqual([...look.free], [1, 1, 0, 0]);
});

test("several words that look are averaged, several that are looked at are summed", () => {
  const to = lookedAt(TEXT, { ...SHOWN, pins: [3, 4] }, null, VALUES);
  assert.deepEqual([...to.weights], [0.3125, 0.1875, 0.25, 0.25]);
  assert.deepEqual([...to.free], [1, 1, 1, 1]);
  const from = lookedAt(TEXT, { ...SHOWN, direction: "from", pins: [0, 2] }, null, VALUES);
  assert.deepEqual([...from.weights], [1, 1, 0.75, 0.25]);
});

test("a word under the pointer comes first; of a cell, the word that looks", () => {
  assert.deepEqual(lookedAt(TEXT, SHOWN, { query: 3 }, VALUES).places, [3]);
  const cell = lookedAt(TEXT, SHOWN, { query: 3, key: 2 }, VALUES);
  assert.deepEqual([cell.side, cell.places, cell.partner], ["query", [3], 2]);
  const from = lookedAt(TEXT, { ...SHOWN, direction: "from" }, { query: 3, key: 2 }, VALUES);
  assert.deepEqual([from.side, from.places, from.partner], ["key", [2], 3]);
});

test("the choice between two texts leaves the others out", () => {
  const pair = { ...TEXT, query: { ...WORDS, second: 2 } };
  const look = lookedAt(pair, { ...SHOWN, query: 4, between: "ba" }, null, VALUES);
  assert.deepEqual([...look.weights], [0.125, 0.125, 0, 0]);
  assert.deepEqual([...look.free], [1, 1, 0, 0]);
});

test("a chosen word that is not drawn is not looked at", () => {
  assert.equal(lookedAt(TEXT, { ...SHOWN, query: 9 }, null, VALUES), null);
  assert.equal(lookedAt(TEXT, { ...SHOWN, query: null }, null, VALUES), null);
});

test("the scale of a map ends at its largest weight that was a choice", () => {
  assert.equal(endOf(VALUES, 4), 0.75);
  assert.equal(endOf(Float32Array.from([1, NaN, NaN, 1]), 2), 1);
});

test("weights are ranked, and equal ones stay in their order", () => {
  assert.deepEqual(ranked(Float32Array.from([0.25, 0, 0.5, 0.25]), 0.1), [2, 0, 3]);
});

test("a word that occurs more than once has the number of its token", () => {
  assert.deepEqual([0, 1, 2].map((place) => nameOf(WORDS, place)), ["the (0)", "cat", "the (3)"]);
});
