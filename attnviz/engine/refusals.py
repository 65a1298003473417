"""What a model's own files say that attnviz cannot show, one sentence each with what to do.

All of it is read before any weights are, so that nobody waits for a model that is refused.
"""

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from attnviz.errors import BrokenModelError, NotTraceableError

ADAPTER = "adapter_config.json"
# Model types that put two models of other types together.
PAIRS = frozenset(
    {"encoder-decoder", "vision-encoder-decoder", "speech-encoder-decoder", "vision-text-dual-encoder", "rag"}
)
SENSES = {"pixel_values": "pictures", "input_features": "sound", "input_values": "sound"}
# A path of a machine, down to its last part; the model's own name stands elsewhere in the sentence.
_PATH = re.compile(r"(?<![\w.:/])(?:/|[A-Za-z]:\\)(?:[^\s'\":,;()]+[/\\])+([^\s'\":,;()]*)")


def reason_of(error: BaseException) -> str:
    """Kind and first line of an error from somebody else's code, without the paths of this machine."""
    lines = str(error).strip().splitlines()
    return _PATH.sub(r"\1", f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__)


def check_folder(name: str, folder: Path, names: Collection[str]) -> None:
    """Raise a ModelError where the folder, whose files have these names, holds something else than one model."""
    if ADAPTER in names:
        try:
            base = json.loads((folder / ADAPTER).read_text(encoding="utf-8")).get("base_model_name_or_path")
        except (OSError, ValueError, AttributeError):
            base = None
        raise adapter(name, base)
    if "config.json" in names:
        return
    inside = sorted(path.parent.name for path in folder.glob("*/config.json"))
    if not inside:
        raise BrokenModelError(f"{name} has no config.json. Choose the folder that a model was saved to.")
    raise BrokenModelError(
        f"{name} has no config.json, but {_listed(inside)} in it {'has' if len(inside) == 1 else 'have'}. "
        f"Choose one model: {folder / inside[0]}."
    )


def adapter(name: str, base: str | None = None) -> NotTraceableError:
    """The sentence about an adapter, which changes a model and is none."""
    return NotTraceableError(
        f"{name} is an adapter for {base or 'another model'}, not a model of its own. Merge the two (peft: "
        "merge_and_unload, then save_pretrained) and choose the folder with the merged model."
    )


def check_config(name: str, config: Mapping[str, Any]) -> None:
    """Raise NotTraceableError where the configuration describes what attnviz does not run, or does not read as text."""
    model_type = config.get("model_type")
    if isinstance(quantized := config.get("quantization_config") or config.get("compression_config"), dict):
        method = quantized.get("quant_method") or ("bitsandbytes" if "load_in_8bit" in quantized else "quantized")
        raise NotTraceableError(
            f"The weights of {name} are quantized ({method}), and attnviz runs plain weights only. "
            "Choose the version of the model that is not quantized, or dequantize it and save it again."
        )
    own_code = sorted(key for key in config.get("auto_map") or {} if key.startswith(("AutoConfig", "AutoModel")))
    if own_code:
        raise NotTraceableError(
            f"{name} brings code of its own (auto_map in config.json), which attnviz does not run"
            + (f"; what transformers has for '{model_type}' may compute something else" if _class(config) else "")
            + ". Choose a model whose code is part of transformers."
        )
    if model_type in PAIRS:
        parts = [part["model_type"] for part in config.values() if isinstance(part, dict) and "model_type" in part]
        raise NotTraceableError(
            f"{name} is a pair of models ({_listed(parts) or model_type}), and attnviz shows one at a time. "
            "Save one of them by itself (model.encoder.save_pretrained), with its tokenizer, and choose that folder."
        )
    if config.get("add_cross_attention") and not config.get("is_encoder_decoder"):
        raise NotTraceableError(
            f"{name} is the second half of a pair (add_cross_attention): it also reads what an encoder hands over, "
            "which is not in these files. Choose a model that reads text alone."
        )
    _check_known(name, config)


def _check_known(name: str, config: Mapping[str, Any]) -> None:
    """Raise a ModelError unless transformers has a class for these models, and that class reads text."""
    model_type, model = config.get("model_type"), _class(config)
    if not isinstance(model_type, str):
        raise BrokenModelError(
            f"The config.json of {name} does not say which kind of model it is (model_type). "
            "Add it, or choose another model."
        )
    if model is None:
        import transformers

        raise NotTraceableError(
            f"transformers {transformers.__version__}, which runs here, has no model of the type '{model_type}' that "
            f"{name} asks for. Check model_type in its config.json, or choose another model."
        )
    if sense := _sense(model_type, model):
        raise NotTraceableError(
            f"{name} ({model_type}) reads {sense}, and attnviz shows what a model does with text. "
            "Choose a model that reads text alone."
        )


def _sense(model_type: str, model: Any) -> str | None:
    """What a model reads beside or instead of text, None where it reads text alone."""
    from transformers.models.auto import modeling_auto

    if model_type in modeling_auto.MODEL_FOR_ZERO_SHOT_IMAGE_CLASSIFICATION_MAPPING_NAMES:
        text_alone = "Text" in model.__name__
        return None if text_alone else "pictures beside text"
    reads = getattr(model, "main_input_name", "input_ids")
    return None if reads == "input_ids" else SENSES.get(reads, f"'{reads}'")


def model_class(config: Mapping[str, Any]) -> Any:
    """The class of transformers that `architectures` names, where it belongs to this model type; None where not."""
    import transformers

    for name in config.get("architectures") or ():
        found = getattr(transformers, name, None) if isinstance(name, str) and name.isidentifier() else None
        own_config = getattr(found, "config_class", None)
        if own_config is not None and own_config.model_type == config.get("model_type"):
            return found
    return None


def _class(config: Mapping[str, Any]) -> Any:
    """The class that would run: the one that `architectures` names, or the one without a head."""
    import transformers
    from transformers.models.auto.modeling_auto import MODEL_MAPPING_NAMES

    plain = MODEL_MAPPING_NAMES.get(str(config.get("model_type")))
    name = plain if plain is None or isinstance(plain, str) else plain[0]
    return model_class(config) or (getattr(transformers, name, None) if name else None)


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
