"""`python -m training`: train the shipped weights, measure them, write weights, guide, card and report.

With `--seeds 1 2` further seeds are trained and measured only, for the medians. `--check` measures the shipped weights
again, without training; `--card` only writes guide and card again from the report.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from attnviz.engine.builtin import load_builtin
from training.audit import audit
from training.evaluate import evaluate
from training.export import FOLDER, export_model, trained_shapes
from training.loop import BATCH, N_STEPS, N_TEXTS, config, train
from training.minilm import minilm_score
from training.report import write_card, write_guide
from training.split import OWN_NOUNS_PER_HUNDRED, PAIRS_PER_THOUSAND
from training.stream import training_texts

SHIPPED_SEED = 0
REPORT = "report.json"


def main() -> None:
    """Train, measure and write."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="*", default=[], help="further seeds, for the medians")
    parser.add_argument("--check", action="store_true", help="measure the shipped weights again")
    parser.add_argument("--card", action="store_true", help="write guide and card again from the report")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to write")
    parser.add_argument("--steps", type=int, default=N_STEPS)
    parser.add_argument("--texts", type=int, default=N_TEXTS)
    given = parser.parse_args()
    torch.set_num_threads(1)  # the same sums in the same order, and cores left for others
    path = given.folder / REPORT
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"seeds": {}}
    if given.check:
        report["shipped"] = report["seeds"][str(SHIPPED_SEED)] = evaluate(load_builtin().model)
    for seed in given.seeds:
        report["seeds"][str(seed)] = evaluate(_train(seed, given))
    if not (given.check or given.seeds or given.card):
        _make(report, given)
    if not given.card:
        report["minilm"] = minilm_score() or report.get("minilm")
    given.folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    write_guide(report, given.folder)
    write_card(report, given.folder)
    _say((given.folder / "MODEL_CARD.md").read_text(encoding="utf-8"))


def _make(report: dict[str, Any], given: argparse.Namespace) -> None:
    """Train and write the shipped weights, and what the report says of them."""
    start = time.monotonic()
    model = _train(SHIPPED_SEED, given)
    minutes = (time.monotonic() - start) / 60
    export_model(model, given.folder, shapes=trained_shapes(seed=SHIPPED_SEED, n_texts=given.texts))
    report["shipped"] = report["seeds"][str(SHIPPED_SEED)] = evaluate(model)
    report["audit"] = asdict(audit(islice(training_texts(SHIPPED_SEED), given.texts)))
    report["split"] = {
        "one_in": round(1000 / PAIRS_PER_THOUSAND),
        "one_noun_in": round(100 / OWN_NOUNS_PER_HUNDRED),
    }
    report["default_view"] = [config().n_layers - 1, 0]
    report["made"] = {
        "seed": SHIPPED_SEED,
        "n_steps": given.steps,
        "batch": BATCH,
        "n_texts": given.texts,
        "minutes": minutes,
        "n_parameters": sum(parameter.numel() for parameter in model.parameters()),
        **{name: getattr(config(), name) for name in ("n_layers", "n_heads", "d_model")},
    }


def _train(seed: int, given: argparse.Namespace):
    start = time.monotonic()

    def watch(step: int, losses: dict[str, float]) -> None:
        share = step / given.steps
        bar = "█" * round(share * 30) + "·" * (30 - round(share * 30))
        left = (time.monotonic() - start) * (1 / share - 1) / 60
        told = " ".join(f"{name} {value:.3f}" for name, value in losses.items())
        _say(f"\rseed {seed} {bar} {step}/{given.steps}  {told}  {left:.0f} min left ", end="")

    _say(f"seed {seed}: writing {given.texts} texts")
    model = train(seed=seed, n_texts=given.texts, n_steps=given.steps, watch=watch)
    _say("")
    return model


def _say(text: str, end: str = "\n") -> None:
    sys.stderr.write(text + end)
    sys.stderr.flush()


if __name__ == "__main__":
    main()
