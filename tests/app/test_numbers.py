"""Arithmetic, display, tables and taking away, on the page as AppTest runs it."""

import json
from decimal import Decimal

import numpy as np
import pytest

import attnviz
from attnviz.analysis.regroup import hide_special, merge_words
from attnviz.app.guide import first_view
from attnviz.app.state import DEFAULT_TEXT
from attnviz.figures.scales import FLOOR
from tests.app.conftest import Start, address, checked, drawn, said
from tests.engine.tiny import save_tiny

FIRST = first_view(attnviz.DEFAULT_MODEL)  # the layer and the head to look at first


@pytest.fixture(scope="module")
def stack():
    return attnviz.load(attnviz.DEFAULT_MODEL).run(DEFAULT_TEXT).encoder


def steps(page) -> dict[str, tuple[str, str]]:
    """The lines of the computation: what is done, and what comes out."""
    frame = page.table[0].value
    return {row.step: (row.how, row.result.strip("*")) for row in frame.itertuples()}


def number(text: str) -> Decimal:
    return Decimal(text.replace("−", "-"))


def test_the_computation_on_the_page_recomputes_to_the_digits_shown(start: Start, stack):
    page = start(layer="1", head="2", query="5", key="3")
    lines = steps(page)
    raw, scaled = number(lines["q · k"][1]), number(lines["× scale"][1])
    factors = [number(text) for text in lines["× scale"][0].split(" × ")]
    assert factors[0] == raw
    assert round(factors[0] * factors[1], -scaled.as_tuple().exponent) == scaled
    exponential, total = (number(text.split(",")[0]) for text in lines["÷ row sum"][0].split(" ÷ "))
    weight = number(lines["÷ row sum"][1])
    assert number(lines["exp"][1]) == exponential
    assert round(exponential / total, 4) == weight
    assert float(weight) == pytest.approx(stack.weights(1, 2)[5, 3].item(), abs=6e-5)


def test_query_and_key_are_chosen_by_list_and_stand_in_the_address(start: Start, stack):
    page = start()
    assert page.selectbox(key="query").value == 8, "the page looks at the pronoun first"
    checked(page.selectbox(key="query").select_index(5).run())
    assert address(page)["query"] == "5"
    assert "key" not in address(page), "the page chooses the key that it looks at most"
    checked(page.selectbox(key="key").select_index(4).run())
    assert address(page) == {"query": "5", "key": "4"}
    weight = float(steps(page)["÷ row sum"][1])
    assert weight == pytest.approx(stack.weights(*FIRST)[5, 4].item(), abs=6e-5)


@pytest.mark.parametrize("side", ["query", "key"])
def test_a_token_that_the_text_lacks_is_one_sentence_from_an_address_and_from_typing(start: Start, side):
    page = start(**{side: "40"})
    assert f"There is no {side} 40: this text has tokens 0 to 12. The strongest link is shown." in said(page)
    page = start(**{side: "12"})
    assert not said(page)
    checked(page.text_input(key="text").set_value("She ate").run())
    assert f"There is no {side} 12: this text has tokens 0 to 3." in said(page)
    assert page.get("plotly_chart")
    assert side not in address(page)


@pytest.mark.parametrize(("field", "value"), [("query", "abc"), ("special", "burn"), ("scale", "<b>")])
def test_nonsense_in_the_address_is_one_sentence(start: Start, field, value):
    page = start(**{field: value})
    assert f"The address has {field}={value}, which is no" in said(page)
    assert page.get("plotly_chart")


def test_words_and_special_tokens_are_drawn_and_said(start: Start, stack):
    page = start(words="1", special="hide", layer="1")
    expected = hide_special(merge_words(stack))
    np.testing.assert_array_equal(drawn(page, "map_chosen"), expected.weights(1, 0).numpy())
    np.testing.assert_array_equal(drawn(page, "map_3"), expected.weights(1, 3).numpy())
    said_to_be = " ".join(element.value for element in page.markdown)
    hidden = stack.weights(1, 0)[1:-1][:, [0, -1]].sum(dim=-1)
    assert f"Special tokens had {hidden.mean():.0%} of this head's weight".replace("%", " %") in said_to_be
    checked(page.button_group(key="special").set_value("renormalise").run())
    np.testing.assert_allclose(drawn(page, "map_chosen").sum(axis=1), 1.0, atol=1e-6)
    assert address(page) == {"words": "1", "special": "renormalise", "layer": "1"}


def test_the_logarithmic_scale_draws_logarithms_and_keeps_the_weights_for_hover(start: Start, stack):
    page = start(scale="log")
    np.testing.assert_allclose(
        drawn(page, "map_chosen"), np.log10(stack.weights(*FIRST).numpy().clip(FLOOR)), atol=1e-6
    )
    assert "logarithmic" in " ".join(element.value for element in page.markdown)


def test_every_picture_says_the_main_thing_in_words(start: Start, stack):
    charts = start().get("plotly_chart")
    assert len(charts) == stack.n_heads + 4, "the heads, the chosen one, three of the arithmetic"
    for chart in charts:
        assert any(character.isdigit() for character in chart.proto.alt), chart.proto.alt


def test_typed_text_is_text_in_the_arithmetic(start: Start):
    page = start(text="**b** <script>alert(1)</script> $x$", query="3")
    texts = " ".join(element.value for element in (*page.markdown, *page.caption))
    assert "<script" not in texts
    specs = [json.dumps(json.loads(chart.proto.spec)["layout"]) for chart in page.get("plotly_chart")]
    assert not any("<script" in spec for spec in specs)


def test_the_tokens_of_a_link_wait_for_its_model(start: Start, tmp_path):
    save_tiny("t5", tmp_path / "t5")
    page = start(model=str(tmp_path / "t5"), query="14", key="15", text="cattcattcattcattcatt sat")
    assert "There is no query" not in said(page)
    (button,) = [button for button in page.button if button.label == "Load this model"]
    checked(button.click().run())
    assert address(page)["query"] == "14"
    assert page.selectbox(key="key").value == 15
    assert steps(page)["add bias"], "a plus sign would begin a list"
