"""Writing what the package ships: weights, vocabulary, head guide, model card."""

import json
from collections import Counter
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from safetensors.torch import save_file

from attnviz.engine.naming import NamingTransformer
from attnviz.engine.patterns import sentences, shape
from training.stream import training_texts
from training.vocabulary import kinds, vocabulary

FOLDER = Path(__file__).parent.parent / "attnviz" / "engine" / "weights"


def trained_shapes(*, seed: int, n_texts: int) -> list[str]:
    """The shapes of the sentences of the training stream that occur more than once."""
    kind_of = kinds()
    counts: Counter[str] = Counter()
    for text in islice(training_texts(seed), n_texts):
        counts.update(shape([kind_of[word] for word in part]) for part in sentences(text.words))
    return sorted(found for found, count in counts.items() if count > 1)


def export_model(model: NamingTransformer, folder: Path, *, shapes: list[str]) -> None:
    """Write weights and vocabulary."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: tensor.contiguous() for name, tensor in model.state_dict().items()}, folder / "builtin.safetensors"
    )
    stored = {"config": asdict(model.transformer.config), "words": vocabulary(), "kinds": kinds(), "shapes": shapes}
    (folder / "vocabulary.json").write_text(json.dumps(stored, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
