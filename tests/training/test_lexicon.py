from collections import Counter
from itertools import islice

from training.lexicon import load_lexicon, plural
from training.stream import training_texts
from training.vocabulary import kinds, token_ids, vocabulary


def test_the_lexicon_has_at_least_1500_words():
    assert load_lexicon().count() >= 1500


def test_every_noun_and_every_adjective_stands_in_one_class():
    lexicon = load_lexicon()
    for classes in (lexicon.nouns, lexicon.adjectives):
        counts = Counter(word for words in classes.values() for word in words)
        assert [word for word, count in counts.items() if count > 1] == []


def test_a_verb_has_its_irregular_forms():
    verbs = {verb.base: verb for listed in load_lexicon().verbs.values() for verb in listed}
    assert (verbs["eat"].past, verbs["eat"].third) == ("ate", "eats")
    assert (verbs["carry"].past, verbs["carry"].third) == ("carried", "carries")
    assert (verbs["cross"].past, verbs["cross"].third) == ("crossed", "crosses")


def test_plurals_follow_the_rules_and_their_exceptions():
    nouns = ("cat", "box", "baby", "day", "wolf", "child", "sheep", "monkey")
    assert [plural(noun) for noun in nouns] == [
        "cats",
        "boxes",
        "babies",
        "days",
        "wolves",
        "children",
        "sheep",
        "monkeys",
    ]


def test_no_token_stands_twice_in_the_vocabulary():
    assert len(set(vocabulary())) == len(vocabulary())


def test_every_word_of_the_grammar_is_in_the_vocabulary_and_has_a_kind():
    words = {word for text in islice(training_texts(5), 2000) for word in text.words}
    assert words - set(token_ids()) == set()
    assert words - set(kinds()) - {"."} <= {"?", "!"}
