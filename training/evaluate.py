"""The figures of a model: the table, the head guide, causality, the example sentences, the free pairs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import torch

from attnviz.engine.naming import HEADS, NamingTransformer
from training.examples import EXAMPLES
from training.free_pairs import free_pair_score
from training.measure import EXAMS, Case, Exam, all_weights, baseline, cases, score, side_by_side
from training.vocabulary import n_typed, token_ids

CHOOSING, REPORTING = 11, 12  # seeds of the held-out sample that heads are chosen on, and of the one reported
TITLES = {  # of each head: its name, what it does, and the links that it was measured on
    "reference": (
        "Reference",
        "pronouns and possessives look at the noun they stand for",
        "from “he”, “she” or “they” to the noun that fits",
    ),
    "subject": ("Subject", "verbs look at who does it, across the nouns between", "from a verb to its subject"),
    "object": ("Object", "verbs look at what it is done to", "from a verb to its object"),
    "modifier": (
        "Modifiers",
        "determiners and adjectives look at their noun",
        "from a word like “these” to its noun",
    ),
    "sense": (
        "Sense",
        "words with two senses look at the word that tells which",
        "from such a word to the one that tells which",
    ),
    "any": (
        "All links",
        "every word looks at the word it hangs on; verbs at object and subject",
        "from “it” to the right one of two nouns",
    ),
}


@dataclass(frozen=True)
class Figure:
    """One row of the table."""

    name: str
    layer: int
    head: int
    accuracy: float
    default_view: float
    baseline: float
    needed: float
    margin: float
    n: int

    @property
    def is_reached(self) -> bool:
        """Whether the row is what it must be."""
        return self.accuracy >= self.needed and self.accuracy - self.baseline >= self.margin


def figures(model: NamingTransformer, *, n: int = 400) -> list[Figure]:
    """The table: each row by the head that was best on another held-out sample."""
    found = []
    for exam in EXAMS:
        choosing = cases(exam, n=max(100, n // 2), seed=CHOOSING)
        scores = score(exam, choosing, all_weights(model, [case.words for case in choosing]))
        layer, head = np.unravel_index(int(scores.argmax()), scores.shape)
        found.append(_figure(model, exam, int(layer), int(head), n=n))
    return found


def _figure(model: NamingTransformer, exam: Exam, layer: int, head: int, *, n: int) -> Figure:
    reporting = cases(exam, n=n, seed=REPORTING)
    scores = score(exam, reporting, all_weights(model, [case.words for case in reporting]))
    return Figure(
        exam.name, layer, head, float(scores[layer, head]), float(scores[-1, 0]), baseline(exam, reporting),
        exam.needed, exam.margin, sum(len(case.links) for case in reporting),
    )  # fmt: skip


ROLES = (
    ("any", "reference", 0), ("reference", "reference", 4), ("subject", "subject", 7), ("object", "object", 6),
    ("modifier", "determiner", 9), ("sense", "sense", 11),
)  # fmt: skip


def guide(model: NamingTransformer, *, n: int = 400) -> list[dict[str, object]]:
    """What every head of the last layer does: for each role the exam that stands for it, measured in its head."""
    found = []
    for role, relation, place in ROLES:
        exam = EXAMS[place]
        figure = _figure(model, exam, model.transformer.config.n_layers - 1, HEADS.index(role), n=n)
        found.append({"role": role, "relation": relation} | asdict(figure))
    return found


def causality(model: NamingTransformer, *, n: int = 300) -> dict[str, float]:
    """How often "it" names its antecedent: untouched, with it → antecedent cut, with it → distractor cut.

    The cut is made in the two heads of the last layer that answer for reference, each read by its own readout; naming
    is judged between the two nouns (chance .5) and among all words. The better of the two heads' answers counts.
    """
    found = cases(EXAMS[0], n=n, seed=REPORTING)
    result = {}
    for cut in ("nothing", "antecedent", "distractor"):
        result |= {f"{cut} cut, {key}": value for key, value in _naming(model, found, cut).items()}
    return result


def _naming(model: NamingTransformer, found: Sequence[Case], cut: str) -> dict[str, float]:
    ids, padding = side_by_side([case.words for case in found])
    links = [case.links[0] for case in found]
    rows = torch.arange(len(links))
    query = torch.tensor([link.query + 1 for link in links])
    keys = {"antecedent": [link.key + 1 for link in links], "distractor": [link.rival + 1 for link in links]}
    with torch.no_grad():
        _, step = model(ids, padding=padding)
        if cut != "nothing":
            allowed = torch.ones(len(links), 1, ids.shape[1], ids.shape[1], dtype=torch.bool)
            allowed[rows, 0, query, torch.tensor(keys[cut])] = False
            step = replace(step, mask=allowed if step.mask is None else step.mask & allowed)
        gathered = model.gathered(step)[rows, :, query]  # (case, head, d_model)
        names = gathered @ model.transformer.embeddings.tokens.weight[: n_typed()].T  # (case, head, word)
    right, wrong = (ids[rows, torch.tensor(keys[which])] for which in ("antecedent", "distractor"))
    heads = [HEADS.index("any"), HEADS.index("reference")]
    all_words = (names.argmax(dim=-1) == right[:, None])[:, heads].float().mean(dim=0).max()
    two = (names[rows, :, right] > names[rows, :, wrong])[:, heads].float().mean(dim=0).max()
    return {"between the two nouns": float(two), "among all words": float(all_words)}


def examples(model: NamingTransformer) -> list[dict[str, object]]:
    """The links of the example sentences, in the default view: the general head of the last layer."""
    found = []
    for example in EXAMPLES:
        words = example.words
        weights = all_weights(model, [words])[0][-1, 0]
        for word, right, rival in example.links:
            row = weights[words.index(word) + 1, 1:-1]
            others = np.where(np.arange(len(words)) == words.index(word), -1, row)
            found.append(
                {
                    "text": example.text,
                    "word": word,
                    "attends_to": right,
                    "weight": round(float(row[words.index(right)]), 3),
                    "rival": rival,
                    "rival_weight": None if rival is None else round(float(row[words.index(rival)]), 3),
                    "strongest": words[int(others.argmax())],
                }
            )
    return found


def evaluate(model: NamingTransformer, *, n: int = 400) -> dict[str, object]:
    """All figures of a model, ready for JSON."""
    model.eval()
    assert len(token_ids()) == model.transformer.config.vocab_size
    return {
        "table": [asdict(figure) | {"is_reached": figure.is_reached} for figure in figures(model, n=n)],
        "guide": guide(model, n=n),
        "causality": causality(model),
        "examples": examples(model),
        "free_pairs": free_pair_score(model),
    }
