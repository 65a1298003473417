// The colours of the picture, light and dark; the scale and the colours of words are those of attnviz/figures/theme.py.
// `edge` is that of a button, `band` lies behind the largest product.

export const LIGHT = {
  background: "#ffffff", soft: "#f4f5f6", text: "#1f2328", muted: "#5f6670", line: "#d5d9de", hair: "#e7eaed",
  accent: "#22738f", edge: "#7d858f", chosen: "#e4f1f3", chosenText: "#16566d", plus: "#3a8ea5", minus: "#cc6f28",
  band: "#e4f1f3", amber: "#7a4b00", amberGround: "#fdf1dc", masked: "#e4e4e4",
  scale: ["#ffffff", "#e4f1f3", "#c1e0e5", "#98cbd4", "#6db2c0", "#4496ab", "#247a95", "#165c7b", "#103f5e", "#0a2340"],
};

export const DARK = {
  background: "#14171a", soft: "#1d2125", text: "#e8eaed", muted: "#a3aab3", line: "#3a4046", hair: "#282d32",
  accent: "#5ba8b5", edge: "#7d858f", chosen: "#143f4a", chosenText: "#c1e0e2", plus: "#419bb0", minus: "#d98236",
  band: "#1b2c32", amber: "#f2c46f", amberGround: "#3a2b12", masked: "#2f2f2f",
  scale: ["#14171a", "#132a31", "#143f4a", "#175666", "#216f81", "#398a9b", "#5ea6b3", "#8dc3ca", "#c1e0e2", "#f5fcfa"],
};

const STEPS = 256;

/** @typedef {ReturnType<typeof colouring>} Colours */

/** @type {Map<string, Colours>} */
const made = new Map();

/**
 * The colours of a light or of a dark page.
 * @param {boolean} isDark
 * @param {string} [font]
 */
export function coloursOf(isDark, font = "sans-serif") {
  const name = `${isDark} ${font}`;
  const colours = made.get(name) ?? colouring(isDark, font);
  made.set(name, colours);
  return colours;
}

/**
 * The colours, and 256 steps of their scale with the letters that are read on each.
 * @param {boolean} isDark
 * @param {string} font
 */
function colouring(isDark, font) {
  const tokens = isDark ? DARK : LIGHT;
  const steps = stepsOf(tokens.scale);
  const css = steps.map((step) => `rgb(${step.join(", ")})`);
  const pixels = Uint32Array.from(steps, pixelOf);
  return { ...tokens, isDark, font, css, ink: steps.map(inkOn), pixels, maskedPixel: pixelOf(rgb(tokens.masked)) };
}

/**
 * Black or white, whichever has more contrast on a colour.
 * @param {number[]} colour
 */
export function inkOn(colour) {
  const light = luminance(colour);
  return (light + 0.05) ** 2 > 1.05 * 0.05 ? "#000000" : "#ffffff";
}

/**
 * Relative luminance, as the Web Content Accessibility Guidelines define it.
 * @param {number[]} colour
 */
export function luminance(colour) {
  const [r, g, b] = colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * Red, green and blue, 0 to 255, of a colour as CSS computes it.
 * @param {string} colour
 * @returns {number[]}
 */
export function rgb(colour) {
  if (colour.startsWith("#")) {
    const digits = colour.length < 6 ? [...colour.slice(1, 4)].map((digit) => digit + digit).join("") : colour.slice(1, 7);
    return [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16));
  }
  return colour.match(/[\d.]+/g)?.slice(0, 3).map(Number) ?? [255, 255, 255];
}

function stepsOf(/** @type {string[]} */ scale) {
  const stops = scale.map(rgb);
  return Array.from({ length: STEPS }, (_, step) => {
    const place = (step / (STEPS - 1)) * (stops.length - 1);
    const low = Math.min(Math.floor(place), stops.length - 2);
    return stops[low].map((from, part) => Math.round(from + (stops[low + 1][part] - from) * (place - low)));
  });
}

/**
 * A colour as the four bytes of a pixel, little-endian.
 * @param {number[]} colour
 */
function pixelOf([r, g, b]) {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}
