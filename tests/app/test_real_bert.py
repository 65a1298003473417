"""The same sentence in a real BERT, and back: only where the package that carries its weights is installed."""

import json

import numpy as np
import pytest

import attnviz
from attnviz.address import DEFAULT_TEXT
from attnviz.app import models
from attnviz.engine import minilm
from tests.app.conftest import Start, address, box, carried, checked, choose, drawn, labelled, said, shown

TYPED = "The doctor told the nurse that she was tired"


@pytest.fixture(scope="module")
def bert() -> attnviz.Engine:
    return attnviz.load("minilm")


def told(page) -> str:
    return " ".join(element.value for element in page.markdown)


def test_a_sentence_off_the_patterns_is_one_click_from_a_real_bert_and_back(start: Start, bert):
    page = start(text=TYPED)
    assert carried(page, "view")[0]["badge"]["state"] == "warn"
    page.session_state["_visit"].opened = "card"
    checked(page.run())
    assert "no evidence about English" in told(page)
    page.session_state["_visit"].opened = "card"
    checked(labelled(page, "Show this sentence in a real BERT").click().run())
    place = shown(page)
    expected = bert.run(TYPED).encoder.weights(place["layer"])[place["head"]].numpy()
    np.testing.assert_allclose(drawn(page), expected, atol=1e-6)
    assert carried(page, "view")[0]["badge"]["state"] == "real"
    assert address(page) == {"text": TYPED, "model": "minilm"}
    assert not said(page)


def test_minilm_opens_at_the_word_that_it_links_most_notably(start: Start):
    page = start(model="minilm")
    words = carried(page, "text")[0]["query"]["text"]
    place = shown(page)
    assert (place["layer"], place["head"]) == (2, 1)
    assert (words[place["query"]], words[place["key"]]) == ("it", "tired")
    assert drawn(page)[place["query"], place["key"]] == pytest.approx(0.69, abs=0.005)


def test_each_map_of_every_head_says_where_most_of_its_weight_goes(start: Start, bert):
    page = start(model="minilm", layer="2")
    page.session_state["_visit"].room = 1290
    figure = json.loads(checked(page.run()).get("plotly_chart")[0].proto.spec)
    titles = [each["text"] for each in figure["layout"]["annotations"] if "<b>head" in each["text"]]
    weights = bert.run(DEFAULT_TEXT).encoder.weights(2).numpy()
    shares = weights[:, :, [0, -1]].sum(-1).mean(-1)  # of [CLS] and [SEP]
    assert 0 < sum(shares > 0.5) < len(titles) == len(shares)
    for title, share in zip(titles, shares, strict=True):
        assert ("mostly special tokens" in title) == (share >= 0.5)


def test_minilm_runs_in_our_own_code_too(start: Start):
    page = start(model="minilm", text=TYPED, layer="2", head="1")
    assert not said(page), "an address may ask for it without a click: nothing is fetched and no folder named"
    checked(box(page, "Options").set_value(True).run())
    checked(box(page, "Compute with our from-scratch code").set_value(True).run())
    expected = attnviz.load("minilm", from_scratch=True).run(TYPED).encoder.weights(2)[1].numpy()
    np.testing.assert_allclose(drawn(page), expected, atol=1e-6)


def test_without_the_package_none_of_it_is_offered(start: Start, monkeypatch):
    monkeypatch.setattr(minilm, "PACKAGE", "no-such-package")
    page = start(text=TYPED)
    page.session_state["_visit"].opened = "card"
    checked(page.run())
    assert "Show this sentence in a real BERT" not in [button.label for button in page.button]
    assert "minilm" not in models.offered("builtin")
    page = choose(start(), type="model", model="minilm")
    assert "minilm comes in a package that is not installed here" in said(page)
    assert "Shown instead: Built-in" in said(page)


def test_the_list_says_what_minilm_is():
    assert models.offered("builtin")[:3] == ("builtin", "minilm", "untrained")
    assert models.described("minilm") == "MiniLM, a real BERT, 6 layers × 12 heads"
