"""From scratch, with pretrained weights: our own transformer, filled from a BERT checkpoint.

Nothing of transformers runs here but the tokenizer: the module that the lessons take apart *is* BERT.
"""

from dataclasses import dataclass
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from attnviz.engine.checkpoint import unwrapped
from attnviz.engine.encoded import Encoded
from attnviz.engine.encoding import encode
from attnviz.engine.files import WEIGHTS, ModelFiles
from attnviz.engine.own import OwnEngine
from attnviz.errors import BrokenModelError, NotTraceableError
from attnviz.transformer import Transformer, TransformerConfig

# Our names for the tensors of a BERT checkpoint, `{layer}` standing for the number of the layer.
EMBEDDINGS = {
    "tokens": "word_embeddings",
    "learned": "position_embeddings",
    "segments": "token_type_embeddings",
    "norm": "LayerNorm",
}
BLOCK = {
    "attention.query": "attention.self.query",
    "attention.key": "attention.self.key",
    "attention.value": "attention.self.value",
    "attention.output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "feed_forward.inner": "intermediate.dense",
    "feed_forward.outer": "output.dense",
    "feed_forward_norm": "output.LayerNorm",
}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ScratchEngine(OwnEngine):
    """A BERT whose every layer is computed by `attnviz.transformer`."""

    model: Transformer
    tokenizer: Any

    @property
    def _headless(self) -> str:
        """Why there are vectors alone: the head of the checkpoint, if any, is not part of our transformer."""
        return f"From scratch, {self.name} runs without a head."

    def read(self, text: str, pair: str | None = None) -> Encoded:
        """What BERT's tokenizer makes of a text or a sentence pair."""
        return encode(self.tokenizer, text, pair)


def is_bert_shaped(config: dict[str, Any]) -> bool:
    """Whether our transformer computes what this configuration describes."""
    return (
        config.get("model_type") == "bert"
        and config.get("hidden_act", "gelu") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder", False)
    )


def load_scratch(files: ModelFiles, tokenizer: Any) -> ScratchEngine:
    """The engine with these files' weights; raises NotTraceableError unless the model is BERT-shaped."""
    config = files.config
    if not is_bert_shaped(config):
        raise NotTraceableError(
            f"{files.name} ({config.get('model_type')}) is not BERT-shaped, so the from-scratch transformer cannot "
            "take its weights. Choose a BERT, or run the model's own code."
        )
    with torch.device("meta"):  # no numbers are drawn: they come from the file
        model = Transformer(bert_config(config))
    tensors = _renamed(_read(files), n_layers=model.config.n_layers, name=files.name)
    model.load_state_dict(tensors, assign=True)
    limit = int(min(model.config.max_positions, tokenizer.model_max_length))
    return ScratchEngine(name=files.name, model=model.eval(), tokenizer=tokenizer, max_tokens=limit)


def bert_config(config: dict[str, Any]) -> TransformerConfig:
    """Our configuration for a BERT of this size (Devlin et al. 2019, arXiv:1810.04805)."""
    return TransformerConfig(
        vocab_size=config["vocab_size"],
        d_model=config["hidden_size"],
        n_layers=config["num_hidden_layers"],
        n_heads=config["num_attention_heads"],
        d_feed_forward=config["intermediate_size"],
        norm="post",
        positions="learned",
        max_positions=config["max_position_embeddings"],
        n_segments=config["type_vocab_size"],
        norm_embeddings=True,
        final_norm=False,
        layer_norm_eps=config.get("layer_norm_eps", 1e-12),
    )


def _read(files: ModelFiles) -> dict[str, Tensor]:
    """All tensors of the checkpoint, in float32."""
    try:
        tensors: dict[str, Tensor] = {}
        for path in files.weights:
            with safe_open(path, framework="pt") as checkpoint:
                tensors |= {name: checkpoint.get_tensor(name).float() for name in checkpoint.keys()}  # noqa: SIM118
        return tensors
    except (OSError, SafetensorError) as error:
        raise BrokenModelError(
            f"The {WEIGHTS} of {files.name} cannot be read: {error}. Get the files again."
        ) from error


def _renamed(tensors: dict[str, Tensor], *, n_layers: int, name: str) -> dict[str, Tensor]:
    """The checkpoint's tensors under our names; old checkpoints call a norm's weight gamma and its bias beta."""
    plain = {_modern(unwrapped(key)): tensor for key, tensor in tensors.items()}
    names = {f"embeddings.{ours}": f"embeddings.{theirs}" for ours, theirs in EMBEDDINGS.items()}
    for layer in range(n_layers):
        names |= {f"blocks.layers.{layer}.{ours}": f"encoder.layer.{layer}.{theirs}" for ours, theirs in BLOCK.items()}
    renamed = {}
    for ours, theirs in names.items():
        kinds = ("weight",) if "embeddings" in theirs and not theirs.endswith("LayerNorm") else ("weight", "bias")
        for kind in kinds:
            if f"{theirs}.{kind}" not in plain:
                raise BrokenModelError(f"The weights of {name} lack {theirs}.{kind}. Get the files again.")
            renamed[f"{ours}.{kind}"] = plain[f"{theirs}.{kind}"]
    return renamed


def _modern(key: str) -> str:
    return key.removeprefix("bert.").replace("LayerNorm.gamma", "LayerNorm.weight").replace(".beta", ".bias")
