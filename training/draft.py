"""A sentence while it is being built: words, the links between them, and the words whose company is split.

A link says which word a word stands for or hangs on. Links are what the outputs are asked to name and what the heads
are measured against; no link is ever shown to the attention itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from training.lexicon import Lexicon, Verb, plural

Relation = Literal["reference", "owner", "subject", "object", "determiner", "adjective", "sense"]
Kind = Literal["noun", "verb", "adjective"]
VOWELS = tuple("aeiou")


@dataclass(frozen=True)
class Link:
    """The word at `query` hangs on the word at `key`; `cue` is the word that tells it, `sense` its sense, if any."""

    query: int
    key: int
    relation: Relation
    cue: int | None = None
    sense: str | None = None
    rival: int | None = None


@dataclass(frozen=True)
class Sentence:
    """A finished sentence. `pairs` are the two words that each main link brings together."""

    pattern: str
    words: tuple[str, ...]
    links: tuple[Link, ...]
    content: frozenset[tuple[str, Kind]]
    pairs: tuple[tuple[str, str], ...] = ()
    own_nouns: frozenset[str] = frozenset()
    free: frozenset[int] = frozenset()

    @property
    def text(self) -> str:
        """The sentence as one would type it."""
        text = " ".join(self.words)
        for mark in ".,?!":
            text = text.replace(f" {mark}", mark)
        return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Noun:
    """A noun in its place: singular or plural, and the pronoun that can stand for it."""

    lemma: str
    noun_class: str
    is_plural: bool = False

    @property
    def form(self) -> str:
        """The word itself."""
        return plural(self.lemma) if self.is_plural else self.lemma


@dataclass
class Draft:
    """Collects words and links; `finish` makes a `Sentence`."""

    pattern: str
    rng: Random
    lexicon: Lexicon
    words: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    content: set[tuple[str, Kind]] = field(default_factory=set)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    own_nouns: set[str] = field(default_factory=set)
    free: set[int] = field(default_factory=set)

    def say(self, *words: str) -> int:
        """Add words that carry no split; the place of the last one."""
        self.words += words
        return len(self.words) - 1

    def noun(self, noun: Noun) -> int:
        """Add a noun."""
        self.content.add((noun.lemma, "noun"))
        return self.say(noun.form)

    def verb(self, verb: Verb, form: str, *, subject: int | None = None) -> int:
        """Add a form of a verb, linked to its subject."""
        self.content.add((verb.base, "verb"))
        place = self.say(form)
        if subject is not None:
            self.link(place, subject, "subject")
        return place

    def adjective(self, word: str, *, of: int | None = None) -> int:
        """Add an adjective, linked to what it is said of."""
        self.content.add((word, "adjective"))
        place = self.say(word)
        if of is not None:
            self.link(place, of, "adjective")
        return place

    def link(
        self,
        query: int,
        key: int,
        relation: Relation,
        *,
        cue: int | None = None,
        sense: str | None = None,
        rival: int | None = None,
    ) -> None:
        """Add a link between two places."""
        self.links.append(Link(query, key, relation, cue, sense, rival))

    def noun_phrase(self, noun: Noun, *, determiner: str | None = None, adjectives: Sequence[str] = ()) -> int:
        """Add determiner, adjectives and noun; the place of the noun. Names stand alone."""
        if noun.noun_class.startswith("name"):
            return self.noun(noun)
        word = self._determiner(noun) if determiner is None else determiner
        first = adjectives[0] if adjectives else noun.form
        if word in ("a", "an"):
            word = "an" if first.startswith(VOWELS) else "a"
        places = [self.say(word)] if word else []
        for number, adjective in enumerate(adjectives):
            if number and self.rng.random() < 0.3:
                self.say(",")
            places.append(self.adjective(adjective))
        place = self.noun(noun)
        for number, query in enumerate(places):
            self.link(query, place, "determiner" if word and number == 0 else "adjective")
        return place

    def _determiner(self, noun: Noun) -> str:
        draw = self.rng.random()
        if noun.is_plural:
            others = self.lexicon.others["plural_determiner"] + self.lexicon.others["number"]
            return "the" if draw < 0.5 else self.rng.choice(others) if draw < 0.85 else ""
        if draw < 0.6:
            return "the"
        return self.rng.choice(self.lexicon.others["singular_determiner"])

    def finish(self) -> Sentence:
        """The sentence."""
        return Sentence(
            pattern=self.pattern,
            words=tuple(word.lower() for word in self.words),
            links=tuple(self.links),
            content=frozenset(self.content),
            pairs=tuple(self.pairs),
            own_nouns=frozenset(self.own_nouns),
            free=frozenset(self.free),
        )
