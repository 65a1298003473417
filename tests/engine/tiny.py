"""Tiny random models of many families, saved to a folder with a tokenizer, as a user's own model would be."""

import json
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

CORPUS = (
    "The cat sat on the mat because it was soft. A soft mat. The animal didn't cross the street because it was too "
    "tired. She ate the apple. One two three four five six seven eight nine ten."
)
N_VOCAB = 384
SPECIAL = {"pad_token_id": 0, "cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3}
SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
GROUPED = {**SMALL, "num_key_value_heads": 2, "head_dim": 8}
SEQ2SEQ = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4}
SEQ2SEQ |= {"decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "decoder_start_token_id": 1}

# Family: configuration class and its arguments.
TRACEABLE = {
    "bert": ("BertConfig", SMALL),
    "roberta": ("RobertaConfig", {**SMALL, "max_position_embeddings": 66, "type_vocab_size": 1}),
    "xlm-roberta": ("XLMRobertaConfig", {**SMALL, "type_vocab_size": 1}),
    "camembert": ("CamembertConfig", {**SMALL, "type_vocab_size": 1}),
    "electra": ("ElectraConfig", {**SMALL, "embedding_size": 16}),
    "albert": ("AlbertConfig", {**SMALL, "embedding_size": 16}),
    "distilbert": ("DistilBertConfig", {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48}),
    "modernbert": ("ModernBertConfig", {**SMALL, "num_hidden_layers": 4, "local_attention": 6, **SPECIAL}),
    "gpt2": ("GPT2Config", {"n_embd": 32, "n_layer": 2, "n_head": 4}),
    "gpt_neox": ("GPTNeoXConfig", SMALL),
    "opt": ("OPTConfig", {**SMALL, "ffn_dim": 48, "word_embed_proj_dim": 32}),
    "llama": ("LlamaConfig", GROUPED),
    "qwen2": ("Qwen2Config", GROUPED),
    "qwen3": ("Qwen3Config", GROUPED),
    "mistral": ("MistralConfig", {**GROUPED, "sliding_window": 4}),
    "phi3": ("Phi3Config", {**GROUPED, "pad_token_id": 0}),
    "olmo2": ("Olmo2Config", GROUPED),
    "gemma2": ("Gemma2Config", {**GROUPED, "sliding_window": 4, "query_pre_attn_scalar": 24}),
    "gemma3": (
        "Gemma3TextConfig",
        {**GROUPED, "sliding_window": 4, "layer_types": ["sliding_attention", "full_attention"]},
    ),
    "t5": (
        "T5Config",
        {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4, "decoder_start_token_id": 0},
    ),
    "bart": ("BartConfig", SEQ2SEQ),
    "mbart": ("MBartConfig", SEQ2SEQ),
    "marian": ("MarianConfig", {**SEQ2SEQ, "pad_token_id": 0, "decoder_start_token_id": 0}),
    "pegasus": ("PegasusConfig", SEQ2SEQ),
}
ENCODERS = ("bert", "roberta", "xlm-roberta", "camembert", "electra", "albert", "distilbert", "modernbert")
WITH_SEGMENTS = ("bert", "electra", "albert")
SEQUENCE_TO_SEQUENCE = ("t5", "bart", "mbart", "marian", "pegasus")
REFUSED = {
    "deberta-v2": ("DebertaV2Config", {**SMALL, "relative_attention": True, "pos_att_type": ["p2c", "c2p"]}),
    "bloom": ("BloomConfig", {"hidden_size": 32, "n_layer": 2, "n_head": 4}),
    "mpnet": ("MPNetConfig", SMALL),
    "xlnet": ("XLNetConfig", {"d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 48}),
    "gpt_neo": (
        "GPTNeoConfig",
        {"hidden_size": 32, "num_layers": 2, "num_heads": 4, "attention_types": [[["global", "local"], 1]]},
    ),
    "mamba": ("MambaConfig", {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 4}),
    "gpt_oss": ("GptOssConfig", {**GROUPED, "num_local_experts": 2, "num_experts_per_tok": 1}),
    "falcon": ("FalconConfig", {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}),
    "gptj": ("GPTJConfig", {"n_embd": 32, "n_layer": 2, "n_head": 4, "rotary_dim": 4}),
    "minimax": (
        "MiniMaxConfig",
        {
            **GROUPED,
            "num_hidden_layers": 4,
            "num_local_experts": 2,
            "layer_types": ["linear_attention", "full_attention"] * 2,
        },
    ),
}
FIVE = {**GROUPED, "num_hidden_layers": 5}
EXPERTS = {"num_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 16}
DELTA = {"linear_num_value_heads": 4, "linear_num_key_heads": 2, "linear_key_head_dim": 8, "linear_value_head_dim": 8}
MAMBA_2 = {"mamba_n_heads": 4, "mamba_d_head": 16, "mamba_d_state": 8}


def _mixed(other: str, attention: str = "full_attention") -> list[str]:
    return [other, attention, other, attention, other]


# Models in which only some layers attend: also the numbers of those that do.
HYBRIDS = {
    "lfm2": (
        "Lfm2Config",
        {**FIVE, "layer_types": ["conv", "conv", "full_attention", "conv", "full_attention"]},
        (2, 4),
    ),
    "qwen3_next": (
        "Qwen3NextConfig",
        {**FIVE, **EXPERTS, **DELTA, "shared_expert_intermediate_size": 16, "layer_types": _mixed("linear_attention")},
        (1, 3),
    ),
    "qwen3_5": ("Qwen3_5TextConfig", {**FIVE, **DELTA, "layer_types": _mixed("linear_attention")}, (1, 3)),
    "bamba": ("BambaConfig", {**FIVE, **MAMBA_2, "attn_layer_indices": [1, 3], "mamba_n_groups": 1}, (1, 3)),
    "jamba": (
        "JambaConfig",
        {
            **FIVE,
            "attn_layer_period": 2,
            "attn_layer_offset": 1,
            "num_experts": 2,
            "num_experts_per_tok": 1,
            "mamba_d_state": 4,
            "use_mamba_kernels": False,
        },
        (1, 3),
    ),
    "granitemoehybrid": (
        "GraniteMoeHybridConfig",
        {
            **FIVE,
            **MAMBA_2,
            "num_local_experts": 2,
            "num_experts_per_tok": 1,
            "shared_intermediate_size": 16,
            "layer_types": _mixed("mamba", "attention"),
        },
        (1, 3),
    ),
    "nemotron_h": (
        "NemotronHConfig",
        {
            **FIVE,
            "mamba_num_heads": 4,
            "mamba_head_dim": 16,
            "ssm_state_size": 8,
            "n_groups": 1,
            "layers_block_type": ["mamba", "attention", "mlp", "attention", "mamba"],
        },
        (1, 3),
    ),
    "recurrent_gemma": ("RecurrentGemmaConfig", {**FIVE, "lru_width": 32, "attention_window_size": 8}, (2,)),
    # One attention module stands in several of its layers.
    "zamba": (
        "ZambaConfig",
        {
            **FIVE,
            "num_key_value_heads": 4,
            "attention_hidden_size": 64,
            "attention_head_dim": 16,
            "attn_layer_period": 2,
            "attn_layer_offset": 1,
            "use_mamba_kernels": False,
            "n_mamba_heads": 2,
        },
        (2, 4),
    ),
}


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
