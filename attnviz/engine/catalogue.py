"""A catalogue of well-known models, and what can be loaded here and now.

Any other hub id or folder can be given to `attnviz.load`; these are the ones that people ask for by name.
"""

from dataclasses import dataclass
from typing import Literal

from attnviz.engine import minilm
from attnviz.engine.files import (
    ModelFiles,
    available,
    cached_snapshot,
    folder_of,
    split_revision,
)
from attnviz.errors import BrokenModelError

__all__ = ["CATALOGUE", "MINILM", "CatalogueEntry", "available", "can_run_from_scratch", "is_cached"]


@dataclass(frozen=True)
class CatalogueEntry:
    """A model as the hub lists it.

    n_layers, n_heads: of each stack. download_bytes: of the safetensors, to about one percent.
    """

    id: str
    title: str
    kind: Literal["encoder", "decoder", "encoder-decoder"]
    n_layers: int
    n_heads: int
    download_bytes: int
    licence: str


MB = 1_000_000
MINILM = CatalogueEntry(minilm.NAME, "MiniLM, a real BERT", "encoder", 6, 12, 91 * MB, minilm.LICENCE)
CATALOGUE = (
    CatalogueEntry("google-bert/bert-base-uncased", "BERT base", "encoder", 12, 12, 440 * MB, "Apache-2.0"),
    CatalogueEntry("distilbert/distilbert-base-uncased", "DistilBERT", "encoder", 6, 12, 268 * MB, "Apache-2.0"),
    CatalogueEntry("sentence-transformers/all-MiniLM-L6-v2", "MiniLM", "encoder", 6, 12, 91 * MB, "Apache-2.0"),
    CatalogueEntry(
        "google-bert/bert-base-multilingual-cased", "BERT, 104 languages", "encoder", 12, 12, 714 * MB, "Apache-2.0"
    ),
    CatalogueEntry("FacebookAI/roberta-base", "RoBERTa base", "encoder", 12, 12, 499 * MB, "MIT"),
    CatalogueEntry("albert/albert-base-v2", "ALBERT base", "encoder", 12, 12, 47 * MB, "Apache-2.0"),
    CatalogueEntry("answerdotai/ModernBERT-base", "ModernBERT base", "encoder", 22, 12, 599 * MB, "Apache-2.0"),
    CatalogueEntry("openai-community/gpt2", "GPT-2", "decoder", 12, 12, 548 * MB, "MIT"),
    CatalogueEntry("distilbert/distilgpt2", "DistilGPT-2", "decoder", 6, 12, 353 * MB, "Apache-2.0"),
    CatalogueEntry("HuggingFaceTB/SmolLM2-135M", "SmolLM2 135M", "decoder", 30, 9, 269 * MB, "Apache-2.0"),
    CatalogueEntry("Qwen/Qwen3-0.6B", "Qwen3 0.6B", "decoder", 28, 16, 1503 * MB, "Apache-2.0"),
    CatalogueEntry("google-t5/t5-small", "T5 small", "encoder-decoder", 6, 8, 242 * MB, "Apache-2.0"),
    CatalogueEntry("facebook/bart-base", "BART base", "encoder-decoder", 6, 12, 558 * MB, "Apache-2.0"),
)


def is_cached(model_id: str) -> bool:
    """Whether this id (with or without `@revision`) lies complete in the local cache."""
    return cached_snapshot(*split_revision(model_id)) is not None


def can_run_from_scratch(name: str) -> bool:
    """Whether our own transformer takes this model's weights; known without loading or fetching anything.

    A model that is neither on this machine nor in the catalogue is not known yet: False.
    """
    from attnviz.engine.scratch import is_bert_shaped  # which brings torch: the list of models is on screen before it

    folder = minilm.folder() if name == minilm.NAME else folder_of(name)
    folder = folder or cached_snapshot(*split_revision(name))
    if folder is not None:
        try:
            return is_bert_shaped(ModelFiles(name, folder).config)
        except BrokenModelError:
            return False
    return split_revision(name)[0] in _CATALOGUED_BERTS


_CATALOGUED_BERTS = frozenset(
    {
        "google-bert/bert-base-uncased",
        "google-bert/bert-base-multilingual-cased",
        "sentence-transformers/all-MiniLM-L6-v2",
    }
)
