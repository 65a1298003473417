"""The words, in named classes, and their forms.

The files in `lexicon/` were written for this project by hand. A noun, verb or adjective stands in one class; which
classes go together (what can be tired, what can be eaten) is said by the grammar, not here.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

FOLDER = Path(__file__).parent / "lexicon"
MASS_CLASSES = frozenset({"drink", "money", "weather"})
PEOPLE = ("man", "woman", "person", "name_m", "name_f")
IRREGULAR_PLURALS = {
    "man": "men", "woman": "women", "child": "children", "person": "people", "wife": "wives", "wolf": "wolves",
    "calf": "calves", "knife": "knives", "shelf": "shelves", "scarf": "scarves", "leaf": "leaves", "half": "halves",
    "mouse": "mice", "goose": "geese", "gosling": "goslings", "foot": "feet", "tooth": "teeth", "ox": "oxen",
    "sheep": "sheep", "deer": "deer", "moose": "moose", "bison": "bison", "buffalo": "buffaloes", "fish": "fish",
    "salmon": "salmon", "trout": "trout", "shrimp": "shrimps", "policeman": "policemen", "fireman": "firemen",
    "salesman": "salesmen", "businessman": "businessmen", "fisherman": "fishermen", "milkman": "milkmen",
    "gentleman": "gentlemen", "policewoman": "policewomen", "saleswoman": "saleswomen", "postman": "postmen",
    "businesswoman": "businesswomen", "thief": "thieves", "potato": "potatoes", "tomato": "tomatoes",
    "mango": "mangoes", "hero": "heroes", "cargo": "cargoes", "echo": "echoes", "datum": "data", "loaf": "loaves",
    "scissors": "scissors", "pliers": "pliers", "shears": "shears", "trousers": "trousers", "jeans": "jeans",
    "shorts": "shorts", "pyjamas": "pyjamas", "glasses": "glasses", "series": "series", "quiz": "quizzes",
    "bookshelf": "bookshelves", "scarf ": "scarves", "cowboy": "cowboys", "iris": "irises",
}  # fmt: skip


@dataclass(frozen=True)
class Verb:
    """Three forms of a verb: eat, ate, eats."""

    base: str
    past: str
    third: str


@dataclass(frozen=True)
class Ambiguous:
    """A noun or an adjective with two senses: each sense has a name and the words (or classes) that tell it."""

    word: str
    senses: tuple[tuple[str, tuple[str, ...]], tuple[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Lexicon:
    """All words by class; `class_of` knows a noun's class."""

    nouns: dict[str, tuple[str, ...]]
    verbs: dict[str, tuple[Verb, ...]]
    adjectives: dict[str, tuple[str, ...]]
    others: dict[str, tuple[str, ...]]
    cues: dict[str, tuple[str, ...]]
    ambiguous_nouns: tuple[Ambiguous, ...]
    ambiguous_adjectives: tuple[Ambiguous, ...]

    @cached_property
    def class_of(self) -> dict[str, str]:
        """The class of every noun."""
        return {noun: name for name, nouns in self.nouns.items() for noun in nouns}

    def count(self) -> int:
        """Number of different words in the named classes, inflected forms not counted."""
        words = {
            word
            for part in (self.nouns, self.adjectives, self.others, self.cues)
            for ws in part.values()
            for word in ws
        }
        words |= {verb.base for verbs in self.verbs.values() for verb in verbs}
        return len(words | {word.word for word in self.ambiguous_nouns + self.ambiguous_adjectives})


@cache
def load_lexicon() -> Lexicon:
    """The lexicon as its files say."""
    nouns, cues, words = {}, {}, []
    for line in _lines("senses.txt"):
        kind, _, rest = line.partition(" ")
        if kind == "cue":
            name, _, listed = rest.partition(":")
            cues[name] = tuple(listed.split())
        else:
            words.append((kind, _ambiguous(rest)))
    nouns = {name: tuple(word.lower() for word in listed) for name, listed in _classes("nouns.txt").items()}
    verbs = {name: tuple(_verb(entry) for entry in listed) for name, listed in _classes("verbs.txt").items()}
    others = {name: tuple(word.lower() for word in listed) for name, listed in _classes("others.txt").items()}
    return Lexicon(
        nouns=nouns,
        verbs=verbs,
        adjectives=_classes("adjectives.txt"),
        others=others,
        cues=cues,
        ambiguous_nouns=tuple(word for kind, word in words if kind == "noun"),
        ambiguous_adjectives=tuple(word for kind, word in words if kind == "adjective"),
    )


def plural(noun: str) -> str:
    """The plural of a noun."""
    if noun in IRREGULAR_PLURALS:
        return IRREGULAR_PLURALS[noun]
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2] not in "aeou" else _with_s(noun)


def _with_s(word: str) -> str:
    return word + ("es" if word.endswith(("s", "sh", "ch", "x", "z")) else "s")


def _verb(entry: str) -> Verb:
    base, *given = entry.split("/")
    ends_in_y = base.endswith("y") and base[-2] not in "aeou"
    past = base + "d" if base.endswith("e") else base[:-1] + "ied" if ends_in_y else base + "ed"
    third = base[:-1] + "ies" if ends_in_y else _with_s(base)
    return Verb(base, *(given + [past, third][len(given) :]))


def _ambiguous(entry: str) -> Ambiguous:
    word, _, rest = entry.partition("=")
    senses = []
    for part in rest.split("|"):
        name, _, company = part.partition(":")
        senses.append((name.strip(), tuple(company.replace("@", "").split())))
    first, second = senses
    return Ambiguous(word.strip(), (first, second))


def _classes(name: str) -> dict[str, tuple[str, ...]]:
    classes: dict[str, list[str]] = {}
    current = ""
    for line in _lines(name):
        if not line.startswith(" "):
            current, _, line = line.partition(":")
        classes.setdefault(current, []).extend(line.split())
    return {name: tuple(words) for name, words in classes.items()}


def _lines(name: str) -> list[str]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]
