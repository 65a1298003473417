"""All heads in a bare page: the colours of the small maps, steppers, and means of heads, with a random decoder."""

import numpy as np
import pytest

from attnviz.figures.theme import DARK, LIGHT
from attnviz.view import View
from tests.canvas import planted
from tests.canvas.drawn import pixels, scale_colour
from tests.canvas.fixtures import decoder, picture

pytestmark = pytest.mark.browser
UNDER, MARKS = ".st-key-overview canvas:not(.marks)", ".st-key-overview canvas.marks"
LAYERS, HEADS, TOKENS = 3, 4, 10
TEXT = "The cat sat on the mat because it sat"


@pytest.fixture(scope="module")
def stack():
    return decoder(TEXT).decoder


def messages(**chosen):
    made = picture(decoder(TEXT), View(**{"layer": 1, "head": 1, **chosen}))
    return [made.text, made.map, made.view]


def tile(opened, layer, head):
    """Left, top, width and height of a small map, in points of the canvas."""
    left, top, wide, high, gap = map(float, opened.page.locator(MARKS).get_attribute("data-tiles").split())
    return left + head * (wide + gap), top + layer * (high + gap), wide, high


def click(opened, layer, head, **how):
    left, top, wide, high = tile(opened, layer, head)
    opened.page.locator(MARKS).click(position={"x": left + wide / 2, "y": top + high / 2}, **how)
    opened.settled()


def shares(weights, scale):
    """How far along the colours each weight is, by its code; NaN where masked. A first word has no choice."""
    end = np.nanmax(weights[1:])
    ends = np.full((len(weights), 1), end)
    ends[0] = 1
    coded = ends * (np.rint(254 * np.sqrt(weights / ends)) / 254) ** 2
    if scale == "log":
        return 1 - np.log10(np.clip(coded, 1e-4, 1)) / -4
    return np.clip(coded / (1 if scale == "unit" else end), 0, 1)


@pytest.mark.parametrize("scale", ["head", "unit", "log"])
@pytest.mark.parametrize(("scheme", "theme"), [("light", LIGHT), ("dark", DARK)])
def test_every_cell_of_a_small_map_has_its_colour_and_what_is_masked_is_grey(bare, stack, scale, scheme, theme):
    opened = bare(messages(scale=scale), scheme=scheme)
    grey = [int(theme.masked[at : at + 2], 16) for at in (1, 3, 5)]
    for layer, head in ((0, 0), (1, 3), (2, 2)):
        weights = np.where(np.tri(TOKENS, dtype=bool), stack.weights(layer, head).numpy(), np.nan)
        expected = shares(weights, scale)
        left, top, wide, high = tile(opened, layer, head)
        across, down = wide / weights.shape[1], high / weights.shape[0]
        assert across == down == int(across), "cells of whole points"
        places = list(np.ndindex(weights.shape))
        middles = [(left + key * across + across // 2, top + query * down + down // 2) for query, key in places]
        for place, (*drawn, opacity) in zip(places, pixels(opened, UNDER, middles).tolist(), strict=True):
            assert opacity == 255
            if place[1] > place[0]:
                assert drawn == grey, f"{place} is masked"
            else:
                # A step of the scale is 1/255, along which a channel changes by 2.5.
                colour = scale_colour(theme.scale, expected[place])
                np.testing.assert_allclose(drawn, colour, atol=3, err_msg=f"{layer}.{head} {place}")


def test_steppers_lead_to_the_next_layer_and_head_and_stop_at_the_ends(bare):
    opened = bare(messages())
    for name, shows in [
        ("Next layer", "2.1"),
        ("Next head", "2.2"),
        ("Previous layer", "1.2"),
        ("Previous head", "1.1"),
    ]:
        opened.part("overview").get_by_role("button", name=name).click()
        opened.settled()
        assert opened.root().get_attribute("data-shows") == shows
    told = [{"type": "layer", "layer": 2}, {"type": "head", "layer": 2, "head": 2}]
    told += [{"type": "layer", "layer": 1}, {"type": "head", "layer": 1, "head": 1}]
    assert opened.events() == told
    click(opened, LAYERS - 1, HEADS - 1)
    for what in ("layer", "head"):
        button = opened.part("overview").get_by_role("button", name=f"Next {what}")
        assert button.get_attribute("aria-disabled") == "true"
        button.press("Enter")  # it keeps the keyboard, and does nothing
        opened.settled()
    assert len(opened.events()) == 5
    values = opened.part("overview").locator("output").all_text_contents()
    assert values == [str(LAYERS - 1), str(HEADS - 1)]


@pytest.mark.parametrize("modifier", ["Shift", "Control"])
def test_with_a_modifier_a_head_joins_a_mean_and_leaves_it(bare, stack, modifier):
    opened = bare(messages())
    click(opened, 0, 2, modifiers=[modifier])
    click(opened, 2, 3, modifiers=[modifier])
    assert [event["average"] for event in opened.events()] == ["1.1-0.2", "1.1-0.2-2.3"]
    assert "A mean of 3 heads." in opened.part("overview").locator(".about").inner_text()
    click(opened, 0, 2, modifiers=[modifier])
    assert opened.events()[-1] == {"type": "average", "average": "1.1-2.3"}
    # The host sends no map of it, so its cells are drawn from the codes: each weight to a hundredth.
    mean = (stack.weights(1, 1) + stack.weights(2, 3)).numpy() / 2
    left, top, across, down = map(
        float, opened.page.locator(".st-key-heatmap canvas.marks").get_attribute("data-grid").split()
    )
    for query, key in [(3, 1), (9, 9), (7, 4)]:
        opened.page.locator(".st-key-heatmap canvas.marks").hover(
            position={"x": left + (key + 0.5) * across, "y": top + (query + 0.5) * down}
        )
        opened.settled()
        about, said = opened.part("heatmap").locator(".tip b").inner_text().split()
        assert about == "≈"
        assert float(said.lstrip("<>")) == pytest.approx(mean[query, key], abs=0.01)
    click(opened, 2, 3, modifiers=[modifier])
    assert opened.events()[-1] == {"type": "average", "average": None}


def test_a_number_that_is_not_exact_yet_says_what_its_sign_means(bare):
    weights = planted.HEADS.copy()
    weights[1, 1, 6, 2] = 0.605  # code 198 of 254 stands for .6046 to .6107
    lines = bare(planted.picture(weights=weights)).part("overview").locator(".strongest button")
    about = "≈ means about: the exact number comes when you choose this head."
    found = [(line.locator(".number").inner_text(), line.get_attribute("title")) for line in lines.all()]
    assert found[:2] == [("≈\u2009.61", about), (".60", None)]


def test_arrow_keys_look_at_heads_enter_chooses_and_space_adds_to_a_mean(bare):
    opened = bare(messages())
    opened.page.locator(MARKS).focus()
    label = "Layer {}, head {}."
    for key, layer, head in [
        ("ArrowRight", 1, 2),
        ("ArrowDown", 2, 2),
        ("ArrowDown", 2, 2),
        ("End", 2, 3),
        ("Home", 2, 0),
    ]:
        opened.page.keyboard.press(key)
        opened.settled()
        assert label.format(layer, head) in opened.page.locator(MARKS).get_attribute("aria-label")
    assert opened.events() == []
    opened.page.keyboard.press("Escape")
    opened.settled()
    assert label.format(1, 1) in opened.page.locator(MARKS).get_attribute("aria-label")
    opened.page.keyboard.press("ArrowUp")
    opened.page.keyboard.press("Enter")
    opened.settled()
    opened.page.keyboard.press("ArrowLeft")
    opened.page.keyboard.press(" ")
    opened.settled()
    assert opened.events() == [{"type": "head", "layer": 0, "head": 1}, {"type": "average", "average": "0.1-0.0"}]
