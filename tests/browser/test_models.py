"""Real models in a real browser: every weight on the page is the one that the model's own eager code computes."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from numpy.typing import NDArray
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.explored import VISITED, Explored
from tests.engine.tiny import own_model, save_tiny

pytestmark = pytest.mark.browser
TEXT, SECOND = "the cat sat on the mat", "a soft mat"
PANELS = ".st-key-heads .js-plotly-plot"


def panels(page: Explored, layer: int, shape: tuple[int, int]) -> NDArray[np.float32]:
    """The maps of every head of the layer that is shown, (head, row, column), NaN where masked."""
    expect(page.page.get_by_text(f"Every head of layer {layer}")).to_be_visible()
    page.page.wait_for_function(
        """([plot, rows, columns]) => {
            const drawn = document.querySelector(plot)?.calcdata;
            return drawn?.length > 1 && drawn.every(([{ z }]) => z?.length === rows && z[0].length === columns);
        }""",
        arg=[PANELS, *shape],
    )
    drawn = page.page.locator(PANELS).evaluate(
        """plot => plot.calcdata.filter(([{ trace }]) => !trace.hovertemplate.includes("not allowed"))
            .map(([{ z }]) => z.map((row) => [...row]))"""
    )
    return np.array(drawn, dtype=np.float32)


def table(page: Explored) -> NDArray[np.float64]:
    """The chosen map as the drawer has it, (row, column): four decimals, without the column of sums."""
    page.page.get_by_role("button", name="the map", exact=True).click()
    lines = page.page.locator(".drawer tbody tr").evaluate_all(
        "rows => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent))"
    )
    return np.array([[float("nan" if cell == "–" else cell) for cell in line[:-1]] for line in lines])


def assert_shown(page: Explored, weights: torch.Tensor, layer: int) -> None:
    """Every panel, and the chosen head's numbers; weights are of the layer, (head, row, column)."""
    expected = weights.numpy()
    np.testing.assert_allclose(np.nan_to_num(panels(page, layer, expected.shape[1:])), expected, atol=1e-5)
    shown_layer, head = map(int, page.state("shows").split("."))
    assert shown_layer == layer
    page.page.locator(".open-numbers").click()
    np.testing.assert_allclose(np.nan_to_num(table(page)), expected[head], atol=0.51e-4)
    page.page.get_by_role("button", name="Close the numbers").click()


def test_a_real_bert_and_links_between_two_texts(open_page: Open, minilm: str):
    page = Explored(open_page(script=VISITED, text=TEXT, model="minilm", layer=2, head=1))
    page.type_second(SECOND)
    tokenizer = transformers.AutoTokenizer.from_pretrained(minilm)
    inputs = tokenizer(TEXT, SECOND, return_tensors="pt")
    model = transformers.AutoModel.from_pretrained(minilm, attn_implementation="eager").eval()
    with torch.inference_mode():
        weights = model(**inputs, output_attentions=True).attentions[2][0]
    assert_shown(page, weights, 2)
    page.changes(page.page.get_by_role("button", name="A → B").click, "sequence")
    words = tokenizer.convert_ids_to_tokens(inputs.input_ids[0])
    first_of_second = words.index("[SEP]") + 1
    title = page.page.locator(".st-key-arithmetic .title h3").inner_text()
    word, other, number = re.fullmatch(r"Why (\S+) → (\S+) is (\S+)", title.strip()).groups()
    rows = [weights[1][at, first_of_second:-1] for at in range(1, first_of_second - 1) if words[at] == word]
    best = [(words[first_of_second + int(row.argmax())], f"{row.max():.2f}"[1:]) for row in rows]
    assert (other, number) in best, "the largest weight of a word of A on a word of B"


def test_a_screen_has_the_whole_map_of_a_real_bert_and_room_for_its_sentence_on_a_phone(open_page: Open, minilm: str):
    page = Explored(open_page(script=VISITED, model="minilm", width=1440, height=900))
    seen = page.page.locator(".st-key-heatmap canvas").first.bounding_box()
    assert seen["y"] + seen["height"] <= 900
    options = page.page.get_by_text("Options", exact=True)
    options.click()
    page.page.get_by_role("textbox", name="Second text", exact=True).wait_for()
    assert abs(options.bounding_box()["y"] - page.box.bounding_box()["y"]) < 20
    page.page.set_viewport_size({"width": 390, "height": 844})
    assert page.box.bounding_box()["width"] >= 200


def test_an_encoder_decoder_with_its_three_kinds_of_attention(open_page: Open, tmp_path):
    folder = save_tiny("bart", tmp_path)
    page = Explored(open_page(script=VISITED, text=TEXT, layer=1, head=2))
    page.name_model(str(folder))
    expect(page.page.get_by_role("combobox", name="Model")).to_have_value(f"Model: {folder.name}")
    page.type_second(SECOND)
    model, tokenizer = own_model(folder), transformers.AutoTokenizer.from_pretrained(folder)
    target = tokenizer(SECOND, return_tensors="pt").input_ids
    start = torch.full((1, 1), model.config.decoder_start_token_id)
    with torch.inference_mode():
        output = model(
            **tokenizer(TEXT, return_tensors="pt"),
            decoder_input_ids=torch.cat([start, target[:, :-1]], dim=1),
            output_attentions=True,
        )
    kinds = {
        "cross": output.cross_attentions,
        "decoder": output.decoder_attentions,
        "encoder": output.encoder_attentions,
    }
    for kind, layers in kinds.items():
        page.changes(page.page.get_by_role("button", name=kind, exact=True).click, "sequence")
        layer = int(page.state("shows").split(".")[0])
        assert_shown(page, layers[layer][0], layer)


def test_a_model_that_a_link_asks_for_is_shown_once_it_is_loaded(open_page: Open, tmp_path: Path):
    page = open_page(script=VISITED, model=str(save_tiny("bert", tmp_path)), text="the cat sat")
    page.get_by_role("button", name="Load this model").click()  # while the page still tells how much room it has
    page.locator("canvas[aria-label^='All 2 layers']").wait_for()
    expect(page.get_by_text("Every head of layer")).to_be_visible()
