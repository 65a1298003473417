"""Where the heads look, on sentences that training never saw: the cases, and how a case is judged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import torch

from attnviz.engine.naming import NamingTransformer
from attnviz.recorder import recording
from training import patterns_clause as clauses
from training import patterns_reference as references
from training import patterns_sense as senses
from training.draft import Link, Sentence
from training.grammar import Source
from training.lexicon import load_lexicon
from training.objective import encode
from training.split import is_held_out
from training.stream import Pattern, Text, as_text, draw, join
from training.vocabulary import PADDING, token_ids

ACROSS = ("this", "these", "a", "an", "many", "that", "those", "several", "few", "every", "each")


@dataclass(frozen=True)
class Case:
    """A text and the links in it that are measured; `twin` cases stand side by side and differ in one word."""

    words: tuple[str, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Exam:
    """What is measured in one row of the table.

    needed: what the row must reach; margin: by how much it must beat the best fixed distance.
    flips: judged in twins, and right only if the antecedent beats its rival in both.
    """

    name: str
    relation: str
    patterns: tuple[Pattern, ...]
    needed: float
    kind: str = "pairs"
    margin: float = 0.0
    flips: bool = False
    before: str = ""


FLIPS = (references.flip_class, references.flip_fit)
EXAMS = (
    Exam("it → antecedent flips, held-out pairs", "reference", FLIPS, 0.99, flips=True),
    Exam("it → antecedent flips, unseen nouns", "reference", FLIPS, 0.98, kind="nouns", flips=True),
    Exam("the same after “Yesterday,”", "reference", FLIPS, 0.95, flips=True, before="opener"),
    Exam("the same after one to three sentences", "reference", FLIPS, 0.95, flips=True, before="sentences"),
    Exam("he, she, they → the noun that fits", "reference", (references.person,), 0.97),
    Exam("he, she, they → the noun that fits, unseen nouns", "reference", (references.person,), 0.97, kind="nouns"),
    Exam("verb → object", "object", (clauses.clause, clauses.relative), 0.95, margin=0.25),
    Exam("verb → subject across attractors", "subject", (clauses.agreement,), 0.95, margin=0.25),
    Exam("his, her, their → owner", "owner", (references.owner,), 0.95, margin=0.25),
    Exam("this, these, a, many → noun across adjectives", "determiner", (clauses.described,), 0.95, margin=0.25),
    Exam("adjective with two senses → noun", "sense", (senses.ambiguous_adjective,), 0.95, margin=0.25),
    Exam("ambiguous word → cue, held-out pairs", "sense", (senses.ambiguous_noun,), 0.95),
    Exam("ambiguous word → cue, unseen cues", "sense", (senses.ambiguous_noun,), 0.95, kind="nouns"),
)


def cases(exam: Exam, *, n: int, seed: int) -> list[Case]:
    """The held-out cases of an exam, the same ones for the same seed; twins one after the other where it flips."""
    found: list[Case] = []
    rng = Random(f"{exam.name}/{seed}/before")
    attempt = 0
    while len(found) < n:
        drawn = _draw_held_out(exam, f"{seed}/{exam.kind}/{attempt}", attempt)
        if drawn:
            before = _before(exam, rng)
            found += [case for sentence in drawn if (case := _case(exam, sentence, before)) is not None]
        attempt += 1
    return found[:n]


def _draw_held_out(exam: Exam, seed: str, attempt: int) -> list[Sentence]:
    """A sentence, or twins, if what is drawn from this seed is held out; else nothing."""
    pattern = exam.patterns[attempt % len(exam.patterns)]
    drawn = []
    for choice in (0, 1) if exam.flips else (attempt // 2 % 2,):
        source = Source(Random(seed), load_lexicon(), "all" if exam.kind == "pairs" else "unseen")
        try:
            sentence = pattern(source, choice)
        except LookupError:  # no noun of that class is kept from the pattern
            return []
        if exam.kind == "pairs" and not (sentence.pairs and is_held_out(*sentence.pairs[0])):
            return []
        drawn.append(sentence)
    return drawn


def _case(exam: Exam, sentence: Sentence, before: Text | None) -> Case | None:
    """The links of the exam in a sentence, if it has any."""
    if not sentence.pairs:
        return None
    chosen = tuple(link for link in sentence.links if link.relation == exam.relation and _counts(exam, sentence, link))
    if not chosen:
        return None
    text = Text(sentence.words, chosen, sentence.content)
    if before is not None:
        text = join(replace(before, links=()), text)
    return Case(text.words, text.links)


def _counts(exam: Exam, sentence: Sentence, link: Link) -> bool:
    """Whether a link of the right relation is what the exam is about."""
    if exam.relation == "determiner":
        return sentence.words[link.query] in ACROSS and link.key > link.query + 1
    if exam.relation == "subject":
        return any(other.relation == "determiner" and link.key < other.key < link.query for other in sentence.links)
    return True


def _before(exam: Exam, rng: Random) -> Text | None:
    """What stands in front of the sentence."""
    if exam.before == "opener":
        return Text(("yesterday", ","), (), frozenset())
    if exam.before == "sentences":
        source = Source(rng, load_lexicon())
        text = as_text(draw(source))
        for _ in range(rng.randrange(3)):
            text = join(as_text(draw(source)), text)
        return text
    return None


def all_weights(model: NamingTransformer, texts: Sequence[Sequence[str]], *, batch: int = 100) -> list[np.ndarray]:
    """Weights (layer, head, query, key) for every text."""
    found: list[np.ndarray] = [np.zeros(0)] * len(texts)
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    for first in range(0, len(order), batch):
        part = order[first : first + batch]
        ids, padding = side_by_side([texts[index] for index in part])
        with torch.no_grad(), recording() as recorder:
            model.transformer(ids, padding=padding)
            weights = torch.stack([step.weights() for step in recorder.steps], dim=1).numpy()
        for row, index in enumerate(part):
            n = len(texts[index]) + 2
            found[index] = weights[row, :, :, :n, :n]
    return found


def side_by_side(texts: Sequence[Sequence[str]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids (batch, position) and where there are tokens."""
    encoded = [encode(words) for words in texts]
    longest = max(map(len, encoded))
    ids = torch.full((len(encoded), longest), token_ids()[PADDING])
    for row, numbers in enumerate(encoded):
        ids[row, : len(numbers)] = torch.tensor(numbers)
    lengths = torch.tensor([len(numbers) for numbers in encoded])
    return ids, torch.arange(longest) < lengths[:, None]


def is_right(weights: np.ndarray, link: Link) -> np.ndarray:
    """Whether the key of the link is what the query attends to most among the other words, for every (…, head)."""
    row = weights[..., link.query + 1, 1:-1].copy()
    row[..., link.query] = -1
    return row.argmax(axis=-1) == link.key


def prefers(weights: np.ndarray, link: Link) -> np.ndarray:
    """Whether the key of the link gets more than its rival, for every (…, head)."""
    row = weights[..., link.query + 1, 1:-1]
    return row[..., link.key] > row[..., link.rival]


def score(exam: Exam, found: Sequence[Case], weights: Sequence[np.ndarray]) -> np.ndarray:
    """Share of links (or of twins) that are right, for every (layer, head)."""
    judge = prefers if exam.flips else is_right
    right = np.stack([judge(each, link) for case, each in zip(found, weights, strict=True) for link in case.links])
    if exam.flips:
        right = right[0::2] & right[1::2]
    return right.mean(axis=0)


def baseline(exam: Exam, found: Sequence[Case]) -> float:
    """What the best fixed distance reaches, chosen in hindsight on the same cases."""
    offsets = [[link.key - link.query for link in case.links] for case in found]
    tried = {offset for each in offsets for offset in each}
    if exam.flips:  # a fixed distance looks at one place in both twins: it cannot prefer the antecedent in both
        rivals = [[link.rival - link.query for link in case.links] for case in found]
        return max(_flips_by(offset, offsets, rivals) for offset in tried)
    flat = [offset for each in offsets for offset in each]
    return max(flat.count(offset) for offset in tried) / len(flat)


def _flips_by(offset: int, offsets: list[list[int]], rivals: list[list[int]]) -> float:
    right = [at[0] == offset and rival[0] != offset for at, rival in zip(offsets, rivals, strict=True)]
    return float(np.mean([a and b for a, b in zip(right[0::2], right[1::2], strict=True)]))
