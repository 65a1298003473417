"""Patterns about who does what, and which words belong to which noun."""

from training.draft import Draft, Noun, Sentence
from training.fits import ADJECTIVES_OF, OBJECTS_OF, THINGS
from training.grammar import PREPOSITIONS, Source, be, say_is, say_predicate
from training.lexicon import PEOPLE, Verb

PRONOUNS = ("she", "he", "they", "it", "i", "we", "you")


def _subject(draft: Draft, source: Source) -> int:
    """A subject of any kind: a pronoun, a name, a person, an animal."""
    if source.chance(0.35):
        place = draft.say(source.rng.choice(PRONOUNS))
        draft.free.add(place)
        return place
    noun = source.noun((*PEOPLE, "animal"), pattern="clause", is_plural=source.chance(0.2))
    draft.own_nouns.add(noun.lemma)
    return draft.noun_phrase(noun, adjectives=source.looks((0.8, 0.15, 0.05)))


def _act(source: Source) -> tuple[Verb, Noun]:
    """A verb and something that it is done to."""
    verb_class, object_classes = source.rng.choice(OBJECTS_OF + OBJECTS_OF[-1:] * 3)
    noun = source.noun(object_classes, pattern="clause", is_plural=source.chance(0.3))
    return source.verb(verb_class), noun


def _tail(draft: Draft, source: Source) -> None:
    """Perhaps a place or an adverb after the object."""
    draw = source.rng.random()
    if draw < 0.2:
        draft.say(source.rng.choice(("in", "near", "behind", "with", "for", "beside", "on", "at")))
        draft.noun_phrase(source.noun(("room", "building", "place", "furniture", "way")))
    elif draw < 0.4:
        draft.say(source.other("late_adverb"))


def _object(draft: Draft, source: Source, verb: int, noun: Noun) -> int:
    """The object, at any distance from its verb."""
    if source.chance(0.2):
        for _ in range(source.rng.choice((1, 2))):
            draft.say(source.other("adverb"))
    determiner = source.rng.choice(("the", "the", "the", "my", "your", "our", "")) if source.chance(0.4) else None
    place = draft.noun_phrase(noun, determiner=determiner, adjectives=source.qualities(noun, (0.5, 0.25, 0.15, 0.1)))
    draft.link(verb, place, "object")
    return place


def clause(source: Source, choice: int) -> Sentence:
    """She ate the (very old) apple (and washed the pear)."""
    draft = source.draft("clause")
    subject = _subject(draft, source)
    for number in range(2 if choice and source.chance(0.5) else 1):
        if number:
            draft.say(source.rng.choice(("and", "but", "then")))
        if source.chance(0.2):
            draft.say(source.other("adverb"))
        verb, noun = _act(source)
        place = say_predicate(draft, source, verb, subject, negative=source.chance(0.2))
        _object(draft, source, place, noun)
        draft.pairs.append((verb.base, noun.lemma))
        draft.own_nouns.add(noun.lemma)
    _tail(draft, source)
    draft.say(".")
    return draft.finish()


def relative(source: Source, choice: int) -> Sentence:
    """The apple that she ate was old. / The boy who washed the pear ate the apple."""
    draft = source.draft("clause")
    verb, noun = _act(source)
    if choice:
        first = draft.noun_phrase(noun, determiner="the", adjectives=source.qualities(noun, (0.7, 0.2, 0.1)))
        if source.chance(0.8):
            draft.say(source.rng.choice(("that", "which")))
        subject = _subject(draft, source)
        place = say_predicate(draft, source, verb, subject, negative=source.chance(0.2))
        draft.link(place, first, "object")
        if source.chance(0.3):
            draft.say(source.other("late_adverb"))
        say_is(draft, source, first, source.adjective("looks"), is_plural=noun.is_plural)
    else:
        person = source.noun((*PEOPLE, "animal"), pattern="clause")
        subject = draft.noun_phrase(person, determiner="the")
        draft.own_nouns.add(person.lemma)
        draft.say("who")
        other_verb, other_noun = _act(source)
        other = say_predicate(draft, source, other_verb, subject, negative=False)
        _object(draft, source, other, other_noun)
        place = say_predicate(draft, source, verb, subject, negative=source.chance(0.2))
        _object(draft, source, place, noun)
    draft.pairs.append((verb.base, noun.lemma))
    draft.own_nouns.add(noun.lemma)
    draft.say(".")
    return draft.finish()


def agreement(source: Source, choice: int) -> Sentence:
    """The keys to the (old) cabinet (near the door) are old / … sing: the verb's subject across other nouns."""
    draft = source.draft("agreement")
    is_plural = bool(choice)
    noun = source.noun((*THINGS, "man", "woman"), pattern="agreement", is_plural=is_plural)
    subject = draft.noun_phrase(noun, adjectives=source.qualities(noun, (0.7, 0.2, 0.1)))
    for _ in range(source.rng.choices((0, 1, 2, 3), weights=(0.1, 0.45, 0.35, 0.1))[0]):
        draft.say(source.rng.choice(PREPOSITIONS))
        attractor = source.noun(THINGS, pattern="agreement", is_plural=source.chance(0.5))
        draft.noun_phrase(attractor, adjectives=source.qualities(attractor, (0.8, 0.15, 0.05)))
    if source.chance(0.15):
        draft.say(source.other("adverb"))
    draw = source.rng.random()
    adjective = source.adjective(ADJECTIVES_OF.get(noun.noun_class, "looks") if source.chance(0.6) else "looks")
    if draw < 0.4:
        say_is(draft, source, subject, adjective, is_plural=is_plural)
        draft.pairs.append((noun.lemma, adjective))
    elif draw < 0.6:
        draft.link(draft.say(be(source, is_plural=is_plural)), subject, "subject")
        draft.say(source.rng.choice(("in", "near", "on", "behind", "under", "at")))
        draft.noun_phrase(source.noun(("room", "building", "place", "furniture")))
    else:
        verb = source.verb("act")
        draft.verb(verb, source.rng.choice((verb.past, verb.base if is_plural else verb.third)), subject=subject)
        draft.pairs.append((noun.lemma, verb.base))
        _tail(draft, source)
    draft.own_nouns.add(noun.lemma)
    draft.say(".")
    return draft.finish()


def described(source: Source, choice: int) -> Sentence:
    """These very old, heavy books are lovely. / Look at this old book. Words around a noun, at any distance."""
    draft = source.draft("described")
    noun = source.noun(THINGS, pattern="described", is_plural=bool(choice))
    opener = source.rng.choice(("", "", "look at", "there are" if noun.is_plural else "there is", "i like", "we saw"))
    for word in opener.split():
        verb = next(
            (
                verb
                for name in ("any", "think")
                for verb in source.lexicon.verbs[name]
                if word in (verb.base, verb.past)
            ),
            None,
        )
        draft.say(word) if verb is None else draft.free.add(draft.verb(verb, word))
    adjectives = source.qualities(noun, (0.2, 0.4, 0.25, 0.15))
    place = draft.noun_phrase(noun, adjectives=adjectives)
    if not opener:
        if source.chance(0.3):
            draft.say(source.rng.choice(PREPOSITIONS))
            draft.noun_phrase(source.noun(THINGS), adjectives=source.looks())
        quality = ADJECTIVES_OF.get(noun.noun_class, "looks") if source.chance(0.5) else "looks"
        say_is(draft, source, place, source.adjective(quality), is_plural=noun.is_plural)
    else:
        _tail(draft, source)
    draft.pairs.extend((noun.lemma, adjective) for adjective in adjectives)
    draft.own_nouns.add(noun.lemma)
    draft.say(".")
    return draft.finish()
