"""The untrained engine: our transformer with random weights.

It shows what attention looks like before anything was learned: every map is a pattern, none means anything.
"""

from dataclasses import dataclass
from zlib import crc32

import torch

from attnviz.engine.languages import check_no_language
from attnviz.errors import TextTooLongError
from attnviz.protocols import described
from attnviz.seeds import seeded
from attnviz.tokens import Token, check_texts, special_token, word_tokens
from attnviz.trace import Stack, Trace, recording
from attnviz.transformer import Transformer, TransformerConfig

SEED = 0
MAX_TOKENS = 2048
N_SPECIAL = 2  # [CLS], [SEP]
CONFIG = TransformerConfig(vocab_size=8192, d_feed_forward=256, max_positions=MAX_TOKENS, n_segments=2)


@dataclass(frozen=True, eq=False)
class UntrainedEngine:
    """Our transformer with seeded random weights; every word has a vector of its own, chosen by its spelling."""

    model: Transformer
    name: str = "untrained"
    max_tokens: int = MAX_TOKENS
    reads_pairs: bool = True
    languages: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """The engine in one line."""
        return described(self)

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        return self.model.config.n_layers

    @property
    def n_heads(self) -> int:
        """Number of heads of every layer."""
        return self.model.config.n_heads

    def run(
        self,
        text: str,
        *,
        pair: str | None = None,
        source_language: str | None = None,
        target_language: str | None = None,
    ) -> Trace[Stack]:
        """What the untrained attention does with `[CLS] text [SEP]`, or `[CLS] text [SEP] pair [SEP]`."""
        check_no_language(self.name, source_language, target_language)
        check_texts(text, pair)
        tokens: tuple[Token, ...] = (special_token("[CLS]"),)
        segments = [0]
        for segment, part in enumerate([text] if pair is None else [text, pair]):
            added = (*word_tokens(part), special_token("[SEP]"))
            tokens += added
            segments += [segment] * len(added)
        if len(tokens) > self.max_tokens:
            raise TextTooLongError(
                f"This text has {len(tokens)} tokens; {self.name} reads at most {self.max_tokens}. Shorten it."
            )
        with torch.inference_mode(), recording() as recorder:
            self.model(torch.tensor([[_token_id(token) for token in tokens]]), segment_ids=torch.tensor([segments]))
        steps = tuple(step.of_text(0) for step in recorder.steps)
        return Trace(self.name, text, pair, encoder=Stack(tokens, tokens, steps), token_types=tuple(segments))


def load_untrained() -> UntrainedEngine:
    """The engine, the same weights each time; nothing is read from disk."""
    return UntrainedEngine(seeded(lambda: Transformer(CONFIG), seed=SEED).eval())


def _token_id(token: Token) -> int:
    """Row of the embedding table: a checksum of the spelling, so that equal words have equal vectors."""
    return crc32(token.text.casefold().encode()) % CONFIG.vocab_size
