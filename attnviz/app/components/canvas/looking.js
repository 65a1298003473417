// What is looked at in the sentence, in numbers and in words: rows of a map averaged, columns of it summed.

/** Words looked at and the weights of the other side, summed over them (averaged where they are queries). */
function lookedAt(part, map) {
  const [rows, columns] = part.view.tokens;
  let side = part.activeSide(), indices = part.view.pins, kind = "pinned";
  if (part.hovered) {
    side = part.sideOf(part.hovered);
    indices = [part.hovered.index];
    kind = "hovered";
  } else if (!indices.length) {
    const link = hasRest(part) ? null : strongestOf(part, map);
    if (!link && !hasRest(part)) return null;
    indices = [link ? link[side] : part.view.rest];
    kind = "resting";
  }
  const isTo = side === "query";
  const weights = new Float32Array(isTo ? columns : rows), free = new Uint8Array(weights.length);
  for (const index of indices) {
    for (let other = 0; other < weights.length; other++) {
      const weight = map.values[isTo ? index * columns + other : other * columns + index];
      if (Number.isNaN(weight)) continue;
      free[other] = 1;
      weights[other] += isTo ? weight / indices.length : weight;
    }
  }
  const other = isTo ? "key" : "query";
  for (let index = 0; index < weights.length; index++) if (!part.isAllowed(other, index)) weights[index] = free[index] = 0;
  return { side, other, indices, kind, weights, free };
}

/** Whether there is a word that the text is about, and the filter lets it take part. */
function hasRest(part) {
  const { rest, direction } = part.view;
  return rest !== null && part.isAllowed(direction === "to" ? "query" : "key", rest);
}

/** The largest weight between two typed words that are not the same place, and that was a choice. */
function strongestOf(part, map) {
  const between = part.view.between;
  if (part.found?.values === map.values && part.found.between === between) return part.found.link;
  const { query, key } = part.view;
  const [rows, columns] = part.view.tokens;
  const typed = (tokens, index) => !tokens.special.includes(index) || tokens.special.length === tokens.text.length;
  const keys = Array.from({ length: columns }, (_, k) => typed(key ?? query, k) && part.isAllowed("key", k));
  let best = -1, link = null;
  for (let q = 0; q < rows; q++) {
    if (!typed(query, q) || !part.isAllowed("query", q)) continue;
    let free = 0;
    for (let k = 0; k < columns && free < 2; k++) if (!Number.isNaN(map.values[q * columns + k])) free += 1;
    for (let k = 0; free > 1 && k < columns; k++) {
      const weight = map.values[q * columns + k];
      if (keys[k] && weight > best) [best, link] = [weight, { query: q, key: k }];
    }
  }
  part.found = { values: map.values, between, link };
  return link;
}

/** The main thing in words. */
function sayLooked(part, map, look) {
  const { view } = part;
  const heads = map.heads.length;
  const [layer, head] = map.heads[0];
  const subject = heads === 1 ? `Layer ${layer}, head ${head}` : map.name.startsWith("layer") ? `Mean of the ${heads} heads of layer ${layer}` : `Mean of ${heads} heads`;
  const tokens = (side) => (side === "query" ? view.query : (view.key ?? view.query));
  const list = look.indices.map((index) => nameOf(tokens(look.side), index)).join(", ");
  const top = leading(look.weights, 0.005, 4);
  const about = map.exact ? "" : "≈ ";
  const several = look.indices.length > 1;
  const verb = look.side === "query" ? (several ? "attend on average to" : "attends to") : several ? "are attended by, summed," : "is attended by";
  const lead = look.kind === "resting" && !hasRest(part) ? "strongest link: " : "";
  part.said.replaceChildren(`${subject}: ${lead}`, make("b", {}, list), ` ${verb} `);
  top.forEach((index, place) => {
    part.said.append(place ? ", " : "", make("bdi", {}, nameOf(tokens(look.other), index)), ` ${about}${numberOf(look.weights[index])}`);
  });
  if (!top.length) part.said.append("nothing");
}

/** Places of the weights above a bound, largest first. */
function ranked(weights, least) {
  const places = [];
  for (let index = 0; index < weights.length; index++) if (weights[index] >= least) places.push(index);
  return places.sort((a, b) => weights[b] - weights[a]);
}

/** Places of the largest weights: those above a bound, and a few whatever they are. */
function leading(weights, least, most) {
  const places = ranked(weights, 1e-9);
  return places.filter((place, rank) => rank < most && (rank < ALWAYS || weights[place] >= least));
}
