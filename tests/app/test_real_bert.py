"""The same sentence in a real BERT, and back: only where the package that carries its weights is installed."""

import numpy as np
import pytest

import attnviz
from attnviz.app import guide, models, real_bert
from attnviz.app.state import EXAMPLES
from attnviz.engine import builtin, minilm
from tests.app.conftest import Start, address, checked, drawn, said

TYPED = "The doctor told the nurse that she was tired"
NEWCOMERS = ("Time flies like an arrow", TYPED, "I love you", "Hello world", "The quick brown fox jumps over the dog")
# A pronoun and the noun that it stands for.
LINKS = (
    ("The animal didn't cross the street because it was too tired", "it", "animal"),
    ("The animal didn't cross the street because it was too wide", "it", "street"),
    (TYPED, "she", "nurse"),
    ("The cat sat on the mat because it was soft.", "it", "mat"),
    ("The trophy didn't fit in the suitcase because it was too big.", "it", "trophy"),
    ("The dog chased the cat and it ran away", "it", "cat"),
    ("Mary gave the book to John because he asked for it", "he", "john"),
    ("My sister bought a car that she likes", "she", "sister"),
    ("I put the letter on the table and sent it", "it", "letter"),
    ("The boy kicked the ball and it broke the window", "it", "ball"),
)


@pytest.fixture(scope="module")
def bert() -> attnviz.Engine:
    return attnviz.load("minilm")


def keys(page) -> set[str]:
    return {widget.key for widget in (*page.button, *page.button_group)}


def told(page) -> str:
    return " ".join(element.value for element in page.markdown)


def test_a_sentence_off_the_patterns_is_one_click_from_a_real_bert_and_back(start: Start, bert):
    page = start(text=TYPED, layer="2", pins="3")
    assert "no evidence about English" in told(page)
    ours = drawn(page, "map_chosen")
    checked(page.button(key="to_bert").click().run())
    layer, head = guide.first_view("minilm")
    expected = bert.run(TYPED).encoder.weights(layer, head).numpy()
    np.testing.assert_allclose(drawn(page, "map_chosen"), expected, atol=1e-6)
    assert address(page) == {"text": TYPED, "model": "minilm"}
    assert page.text_input(key="text").value == TYPED
    assert page.selectbox(key="model").value == "minilm"
    for part in ("MiniLM", "Apache-2.0", minilm.ORIGIN, minilm.PACKAGE):
        assert part in told(page)
    assert not said(page)
    checked(page.button(key="to_bert").click().run())
    assert address(page) == {"text": TYPED}
    assert drawn(page, "map_chosen").shape == ours.shape
    assert not said(page)


def test_a_pronoun_is_looked_at_first_and_no_word_is_unknown(bert):
    stack = bert.run(TYPED).encoder
    known = guide.about("minilm", TYPED, stack)
    assert stack.query_tokens[known.first].text == "she"
    assert (known.heads, known.unknown) == ((), frozenset())
    assert guide.about("minilm", "Time flies", bert.run("Time flies").encoder).first is None


def test_a_chip_beside_the_examples_does_too(start: Start, bert):
    page = start()
    assert "to_bert" not in keys(page), "the built-in model knows this sentence"
    checked(page.button_group(key="chip_bert").set_value(real_bert.CHIP).run())
    text = page.text_input(key="text").value
    layer, head = guide.first_view("minilm")
    expected = bert.run(text).encoder.weights(layer, head).numpy()
    np.testing.assert_allclose(drawn(page, "map_chosen"), expected, atol=1e-6)
    assert page.button_group(key="chip_bert").value == real_bert.CHIP
    checked(page.button_group(key="chip_bert").set_value(None).run())
    assert address(page) == {}
    checked(page.selectbox(key="model").set_value("untrained").run())
    assert "chip_bert" not in keys(page)


def test_minilm_runs_in_our_own_code_too(start: Start):
    page = start(model="minilm", text=TYPED)
    assert not said(page), "an address may ask for it without a click: nothing is fetched and no folder named"
    checked(page.toggle(key="from_scratch").set_value(True).run())
    layer, head = guide.first_view("minilm")
    expected = attnviz.load("minilm", from_scratch=True).run(TYPED).encoder.weights(layer, head).numpy()
    np.testing.assert_allclose(drawn(page, "map_chosen"), expected, atol=1e-6)


def test_without_the_package_none_of_it_is_offered(start: Start, monkeypatch):
    monkeypatch.setattr(minilm, "PACKAGE", "no-such-package")
    page = start(text=TYPED)
    assert "no evidence about English" in told(page)
    assert {"chip_bert", "to_bert"}.isdisjoint(keys(page))
    assert "minilm" not in models.offered("builtin")
    page = start(model="minilm")
    assert "minilm comes in a package that is not installed here" in said(page)
    assert "Shown instead: Built-in" in said(page)


def test_the_list_says_what_minilm_is():
    assert models.offered("builtin")[:3] == ("builtin", "minilm", "untrained")
    assert models.described("minilm") == "MiniLM, a real BERT, 6 layers × 12 heads"


@pytest.mark.parametrize("text", NEWCOMERS)
def test_what_newcomers_type_is_no_evidence_in_the_built_in_model(text):
    assert not guide.is_evidence("builtin", text)
    assert guide.is_evidence("minilm", text)


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_are_evidence(text):
    reading = builtin.read(text)
    assert guide.is_evidence("builtin", text) == (reading.is_trained_pattern and all(reading.known))


def test_the_head_to_open_with_is_the_one_that_links_pronouns_most(bert):
    """Ten sentences, by hand; the figure in the comment beside the choice is the one found here."""
    total = np.zeros((bert.n_layers, bert.n_heads))
    for text, pronoun, noun in LINKS:
        stack = bert.run(text).encoder
        words = [token.text.lower() for token in stack.query_tokens]
        query, key = len(words) - 1 - words[::-1].index(pronoun), words.index(noun)
        total += np.array([stack.weights(layer)[:, query, key].tolist() for layer in range(bert.n_layers)])
    layer, head = divmod(int(total.argmax()), bert.n_heads)
    assert (layer, head) == guide.first_view("minilm")
    assert total.max() / len(LINKS) == pytest.approx(0.37, abs=0.005)
