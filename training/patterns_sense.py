"""Patterns with words of two senses, in which one other word is the only evidence for the sense."""

from collections.abc import Mapping, Sequence

from training.draft import Draft, Noun, Sentence
from training.fits import THINGS
from training.grammar import Source, be, say_is, say_predicate
from training.lexicon import Ambiguous
from training.split import is_own_noun

NEAR = ("near", "beside", "behind", "by", "of", "with", "under", "above", "from", "and")
NEUTRAL = ("furniture", "room", "colour", "time")


def sense_token(word: str, sense: str) -> str:
    """The output that stands for a sense of a word; it is named, never read."""
    return f"{word} ({sense})"


def ambiguous_noun(source: Source, choice: int) -> Sentence:
    """The bank near the river was old. / The money is in the bank."""
    draft = source.draft("sense")
    word, sense, cue = _draw(source, source.lexicon.ambiguous_nouns, choice, source.lexicon.cues)
    noun = Noun(word, "ambiguous", source.chance(0.15))
    cue_noun = Noun(cue, "cue", source.chance(0.2) and cue not in source.lexicon.nouns["money"])
    template = source.rng.choice((_of, _both, _is_near, _went, _when, _for, _of, _list))
    query, key = template(draft, source, noun, cue_noun)
    draft.link(query, key, "sense", cue=key, sense=sense_token(word, sense))
    draft.pairs.append((word, cue))
    draft.own_nouns.add(cue)
    draft.say(".")
    return draft.finish()


def _draw(
    source: Source, words: Sequence[Ambiguous], choice: int, lists: Mapping[str, Sequence[str]]
) -> tuple[str, str, str]:
    """A word, its sense, and a word that tells it, of those that the split gives to the source."""
    while True:
        word = source.rng.choice(words)
        sense, company = word.senses[choice]
        entry = source.rng.choice(company)
        allowed = [
            cue
            for cue in lists.get(entry, (entry,))
            if source.nouns == "all" or is_own_noun(f"sense/{word.word}", cue) == (source.nouns == "unseen")
        ]
        if allowed:
            return word.word, sense, source.rng.choice(allowed)


def _np(draft: Draft, source: Source, noun: Noun) -> int:
    determiner = source.rng.choice(("the", "the", "the", "a", "this", "some" if noun.is_plural else "that", "my", ""))
    if noun.is_plural and determiner in ("a", "this", "that"):
        determiner = "the"
    return draft.noun_phrase(noun, determiner=determiner, adjectives=source.looks((0.75, 0.2, 0.05)))


def _who(draft: Draft, source: Source) -> int:
    if source.chance(0.6):
        place = draft.say(source.rng.choice(("she", "he", "they", "i", "we", "you")))
        draft.free.add(place)
        return place
    return draft.noun_phrase(source.person(), determiner="the")


def _distractor(draft: Draft, source: Source) -> None:
    """Sometimes another noun, which tells nothing."""
    if source.chance(0.35):
        draft.say(source.rng.choice(("in", "on", "near", "with")))
        draft.noun_phrase(source.noun(NEUTRAL), determiner="the")


def _did(draft: Draft, source: Source, subject: int) -> int:
    return say_predicate(draft, source, source.verb("any"), subject, negative=source.chance(0.2))


def _of(draft: Draft, source: Source, noun: Noun, cue: Noun) -> tuple[int, int]:
    """The bank (in the room) near the river was old; or river and bank the other way round."""
    first_is_noun = source.chance(0.6)
    first = _np(draft, source, noun if first_is_noun else cue)
    _distractor(draft, source)
    draft.say(source.rng.choice(NEAR))
    second = _np(draft, source, cue if first_is_noun else noun)
    adjective = source.adjective("looks")
    say_is(draft, source, first, adjective, is_plural=noun.is_plural if first_is_noun else cue.is_plural)
    return (first, second) if first_is_noun else (second, first)


def _both(draft: Draft, source: Source, noun: Noun, cue: Noun) -> tuple[int, int]:
    """She saw the river and (then) found the bank."""
    subject = _who(draft, source)
    places = []
    order = [noun, cue] if source.chance(0.5) else [cue, noun]
    for number, each in enumerate(order):
        if number:
            _distractor(draft, source)
            draft.say(source.rng.choice(("and", "but", "then", "and")))
        verb = _did(draft, source, subject)
        places.append(_np(draft, source, each))
        draft.link(verb, places[-1], "object")
    return (places[0], places[1]) if order[0] is noun else (places[1], places[0])


def _is_near(draft: Draft, source: Source, noun: Noun, cue: Noun) -> tuple[int, int]:
    """The river is (very) near the bank."""
    swap = source.chance(0.5)
    first = _np(draft, source, cue if swap else noun)
    is_plural = (cue if swap else noun).is_plural
    draft.link(draft.say(be(source, is_plural=is_plural)), first, "subject")
    draft.say(source.rng.choice(("near", "behind", "in", "on", "under", "beside", "next to")).split()[0])
    second = _np(draft, source, noun if swap else cue)
    return (second, first) if swap else (first, second)


def _went(draft: Draft, source: Source, noun: Noun, cue: Noun) -> tuple[int, int]:
    """They walked along the river to the bank."""
    subject = _who(draft, source)
    verb = source.verb("act")
    draft.free.add(say_predicate(draft, source, verb, subject, negative=False))
    swap = source.chance(0.5)
    draft.say(source.rng.choice(("from", "along", "past", "by", "with", "to", "towards")))
    first = _np(draft, source, cue if swap else noun)
    draft.say(source.rng.choice(("to", "for", "with", "and", "near", "towards")))
    second = _np(draft, source, noun if swap else cue)
    return (second, first) if swap else (first, second)


def _when(draft: Draft, source: Source, noun: Noun, cue: Noun) -> tuple[int, int]:
    """When she saw the river, the bank was old."""
    draft.say(source.rng.choice(("when", "after", "before", "because", "while")))
    swap = source.chance(0.5)
    subject = _who(draft, source)
    verb = _did(draft, source, subject)
    first = _np(draft, source, cue if swap else noun)
    draft.link(verb, first, "object")
    _distractor(draft, source)
    draft.say(",")
    second = _np(draft, source, noun if swap else cue)
    is_plural = (noun if swap else cue).is_plural
    say_is(draft, source, second, source.adjective("looks"), is_plural=is_plural)
    return (second, first) if swap else (first, second)


def _for(draft: Draft, source: Source, noun: Noun, cue: Noun) -> tuple[int, int]:
    """She took the money (in the room) to the bank. / The bank kept the money."""
    if source.chance(0.4):
        first = _np(draft, source, noun)
        verb = _did(draft, source, first)
        second = _np(draft, source, cue)
        draft.link(verb, second, "object")
        return first, second
    subject = _who(draft, source)
    verb = _did(draft, source, subject)
    swap = source.chance(0.5)
    first = _np(draft, source, cue if swap else noun)
    draft.link(verb, first, "object")
    draft.say(source.rng.choice(("to", "for", "with", "in", "from", "on", "at")))
    second = _np(draft, source, noun if swap else cue)
    return (second, first) if swap else (first, second)


def _list(draft: Draft, source: Source, noun: Noun, cue: Noun) -> tuple[int, int]:
    """The room, the river and the bank were old."""
    nouns = [noun, cue, source.noun(NEUTRAL)]
    source.rng.shuffle(nouns)
    places = []
    for number, each in enumerate(nouns):
        if number:
            draft.say("," if number == 1 else "and")
        places.append(_np(draft, source, each))
    verb = draft.say(source.rng.choice(("are", "were")))
    draft.free.add(verb)
    draft.free.add(draft.adjective(source.adjective("looks")))
    at = {id(each): place for each, place in zip(nouns, places, strict=True)}
    return at[id(noun)], at[id(cue)]


def ambiguous_adjective(source: Source, choice: int) -> Sentence:
    """The light (old) box was lost. / The colour of the box was light. The noun tells the adjective's sense."""
    draft = source.draft("sense_adjective")
    word, sense, lemma = _draw(source, source.lexicon.ambiguous_adjectives, choice, source.lexicon.nouns)
    noun = Noun(lemma, "company", source.chance(0.2))
    if source.chance(0.4):
        first = draft.noun_phrase(noun, adjectives=source.looks((0.8, 0.2)))
        for _ in range(source.rng.choice((0, 1, 1, 2))):
            draft.say(source.rng.choice(NEAR[:-1]))
            draft.noun_phrase(source.noun(THINGS), adjectives=source.looks((0.9, 0.1)))
        query, key = say_is(draft, source, first, word, is_plural=noun.is_plural), first
    else:
        query, key = _attributive(draft, source, word, noun)
    draft.link(query, key, "sense", cue=key, sense=sense_token(word, sense))
    draft.pairs.append((word, noun.lemma))
    draft.own_nouns.add(noun.lemma)
    draft.say(".")
    return draft.finish()


def _attributive(draft: Draft, source: Source, word: str, noun: Noun) -> tuple[int, int]:
    """She saw the light old box near the door."""
    if source.chance(0.3):
        draft.noun_phrase(source.noun(THINGS), determiner="the")
        draft.say(source.rng.choice(NEAR))
    else:
        verb = _did(draft, source, _who(draft, source))
        draft.free.add(verb)
    adjectives = [*source.looks((0.7, 0.2, 0.1)), word, *source.looks((0.5, 0.3, 0.2))]
    key = draft.noun_phrase(noun, adjectives=list(dict.fromkeys(adjectives)))
    query = max(place for place in range(key) if draft.words[place] == word)
    if source.chance(0.4):
        draft.say(source.rng.choice(NEAR))
        draft.noun_phrase(source.noun(THINGS), adjectives=source.looks((0.7, 0.3)))
    return query, key
