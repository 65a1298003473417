// What each step of the arithmetic says: one weight, the whole row, what is mixed in, the output.

import { make } from "./dom.js";
import { largest, namesOf, numbersOf } from "./tables.js";

/** @import { Vectors } from "./bars.js" */
/** @import { Step, Why } from "./types.js" */

const MOST = 16; // words of a row that are listed: the strongest of a longer one

/**
 * @typedef {object} Stage
 * @property {(why: Why) => string} name
 * @property {(why: Why) => string} note   beside the button that leads to it
 * @property {(why: Why, keys: string[]) => (HTMLElement | Vectors)[]} parts
 */

/** @type {Stage[]} */
export const STAGES = [
  { name: (why) => `why ${why.number}`, note: () => "", parts: weightParts },
  {
    name: (why) => `the whole row of “${why.names[0]}”`,
    note: (why) => `${why.row.all} scores, one sum`,
    parts: rowParts,
  },
  { name: () => "what is mixed in", note: (why) => `${why.row.all} values`, parts: mixedParts },
  { name: () => "the output", note: (why) => `${why.output.out.length} numbers`, parts: outputParts },
];

/** @type {Stage["parts"]} */
function weightParts(why) {
  const { q, k, products } = why.written;
  const bars = {
    name: "q, k and their products, dimension by dimension",
    strips: [
      { label: ["q: what ", bold(why.names[0]), " asks for"], values: numbersOf(q) },
      { label: ["k: what ", bold(why.names[1]), " offers"], values: numbersOf(k) },
      { label: ["q × k, one by one"], values: numbersOf(products) },
    ],
    rest: largest(numbersOf(products)),
    band: true,
    say: (/** @type {number} */ at) => `dimension ${at}: ${q[at]} × ${bracketed(k[at])} = ${products[at]}`,
  };
  return [bars, chain("From q and k to the weight", [...why.steps, ...why.then])];
}

/** @type {Stage["parts"]} */
function rowParts(why, keys) {
  const { scores, exps, weights, total } = why.row;
  const shares = numbersOf(weights);
  const { places, said } = listed(shares, why.at);
  const names = namesOf(keys);
  const lines = places.map((at) => line(names[at], [scores[at], exps[at], weights[at]], shares[at], at === why.at));
  return [
    heading(`The whole row of “${why.names[0]}”`, said),
    table(["word", "score", "exp", "weight"], lines, line("sum", ["", total, "1"], 0, false)),
  ];
}

/** @type {Stage["parts"]} */
function mixedParts(why, keys) {
  const { weight, length, part } = why.mixed;
  const parts = numbersOf(part);
  const reach = Math.max(...parts) || 1;
  const { places, said } = listed(parts, why.at);
  const names = namesOf(keys);
  const lines = places.map((at) => line(names[at], [weight[at], length[at], part[at]], parts[at] / reach, at === why.at));
  return [
    heading("What is mixed in", said),
    plain("Each word has a value v. Its weight says how much of v comes in."),
    table(["word", "weight", "length of v", "weight × length"], lines, null),
  ];
}

/** @type {Stage["parts"]} */
function outputParts(why) {
  const { weight, v, part, out } = why.output;
  const bars = {
    name: "value, its part and the output, dimension by dimension",
    strips: [
      { label: ["v of ", bold(why.names[1])], values: numbersOf(v) },
      { label: [`its part, ${weight} × v`], values: numbersOf(part) },
      { label: ["output for ", bold(why.names[0])], values: numbersOf(out) },
    ],
    rest: largest(numbersOf(out)),
    band: false,
    say: (/** @type {number} */ at) =>
      `dimension ${at}: v ${v[at]}, part ${part[at]}, output ${out[at]}`,
  };
  return [
    heading("The output", ""),
    plain(`The parts of all ${why.row.all} words added up are what the head gives to “${why.names[0]}”.`),
    bars,
  ];
}

/**
 * The places of the largest numbers and the chosen one, in the order of the text; and what is said of that.
 * @param {number[]} values
 * @param {number} chosen
 */
function listed(values, chosen) {
  const all = values.map((_, place) => place);
  if (all.length <= MOST) return { places: all, said: "" };
  const others = all.filter((place) => place !== chosen).sort((one, two) => values[two] - values[one]);
  const places = [...others.slice(0, MOST - 1), chosen].sort((one, two) => one - two);
  return { places, said: `the ${MOST} largest of ${all.length}; see Numbers` };
}

function chain(/** @type {string} */ name, /** @type {Step[]} */ steps) {
  const lines = steps.map(({ name: step, how, result }) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, step),
      make("td", { class: "how" }, how),
      make("td", { class: "result" }, result),
    ),
  );
  return make("table", { class: "chain", "aria-label": name }, make("tbody", {}, ...lines));
}

function table(/** @type {string[]} */ columns, /** @type {HTMLElement[]} */ lines, /** @type {HTMLElement | null} */ sum) {
  const heads = columns.map((name) => make("th", { scope: "col" }, name));
  return make(
    "table",
    { class: "row" },
    make("thead", {}, make("tr", {}, ...heads, make("td"))),
    make("tbody", {}, ...lines),
    ...(sum ? [make("tfoot", {}, sum)] : []),
  );
}

/**
 * @param {string} name
 * @param {string[]} cells
 * @param {number} share   of its bar, 0 to 1
 * @param {boolean} isChosen
 */
function line(name, cells, share, isChosen) {
  const bar = make("i");
  bar.style.width = `${100 * share}%`;
  return make(
    "tr",
    { class: isChosen ? "chosen" : null },
    make("th", { scope: "row", dir: "auto" }, name),
    ...cells.map((text) => make("td", {}, text)),
    make("td", { class: "bar" }, ...(share > 0 ? [bar] : [])),
  );
}

function heading(/** @type {string} */ text, /** @type {string} */ said) {
  return make("h4", {}, text, ...(said ? [make("span", { class: "note" }, said)] : []));
}

function plain(/** @type {string} */ text) {
  return make("p", { class: "note" }, text);
}

function bold(/** @type {string} */ text) {
  return make("b", { dir: "auto" }, text);
}

function bracketed(/** @type {string} */ number) {
  return number.startsWith("−") ? `(${number})` : number;
}
