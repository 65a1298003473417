"""One set of verbs, to a canvas and to SVG: the two pictures are the same."""

import pytest

from tests.canvas.planted import SENTENCE, picture

pytestmark = pytest.mark.browser

VERBS = {
    "rect": "painter.rect(10, 10, 40, 20, { fill: '#3a8ea5' });"
    " painter.rect(20, 15, 60, 40, { stroke: '#cc6f28', width: 3 });",
    "box": "painter.box(10, 10, 80, 50, 12, { fill: '#e4f1f3', stroke: '#1f2328', width: 2 });",
    "line": "painter.line([[5, 5], [60, 40], [95, 10]], { stroke: '#22738f', width: 2, dash: [6, 4] });",
    "curve": "painter.curve([5, 60], [5, 0], [90, 0], [90, 60], { stroke: '#22738f', width: 5, opacity: 0.5 });",
    "text": "painter.text('<a & b>', 50, 30, { size: 20, fill: '#000000', align: 'center' });",
    "weight": "painter.text('bold', 90, 30, { size: 20, weight: 700, fill: '#cc6f28', align: 'right' });",
    "turn": "painter.text('turned', 30, 60, { size: 16, fill: '#000000', turn: -Math.PI / 4 });",
    "image": "painter.image(Uint32Array.from([0xff0000ff, 0xff00ff00, 0xffff0000, 0xff888888]), 2, 2, 10, 10, 60, 40);",
    "clip": "painter.clip(20, 20, 30, 30, () => painter.rect(0, 0, 100, 80, { fill: '#cc6f28' }));",
    "shift": "painter.shift(30, 10, () => painter.rect(0, 0, 20, 20, { fill: '#22738f' }));",
    "after": "painter.clip(0, 0, 5, 5, () => {}); painter.shift(50, 50, () => {}); painter.line([[0, 0], [9, 9]],"
    " { stroke: '#000000', dash: [1, 1], opacity: 0.2 });"
    " painter.image(Uint32Array.from([0xff0000ff]), 1, 1, 60, 10, 20, 20);"
    " painter.line([[0, 70], [90, 70]], { stroke: '#000000', width: 2 });",
}

# Both pictures as pixels, and how much they differ: the share of pixels in which a part of the colour differs by a
# quarter or more. Lines at an edge are softened a little differently; text is not of the same pixels at all, so of it
# the bounds and the amount of ink are compared.
COMPARE = """
async ([verbs, width, height]) => {
  const draw = new Function("painter", verbs);
  const canvas = document.createElement("canvas");
  draw(new attnviz.painter.CanvasPainter(canvas, width, height, "sans-serif", 2));
  const svg = new attnviz.painter.SvgPainter(width, height, "sans-serif");
  draw(svg);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg.toString())}`;
  await image.decode();
  const other = document.createElement("canvas");
  [other.width, other.height] = [canvas.width, canvas.height];
  other.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const pixels = [canvas, other].map((each) => each.getContext("2d").getImageData(0, 0, each.width, each.height).data);
  let different = 0;
  for (let at = 0; at < pixels[0].length; at += 4) {
    const isOther = [0, 1, 2, 3].some((part) =>
      Math.abs(pixels[0][at + part] * pixels[0][at + 3] - pixels[1][at + part] * pixels[1][at + 3]) > 64 * 255);
    different += isOther;
  }
  const said = pixels.map((each) => {
    let [ink, left, top, right, bottom] = [0, width * 2, height * 2, 0, 0];
    for (let at = 3; at < each.length; at += 4) {
      if (each[at] < 32) continue;
      const place = (at - 3) / 4, x = place % (width * 2), y = Math.floor(place / (width * 2));
      ink += each[at] / 255;
      [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
    }
    return [ink, left, top, right, bottom];
  });
  return { different: different / (pixels[0].length / 4), said };
}
"""


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_draws_the_same_to_a_canvas_and_to_svg(bare, verb):
    found = bare(picture()).page.evaluate(COMPARE, [VERBS[verb], 100, 80])
    canvas, svg = found["said"]
    assert canvas[0] > 50  # something was drawn
    assert svg[0] == pytest.approx(canvas[0], rel=0.06)
    assert svg[1:] == pytest.approx(canvas[1:], abs=2)
    if verb not in {"text", "weight", "turn"}:
        assert found["different"] < 0.01


def test_the_sentence_is_taken_away_as_it_is_on_screen(bare):
    opened = bare(picture())
    found = opened.page.evaluate(
        """async () => {
          const { width, height, paint } = hosts[0].handle.picture("sentence");
          const svg = new attnviz.painter.SvgPainter(width, height);
          paint(svg);
          const read = new DOMParser().parseFromString(svg.toString(), "image/svg+xml");
          const root = document.querySelector("#picture-0 > div").shadowRoot;
          const shown = root.querySelector(".st-key-sentence canvas");
          const image = new Image();
          const silent = svg.toString().replace(/<text.*?<\\/text>/g, "");
          image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(silent)}`;
          await image.decode();
          const other = document.createElement("canvas");
          [other.width, other.height] = [shown.width, shown.height];
          other.getContext("2d").drawImage(image, 0, 0);
          const size = [0, 0, shown.width, Math.min(shown.height, height)];
          const pixels = [shown, other].map((each) => each.getContext("2d").getImageData(...size).data);
          let [drawn, different] = [0, 0];
          for (let at = 3; at < pixels[0].length; at += 4) {
            drawn += pixels[0][at] > 32;
            different += Math.abs(pixels[0][at] - pixels[1][at]) > 64;
          }
          const corner = shown.getBoundingClientRect();
          const words = [...root.querySelectorAll(".letters, small:not(:empty)")].map((each) => {
            const box = each.getBoundingClientRect();
            return [each.textContent, box.left + box.width / 2 - corner.left];
          });
          const x = (each) => Number(each.getAttribute("x"));
          const texts = [...read.querySelectorAll("text")].map((each) => [each.textContent, x(each)]);
          return { drawn, different, words, texts };
        }"""
    )
    assert found["drawn"] > 2000
    assert found["different"] / found["drawn"] < 0.02
    assert [word for word, _ in found["words"] if not word.startswith(".")] == list(SENTENCE)
    for (word, x), (text, at) in zip(sorted(found["words"]), sorted(found["texts"]), strict=True):
        assert text == word
        assert at == pytest.approx(x, abs=2.5)
