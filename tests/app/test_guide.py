"""What the page says of the model before one looks, against the model's own guide and vocabulary."""

import pytest

import attnviz
from attnviz.app import guide
from attnviz.app.state import DEFAULT_TEXT, EXAMPLES
from attnviz.engine import builtin
from tests.app.conftest import Start, checked


@pytest.fixture(scope="module")
def stack():
    return attnviz.load("builtin").run(DEFAULT_TEXT).encoder


def test_each_head_says_what_it_was_measured_to_do(stack):
    sentences = guide.heads("builtin", stack)
    assert len(sentences) == stack.n_layers * stack.n_heads
    for entry in builtin.head_guide():
        sentence = sentences[entry.layer * stack.n_heads + entry.head]
        assert sentence.startswith(f"{entry.title}: {entry.does}.")
        assert f"{entry.accuracy:.1%}" in sentence
        assert f"{entry.baseline:.1%}" in sentence
    assert sum(map(bool, sentences)) == len(builtin.head_guide()) < len(sentences)


def test_of_a_model_that_was_not_measured_nothing_is_claimed(stack):
    assert guide.heads("untrained", stack) == ()
    assert guide.known("untrained", DEFAULT_TEXT) == ""
    assert guide.first_view("untrained") == (0, 0)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (DEFAULT_TEXT, 7),  # … because it
        ("She ate the apple.", 1),  # an example is about its verb, not about its pronoun
        ("she ate the apple", 1),
        ("The dog saw her.", 3),
        ("It rained.", None),  # a first word stands for nothing before it
        ("The dog slept.", None),
    ],
)
def test_the_word_to_look_at_first_is_the_one_that_stands_for_another(text, place):
    assert guide.first_word(text) == place


def test_what_is_known_of_a_text_names_tokens_and_words(stack):
    known = guide.about("builtin", DEFAULT_TEXT, stack)
    assert stack.query_tokens[known.first].text == "it"
    assert known.heads == guide.heads("builtin", stack)
    assert known.unknown == frozenset()
    odd = attnviz.load("builtin").run("The wug ate the dax.").encoder
    assert guide.about("builtin", "The wug ate the dax.", odd).unknown == {1, 4}
    assert guide.about("builtin", "The wug ate the dax.", odd).first is None
    assert guide.about("untrained", DEFAULT_TEXT, stack) == guide.NOTHING


def test_every_example_of_the_page_was_kept_from_training():
    kept = {example.text.rstrip(".") for example in builtin.example_sentences()}
    assert {text.rstrip(".") for text in EXAMPLES} <= kept


def test_the_page_says_how_much_of_a_text_the_model_knows(start: Start):
    def told(page) -> str:
        return " ".join(element.value for element in page.markdown)

    page = start()
    assert "It knows 11 of 11 words and was trained on sentences of this shape." in told(page)
    checked(page.text_input(key="text").set_value("To be or not to be, that is what we were asked.").run())
    reading = builtin.read("To be or not to be, that is what we were asked.")
    assert reading.n_known < reading.n_words
    assert f"It knows {reading.n_known} of {reading.n_words} words (the others are underlined" in told(page)
    assert "and was not trained on sentences of this shape" in told(page)
    assert "no evidence about English" in told(page)


def test_the_model_card_opens_on_the_page(start: Start):
    page = start()
    checked(page.button(key="model_card").click().run())
    assert any("What it was measured to do" in element.value for element in page.markdown)
    assert not [button for button in start(model="untrained").button if button.key == "model_card"]
