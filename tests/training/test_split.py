from collections import defaultdict
from dataclasses import replace
from itertools import islice
from random import Random

import pytest

from training.audit import audit
from training.draft import Draft
from training.examples import EXAMPLES
from training.grammar import Source
from training.lexicon import load_lexicon, plural
from training.patterns_reference import flip_class, flip_fit, person
from training.split import held_out_pairs, is_held_out, is_own_noun, may_train
from training.stream import Text, training_texts


@pytest.fixture(scope="module")
def stream():
    return list(islice(training_texts(0), 4000))


def test_nothing_held_out_stands_in_the_training_stream(stream):
    found = audit(stream)
    assert found.n_texts == 4000
    assert found.is_clean


def test_the_audit_finds_a_planted_pair(stream):
    planted = Text(("the", "tired", "animal"), (), frozenset({("animal", "noun"), ("tired", "adjective")}))
    assert audit([*stream, planted]).held_out_pairs == 1


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.text)
def test_the_audit_finds_a_planted_example_sentence(stream, example):
    first = stream[0]
    planted = replace(first, words=("yesterday", ",", *example.words, *first.words))
    assert audit([*stream[:10], planted]).example_sentences == 1


def test_every_content_word_of_a_text_is_told_to_the_split(stream):
    """Else a pair could hide from the audit behind a word that was not told."""
    lexicon = load_lexicon()
    lemmas = defaultdict(set)
    for noun in (noun for part in (lexicon.nouns, lexicon.cues) for listed in part.values() for noun in listed):
        lemmas[noun].add(noun)
        lemmas[plural(noun)].add(noun)
    for verb in (verb for listed in lexicon.verbs.values() for verb in listed):
        for form in (verb.base, verb.past, verb.third):
            lemmas[form].add(verb.base)
    for word in (word for listed in lexicon.adjectives.values() for word in listed):
        lemmas[word].add(word)
    untold = {
        word
        for text in stream
        for word in set(text.words) - set(lexicon.others["function"]) - set(lexicon.others["adverb"])
        if lemmas[word] and not lemmas[word] & {lemma for lemma, _ in text.content}
    }
    assert untold == set()


def test_training_draws_no_noun_that_is_kept_from_the_pattern():
    source = Source(Random(3), load_lexicon())
    for pattern, name in ((flip_class, "flip"), (flip_fit, "flip"), (person, "person")):
        for attempt in range(300):
            sentence = pattern(source, attempt % 2)
            assert not any(is_own_noun(name, noun) for noun in sentence.own_nouns)


def test_about_six_pairs_in_a_hundred_are_held_out():
    lexicon = load_lexicon()
    drawn = [is_held_out(noun, word) for noun in lexicon.nouns["animal"] for word in lexicon.adjectives["animate"]]
    assert 0.04 < sum(drawn) / len(drawn) < 0.08


def test_a_pair_is_held_out_in_whatever_order_and_number():
    assert is_held_out("tired", "animal")
    assert is_held_out("animal", "tired")
    draft = Draft("flip", Random(0), load_lexicon())
    draft.content |= {("animal", "noun"), ("tired", "adjective")}
    draft.say("tired", "animals")
    assert not may_train(draft.finish())
    assert held_out_pairs(frozenset(draft.content)) == (("animal", "tired"),)
