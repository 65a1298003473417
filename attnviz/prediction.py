"""`Prediction`, what a model answers at one place of a text, and how far another answer is from it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from attnviz.errors import SelectionError

PredictionKind = Literal["masked word", "next token", "target token", "class", "named word", "vectors"]


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model answers at one place of a text, or for all of it.

    kind: what is asked for; "vectors" where the model has no head that answers anything.
    about: the same in words, with the place.
    values: the score of every answer before the softmax; of vectors, the final vector of the token, or the mean one.
    name_of: the name of an answer; only those that somebody looks at are looked up.
    at: the token that was asked about, an index in the tokens of the trace; None for the whole text.
    is_one_of_many: whether the answers exclude each other, so that their probabilities sum to 1.
    note: why there are vectors alone, and how an effect is measured on them.
    """

    model: str
    kind: PredictionKind
    about: str
    values: Float[Tensor, " answer"]
    name_of: Callable[[int], str] = str
    at: int | None = None
    is_one_of_many: bool = True
    note: str | None = None

    def __repr__(self) -> str:
        """The prediction in one line."""
        likeliest = ", ".join(f"{name!r} {probability:.2f}" for name, probability in self.top(3))
        return f"Prediction({self.model!r}, {self.kind}: {likeliest or f'{len(self.values)} numbers'})"

    @property
    def best(self) -> int:
        """Index of the likeliest answer."""
        self._check_answers()
        return int(self.values.argmax())

    def probabilities(self) -> Float[Tensor, " answer"]:
        """Probability of every answer."""
        self._check_answers()
        values = self.values.float()
        return values.softmax(dim=-1) if self.is_one_of_many else values.sigmoid()

    def top(self, n: int) -> tuple[tuple[str, float], ...]:
        """The `n` likeliest answers with their probabilities, likeliest first; vectors answer nothing: ()."""
        answers = self.likeliest(n)
        probabilities = self.probabilities() if answers else ()
        return tuple((self.name_of(answer), float(probabilities[answer])) for answer in answers)

    def likeliest(self, n: int) -> tuple[int, ...]:
        """The indices of the `n` likeliest answers, likeliest first; () of vectors."""
        if self.kind == "vectors":
            return ()
        return tuple(self.values.topk(min(max(n, 0), len(self.values))).indices.tolist())

    def log_odds(self, answer: int) -> float:
        """`log(p / (1 − p))` of an answer, exact also where p is next to 0 or 1."""
        self._check_answers()
        if not 0 <= answer < len(self.values):
            raise SelectionError(f"There is no answer {answer}; this model has answers 0 to {len(self.values) - 1}.")
        values = self.values.double()
        if not self.is_one_of_many:
            return float(values[answer])
        others = torch.cat([values[:answer], values[answer + 1 :]])
        return float(values[answer] - others.logsumexp(dim=-1))

    def effect(self, other: "Prediction", answer: int | None = None) -> float:
        """How far another prediction, of the same question, is from this one.

        The change in the log-odds of an answer, by default the likeliest of this prediction: below 0 where the other
        one holds it less likely. Of vectors, 1 − cosine: 0 for the same direction, at most 2.
        """
        if (self.model, self.kind, len(self.values)) != (other.model, other.kind, len(other.values)):
            raise SelectionError(f"{self.kind} of {self.model} cannot be compared with {other.kind} of {other.model}.")
        if self.kind == "vectors":
            one, two = self.values.double(), other.values.double()
            return max(0.0, 1 - float(torch.nn.functional.cosine_similarity(one, two, dim=-1)))
        answer = self.best if answer is None else answer
        return other.log_odds(answer) - self.log_odds(answer)

    def _check_answers(self) -> None:
        """Raise SelectionError for vectors, which are no prediction."""
        if self.kind == "vectors":
            raise SelectionError(f"{self.model} names no answers: what is here are its final vectors. Use values.")
