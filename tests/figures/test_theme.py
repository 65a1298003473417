import json
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from attnviz.figures.theme import DARK, LIGHT, Theme

ROOT = Path(__file__).parents[2]
SOFT = {LIGHT: "#f4f5f6", DARK: "#1d2125"}  # the ground of text boxes and of strips
# Brettel 1997 as linear matrices on linear RGB (Viénot 1999): what a dichromat sees.
VIENOT = {
    "protan": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "deutan": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
    "grey": ((0.2126, 0.7152, 0.0722),) * 3,
    "full": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
}


def linear(colour: str) -> list[float]:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def luminance(colour: str, sight: str = "full") -> float:
    seen = [sum(w * c for w, c in zip(row, linear(colour), strict=True)) for row in VIENOT[sight]]
    return 0.2126 * seen[0] + 0.7152 * seen[1] + 0.0722 * seen[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("sight", VIENOT)
@pytest.mark.parametrize(("theme", "direction"), [(LIGHT, -1), (DARK, 1)])
def test_the_scale_only_darkens_or_only_lightens_for_every_kind_of_sight(theme, direction, sight):
    steps = [luminance(colour, sight) for colour in theme.scale]
    assert all(direction * (after - before) > 0 for before, after in pairwise(steps))


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_scale_starts_at_the_page_and_ends_far_from_it(theme: Theme):
    assert theme.scale[0] == theme.background
    assert contrast(theme.scale[0], theme.scale[-1]) > 12
    assert contrast(theme.text, theme.background) > 7  # WCAG 2.2, AAA
    for ground in (theme.background, SOFT[theme]):
        assert contrast(theme.muted, ground) > 4.5  # WCAG 2.2, AA


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_masked_cells_are_a_grey_that_differs_from_the_page(theme: Theme):
    red, green, blue = (theme.masked[i : i + 2] for i in (1, 3, 5))
    assert red == green == blue
    assert contrast(theme.masked, theme.background) > 1.2


@pytest.mark.parametrize(("name", "theme"), [("light", LIGHT), ("dark", DARK)])
def test_the_page_has_the_figures_background_and_text(name, theme):
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["theme"][name]["backgroundColor"] == theme.background
    assert config["theme"][name]["textColor"] == theme.text
    assert config["theme"][name]["grayTextColor"] == theme.muted
    assert config["browser"]["gatherUsageStats"] is False


def test_the_browser_draws_with_the_same_colours():
    source = (ROOT / "attnviz" / "canvas" / "colours.js").read_text(encoding="utf-8")
    for name, theme in (("LIGHT", LIGHT), ("DARK", DARK)):
        _, _, tokens = source.partition(f"export const {name} = {{")
        tokens = tokens.partition("};")[0]
        for token in ("background", "text", "muted", "line", "masked"):
            assert f'{token}: "{getattr(theme, token)}"' in tokens
        assert f'plus: "{theme.positive}", minus: "{theme.negative}"' in tokens
        assert f"scale: {json.dumps(list(theme.scale))}" in tokens
        assert f'soft: "{SOFT[theme]}"' in tokens
