from dataclasses import replace

import numpy as np
import pytest

from training.draft import Link
from training.free_pairs import flips, free_pairs
from training.measure import EXAMS, Case, baseline, cases, is_right, prefers, score

WORDS = ("the", "dog", "saw", "the", "cat", "because", "it", "slept")
LINK = Link(6, 1, "reference", rival=4)


def weights_to(key):
    """One layer, one head: every word looks at word `key`."""
    n = len(WORDS)
    weights = np.zeros((1, 1, n + 2, n + 2), dtype=np.float32)
    weights[..., key + 1] = 1
    return weights


def test_a_link_is_right_where_its_key_gets_most():
    assert is_right(weights_to(1), LINK).all()
    assert not is_right(weights_to(4), LINK).any()


def test_weight_on_special_tokens_and_on_the_word_itself_does_not_count():
    for key in (-1, len(WORDS), 6):
        weights = weights_to(key) * 0.9 + weights_to(1) * 0.1
        assert is_right(weights, LINK).all()


def test_twins_are_right_only_together():
    twins = [Case(WORDS, (LINK,)), Case(WORDS, (replace(LINK, key=4, rival=1),))]
    assert prefers(weights_to(4), twins[1].links[0]).all()
    assert score(EXAMS[0], twins, [weights_to(1), weights_to(4)]) == 1
    assert score(EXAMS[0], twins, [weights_to(1), weights_to(1)]) == 0


def test_the_best_fixed_distance_is_the_commonest_one():
    links = [Link(5, 4, "object"), Link(3, 2, "object"), Link(5, 2, "object")]
    assert baseline(EXAMS[6], [Case(WORDS, (link,)) for link in links]) == 2 / 3


def test_no_fixed_distance_flips():
    assert baseline(EXAMS[0], cases(EXAMS[0], n=10, seed=1)) == 0


@pytest.mark.parametrize("exam", EXAMS, ids=lambda exam: exam.name)
def test_the_same_seed_gives_the_same_cases(exam):
    assert cases(exam, n=6, seed=3) == cases(exam, n=6, seed=3)
    assert cases(exam, n=6, seed=3) != cases(exam, n=6, seed=4)


def test_sixty_free_pairs_name_words_that_are_there():
    pairs = free_pairs()
    assert len(pairs) == 60
    for pair in pairs:
        assert pair.texts[0] != pair.texts[1]
        assert all(word.lower() in text.lower() for word in (*pair.meant, pair.pronoun) for text in pair.texts)


def test_looking_at_one_place_whatever_the_sentence_gets_no_free_pair_right():
    assert flips(lambda text: np.tile(np.arange(60.0), (1, 1, 60, 1))) == 0
