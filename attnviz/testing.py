"""An engine whose heads are set by hand: every weight is known beforehand, for tests of whatever reads attention.

    engine = PlantedEngine([["previous", "first"], ["same word", {"it": "animal"}]], strength=5.0)
    trace = engine.run("the animal ran because it was late")
    trace.encoder.weights(1, 1)[5, 2]  # from "it" to "animal": e⁵ / (e⁵ + 8) = 0.949, one of the 9 tokens

It is a transformer like any other (embeddings, layer norm, projections, softmax), and only its numbers are chosen: a
token's vector has a 1 for its position, a 1 for its word and 0 elsewhere, and the projections of a head pick from these
what it is to look for. A token that is looked for has the score `strength`, every other token the score 0, so that

    weight = e^strength / (m · e^strength + n − m)      on each of the m tokens that are looked for, of n
    weight = 1 / (m · e^strength + n − m)               on the others

and a token that looks for nothing, or for what is not there, attends to all evenly. The attention adds nothing to the
vectors, so that every layer sees the text itself. A text is read as `[CLS] text [SEP]`, a word each.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

from attnviz.engine.encoded import Encoded
from attnviz.engine.own import OwnEngine, whole_words
from attnviz.transformer import Block, Transformer, TransformerConfig

Pattern: TypeAlias = str | Mapping[str, str]
_SHIFTS = {"previous": -1, "self": 0, "next": 1}  # from a token to the one that it looks for


class PlantedEngine(OwnEngine):
    """A transformer whose heads look for what they are told to.

    layers: for each layer the pattern of each head: where a token looks, by position ("previous", "next", "self",
        "first"), by its word ("same word", itself included; or `{word: the word that it looks for}`), or nowhere
        ("uniform").
    strength: score of a token that is looked for; the others have 0.
    max_tokens: most tokens of a text; the sizes of the transformer grow with it.
    causal: whether a token sees only those up to itself; its trace then has a `decoder`.

    Raises ValueError for a pattern that does not exist and for layers with different numbers of heads.
    """

    def __init__(
        self,
        layers: Sequence[Sequence[Pattern]],
        *,
        strength: float = 5.0,
        max_tokens: int = 64,
        causal: bool = False,
        name: str = "planted",
    ) -> None:
        if len({len(heads) for heads in layers}) != 1 or not layers[0]:
            raise ValueError("Every layer needs as many heads as the others, at least one.")
        patterns = [pattern for heads in layers for pattern in heads]
        pairs = [pair for pattern in patterns if not isinstance(pattern, str) for pair in pattern.items()]
        self._numbers = {word: number for number, word in enumerate(dict.fromkeys(sum(pairs, ())))}
        model = _transformer(len(layers), len(layers[0]), len(self._numbers) + max_tokens, max_tokens, causal=causal)
        super().__init__(model=model, name=name, max_tokens=max_tokens)
        with torch.no_grad():
            for block, heads in zip(model.blocks.layers, layers, strict=True):
                assert isinstance(block, Block)
                self._plant(block, heads, strength)
        model.eval()

    def read(self, text: str, pair: str | None = None) -> Encoded:
        """A word each; a word that no pattern names is known by where it first appears in the text."""
        tokens, segments = whole_words(text, pair)
        numbers = dict(self._numbers)
        ids = tuple(numbers.setdefault(token.text, len(numbers)) for token in tokens)
        return Encoded(ids, segments, tokens)

    def _plant(self, block: Block, heads: Sequence[Pattern], strength: float) -> None:
        """Set the numbers of a layer: a score is a product of two numbers, times the scale of the head."""
        attention = block.attention
        _undo_norm(block.attention_norm)
        size = math.sqrt(abs(strength) * math.sqrt(attention.d_head))
        shape = (attention.n_heads, attention.d_head, attention.query.in_features)
        query, key, value = (torch.zeros(shape) for _ in range(3))
        for head, pattern in enumerate(heads):
            looks_for, is_found_by = self._projections(pattern)
            rows, columns = looks_for.shape
            query[head, :rows, :columns] = looks_for * math.copysign(size, strength)
            key[head, :rows, :columns] = is_found_by * size
            value[head, : self._n_words, self.max_tokens : self.max_tokens + self._n_words] = torch.eye(self._n_words)
        for linear, planted in ((attention.query, query), (attention.key, key), (attention.value, value)):
            linear.weight.copy_(planted.flatten(0, 1))  # (head · d_head, d_model)
            linear.bias.zero_()
        attention.output.weight.zero_()
        attention.output.bias.zero_()

    def _projections(self, pattern: Pattern) -> tuple[Tensor, Tensor]:
        """What a token looks for and what it is found by, from its vector (position, then word)."""
        n_positions, n_words = self.max_tokens, self._n_words
        by_position = torch.eye(n_positions, n_positions + n_words)
        by_word = torch.eye(n_positions + n_words)[n_positions:]
        if not isinstance(pattern, str):
            looks_for = torch.zeros_like(by_word)
            for word, other in pattern.items():
                looks_for[self._numbers[other], n_positions + self._numbers[word]] = 1
            return looks_for, by_word
        if pattern == "same word":
            return by_word, by_word
        if pattern == "uniform":
            return torch.zeros_like(by_position), by_position
        if pattern == "first":
            looks_for = torch.zeros_like(by_position)
            looks_for[0, :n_positions] = 1
            return looks_for, by_position
        if pattern not in _SHIFTS:
            known = ", ".join([*_SHIFTS, "first", "same word", "uniform"])
            raise ValueError(f"There is no pattern {pattern!r}; there are {known}, and a dict of words.")
        shifted = torch.diag(torch.ones(n_positions - abs(_SHIFTS[pattern])), -_SHIFTS[pattern])  # (sought, position)
        return torch.cat([shifted, torch.zeros(n_positions, n_words)], dim=1), by_position

    @property
    def _n_words(self) -> int:
        return self.transformer.config.vocab_size


def _transformer(n_layers: int, n_heads: int, n_words: int, n_positions: int, *, causal: bool) -> Transformer:
    """A transformer whose vectors have a 1 for the position and a 1 for the word."""
    d_head = max(n_words, -(-(n_positions + n_words) // n_heads))
    model = Transformer(
        TransformerConfig(
            vocab_size=n_words,
            d_model=n_heads * d_head,
            n_layers=n_layers,
            n_heads=n_heads,
            positions="learned",
            max_positions=n_positions,
            final_norm=False,
            causal=causal,
        )
    )
    learned = model.embeddings.learned
    assert learned is not None
    with torch.no_grad():
        learned.weight.copy_(torch.eye(n_positions, n_heads * d_head))
        model.embeddings.tokens.weight.copy_(torch.eye(n_positions + n_words, n_heads * d_head)[n_positions:])
    return model


def _undo_norm(norm: torch.nn.LayerNorm) -> None:
    """Give a layer norm the weight and the bias with which it leaves vectors of two 1s and otherwise 0 as they are."""
    (size,) = norm.normalized_shape
    mean = 2 / size
    spread = math.sqrt(mean - mean**2 + norm.eps)  # of the numbers of such a vector
    norm.weight.fill_(spread)
    norm.bias.fill_(mean)
