"""The training stream: texts of one to four sentences, composed so that no held-out pair stands in any of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from training import patterns_clause as clauses
from training import patterns_reference as references
from training import patterns_sense as senses
from training.draft import Kind, Link, Sentence
from training.grammar import Source
from training.lexicon import load_lexicon
from training.split import held_out_pairs, may_train

Pattern = Callable[[Source, int], Sentence]
PATTERNS: dict[Pattern, float] = {
    references.flip_class: 0.3,
    references.flip_fit: 0.1,
    references.person: 0.13,
    references.owner: 0.11,
    clauses.clause: 0.08,
    clauses.relative: 0.06,
    clauses.agreement: 0.1,
    clauses.described: 0.05,
    senses.ambiguous_noun: 0.12,
    senses.ambiguous_adjective: 0.06,
}
OPENERS = (
    "yesterday ,", "today ,", "later ,", "suddenly ,", "this morning ,", "last week ,", "in the end ,", "one day ,",
    "after lunch ,", "at night ,", "that evening ,", "of course ,", "luckily ,", "sadly ,", "finally ,", "meanwhile ,",
    "then", "but", "and", "so ,", "unfortunately ,", "eventually ,",
)  # fmt: skip
MAX_WORDS = 62


@dataclass(frozen=True)
class Text:
    """Words and links of a whole text, and its content words."""

    words: tuple[str, ...]
    links: tuple[Link, ...]
    content: frozenset[tuple[str, Kind]]
    free: frozenset[int] = frozenset()


def training_texts(seed: int) -> Iterator[Text]:
    """Texts without end, the same ones for the same seed."""
    rng = Random(seed)
    source = Source(rng, load_lexicon())
    while True:
        text = as_text(draw(source))
        if rng.random() < 0.3:
            text = with_opener(text, rng)
        if rng.random() < 0.3:
            text = _with_neighbours(text, source)
        if text.words[-1] == "." and rng.random() < 0.15:
            text = replace(text, words=text.words[:-1])
        yield text


def draw(source: Source) -> Sentence:
    """A sentence that training may see."""
    while True:
        pattern = source.rng.choices(list(PATTERNS), weights=list(PATTERNS.values()))[0]
        sentence = pattern(source, source.rng.randrange(2))
        if may_train(sentence):
            return sentence


def as_text(sentence: Sentence) -> Text:
    """A text of one sentence."""
    return Text(sentence.words, sentence.links, sentence.content, sentence.free)


def with_opener(text: Text, rng: Random) -> Text:
    """ "Yesterday," or the like in front."""
    words = tuple(rng.choice(OPENERS).split())
    nouns = load_lexicon().class_of
    joined = join(Text(words, (), frozenset((word, "noun") for word in words if word in nouns)), text)
    return text if held_out_pairs(joined.content) else joined


def join(first: Text, second: Text) -> Text:
    """One text after the other."""
    by = len(first.words)
    moved = tuple(shift(link, by) for link in second.links)
    return Text(
        first.words + second.words,
        first.links + moved,
        first.content | second.content,
        first.free | {place + by for place in second.free},
    )


def shift(link: Link, by: int) -> Link:
    """The link, `by` places further on."""
    return replace(
        link,
        query=link.query + by,
        key=link.key + by,
        cue=None if link.cue is None else link.cue + by,
        rival=None if link.rival is None else link.rival + by,
    )


def _with_neighbours(text: Text, source: Source) -> Text:
    """One to three other sentences around a text, most of them before it."""
    for _ in range(source.rng.choice((1, 2, 3))):
        for _attempt in range(6):
            other = as_text(draw(source))
            joined = join(other, text) if source.rng.random() < 0.75 else join(text, other)
            if len(joined.words) <= MAX_WORDS and not held_out_pairs(joined.content):
                text = joined
                break
    return text
