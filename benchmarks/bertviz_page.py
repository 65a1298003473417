"""A page of BertViz's head view, written by the Python of an environment that has BertViz.

    python bertviz_page.py WEIGHTS.npz PAGE.html

WEIGHTS.npz holds `weights` (layer, head, query, key) and `tokens`.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from bertviz import head_view  # type: ignore[import-not-found]  # in another environment


def main(weights: str, page: str) -> None:
    """Write the page."""
    with np.load(weights) as stored:
        attention = [torch.from_numpy(layer)[None] for layer in stored["weights"]]  # (1, head, query, key)
        tokens = [str(token) for token in stored["tokens"]]
    html = head_view(attention, tokens, html_action="return").data
    Path(page).write_text(f"<!doctype html><meta charset=utf-8><body>{html}</body>", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
