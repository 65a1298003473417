"""The untrained engine: our transformer with random weights.

It shows what attention looks like before anything was learned: every map is a pattern, none means anything.
"""

from dataclasses import dataclass
from zlib import crc32

from attnviz.engine.encoded import Encoded
from attnviz.engine.own import OwnEngine, whole_words
from attnviz.seeds import seeded
from attnviz.tokens import Token
from attnviz.transformer import Transformer, TransformerConfig

SEED = 0
MAX_TOKENS = 2048
CONFIG = TransformerConfig(vocab_size=8192, d_feed_forward=256, max_positions=MAX_TOKENS, n_segments=2)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class UntrainedEngine(OwnEngine):
    """Our transformer with seeded random weights; every word has a vector of its own, chosen by its spelling."""

    model: Transformer
    name: str = "untrained"
    max_tokens: int = MAX_TOKENS

    def read(self, text: str, pair: str | None = None) -> Encoded:
        """`[CLS] text [SEP]`, or `[CLS] text [SEP] pair [SEP]`, a word each."""
        tokens, segments = whole_words(text, pair)
        return Encoded(tuple(map(_token_id, tokens)), segments, tokens)


def load_untrained() -> UntrainedEngine:
    """The engine, the same weights each time; nothing is read from disk."""
    return UntrainedEngine(model=seeded(lambda: Transformer(CONFIG), seed=SEED).eval())


def _token_id(token: Token) -> int:
    """Row of the embedding table: a checksum of the spelling, so that equal words have equal vectors."""
    return crc32(token.text.casefold().encode()) % CONFIG.vocab_size
