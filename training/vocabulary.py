"""The words that the model reads and names, in a fixed order."""

from functools import cache

from training.lexicon import load_lexicon, plural
from training.patterns_sense import sense_token

PADDING, CLS, SEP, UNKNOWN, MASK = SPECIALS = ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]")
FIT = ("fit", "fits", "who")


@cache
def vocabulary() -> tuple[str, ...]:
    """Special tokens, then every form of every word, then the names of the senses."""
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
    return SPECIALS + tuple(dict.fromkeys(words)) + tuple(senses)


@cache
def token_ids() -> dict[str, int]:
    """The number of every word."""
    return {word: number for number, word in enumerate(vocabulary())}
