"""What a pretrained model answers: the head that its checkpoint was saved with, and how it is asked.

The model that `architectures` names is loaded whole, so the head shares the body, and whatever tensors are tied, with
the model whose attention is shown. It stands the same trial: what it answers through our recording is what it answers
with its own eager attention. Where it is missing, or of another kind, the model answers with its final vectors.
"""

import inspect
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from transformers.models.auto import modeling_auto

from attnviz.engine import seam
from attnviz.engine.asking import COSINE, about_vectors, most_variants, quoted
from attnviz.engine.encoded import Encoded
from attnviz.engine.forward import Passes
from attnviz.engine.refusals import reason_of
from attnviz.engine.trial import TOLERANCE, Verdict, short_case
from attnviz.errors import SelectionError
from attnviz.prediction import Prediction, PredictionKind
from attnviz.selection import check_place
from attnviz.tokens import word_numbers

# The classes of each kind of head, by type of model; BART's is of the first two kinds and writes a target.
CLASSES: tuple[tuple[PredictionKind, dict[str, str]], ...] = (
    ("target token", modeling_auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES),
    ("masked word", modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES),
    ("next token", modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES),
    ("class", modeling_auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES),
)
# What a model has to be for its head to answer about the text that is shown.
READS = {"target token": "encoder-decoder", "masked word": "encoder", "next token": "decoder"}


@dataclass(frozen=True)
class Question:
    """What a head is asked: what it reads, the token that it is asked about, and the question in words."""

    source: Encoded
    target: Encoded | None
    at: int | None
    about: str

    @property
    def texts(self) -> tuple[Encoded, ...]:
        """All that is read."""
        return (self.source,) if self.target is None else (self.source, self.target)


@dataclass(frozen=True, eq=False)
class Head:
    """A model and what it answers.

    model: with its head; the body alone where there are vectors. note: why there are vectors alone.
    """

    kind: PredictionKind
    model: Any
    tokenizer: Any
    note: str | None = None

    def question(self, source: Encoded, target: Encoded | None, at: int | None) -> Question:
        """What is asked at a token; SelectionError where that cannot be asked."""
        tokens = (source if target is None else target).tokens
        if self.kind == "vectors":
            return Question(source, target, at, about_vectors(at, tokens))
        if self.kind == "class":
            if at is not None:
                raise SelectionError("This model answers for the whole text, not for a token of it. Leave `at` out.")
            return Question(source, target, None, "the class of the whole text")
        if self.kind == "masked word":
            return self._covered(source, at)
        at = check_place(len(tokens) - 1 if at is None else at, tokens)
        what = "the next token" if target is None else "the next token of the target"
        return Question(source, target, at, f"{what} after {quoted(tokens[at])}")

    def most_variants(self, question: Question) -> int:
        """How many variants of a question fit into a batch; without padding, a decoder finds the end of one alone."""
        if self.kind == "class" and self.model.config.pad_token_id is None:
            return 1
        sizes, n_tokens = self.model.config.get_text_config(), sum(len(each.tokens) for each in question.texts)
        return most_variants(n_tokens, getattr(sizes, "vocab_size", 0) + 8 * getattr(sizes, "hidden_size", 0))

    def predictions(self, name: str, passes: Passes, question: Question, *, n: int) -> tuple[Prediction, ...]:
        """What the model of this name answers, for each of the `n` variants of a batch."""
        many = self.kind == "class" and self.model.config.problem_type == "multi_label_classification"
        name_of = str if self.kind == "vectors" else self.name_of
        told: dict[str, Any] = {"at": question.at, "is_one_of_many": not many, "note": self.note}
        values = self.values(passes, question, n=n)
        return tuple(Prediction(name, self.kind, question.about, each, name_of, **told) for each in values)

    def values(self, passes: Passes, question: Question, *, n: int) -> Float[Tensor, "variant answer"]:
        """The score of every answer; of vectors, the final vector of the token, or the mean one."""
        inputs = _taken(self.model, passes.inputs(question.source, question.target))
        inputs = {key: each.repeat(n, 1) if isinstance(each, Tensor) else each for key, each in inputs.items()}
        at = question.at
        if at is not None and "logits_to_keep" in inspect.signature(self.model.forward).parameters:
            inputs["logits_to_keep"], at = torch.tensor([at]), 0
        with torch.inference_mode():
            if self.kind == "vectors":
                vectors = _final_vectors(self.model, inputs)  # (variant, position, d_model)
                return vectors.mean(dim=1) if at is None else vectors[:, at]
            logits: Tensor = self.model(**inputs).logits
        return logits if at is None else logits[:, at].clone()  # alone: a view would keep those of all tokens

    def name_of(self, answer: int) -> str:
        """The name of a class or of a token; a blank in front belongs to it where a word begins there."""
        if self.kind == "class":
            return str(self.model.config.id2label.get(answer, answer))
        try:
            piece = self.tokenizer.convert_ids_to_tokens(answer)
            text: str = self.tokenizer.convert_tokens_to_string([piece]).lstrip("▁")
        except Exception:  # the code of any tokenizer; tables of models often have more rows than there are tokens
            return f"[{answer}]"
        if "\ufffd" in text:  # some bytes of a character
            return str(piece)
        return f" {text}" if piece.startswith("▁") and not text.startswith(" ") else text

    def _covered(self, source: Encoded, at: int | None) -> Question:
        """The question about a masked token: the word that it belongs to is covered, all its pieces."""
        mask, ids = self.tokenizer.mask_token_id, list(source.ids)
        if at is None:
            masks = [place for place, token_id in enumerate(ids) if token_id == mask]
            if len(masks) != 1:
                name = self.tokenizer.mask_token
                raise SelectionError(
                    f"This text has {len(masks) or 'no'} {name}. Say with `at` which token to cover, or write one "
                    f"{name} in the text."
                )
            at = masks[0]
        token = source.tokens[check_place(at, source.tokens)]
        if ids[at] == mask:
            return Question(source, None, at, f"the word that {self.tokenizer.mask_token} stands for")
        if token.is_special:
            raise SelectionError(f"Token {at} is {token.text}, which nobody typed. Choose a token of the text.")
        numbers = word_numbers(source.tokens)
        pieces = [place for place, number in enumerate(numbers) if number == numbers[at]]
        for place in pieces:
            ids[place] = mask
        part = f", covered, piece {pieces.index(at) + 1} of {len(pieces)}" if len(pieces) > 1 else ", covered"
        return Question(replace(source, ids=tuple(ids)), None, at, f"the word in place of {quoted(token)}{part}")


def tried_head(
    name: str, model: Any, passes: Passes, tokenizer: Any, verdict: Verdict, *, lost: Collection[str] = ()
) -> Head:
    """The head of a model, if it answers through our recording what it answers by itself; else its final vectors.

    passes: of the body, which stood its own trial. lost: the tensors that the checkpoint lacks.
    """
    body = Head("vectors", passes.model, tokenizer)
    kind = _kind(model)
    if kind is None and model is passes.model:
        return replace(body, note=f"{name} has no head that answers. {COSINE}")
    try:
        reason = _unfit(model, kind, tokenizer, verdict, lost)
        if kind is not None and reason is None:
            head = Head(kind, model, tokenizer)
            reason = _difference(head, passes, verdict)
            if reason is None:
                return head
    except Exception as error:  # the code of any model
        reason = f"cannot run ({reason_of(error)})"
    return replace(body, note=f"The head of {name} ({type(model).__name__}) {reason}. {COSINE}")


def _kind(model: Any) -> PredictionKind | None:
    family, name = model.config.model_type, type(model).__name__
    return next((kind for kind, classes in CLASSES if classes.get(family) == name), None)


def _unfit(
    model: Any, kind: PredictionKind | None, tokenizer: Any, verdict: Verdict, lost: Collection[str]
) -> str | None:
    """Why a head cannot answer, after its name; None where it can."""
    if lost:
        return f"is not in its files: they lack {min(lost)}"
    if kind is None:
        return "is of a kind that attnviz does not ask"
    if kind == "masked word" and tokenizer.mask_token_id is None:
        return "restores masked words, but its tokenizer has no mask"
    if READS.get(kind, verdict.kind) != verdict.kind:
        return f"answers with the {kind}, but its body is of the kind {verdict.kind}"
    if kind == "class" and verdict.kind == "encoder-decoder":
        return "reads the text as its own target, which is not what is shown"
    if kind == "class" and (model.config.num_labels < 2 or model.config.problem_type == "regression"):
        return "gives a number and no class"
    return None


def _difference(head: Head, passes: Passes, verdict: Verdict) -> str | None:
    """What is wrong if the head's answers through our recording are not those with eager attention."""
    source, target = short_case(passes.model, head.tokenizer, verdict.max_tokens)
    inputs = _taken(head.model, passes.inputs(source, target))
    answers = []
    try:
        for implementation in ("eager", seam.IMPLEMENTATION):
            head.model.set_attn_implementation(implementation)
            with torch.inference_mode():
                answers.append(head.model(**inputs).logits.softmax(dim=-1))
    finally:
        head.model.set_attn_implementation(seam.IMPLEMENTATION)
    difference = (answers[0] - answers[1]).abs().max().item()
    return None if difference <= TOLERANCE else f"answers differently while it is recorded (by {difference:.1e})"


def _taken(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Of what the body takes, what the model with its head takes and hands on."""
    parameters = inspect.signature(model.forward).parameters
    takes_all = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values())
    return {name: value for name, value in inputs.items() if takes_all or name in parameters}


def _final_vectors(model: Any, inputs: dict[str, Any]) -> Float[Tensor, "variant position d_model"]:
    """The vectors after the last layer, of the decoder where there is one; T5's body cannot be had without its head.

    All in one pass: edits are of its calls, and a second one would go without them.
    """
    if model.get_output_embeddings() is None:
        vectors: Tensor = model(**inputs).last_hidden_state
    else:
        vectors = model(**inputs, output_hidden_states=True).decoder_hidden_states[-1]
    return vectors
