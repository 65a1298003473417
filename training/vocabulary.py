"""The words that the model reads and names, in a fixed order."""

from functools import cache

import numpy as np

from training.lexicon import load_lexicon, plural
from training.patterns_sense import sense_token

PADDING, CLS, SEP, UNKNOWN, MASK = SPECIALS = ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]")
FIT = ("fit", "fits", "who")


@cache
def vocabulary() -> tuple[str, ...]:
    """Special tokens, then every form of every word, then the names of senses and classes, which nobody types."""
    lexicon = load_lexicon()
    nouns = [noun for listed in lexicon.nouns.values() for noun in listed]
    nouns += [cue for listed in lexicon.cues.values() for cue in listed]
    ambiguous = lexicon.ambiguous_nouns + lexicon.ambiguous_adjectives
    words = [word for listed in lexicon.others.values() for word in listed] + list(FIT) + nouns
    words += [plural(noun) for noun in nouns] + [word.word for word in ambiguous]
    words += [plural(word.word) for word in lexicon.ambiguous_nouns]
    words += [form for verbs in lexicon.verbs.values() for verb in verbs for form in (verb.base, verb.past, verb.third)]
    words += [word for listed in lexicon.adjectives.values() for word in listed]
    senses = [sense_token(word.word, sense) for word in ambiguous for sense, _ in word.senses]
    classes = [f"kind: {name}" for name in (*lexicon.nouns, *(f"{name} (said of)" for name in lexicon.adjectives))]
    return SPECIALS + tuple(dict.fromkeys(words)) + tuple(senses) + tuple(classes)


@cache
def n_typed() -> int:
    """Number of tokens in front of the names of senses and classes."""
    return next(number for number, word in enumerate(vocabulary()) if " (" in word)


@cache
def classes_by_id() -> np.ndarray:
    """For every token the token that names its class of nouns or adjectives, -1 where it has none or several."""
    lexicon, ids = load_lexicon(), token_ids()
    found: dict[str, set[str]] = {}
    for name, nouns in lexicon.nouns.items():
        for noun in nouns:
            found.setdefault(noun, set()).add(f"kind: {name}")
            found.setdefault(plural(noun), set()).add(f"kind: {name}")
    for name, adjectives in lexicon.adjectives.items():
        for adjective in adjectives:
            found.setdefault(adjective, set()).add(f"kind: {name} (said of)")
    for verb in (verb for verbs in lexicon.verbs.values() for verb in verbs):
        for form in (verb.base, verb.past, verb.third):
            found.setdefault(form, set()).add("verb")
    kinds_of = np.full(len(ids), -1)
    for word, classes in found.items():
        (first, *others) = classes
        if not others and first != "verb":
            kinds_of[ids[word]] = ids[first]
    return kinds_of


@cache
def token_ids() -> dict[str, int]:
    """The number of every word."""
    return {word: number for number, word in enumerate(vocabulary())}


KINDS = {
    "D": "the a an this these those every each another many several few some most all both two three four five six "
    "seven eight nine ten my your our one",
    "S": "his her its their",
    "Y": "i we you",
    "O": "him them me us",
    "X": "didn't couldn't wouldn't doesn't don't can't won't isn't wasn't aren't weren't do does did have has had "
    "could would can will",
    "B": "is are was were be seemed looked became",
    "C": "because since as although until",
    "J": "and but so then",
    "W": "when after before while",
    "that": "that which who",
    "P": "in on at to of by with from for near under behind beside above along past through into inside towards "
    "without against between around over about up down off onto across next out",
    "R": "not never too very really quite rather extremely far more most there today yesterday later suddenly course",
    "A": "last",
    "V": "fit fits said thought like look",
    "N": "end lunch",
    ",": ",",
}


@cache
def kinds() -> dict[str, str]:
    """The kind of every word that can be typed, as `attnviz.engine.patterns` uses them; pronouns are their own kind."""
    lexicon = load_lexicon()
    nouns = [noun for part in (lexicon.nouns, lexicon.cues) for listed in part.values() for noun in listed]
    nouns += [word.word for word in lexicon.ambiguous_nouns]
    verbs = [
        form for listed in lexicon.verbs.values() for verb in listed for form in (verb.base, verb.past, verb.third)
    ]
    adjectives = [word for listed in lexicon.adjectives.values() for word in listed]
    adjectives += [word.word for word in lexicon.ambiguous_adjectives]
    found = {word: kind for kind, words in KINDS.items() for word in words.split()}
    found |= {word: word for word in ("it", "he", "she", "they")}
    groups = (("A", adjectives), ("N", nouns), ("N", [plural(noun) for noun in nouns]), ("V", verbs))
    for kind, words in (*groups, ("R", [word for listed in lexicon.others.values() for word in listed])):
        for word in words:
            found.setdefault(word, kind)
    return {word: found[word] for word in vocabulary() if word in found}
