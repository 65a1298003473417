// Weights as text, one way; attnviz/numbers.py writes the same.

/**
 * A weight as on screen: two decimals without the zero (".91"), "<.01" below, ">.99" above; exactly 0 and 1 as "0", "1".
 * @param {number} weight
 */
export function numberText(weight) {
  if (weight === 0 || weight === 1) return String(weight);
  if (weight < 0.005) return "<.01";
  if (weight >= 0.995 && weight < 1) return ">.99";
  return weight.toFixed(2).replace(/^0/, "");
}

/**
 * A weight as a share of a hundred, for sentences: "91 %", with a narrow blank.
 * @param {number} weight
 */
export function percentText(weight) {
  if (weight > 0 && weight < 0.005) return "<\u202f1\u202f%";
  if (weight >= 0.995 && weight < 1) return ">\u202f99\u202f%";
  return `${Math.round(100 * weight)}\u202f%`;
}
