"""What Python and JavaScript both must know, compared value by value."""

import re
from base64 import b64encode
from pathlib import Path

import numpy as np
import pytest

from attnviz.app.picture import PHONE
from attnviz.canvas import bundle
from attnviz.figures.heads import SCALES, heads_figure
from attnviz.figures.theme import DARK, LIGHT
from attnviz.numbers import percent_text, weight_text
from attnviz.tokens import Token
from tests.canvas.fixtures import built_in
from tests.canvas.javascript import call, run
from tests.figures.drawn import cells

GENERATOR = np.random.default_rng(0)
WEIGHTS = [
    *np.float32(
        [0, 1, 1e-30, 0.004999, 0.005, 0.0050001, 0.125, 0.375, 0.625, 0.875, 0.994999, 0.995, 0.9999999]
    ).tolist(),
    *GENERATOR.random(4000, dtype=np.float32).tolist(),
    *(GENERATOR.random(1000, dtype=np.float32) ** 8).tolist(),
    *(np.arange(0, 1001) / 1000).tolist(),
]


def test_a_weight_is_written_with_two_decimals_without_the_zero():
    written = dict(zip(WEIGHTS, call("numbers", "numberText", WEIGHTS), strict=True))
    assert [written[0], written[1]] == ["0", "1"]
    for weight, text in written.items():
        if text in {"<.01", ">.99", "0", "1"}:
            assert weight < 0.005 or weight >= 0.995
        else:
            assert re.fullmatch(r"\.\d\d", text)
            assert abs(float(text) - weight) <= 0.005 + 1e-12  # a digit more could not be nearer


def test_python_and_javascript_write_every_weight_alike():
    assert call("numbers", "numberText", WEIGHTS) == [weight_text(weight) for weight in WEIGHTS]
    assert call("numbers", "percentText", WEIGHTS) == [percent_text(weight) for weight in WEIGHTS]


@pytest.mark.parametrize(("name", "theme"), [("LIGHT", LIGHT), ("DARK", DARK)])
def test_the_colours_are_those_of_the_figures(name, theme):
    (tokens,) = call("colours", f"() => {name}", [0])
    assert tuple(tokens["scale"]) == theme.scale
    for shared in ("background", "text", "line", "masked"):
        assert tokens[shared] == getattr(theme, shared)
    assert (tokens["plus"], tokens["minus"]) == (theme.positive, theme.negative)


@pytest.mark.parametrize("is_dark", [False, True])
def test_the_style_sheet_has_the_same_colours(is_dark):
    (tokens,) = call("colours", "(isDark) => isDark ? DARK : LIGHT", [is_dark])
    rules = re.findall(r"\.picture(\[data-theme=\"dark\"\])? \{([^}]*)\}", bundle.css())
    own = dict(re.findall(r"--([\w-]+): (#\w+);", rules[0][1]))
    if is_dark:
        own |= dict(re.findall(r"--([\w-]+): (#\w+);", next(body for dark, body in rules if dark)))
    named = {re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", name): colour for name, colour in tokens.items()}
    assert own == {name: colour for name, colour in named.items() if name not in {"scale", "masked"}}


@pytest.mark.parametrize("is_dark", [False, True])
def test_letters_have_the_better_contrast_on_every_shade(is_dark):
    (found,) = call(
        "colours", "(isDark) => { const { css, ink } = coloursOf(isDark); return { css, ink }; }", [is_dark]
    )
    for css, ink in zip(found["css"], found["ink"], strict=True):
        light = luminance([int(part) for part in re.findall(r"\d+", css)])
        on_black, on_white = (light + 0.05) / 0.05, 1.05 / (light + 0.05)
        assert ink == ("#000000" if on_black > on_white else "#ffffff")
        assert max(on_black, on_white) >= 4.5  # what WCAG 2.2 asks of text


@pytest.mark.parametrize("is_dark", [False, True])
def test_muted_words_are_read_on_both_grounds(is_dark):
    (tokens,) = call("colours", "(isDark) => isDark ? DARK : LIGHT", [is_dark])
    for ground in ("background", "soft"):
        for words in ("text", "muted"):
            one, other = sorted(luminance(channels(tokens[each])) for each in (ground, words))
            assert (other + 0.05) / (one + 0.05) >= 4.5
    one, other = sorted(luminance(channels(tokens[each])) for each in ("amber", "amberGround"))
    assert (other + 0.05) / (one + 0.05) >= 4.5


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("end", [0.01, 0.4, 1.0])
def test_a_weight_has_the_place_on_the_scale_that_figures_give_it(scale, end):
    found = call(
        "look", "([scale, weight, end]) => shareOf(scale, weight, end)", [[scale, each, end] for each in WEIGHTS]
    )
    row = np.float32(WEIGHTS)[None, None]
    words = tuple(Token("w", 0, 1, place) for place in range(len(WEIGHTS)))
    columns = [range(place, place + 1) for place in range(len(WEIGHTS))]
    figure = heads_figure(row, [range(1)], columns, words[:1], words, ends=[end], scale=scale)
    low, high = (figure["data"][0][name] for name in ("zmin", "zmax"))
    np.testing.assert_allclose(found, np.clip((cells(figure["data"][0])[0] - low) / (high - low), 0, 1), atol=1e-6)


def test_what_is_said_of_each_head_is_put_together_from_one_sentence():
    made = built_in()
    read = "(sent) => readMessage(Uint8Array.from(atob(sent), (letter) => letter.charCodeAt(0))).about"
    (found,) = call("message", read, [b64encode(made.text).decode()])
    for seen, each in zip(found, made.header["about"], strict=True):
        if isinstance(each, list):
            assert seen == {"title": each[0], "does": made.header["habit"].format(*each[1:]), "right": ""}
        else:
            assert seen == each
    assert sum(isinstance(each, list) for each in made.header["about"]) == 18


def test_the_style_of_the_picture_stays_in_it():
    assert not re.findall(r"(?:^|[\s,}])(?:html|body|:root)[\s,{]", bundle.css())
    assert "@import" not in bundle.css()
    assert "url(" not in bundle.css()


def channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def luminance(colour: list[int]) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [part / 255 for part in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.glob("*.test.js")), ids=lambda path: path.stem)
def test_the_modules_pass_their_own_tests(path):
    done = run("--test", str(path))
    assert done.returncode == 0, done.stdout[-4000:]
    assert re.search(r"^# pass [1-9]|ℹ pass [1-9]", done.stdout, re.MULTILINE), "no test ran"


def test_page_and_picture_take_the_same_width_for_a_phone():
    script = (Path(bundle.__file__).parent / "mount.js").read_text(encoding="utf-8")
    assert re.findall(r"^const PHONE = (\d+);", script, re.MULTILINE) == [str(PHONE)]
