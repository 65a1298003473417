"""What training asks for: name the word that this word hangs on; restore the words that were taken away.

For each head of the last layer a link of the grammar becomes a question to the output: at "it", name the animal; at
"bank", name the sense that its company tells. Where a head has nothing to name it names [CLS], the place to rest.
The vectors after the last layer restore covered words, and tell senses and classes: a poodle is an animal, "wilted" is
said of plants. Sometimes the class itself stands in a word's place, so that a word is understood by its kind where its
company is new.
No loss ever looks at attention weights.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import islice

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from attnviz.attention import Step
from attnviz.engine.naming import HEADS, NamingTransformer
from training.stream import Text
from training.vocabulary import CLS, MASK, PADDING, SEP, UNKNOWN, classes_by_id, token_ids

HEAD_OF = {
    "reference": "reference",
    "owner": "reference",
    "subject": "subject",
    "object": "object",
    "determiner": "modifier",
    "adjective": "modifier",
    "sense": "sense",
}
IGNORE, REST = -1, 0
REST_SAMPLE, REST_WEIGHT = 0.08, 0.3  # of the places where a head has nothing to name
CLASS_SAMPLE = 0.3  # of the nouns and adjectives that are not covered
OBJECT_SHARE = 0.9  # of the general head's answer at a verb: the object's part, the rest is the subject's


@dataclass(frozen=True)
class Questions:
    """Texts as numbers: per place the word, per place and head the place to name from (or IGNORE, or REST)."""

    ids: np.ndarray  # (place,) all texts one after the other
    starts: np.ndarray  # (text + 1,)
    keys: np.ndarray  # (place, head)
    second: np.ndarray  # (place,) the subject, where the general head is asked for object and subject
    cue: np.ndarray  # (place,)
    senses: np.ndarray  # (place,) the word of the sense, or IGNORE
    guarded: np.ndarray  # (place,) never covered


@dataclass(frozen=True)
class Batch:
    """Questions for one step of training."""

    ids: Tensor  # (batch, position)
    padding: Tensor  # (batch, position) True where there is a token
    targets: Tensor  # (batch, position, head) words to name, or IGNORE
    second: Tensor  # (batch, position) second words for the general head, or IGNORE
    restored: Tensor  # (batch, position) words that were covered, senses of ambiguous words, or IGNORE
    classes: Tensor  # (batch, position) classes of nouns and adjectives, or IGNORE


def encode(words: Sequence[str]) -> list[int]:
    """[CLS], the words, [SEP]."""
    numbers = token_ids()
    return [numbers[CLS], *(numbers.get(word, numbers[UNKNOWN]) for word in words), numbers[SEP]]


def ask_all(texts: Iterator[Text], n_texts: int, *, at_once: int = 10_000) -> Questions:
    """The questions of the first `n_texts` texts of a stream, without keeping the texts."""
    parts = [ask(list(islice(texts, min(at_once, n_texts - first)))) for first in range(0, n_texts, at_once)]
    lengths = np.concatenate([np.diff(part.starts) for part in parts])
    joined = {field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Questions)}
    return Questions(**(joined | {"starts": np.concatenate([[0], lengths.cumsum()])}))


def ask(texts: Sequence[Text]) -> Questions:
    """The questions that the texts' links put to the heads."""
    ids, starts = [], [0]
    for text in texts:
        ids += encode(text.words)
        starts.append(len(ids))
    n_places = len(ids)
    keys = np.full((n_places, len(HEADS)), REST, dtype=np.int16)
    second, cue, senses = (np.full(n_places, IGNORE, dtype=np.int16) for _ in range(3))
    guarded = np.ones(n_places, dtype=bool)
    for text, start in zip(texts, starts[:-1], strict=True):
        _ask_text(text, start + 1, keys, second, cue, senses, guarded)
    return Questions(np.array(ids, dtype=np.int64), np.array(starts), keys, second, cue, senses, guarded)


def _ask_text(text: Text, first: int, keys, second, cue, senses, guarded) -> None:
    """Write one text's links; places count from 1, after [CLS]."""
    numbers = token_ids()
    for place in text.free:
        keys[first + place] = IGNORE
    for link in text.links:
        place, key = first + link.query, link.key + 1
        keys[place, HEADS.index(HEAD_OF[link.relation])] = key
        if link.relation == "subject" and keys[place, 0] > 0:
            second[place] = key
        elif link.relation == "object" and keys[place, 0] > 0:
            second[place], keys[place, 0] = keys[place, 0], key
        elif not (link.relation == "determiner" and keys[place, 0] > 0):
            keys[place, 0] = key
        if link.cue is not None:
            cue[place] = link.cue + 1
        if link.sense is not None:
            senses[place] = numbers[link.sense]
    cues = {link.cue for link in text.links} | {link.query for link in text.links if link.relation == "sense"}
    content = {link.key for link in text.links} | {
        link.query for link in text.links if link.relation in ("object", "adjective")
    }
    for place in content - cues:
        guarded[first + place] = text.words[place] in ("it", "he", "she", "they", "him", "them", "i", "we", "you")


def make_batch(questions: Questions, which: np.ndarray, rng: np.random.Generator) -> Batch:
    """Texts side by side, some words covered by [MASK] or [UNK], some replaced by the vaguer name of their class."""
    numbers = token_ids()
    starts, ends = questions.starts[which], questions.starts[which + 1]
    longest = int((ends - starts).max())
    grid = starts[:, None] + np.arange(longest)
    padding = grid < ends[:, None]
    grid = np.where(padding, grid, 0)
    original = np.where(padding, questions.ids[grid], numbers[PADDING])
    draw = rng.random(original.shape)
    open_places = padding & ~questions.guarded[grid]
    masked = open_places & (draw < 0.07)
    unknown = open_places & (draw >= 0.07) & (draw < 0.12)
    vague = open_places & (draw >= 0.12) & (draw < 0.20) & (classes_by_id()[original] >= 0)
    ids = np.where(masked, numbers[MASK], np.where(unknown, numbers[UNKNOWN], original))
    ids = np.where(vague, classes_by_id()[original], ids)
    keys = questions.keys[grid]  # (batch, position, head)
    rows = np.arange(len(which))[:, None, None]
    targets = ids[rows, np.maximum(keys, 0)]
    targets = np.where((keys == IGNORE) | ~padding[..., None] | (targets == numbers[MASK]), IGNORE, targets)
    senses = np.where(padding, questions.senses[grid], IGNORE)
    places = questions.second[grid]
    second = np.where((places > 0) & padding, ids[rows[..., 0], np.maximum(places, 0)], IGNORE)
    second = np.where(second == numbers[MASK], IGNORE, second)
    restored = np.where(senses >= 0, senses, np.where(masked | unknown, original, IGNORE))
    asked = (restored == IGNORE) & padding & (rng.random(original.shape) < CLASS_SAMPLE)
    classes = np.where(asked, classes_by_id()[original], IGNORE)
    tensors = (ids, padding, targets, second, restored, classes)
    return Batch(*(torch.from_numpy(np.ascontiguousarray(array)) for array in tensors))


def loss(model: NamingTransformer, batch: Batch, *, position_offset: int) -> dict[str, Tensor]:
    """Cross-entropy of naming (at links, and at rest) and of restoring covered words, over the words of the batch."""
    hidden, step = model(batch.ids, padding=batch.padding, position_offset=position_offset)
    return {
        "naming": _naming(model, batch, step),
        "restoring": _restoring(model, batch.restored, hidden),
        "classes": _restoring(model, batch.classes, hidden),
    }


def _naming(model: NamingTransformer, batch: Batch, step: Step) -> Tensor:
    """Cross-entropy of what the heads name; where the general head has two to name, of both in their shares."""
    resting = batch.targets == token_ids()[CLS]
    asked = (batch.targets >= 0) & ~resting
    chosen = asked | (resting & (torch.rand(resting.shape) < REST_SAMPLE))
    rows, places, heads = chosen.nonzero(as_tuple=True)
    words, positions = batch.targets[chosen].unique(return_inverse=True)
    outputs = step.head_output()[rows, heads, places]  # (question, d_head)
    gathered = torch.cat([outputs[heads == head] @ readout for head, readout in enumerate(model.readouts)])
    order = torch.cat([(heads == head).nonzero()[:, 0] for head in range(len(model.readouts))])
    scores = (gathered @ model.transformer.embeddings.tokens.weight[words].T).log_softmax(dim=-1)  # (question, word)
    positions, rows, places, heads = positions[order], rows[order], places[order], heads[order]
    errors = -scores.gather(1, positions[:, None])[:, 0]
    subjects = batch.second[rows, places]
    two = (heads == 0) & (subjects >= 0) & torch.isin(subjects, words)
    other = -scores[two].gather(1, torch.searchsorted(words, subjects[two])[:, None])[:, 0]
    errors = errors.index_put((two.nonzero()[:, 0],), errors[two] * OBJECT_SHARE + other * (1 - OBJECT_SHARE))
    weight = torch.where(asked[rows, places, heads], 1.0, REST_WEIGHT)
    return (errors * weight).sum() / weight.sum()


def _restoring(model: NamingTransformer, targets: Tensor, hidden: Tensor) -> Tensor:
    """Cross-entropy of words to be told from the vectors after the last layer."""
    asked = targets >= 0
    words, positions = targets[asked].unique(return_inverse=True)
    embeddings = model.transformer.embeddings.tokens.weight[words]  # (word, d_model)
    scores = hidden[asked] @ embeddings.T * hidden.shape[-1] ** -0.5
    return functional.cross_entropy(scores, positions)
