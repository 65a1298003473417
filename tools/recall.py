"""Trains both networks of lesson 6 from many random starts at every length, and keeps how often they name the word.

    python -m tools.recall        writes attnviz/analysis/recall.json; takes some minutes on one core

The lesson trains one pair of networks while the reader waits; that many would take too long. The starts here are others
than the one of the lesson, so that no run stands on the page twice.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

from attnviz.analysis import influence
from attnviz.analysis.influence import random_attention, random_rnn, train_to_recall

LENGTHS = (6, 8, 10, 12, 16, 20, 24)
SEEDS = tuple(range(1, 21))
FILE = Path(influence.__file__).parent / "recall.json"


def accuracy(network: str, *, n_positions: int, seed: int) -> float:
    """How often the network of this name names the first word, after training from this start."""
    last = random_rnn(radius=1.0, seed=seed) if network == "recurrent" else random_attention(seed=seed)
    return train_to_recall(last, n_positions=n_positions, seed=seed)


def main() -> None:
    """Write the file."""
    made = {
        "by": "python -m tools.recall",
        "torch": torch.__version__,
        "spectral_radius": 1.0,
        "n_steps": influence.N_STEPS,
        "batch": influence.BATCH,
        "learning_rate": influence.LEARNING_RATE,
        "n_words": influence.N_WORDS,
        "n_texts_tested": influence.N_TESTED,
    }
    runs = {
        network: {
            str(length): [round(accuracy(network, n_positions=length, seed=seed), 4) for seed in SEEDS]
            for length in LENGTHS
        }
        for network in ("recurrent", "attention")
    }
    FILE.write_text(json.dumps({"made": made, "seeds": SEEDS} | runs, indent=1) + "\n", encoding="utf-8")
    print(f"{FILE} written")


if __name__ == "__main__":
    main()
