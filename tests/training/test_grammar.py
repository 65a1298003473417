from random import Random

import pytest

from training.grammar import Source
from training.lexicon import load_lexicon
from training.patterns_reference import flip_class, flip_fit, owner, person
from training.stream import PATTERNS, as_text, draw, join


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.__name__)
@pytest.mark.parametrize("choice", [0, 1])
def test_links_lie_inside_the_sentence_and_join_two_words(pattern, choice):
    source = Source(Random(1), load_lexicon())
    for _ in range(100):
        sentence = pattern(source, choice)
        assert sentence.words[-1] == "."
        for link in sentence.links:
            assert link.query != link.key
            assert 0 <= min(link.query, link.key) <= max(link.query, link.key) < len(sentence.words)


@pytest.mark.parametrize("pattern", [flip_class, flip_fit])
def test_twins_differ_in_the_adjective_alone_and_mean_different_nouns(pattern):
    for seed in range(100):
        twins = [pattern(Source(Random(seed), load_lexicon()), choice) for choice in (0, 1)]
        differing = [pair for pair in zip(*(twin.words for twin in twins), strict=True) if pair[0] != pair[1]]
        links = [next(link for link in twin.links if link.relation == "reference") for twin in twins]
        assert len(differing) == 1
        assert (links[0].key, links[0].rival) == (links[1].rival, links[1].key)


@pytest.mark.parametrize(("pattern", "relation"), [(person, "reference"), (owner, "owner")])
def test_a_pronoun_fits_the_gender_and_number_of_its_noun(pattern, relation):
    lexicon = load_lexicon()
    men, women = (
        set(lexicon.nouns[noun]) | set(lexicon.nouns[name]) for noun, name in (("man", "name_m"), ("woman", "name_f"))
    )
    source = Source(Random(2), lexicon)
    for attempt in range(300):
        sentence = pattern(source, attempt % 2)
        link = next(link for link in sentence.links if link.relation == relation)
        pronoun, noun = sentence.words[link.query], sentence.words[link.key]
        assert not (noun in men and pronoun not in ("he", "him", "his"))
        assert not (noun in women and pronoun not in ("she", "her"))


def test_joined_texts_keep_their_links():
    source = Source(Random(4), load_lexicon())
    first, second = as_text(draw(source)), as_text(draw(source))
    joined = join(first, second)
    named = [(joined.words[link.query], joined.words[link.key]) for link in joined.links]
    expected = [(text.words[link.query], text.words[link.key]) for text in (first, second) for link in text.links]
    assert named == expected
