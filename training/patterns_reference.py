"""Patterns in which a pronoun or a possessive stands for a noun, and only meaning, gender or number tells for which.

`choice` 0 or 1 says which of the two nouns is meant: the same source drawn with 0 and with 1 gives two sentences that
are alike but for the word that tells.
"""

from collections.abc import Callable

from training.draft import Draft, Noun, Sentence
from training.fits import ADJECTIVES_OF, FIT_AROUND, FIT_INSIDE, FIT_PASSING, FLIP_CLASSES, FLIP_FRAMES, OWNED, THINGS
from training.grammar import CAUSES, Source, say_is, say_predicate
from training.lexicon import Verb

PLACES = ("on", "near", "behind", "under", "over", "against", "beside", "in", "into", "from", "with")
REASONS = (*CAUSES * 4, "although", "but", "so", "until", "when")
Event = Callable[[], tuple[int, int]]  # says what happened; the places of the two nouns
FIT = Verb("fit", "fit", "fits")


def flip_class(source: Source, choice: int) -> Sentence:
    """The animal didn't cross the street because it was too tired / wide."""
    draft = source.draft("flip")
    subject_class, verb_class, preposition, object_class = source.rng.choice(FLIP_FRAMES)
    if source.chance(0.4):  # any two classes: only the adjective tells
        subject_class, object_class = source.rng.sample(FLIP_CLASSES, 2)
    if preposition and source.chance(0.4):
        preposition = source.rng.choice(PLACES)
    is_plural = source.chance(0.15)
    nouns = [source.noun([name], pattern="flip", is_plural=is_plural) for name in (subject_class, object_class)]
    adjectives = [source.adjective(ADJECTIVES_OF[noun.noun_class]) for noun in nouns]
    verb = source.verb("any" if source.chance(0.25) else verb_class)
    negative = source.chance(0.7)

    def event() -> tuple[int, int]:
        first = draft.noun_phrase(nouns[0], determiner=_article(source, nouns[0]), adjectives=source.looks((0.9, 0.1)))
        place = say_predicate(draft, source, verb, first, negative=negative)
        if preposition:
            draft.say(preposition)
        second = draft.noun_phrase(nouns[1], determiner=_article(source, nouns[1]), adjectives=source.looks((0.9, 0.1)))
        if not preposition:
            draft.link(place, second, "object")
        else:
            draft.free.add(place)
        return first, second

    return _because(draft, source, nouns, adjectives[choice], choice, event)


def flip_fit(source: Source, choice: int) -> Sentence:
    """The trophy didn't fit in the suitcase because it was too big / small."""
    draft = source.draft("flip")
    through = source.chance(0.25)
    is_plural = source.chance(0.1)
    inner = source.noun(FIT_PASSING if through else FIT_INSIDE, pattern="flip", is_plural=is_plural)
    outer = source.noun(("opening",) if through else FIT_AROUND, pattern="flip", is_plural=is_plural)
    if outer.lemma == inner.lemma:
        return flip_fit(source, choice)
    adjectives = [source.adjective("big"), source.adjective("small")]
    holds = not through and source.chance(0.25)
    nouns = [outer, inner] if holds else [inner, outer]
    meant = choice if not holds else 1 - choice
    auxiliary = source.rng.choice(("didn't", "couldn't", "wouldn't", "doesn't", "can't", "won't", "did not"))

    def event() -> tuple[int, int]:
        first = draft.noun_phrase(nouns[0], determiner=_article(source, nouns[0]), adjectives=source.looks((0.9, 0.1)))
        word = auxiliary.replace("doesn't", "don't") if is_plural else auxiliary
        draft.say(*word.split())
        verb = source.rng.choice(source.lexicon.verbs["hold"] + source.lexicon.verbs["store"]) if holds else FIT
        place = draft.verb(verb, verb.base, subject=first)
        if not holds:
            draft.say(source.rng.choice(("through", "past") if through else ("in", "into", "inside", "in", "on")))
            draft.free.add(place)
        second = draft.noun_phrase(nouns[1], determiner=_article(source, nouns[1]), adjectives=source.looks((0.9, 0.1)))
        if holds:
            draft.link(place, second, "object")
        return first, second

    return _because(draft, source, nouns, adjectives[choice], meant, event)


def _because(draft: Draft, source: Source, nouns: list[Noun], adjective: str, meant: int, event: Event) -> Sentence:
    """Join event and reason, in either order, and link the pronoun to the noun that is meant."""
    is_plural = nouns[0].is_plural
    pronoun = "they" if is_plural else "it"
    before = source.chance(0.12)
    if before:
        draft.say(source.rng.choice(CAUSES))
    else:
        places = event()
        draft.say(source.rng.choice(REASONS))
    query = draft.say(pronoun)
    cue = say_is(draft, source, query, adjective, is_plural=is_plural)
    if before:
        draft.say(",")
        places = event()
    draft.link(query, places[meant], "reference", cue=cue, rival=places[1 - meant])
    draft.pairs.append((nouns[meant].lemma, adjective))
    draft.own_nouns.update(noun.lemma for noun in nouns)
    draft.say(".")
    return draft.finish()


def person(source: Source, choice: int) -> Sentence:
    """The king thanked the queen because she was kind. Gender or number tells whom the pronoun stands for."""
    draft = source.draft("person")
    nouns, pronouns = _two_whom_a_pronoun_tells_apart(source, "person")
    pronoun, is_plural = pronouns[choice], nouns[choice].is_plural
    if source.chance(0.15):
        query, places = _greeting_after(draft, source, pronoun, nouns)
    else:
        places, query = _greeting_before(draft, source, pronoun, nouns, choice, is_plural=is_plural)
    draft.link(query, places[choice], "reference", rival=places[1 - choice])
    draft.pairs.append((nouns[0].lemma, nouns[1].lemma))
    draft.own_nouns.update(noun.lemma for noun in nouns)
    draft.say(".")
    return draft.finish()


def _greeting_after(draft: Draft, source: Source, pronoun: str, nouns: list[Noun]) -> tuple[int, tuple[int, int]]:
    """When she arrived, the king greeted the queen."""
    verb = source.verb("act")
    draft.say(source.rng.choice(("when", "before", "after", "because", "while")))
    query = draft.say(pronoun)
    draft.verb(verb, verb.past, subject=query)
    draft.say(",")
    return query, _meeting(draft, source, nouns)


def _greeting_before(
    draft: Draft, source: Source, pronoun: str, nouns: list[Noun], choice: int, *, is_plural: bool
) -> tuple[tuple[int, int], int]:
    """The king greeted the queen because / and / . she was kind / smiled, or … and called her."""
    places = _meeting(draft, source, nouns)
    kind = source.rng.choice(("because", "act", "that", "sentence", "object"))
    if kind == "object" and pronoun != "she":
        verb = source.verb("people")
        draft.say(source.rng.choice(("and", "and then", "but")).split()[0])
        place = draft.verb(verb, verb.past)
        query = draft.say({"he": "him", "it": "it", "they": "them"}[pronoun])
        draft.link(place, query, "object")
        draft.free.add(place)
        return places, query
    if kind == "because":
        draft.say(source.rng.choice(CAUSES))
        query = draft.say(pronoun)
        adjective_class = ADJECTIVES_OF.get(nouns[choice].noun_class, "looks")
        say_is(draft, source, query, source.adjective(adjective_class), is_plural=is_plural)
        return places, query
    joints = {
        "sentence": (".",),
        "that": ("and said that", "and thought that"),
        "act": ("and", "while", "so", "before"),
    }
    draft.say(*source.rng.choice(joints.get(kind, (".",))).split())
    query = draft.say(pronoun)
    if source.chance(0.6):
        verb = source.verb("act")
        say_predicate(draft, source, verb, query, negative=source.chance(0.3))
        if source.chance(0.4):
            draft.say(source.other("late_adverb"))
    else:
        say_is(draft, source, query, source.adjective("animate"), is_plural=is_plural)
    return places, query


def _meeting(draft: Draft, source: Source, nouns: list[Noun]) -> tuple[int, int]:
    """The king greeted the queen; the places of the two nouns."""
    first = draft.noun_phrase(nouns[0], determiner=_article(source, nouns[0]), adjectives=source.looks((0.85, 0.15)))
    if source.chance(0.15):
        draft.say(source.other("adverb"))
    verb = source.verb("people" if source.chance(0.7) else "any")
    place = say_predicate(draft, source, verb, first, negative=source.chance(0.15))
    second = draft.noun_phrase(nouns[1], determiner=_article(source, nouns[1]), adjectives=source.looks((0.85, 0.15)))
    draft.link(place, second, "object")
    return first, second


def owner(source: Source, choice: int) -> Sentence:
    """The king told the queen that her crown was lost."""
    draft = source.draft("owner")
    nouns, pronouns = _two_whom_a_pronoun_tells_apart(source, "owner")
    possessive = {"he": "his", "she": "her", "it": "its", "they": "their"}[pronouns[choice]]
    owned = source.noun(OWNED, is_plural=source.chance(0.3))
    kind = source.rng.choice(("that", "because", "alone", "after", "with", "give", "alone"))
    if kind == "alone":
        places, query = _lost_own(draft, source, nouns, possessive, owned, choice)
    elif kind == "after":
        draft.say(source.rng.choice(("after", "when", "before", "while")))
        places = _meeting(draft, source, nouns)
        draft.say(",")
        query = _own(draft, source, possessive, owned)
        _happened(draft, source, query[1], is_plural=owned.is_plural)
        query = query[0]
    else:
        places, query = _told(draft, source, nouns, possessive, owned, kind)
    draft.link(query, places[choice], "owner", rival=places[1 - choice])
    draft.pairs.append((nouns[choice].lemma, owned.lemma))
    draft.own_nouns.update(noun.lemma for noun in nouns)
    draft.say(".")
    return draft.finish()


def _lost_own(
    draft: Draft, source: Source, nouns: list[Noun], possessive: str, owned: Noun, choice: int
) -> tuple[tuple[int, int], int]:
    """The king lost his crown near the queen: the owner is the subject, whoever else is there."""
    first, second = nouns[choice], nouns[1 - choice]
    with_other = source.chance(0.6)
    place = draft.noun_phrase(first, determiner=_article(source, first), adjectives=source.looks((0.8, 0.2)))
    other = place
    if with_other and source.chance(0.5):
        draft.say(source.rng.choice(("with", "near", "beside", "behind")))
        other = draft.noun_phrase(second, determiner=_article(source, second))
        with_other = False
    verb = source.verb("any")
    query_verb = say_predicate(draft, source, verb, place, negative=source.chance(0.2))
    query, noun_place = _own(draft, source, possessive, owned)
    draft.link(query_verb, noun_place, "object")
    if with_other:
        draft.say(source.rng.choice(("near", "behind", "without", "before", "with")))
        other = draft.noun_phrase(second, determiner=_article(source, second))
    return ((place, other) if choice == 0 else (other, place)), query


def _told(
    draft: Draft, source: Source, nouns: list[Noun], possessive: str, owned: Noun, kind: str
) -> tuple[tuple[int, int], int]:
    """The king told the queen that / because / with / her crown …"""
    if kind == "that":
        first = draft.noun_phrase(nouns[0], determiner=_article(source, nouns[0]))
        verb = source.verb("say")
        place = say_predicate(draft, source, verb, first, negative=False)
        second = draft.noun_phrase(nouns[1], determiner=_article(source, nouns[1]))
        draft.link(place, second, "object")
        places = (first, second)
        draft.say("that")
    else:
        places = _meeting(draft, source, nouns)
        if kind != "give":
            draft.say(*source.rng.choice(("because", "since", "as") if kind == "because" else ("with", "and")).split())
    query, noun_place = _own(draft, source, possessive, owned)
    if kind in ("that", "because"):
        _happened(draft, source, noun_place, is_plural=owned.is_plural)
    return places, query


def _own(draft: Draft, source: Source, possessive: str, owned: Noun) -> tuple[int, int]:
    """Her old crown; the places of possessive and noun."""
    query = len(draft.words)
    return query, draft.noun_phrase(owned, determiner=possessive, adjectives=source.looks((0.6, 0.3, 0.1)))


def _happened(draft: Draft, source: Source, subject: int, *, is_plural: bool) -> None:
    """… was lost / disappeared."""
    if source.chance(0.6):
        say_is(draft, source, subject, source.adjective("looks"), is_plural=is_plural)
    else:
        verb = source.verb("act")
        draft.verb(verb, verb.past, subject=subject)


def _two_whom_a_pronoun_tells_apart(source: Source, pattern: str) -> tuple[list[Noun], list[str]]:
    """Two nouns and the pronouns for them, which differ; one is a man or a woman or both are."""
    kinds = source.rng.choice(("mf", "mf", "mf", "mt", "ft", "mp", "fp", "tp", "nt", "nm", "nf", "np"))
    if source.chance(0.5):
        kinds = kinds[::-1]
    nouns, pronouns = [], []
    for kind in kinds:
        if kind == "t":
            nouns.append(source.noun(THINGS[:-1], pattern=pattern))
        elif kind == "p":
            nouns.append(source.noun((*THINGS, "man", "woman", "person"), pattern=pattern, is_plural=True))
        else:
            nouns.append(source.person(gender=kind, pattern=pattern))
        either = "he" if kinds.replace("n", "") == "f" else "she" if kinds.replace("n", "") == "m" else None
        pronouns.append(
            {"m": "he", "f": "she", "t": "it", "p": "they"}.get(kind) or either or source.rng.choice(("he", "she"))
        )
    return nouns, pronouns


def _article(source: Source, noun: Noun) -> str | None:
    """Mostly "the"."""
    return "the" if source.chance(0.8) else None
