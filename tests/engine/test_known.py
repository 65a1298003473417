"""What is said of a model before one looks, against its own guide and vocabulary."""

import pytest

from attnviz.address import DEFAULT_TEXT, OTHER_TEXT
from attnviz.engine import builtin
from attnviz.engine.known import first_word, known
from attnviz.scene import EXAMPLES

ODD = "My zorp flibbered the unbelievably internationalisation"


def test_each_head_that_was_measured_says_what_it_does_and_how_often_it_was_right():
    about = known("builtin", DEFAULT_TEXT).about
    assert len(about) == len(builtin.head_guide()) > 3
    for entry in builtin.head_guide():
        head = about[entry.layer, entry.head]
        assert head.title == entry.title
        assert head.does.casefold() == f"{entry.does}.".casefold()
        share = "all" if entry.accuracy == 1 else f"{round(100 * entry.accuracy, 1):g}\u202f% of"
        assert head.right == f"Right in {share} {entry.measured_on}."
        assert not any(word in head.right for word in ("antecedent", "flips", "held-out", "attractor", "cue", "→"))
    kept = "in sentences kept from training."
    assert about[3, 0].right == f"Right in all 400 links from “it” to the right one of two nouns, {kept}"
    assert about[3, 1].right == f"Right in 99.5\u202f% of 400 links from a verb to its subject, {kept}"


@pytest.mark.parametrize(
    ("text", "state", "words"),
    [
        (DEFAULT_TEXT, "known", "knows 11 of 11 words · sentence of a kind it was trained on"),
        (
            f"{DEFAULT_TEXT}. She ate the apple.",
            "known",
            "knows 17 of 17 words · sentences of a kind it was trained on",
        ),
        (ODD, "warn", "knows 2 of 6 words · not evidence"),
        ("Apple", "warn", "knows 1 of 1 word · not of a kind it was trained on · not evidence"),
    ],
)
def test_a_badge_says_what_the_model_knows_of_a_text(text, state, words):
    badge = known("builtin", text).badge
    assert (badge.state, badge.text) == (state, words)


def test_beside_a_text_that_it_was_not_made_for_no_accuracy_is_told():
    assert all(head.right == "" and head.does for head in known("builtin", ODD).about.values())
    assert known("builtin", ODD).unknown == {1, 2, 4, 5}
    assert known("builtin", DEFAULT_TEXT).unknown == frozenset()


def test_of_a_model_that_was_not_measured_nothing_is_claimed():
    for model, state in (("untrained", "warn"), ("minilm", "real"), ("bert-base-uncased", "real")):
        found = known(model, DEFAULT_TEXT)
        assert (found.badge.state, found.about, found.layer, found.word) == (state, {}, None, None)


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
    assert first_word(text) == known("builtin", text).word == place


def test_the_built_in_model_opens_with_the_head_of_its_guide():
    found = known("builtin", OTHER_TEXT)
    assert (found.layer, found.head) == builtin.default_view()


def test_every_example_of_the_page_was_kept_from_training():
    kept = {example.text.rstrip(".") for example in builtin.example_sentences()}
    assert {text.rstrip(".") for _, text in EXAMPLES} <= kept
