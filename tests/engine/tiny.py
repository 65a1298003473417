"""Tiny random models of many families, saved to a folder with a tokenizer, as a user's own model would be."""

import json
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from tests.engine.families import (
    ENCODERS,
    GROUPED,
    HYBRIDS,
    N_VOCAB,
    REFUSED,
    SEQ2SEQ,
    SEQUENCE_TO_SEQUENCE,
    TRACEABLE,
    WITH_SEGMENTS,
)

__all__ = ["ENCODERS", "GROUPED", "HYBRIDS", "N_VOCAB", "REFUSED", "SEQ2SEQ", "SEQUENCE_TO_SEQUENCE", "TRACEABLE"]

CORPUS = (
    "The cat sat on the mat because it was soft. A soft mat. The animal didn't cross the street because it was too "
    "tired. She ate the apple. One two three four five six seven eight nine ten."
)


def tiny_model(family: str, *, architecture: str | None = None, **changes: object) -> transformers.PreTrainedModel:
    """A random model, its weights large enough that attention is far from uniform.

    architecture: the class, by default the one that users have of what writes text (with its head), or the plain one.
    """
    config_class, settings, *_ = {**TRACEABLE, **REFUSED, **HYBRIDS}[family]
    config = getattr(transformers, config_class)(vocab_size=N_VOCAB, **{**settings, **changes})
    return random_model(config, architecture=architecture)


def random_model(
    config: transformers.PreTrainedConfig, *, architecture: str | None = None
) -> transformers.PreTrainedModel:
    """The model of a configuration, the same weights each time."""
    named = getattr(transformers, architecture) if architecture else None
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = named(config) if named else _usual_class(config).from_config(config)
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1 or name.endswith("bias"):
                torch.nn.init.normal_(parameter, std=0.25)
    return model.eval()


def _usual_class(config: transformers.PreTrainedConfig) -> type:
    if type(config) in transformers.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING:
        return transformers.AutoModelForSeq2SeqLM
    writes = config.model_type not in ENCODERS and type(config) in transformers.MODEL_FOR_CAUSAL_LM_MAPPING
    return transformers.AutoModelForCausalLM if writes else transformers.AutoModel


def own_model(folder: Path | str) -> transformers.PreTrainedModel:
    """The model as the class that its configuration names reads it, with its own eager attention."""
    config = transformers.AutoConfig.from_pretrained(folder)
    named = getattr(transformers, config.architectures[0])
    return named.from_pretrained(folder, attn_implementation="eager").eval()


def wordpiece(*, segments: bool = True) -> PreTrainedTokenizerFast:
    """As BERT's: lower case, punctuation apart, [CLS] … [SEP] … [SEP]."""
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = sorted(set(CORPUS.lower()) - {" "})
    words = sorted({word.strip(".,'") for word in CORPUS.lower().split()} - set(letters))
    vocabulary += [*letters, *(f"##{letter}" for letter in letters if letter.isalpha()), *words]
    tokenizer = Tokenizer(models.WordPiece({piece: index for index, piece in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_input_names=["input_ids", *(["token_type_ids"] if segments else []), "attention_mask"],
    )


def byte_level() -> PreTrainedTokenizerFast:
    """As GPT-2's: bytes, the blank belongs to the word after it, nothing added."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({"<end>": 0, **{byte: index + 1 for index, byte in enumerate(alphabet)}}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<end>", eos_token="<end>", pad_token="<end>")


def metaspace() -> PreTrainedTokenizerFast:
    """As T5's: ▁ for blanks, an end token, no start token."""
    pieces = sorted({f"▁{word}" for word in CORPUS.split()} | set(CORPUS) | {"▁"})
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -20.0)]
    vocabulary += [(piece, -5.0 if len(piece) > 1 else -10.0) for piece in pieces]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=2))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")


def tokenizer_for(family: str) -> PreTrainedTokenizerFast:
    """A tokenizer of the kind that models of this family come with."""
    if family in ENCODERS:
        return wordpiece(segments=family in WITH_SEGMENTS)
    return metaspace() if family in SEQUENCE_TO_SEQUENCE else byte_level()


def save_tiny(family: str, folder: Path, **changes: object) -> Path:
    """The folder, with configuration, weights as safetensors and tokenizer; the changes are those of `tiny_model`."""
    tiny_model(family, **changes).save_pretrained(folder)
    tokenizer_for(family).save_pretrained(folder)
    return folder


def edit_config(folder: Path, **changes: object) -> Path:
    """The folder, these options written into its configuration; None takes one out."""
    path = folder / "config.json"
    config = {**json.loads(path.read_text(encoding="utf-8")), **changes}
    path.write_text(json.dumps({key: value for key, value in config.items() if value is not None}), encoding="utf-8")
    return folder
