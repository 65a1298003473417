"""The languages of a translator on the page: chosen, in the address, checked on the server."""

import numpy as np
import pytest

import attnviz
from attnviz.address import View, read_address, write_address
from tests.app.conftest import Start, address, box, checked, choose, drawn, said
from tests.engine.tiny import save_tiny
from tests.engine.translators import save_translator

TEXT, TARGET = "the cat sat", "die katze"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_translator("nllb", tmp_path_factory.mktemp("nllb"), target=None)


def load_from_link(start, **parameters):
    page = start(text=TEXT, pair=TARGET, stack="cross", layer="1", head="2", **parameters)
    (button,) = [button for button in page.button if button.label == "Load this model"]
    return checked(button.click().run())


def expected(folder, **languages):
    return attnviz.load(folder).run(TEXT, pair=TARGET, **languages).cross.weights(1)[2].numpy()


def test_the_target_language_is_asked_for_and_chosen(start: Start, folder):
    page = load_from_link(start, model=folder)
    assert "name no target language" in said(page)
    target = box(page, "Language of the second text")
    assert target.options == ["As the model's files say", *attnviz.load(folder).languages]
    checked(target.set_value("fra_Latn").run())
    assert said(page) == ""
    np.testing.assert_array_equal(drawn(page), expected(folder, target_language="fra_Latn"))
    assert address(page)["target_language"] == "fra_Latn"
    checked(box(page, "Language of the text").set_value("deu_Latn").run())
    both = {"source_language": "deu_Latn", "target_language": "fra_Latn"}
    np.testing.assert_array_equal(drawn(page), expected(folder, **both))
    assert both.items() <= address(page).items()


def test_a_link_brings_its_languages(start: Start, folder):
    both = {"source_language": "zho_Hans", "target_language": "deu_Latn"}
    page = load_from_link(start, model=folder, **both)
    labels = ("Language of the text", "Language of the second text")
    assert [box(page, label).value for label in labels] == list(both.values())
    np.testing.assert_array_equal(drawn(page), expected(folder, **both))


def test_a_language_that_the_model_does_not_know_is_named_and_left_out(start: Start, folder):
    page = load_from_link(start, model=folder, source_language="xx", target_language="fra_Latn")
    assert "This model was not told the language xx, which it does not know." in said(page)
    np.testing.assert_array_equal(drawn(page), expected(folder, target_language="fra_Latn"))


def test_a_model_without_languages_has_no_boxes_and_takes_none(start: Start, tmp_path):
    page = start(model="untrained", source_language="fr")
    assert "This model was not told the language fr, which it does not know." in said(page)
    assert "Language of the text" not in [each.label for each in page.selectbox]
    folder = str(save_tiny("bart", tmp_path))
    page = load_from_link(start, model=folder)
    assert "Language of the second text" not in [each.label for each in page.selectbox]


def test_another_model_does_not_inherit_the_languages(start: Start, folder):
    page = load_from_link(start, model=folder, target_language="fra_Latn")
    choose(page, type="model", model="untrained")
    assert "target_language" not in address(page)
    assert said(page) == ""


def test_languages_of_an_address_have_a_form():
    view = View(source_language="eng_Latn", target_language="zh_CN")
    assert read_address(write_address(view)) == (view, ())
    view, complaints = read_address({"target_language": "<b>x"})
    assert view == View()
    assert "target_language=<b>x" in complaints[0]
