"""Sentences with their links: a pattern is a function from a `Source` of choices to a sentence.

What all patterns share is here: which words may be drawn, and the small change of English (auxiliaries, prepositions).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from random import Random

from training.draft import Draft, Noun
from training.fits import ADJECTIVES_OF
from training.lexicon import MASS_CLASSES, PEOPLE, Lexicon, Verb
from training.split import is_own_noun

AUXILIARIES = (
    "didn't",
    "couldn't",
    "wouldn't",
    "did not",
    "could not",
    "didn't",
    "can't",
    "won't",
    "doesn't",
    "would not",
)
CAUSES = ("because", "because", "because", "because", "since", "as")
PREPOSITIONS = ("near", "on", "in", "under", "behind", "beside", "by", "with", "from", "of", "to", "above", "for")
DEGREES = ("too", "too", "so", "very", "really", "quite", "rather", "extremely", "far too", "")
PAST_BE = ("was", "was", "is", "seemed", "looked", "became")


@dataclass
class Source:
    """Draws words. `nouns` says which nouns a pattern may have: "train", "unseen" (kept from it) or "all"."""

    rng: Random
    lexicon: Lexicon
    nouns: str = "train"

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.rng.random() < probability

    def draft(self, pattern: str) -> Draft:
        """An empty sentence."""
        return Draft(pattern, self.rng, self.lexicon)

    def noun(self, classes: Sequence[str], *, pattern: str | None = None, is_plural: bool = False) -> Noun:
        """A noun of one of the classes; with a pattern, one that the split gives to it.

        Raises LookupError where the split keeps no noun of the class from the pattern.
        """
        noun_class = self.rng.choice(classes)
        lemma = self.rng.choice(self._allowed(noun_class, pattern))
        countable = noun_class not in MASS_CLASSES and not noun_class.startswith("name")
        return Noun(lemma, noun_class, is_plural and countable)

    def verb(self, verb_class: str) -> Verb:
        """A verb of the class."""
        return self.rng.choice(self.lexicon.verbs[verb_class])

    def adjective(self, adjective_class: str) -> str:
        """An adjective of the class."""
        return self.rng.choice(self.lexicon.adjectives[adjective_class])

    def looks(self, chances: Sequence[float] = (0.6, 0.25, 0.1, 0.05)) -> list[str]:
        """None to three adjectives that anything can be."""
        n_words = self.rng.choices(range(len(chances)), weights=chances)[0]
        return self.rng.sample(self._any_looks, n_words)

    def qualities(self, noun: Noun, chances: Sequence[float]) -> list[str]:
        """Like `looks`, and often an adjective that only the noun's class can have."""
        words = self.looks(chances)
        if noun.noun_class in ADJECTIVES_OF and self.chance(0.35):
            words.insert(self.rng.randint(0, len(words)), self.adjective(ADJECTIVES_OF[noun.noun_class]))
        return words

    def other(self, name: str) -> str:
        """A word of the small classes: adverbs, numbers, …"""
        return self.rng.choice(self.lexicon.others[name])

    def _allowed(self, noun_class: str, pattern: str | None) -> tuple[str, ...]:
        listed = self.lexicon.nouns[noun_class]
        return listed if pattern is None or self.nouns == "all" else _split(listed, pattern)[self.nouns == "unseen"]

    @cached_property
    def _any_looks(self) -> list[str]:
        return list(self.lexicon.adjectives["looks"] + self.lexicon.adjectives["colours"])

    def person(self, *, gender: str = "any", pattern: str | None = None) -> Noun:
        """A person whom "he" (m), "she" (f) or either can stand for."""
        classes = {"m": ("man", "name_m"), "f": ("woman", "name_f"), "any": PEOPLE, "n": ("person",)}[gender]
        return self.noun(classes, pattern=pattern)


@cache
def _split(nouns: tuple[str, ...], pattern: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The nouns that a pattern is trained with, and those that are kept from it."""
    own = tuple(noun for noun in nouns if is_own_noun(pattern, noun))
    return tuple(noun for noun in nouns if noun not in own), own


def say_predicate(draft: Draft, source: Source, verb: Verb, subject: int, *, negative: bool = True) -> int:
    """Add "didn't cross" or "crossed"; the place of the verb."""
    if not negative:
        return draft.verb(verb, verb.past, subject=subject)
    draft.say(*source.rng.choice(AUXILIARIES).split())
    return draft.verb(verb, verb.base, subject=subject)


def say_is(draft: Draft, source: Source, subject: int, adjective: str, *, is_plural: bool) -> int:
    """Add "was too tired" after its subject; the place of the adjective."""
    form = source.rng.choice(PAST_BE)
    place = draft.say({"was": "were", "is": "are"}.get(form, form) if is_plural else form)
    draft.link(place, subject, "subject")
    degree = source.rng.choice(DEGREES)
    if degree:
        draft.say(*degree.split())
    return draft.adjective(adjective, of=subject)


def be(source: Source, *, is_plural: bool) -> str:
    """A form of "be"."""
    return source.rng.choice(("are", "were") if is_plural else ("is", "was"))
