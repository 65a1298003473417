"""A translator small enough to be trained while one waits: cross-attention, and nothing else that can align words.

At each step it knows the target words before and the position, looks at the source by one cross-attention, and names
the next target word from what it fetched (Bahdanau et al. 2015, with dot products for scores). Nobody tells it which
words belong together: the weights align the words because that is how the next word can be told.

English has its adjectives before the noun, French most of them behind, so that an alignment along the diagonal fails.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from random import Random

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.recorder import recording
from attnviz.seeds import seeded
from attnviz.transformer import MultiHeadAttention, sinusoidal_positions

SUBJECTS = {"she": "elle", "he": "il"}
VERBS = {"sees": "voit", "takes": "prend", "wants": "veut", "draws": "dessine"}
NOUNS = {  # with their articles
    "apple": "la pomme",
    "car": "la voiture",
    "flower": "la fleur",
    "book": "le livre",
    "bread": "le pain",
    "cat": "le chat",
}
ADJECTIVES = {"red": "rouge", "yellow": "jaune", "clean": "propre", "fragile": "fragile"}  # alike for le and la
START = "[START]"
D_MODEL, N_STEPS, BATCH, LEARNING_RATE, SEED = 32, 150, 64, 0.01, 0
N_HELD_OUT = 64


@dataclass(frozen=True)
class Pair:
    """A sentence in both languages; `links[i]` is the source position of target word i, None for an article."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    links: tuple[int | None, ...]


class Translator(nn.Module):
    """Embeddings, one cross-attention, and a linear map from what it fetched to the next target word."""

    def __init__(self, source_words: Sequence[str], target_words: Sequence[str]) -> None:
        super().__init__()
        self.source_ids = {word: index for index, word in enumerate(source_words)}
        self.target_ids = {word: index for index, word in enumerate((START, *target_words))}
        self.source = nn.Embedding(len(self.source_ids), D_MODEL)
        self.target = nn.Embedding(len(self.target_ids), D_MODEL)
        self.attention = MultiHeadAttention(D_MODEL, 1)
        self.next_word = nn.Linear(D_MODEL, len(self.target_ids))

    def forward(self, pairs: Sequence[Pair]) -> Float[Tensor, "batch query word"]:
        """Scores of the next word at each position of the target; the pairs are of one shape."""
        source = torch.tensor([[self.source_ids[word] for word in pair.source] for pair in pairs])
        before = torch.tensor([[self.target_ids[word] for word in (START, *pair.target[:-1])] for pair in pairs])
        hidden, context = (
            table(ids) + sinusoidal_positions(torch.arange(ids.shape[1]), d_model=D_MODEL)
            for table, ids in ((self.target, before), (self.source, source))
        )
        return self.next_word(self.attention(hidden, context))


def pair_of(subject: str, verb: str, adjective: str | None, noun: str) -> Pair:
    """The sentence "subject verb the adjective noun" in both languages."""
    article, french_noun = NOUNS[noun].split()
    source, target = [subject, verb, "the"], [SUBJECTS[subject], VERBS[verb], article, french_noun]
    links: list[int | None] = [0, 1, None]
    if adjective is None:
        return Pair((*source, noun), tuple(target), (*links, 3))
    return Pair((*source, adjective, noun), (*target, ADJECTIVES[adjective]), (*links, 4, 3))


def split() -> tuple[tuple[Pair, ...], tuple[Pair, ...]]:
    """All sentences of the grammar, shuffled: those to train on, and those that are kept back."""
    pairs = [pair_of(*choice) for choice in product(SUBJECTS, VERBS, (None, *ADJECTIVES), NOUNS)]
    Random(SEED).shuffle(pairs)
    return tuple(pairs[N_HELD_OUT:]), tuple(pairs[:N_HELD_OUT])


def train(pairs: Sequence[Pair], *, n_steps: int = N_STEPS, seed: int = SEED) -> Translator:
    """A translator trained on these sentences: it is told the next words, and never the alignment."""
    source_words = sorted({word for pair in pairs for word in pair.source})
    target_words = sorted({word for pair in pairs for word in pair.target})
    by_shape = [[p for p in pairs if len(p.source) == n] for n in sorted({len(p.source) for p in pairs})]
    chooser = Random(seed)
    model = seeded(lambda: Translator(source_words, target_words), seed=seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    for step in range(n_steps):
        batch = chooser.choices(by_shape[step % len(by_shape)], k=BATCH)
        right = torch.tensor([model.target_ids[word] for pair in batch for word in pair.target])
        loss = F.cross_entropy(model(batch).flatten(0, 1), right)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return model.eval()


def alignment(model: Translator, pair: Pair) -> Float[Tensor, "query key"]:
    """Weights of the target words (rows) on the source words (columns)."""
    with torch.inference_mode(), recording() as recorder:
        model([pair])
    return recorder.steps[0].weights(0)[0]


def translate(model: Translator, source: tuple[str, ...]) -> tuple[str, ...]:
    """What the translator writes: at every step the word that it scores highest, after the words it has written.

    As many words as the source has: it was never taught to end.
    """
    words, written = list(model.target_ids), list[str]()
    for _ in source:
        begun = Pair(source, (*written, START), ())
        with torch.inference_mode():
            scores = model([begun])[0, -1]
        written.append(words[1 + int(scores[1:].argmax())])  # START is no word to write
    return tuple(written)


@dataclass(frozen=True)
class Quality:
    """Shares over sentences that were kept back, of what the translator writes by itself.

    words: words that are right at their place. sentences: sentences without a mistake. aligned: of the words that have
    one counterpart, those whose largest weight is on it.
    """

    words: float
    sentences: float
    aligned: float


def quality(model: Translator, pairs: Sequence[Pair]) -> Quality:
    """How well the translator writes and aligns the words of these sentences."""
    words, sentences, aligned = [], [], []
    for pair in pairs:
        written = translate(model, pair.source)
        words += [found == right for found, right in zip(written, pair.target, strict=True)]
        sentences.append(written == pair.target)
        strongest = alignment(model, replace(pair, target=written)).argmax(dim=-1).tolist()
        aligned += [found == link for found, link in zip(strongest, pair.links, strict=True) if link is not None]
    return Quality(*(sum(each) / len(each) for each in (words, sentences, aligned)))
