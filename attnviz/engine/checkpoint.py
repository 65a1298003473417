"""Whether transformers' code computes all that a checkpoint says.

A checkpoint may say more than the code of this version of transformers reads: an option of its configuration that the
class no longer takes, or tensors inside layers that no module takes. The model would load and run, and attend to other
words than it was trained to; the trial compares that code with itself and cannot see it.
"""

import inspect
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from typing import Any

from torch import nn

from attnviz.errors import BrokenModelError, NotTraceableError

# Names that concern attention, in options and in tensors.
_CONCERNS = re.compile(
    r"attn|attention|position|relative|rel_|rope|rotary|alibi|window|causal|bidirection|softcap|sinks?\b|logn|ntk|yarn"
    r"|qkv?_|num_(key|kv)|n_kv|kv_heads|multi_query|layer_types|sparse|dilat"
)
# Of these: rates of training, lengths, the pooler behind the last layer, how fast or exactly it is computed, and
# biases, which are tensors.
_BOOKKEEPING = re.compile(
    r"drop|^pooler_|initializer|_token|^n_(positions|ctx)$|max_.*(position|len)|_implementation|flash|sdpa|fused"
    r"|^_|^use_cache$|gradient|sparse_(loss|reg)|bias_update|upcast|in_fp32|_bias$"
)
# What the code of a family does although no option says so (as their first configurations on the hub state it).
_ALWAYS: dict[str, dict[str, object]] = {
    "position_embedding_type": {"": "absolute"},
    "static_position_embeddings": {"marian": True, "pegasus": True},
    "normalize_before": {"mbart": True, "pegasus": True, "blenderbot": True, "": False},
    "is_causal": {"": True},
    "causal": {"": True},
    "use_rope": {"": True},
}
_SEQ2SEQ = ("bart", "mbart", "marian", "pegasus", "blenderbot", "blenderbot-small")
# Tensors of old checkpoints that are computed from the configuration today.
_COMPUTED = re.compile(r"(inv_freq|masked_bias|attn\.bias|attention\.bias|position_ids)$")
_HEAD = re.compile(r"^(classifier|cls|lm_head|score|pooler|qa_outputs|head|predictions|vocab_)")

# What torch.compile, parallel training and checkpointing of activations put into the names of tensors.
WRAPPERS = {r"^module\.": "", r"(^|\.)(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.": r"\1"}


def unwrapped(key: str) -> str:
    """The name of a tensor without what compiling and training in parallel wrap around modules."""
    for wrapper, plain in WRAPPERS.items():
        key = re.sub(wrapper, plain, key)
    return key


def check_options(name: str, raw: Mapping[str, Any], config: Any, model: nn.Module) -> None:
    """Raise NotTraceableError for an option that concerns attention and that neither the class nor the code reads.

    raw: the configuration as the file says it. config: what transformers made of it. model: what runs.
    """
    code, settings = (inspect.getsource(sys.modules[type(part).__module__]) for part in (model, config))
    for path, value in _dropped(raw, config):
        option = path.rsplit(".", 1)[-1]
        is_said = _changes(option, value, config.model_type) and not _never_shows(option, value, raw)
        if is_said and not _is_read(option, code, settings):
            import transformers

            raise NotTraceableError(
                f"The configuration of {name} says {path}: {repr(value)[:60]}, which transformers "
                f"{transformers.__version__} no longer reads for '{config.model_type}': the model would attend to "
                "other words than it was trained to. Choose a model without this option."
            )


def check_tensors(name: str, model: nn.Module, unexpected: Collection[str]) -> None:
    """Raise NotTraceableError for a tensor of the checkpoint, inside a layer or of attention, that no module takes."""
    lists = [path for path, module in model.named_modules() if isinstance(module, nn.ModuleList) and path]
    extra = sorted(key for key in unexpected if not _COMPUTED.search(key) and _belongs(key, lists))
    if any("lora_" in key for key in extra):
        raise NotTraceableError(
            f"{name} holds an adapter that is not merged into its model ({extra[0]}). Merge it (peft: "
            "merge_and_unload, then save_pretrained) and choose the folder with the merged model."
        )
    if extra:
        raise NotTraceableError(
            f"The weights of {name} have {len(extra)} tensors that no part of {type(model).__name__} takes, "
            f"{extra[0]} among them: what they do to attention would be missing. Choose another model."
        )


def check_complete(name: str, model: Any, body: Any, missing: Collection[str]) -> None:
    """Raise BrokenModelError where the weights lack what the body of a model needs: it would be random numbers.

    A pooler and the heads of tasks read the last layer and change no attention.
    """
    inside = "" if body is model else f"{model.base_model_prefix}."
    lacking = sorted(key for key in missing if key.startswith(inside) and "pooler" not in key and not _HEAD.match(key))
    if lacking:
        raise BrokenModelError(
            f"The weights of {name} lack {len(lacking)} of the model's tensors, {lacking[0]} among them. "
            "Get the files again."
        )


def _dropped(raw: Mapping[str, Any], config: Any) -> Iterator[tuple[str, Any]]:
    """Options of the file, by path, that the configuration's class only carries along, those of its parts too."""
    taken = {field.name for field in fields(config)} | set(config.attribute_map)
    if "rope_parameters" in taken:
        taken.add("rope_scaling")  # their old name
    parts = {key: raw.get(key) for key in config.sub_configs}
    for key, value in raw.items():
        # What the class makes something else of (rope_theta, rope_scaling) it does not carry along under this name.
        if key not in taken and key not in parts and hasattr(config, key):
            yield key, value
    for part, options in parts.items():
        if isinstance(options, dict) and getattr(config, part, None) is not None:
            yield from ((f"{part}.{key}", value) for key, value in _dropped(options, getattr(config, part)))


def _is_read(option: str, code: str, settings: str) -> bool:
    """Whether a model's code asks its configuration for this option, or the configuration's class computes it."""
    name = re.escape(option)
    asked = rf"config\.{name}\b|(get|pop|attr)\([^()]*[\"']{name}[\"']"
    return bool(re.search(asked, code) or re.search(rf"{asked}|self\.{name}\b", settings))


def _changes(option: str, value: Any, family: str) -> bool:
    """Whether code that does not read this option computes something else than the option says."""
    if value is None:
        return False
    if option in _ALWAYS:
        always = _ALWAYS[option]
        if option == "normalize_before" and family not in _SEQ2SEQ:
            return False
        return bool(value != always.get(family, always.get("", False)))
    return bool(value) and bool(_CONCERNS.search(option)) and not _BOOKKEEPING.search(option)


def _never_shows(option: str, value: Any, raw: Mapping[str, Any]) -> bool:
    """Whether an option about windows is switched off, or wider than any text that the model reads."""
    if option == "layer_types":
        return set(value) == {"full_attention"}
    longest = raw.get("max_position_embeddings")
    is_wide = isinstance(value, int) and isinstance(longest, int) and value >= longest
    return "window" in option and (is_wide or raw.get("use_sliding_window") is False)


def _belongs(key: str, lists: Collection[str]) -> bool:
    """Whether a tensor stands inside one of the model's lists of layers, or concerns attention outside of heads."""
    before = re.split(r"\.\d+\.", key, maxsplit=1)
    in_layer = len(before) > 1 and any(_same_end(before[0], path) for path in lists)
    return in_layer or bool(_CONCERNS.search(key) and not _HEAD.match(key))


def _same_end(one: str, other: str) -> bool:
    """Whether one path is the other, or its end: heads stand around a body, and bodies are saved without them."""
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
