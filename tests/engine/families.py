"""Which families are tried: configuration classes with settings that make a tiny model of each.

What is told of them in `docs/models.md` is measured on these models by `python -m tests.engine.document`.
"""

N_VOCAB = 384
SPECIAL = {"pad_token_id": 0, "cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3}
SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
GROUPED = {**SMALL, "num_key_value_heads": 2, "head_dim": 8}
SEQ2SEQ = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4}
SEQ2SEQ |= {"decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "decoder_start_token_id": 1}
EXPERTS = {"num_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 16}
LOCAL = {"num_local_experts": 2, "num_experts_per_tok": 1}
LATENT = {**SMALL, "num_key_value_heads": 4, "q_lora_rank": 16, "kv_lora_rank": 16, "qk_nope_head_dim": 8}
LATENT |= {"qk_rope_head_dim": 4, "v_head_dim": 8, "n_routed_experts": 2, "num_experts_per_tok": 1}
LATENT |= {"first_k_dense_replace": 1, "moe_intermediate_size": 16}
MATRYOSHKA = {**GROUPED, "num_hidden_layers": 4, "layer_types": ["sliding_attention", "full_attention"] * 2}
MATRYOSHKA |= {"sliding_window": 4, "num_kv_shared_layers": 0, "hidden_size_per_layer_input": 8, "laurel_rank": 4}
MATRYOSHKA |= {"altup_num_inputs": 2, "vocab_size_per_layer_input": N_VOCAB, "intermediate_size": [48] * 4}
MATRYOSHKA |= {"activation_sparsity_pattern": [0.0] * 4}
T5 = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4, "decoder_start_token_id": 0}

# Family: configuration class and its arguments. What is recorded equals what the model computes.
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
    "t5": ("T5Config", T5),
    "bart": ("BartConfig", SEQ2SEQ),
    "mbart": ("MBartConfig", SEQ2SEQ),
    "marian": ("MarianConfig", {**SEQ2SEQ, "pad_token_id": 0, "decoder_start_token_id": 0}),
    "pegasus": ("PegasusConfig", SEQ2SEQ),
    # Attention sinks: one more score in the softmax whose weight goes nowhere.
    "gpt_oss": ("GptOssConfig", {**GROUPED, "num_local_experts": 2, "num_experts_per_tok": 1, "sliding_window": 4}),
    "granite_swa": ("GraniteSWAConfig", {**GROUPED, "sliding_window": 4}),
    "granitemoe_swa": ("GraniteMoeSWAConfig", {**GROUPED, **LOCAL, "sliding_window": 4}),
    "mimo_v2_flash": ("MiMoV2FlashConfig", {**GROUPED, "sliding_window": 4, "v_head_dim": 8}),
    "flint": ("FlintConfig", GROUPED),
    "openai_privacy_filter": (
        "OpenAIPrivacyFilterConfig",
        {**GROUPED, **LOCAL, "pad_token_id": 0, "sliding_window": 4},
    ),
    # Keys and values from a few latent numbers.
    "deepseek_v2": ("DeepseekV2Config", LATENT),
    "deepseek_v3": ("DeepseekV3Config", {**LATENT, "n_routed_experts": 4, "n_group": 2, "topk_group": 1}),
    "apertus": ("ApertusConfig", GROUPED),
    "arcee": ("ArceeConfig", GROUPED),
    "biogpt": ("BioGptConfig", SMALL),
    "bitnet": ("BitNetConfig", GROUPED),
    "clip_text_model": ("CLIPTextConfig", {**SMALL, "max_position_embeddings": 77}),
    "cohere": ("CohereConfig", GROUPED),
    "cohere2": ("Cohere2Config", {**GROUPED, "sliding_window": 4}),
    "ernie4_5": ("Ernie4_5Config", GROUPED),
    "exaone4": ("Exaone4Config", {**GROUPED, "sliding_window": 4}),
    "gemma": ("GemmaConfig", GROUPED),
    "gemma3n": ("Gemma3nTextConfig", MATRYOSHKA),
    "glm": ("GlmConfig", {**GROUPED, "pad_token_id": 0}),
    "glm4": ("Glm4Config", {**GROUPED, "pad_token_id": 0}),
    "gpt_bigcode": ("GPTBigCodeConfig", {"n_embd": 32, "n_layer": 2, "n_head": 4}),
    "granite": ("GraniteConfig", GROUPED),
    "granitemoe": ("GraniteMoeConfig", {**GROUPED, **LOCAL}),
    "helium": ("HeliumConfig", GROUPED),
    "llama4": (
        "Llama4TextConfig",
        {
            **GROUPED,
            "num_hidden_layers": 4,
            "intermediate_size_mlp": 48,
            "num_local_experts": 2,
            "attention_chunk_size": 6,
        },
    ),
    "ministral": ("MinistralConfig", {**GROUPED, "sliding_window": 4}),
    "mixtral": ("MixtralConfig", {**GROUPED, **LOCAL}),
    "modernbert-decoder": (
        "ModernBertDecoderConfig",
        {**SMALL, "num_hidden_layers": 4, "local_attention": 6, **SPECIAL},
    ),
    "nemotron": ("NemotronConfig", GROUPED),
    "olmo": ("OlmoConfig", GROUPED),
    "olmo3": ("Olmo3Config", {**GROUPED, "sliding_window": 4}),
    "olmoe": ("OlmoeConfig", {**GROUPED, "num_experts": 2, "num_experts_per_tok": 1}),
    "persimmon": ("PersimmonConfig", SMALL),
    "phi": ("PhiConfig", SMALL),
    "qwen3_moe": ("Qwen3MoeConfig", {**GROUPED, **EXPERTS}),
    "seed_oss": ("SeedOssConfig", GROUPED),
    "smollm3": ("SmolLM3Config", {**GROUPED, "pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 0}),
    "stablelm": ("StableLmConfig", GROUPED),
    "starcoder2": ("Starcoder2Config", GROUPED),
    "vaultgemma": ("VaultGemmaConfig", {**GROUPED, "sliding_window": 4}),
    "data2vec-text": ("Data2VecTextConfig", {**SMALL, "type_vocab_size": 1}),
    "ernie": ("ErnieConfig", SMALL),
    "esm": (
        "EsmConfig",
        {**SMALL, "pad_token_id": 0, "mask_token_id": 4, "position_embedding_type": "rotary"},
    ),
    "eurobert": ("EuroBertConfig", {**GROUPED, "pad_token_id": 0}),
    "layoutlm": ("LayoutLMConfig", SMALL),
    "nomic_bert": ("NomicBertConfig", SMALL),
    "xlm-roberta-xl": ("XLMRobertaXLConfig", {**SMALL, "type_vocab_size": 1}),
    "mt5": ("MT5Config", T5),
    "umt5": ("UMT5Config", T5),
    "switch_transformers": ("SwitchTransformersConfig", {**T5, "num_decoder_layers": 2, "num_experts": 2}),
    "blenderbot": ("BlenderbotConfig", SEQ2SEQ),
    "blenderbot-small": ("BlenderbotSmallConfig", SEQ2SEQ),
    "m2m_100": ("M2M100Config", SEQ2SEQ),
}
ENCODERS = (
    *("bert", "roberta", "xlm-roberta", "camembert", "electra", "albert", "distilbert", "modernbert", "data2vec-text"),
    *("ernie", "esm", "eurobert", "layoutlm", "nomic_bert", "xlm-roberta-xl", "openai_privacy_filter"),
)
WITH_SEGMENTS = ("bert", "electra", "albert", "ernie", "layoutlm")
SEQUENCE_TO_SEQUENCE = (
    *("t5", "bart", "mbart", "marian", "pegasus", "mt5", "umt5", "switch_transformers"),
    *("blenderbot", "blenderbot-small", "m2m_100"),
)
WITH_SINK = ("gpt_oss", "granite_swa", "granitemoe_swa", "mimo_v2_flash", "flint", "openai_privacy_filter")

# What is recorded is not what the model computes, or nothing is: refused by name.
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
    "big_bird": ("BigBirdConfig", SMALL),
    "bigbird_pegasus": ("BigBirdPegasusConfig", SEQ2SEQ),
    "canine": ("CanineConfig", SMALL),
    "codegen": ("CodeGenConfig", {"n_embd": 32, "n_layer": 2, "n_head": 4, "rotary_dim": 4}),
    "convbert": ("ConvBertConfig", SMALL),
    "deberta": ("DebertaConfig", SMALL),
    "deepseek_v32": ("DeepseekV32Config", {**LATENT, "n_routed_experts": 4, "n_group": 2, "topk_group": 1}),
    "deepseek_v4": ("DeepseekV4Config", GROUPED),
    "diffllama": ("DiffLlamaConfig", GROUPED),
    "fnet": ("FNetConfig", {"hidden_size": 32, "num_hidden_layers": 2, "intermediate_size": 48}),
    "fsmt": ("FSMTConfig", SEQ2SEQ),
    "hy_v4": ("HYV4Config", {**GROUPED, "pad_token_id": 0}),
    "ibert": ("IBertConfig", SMALL),
    "led": ("LEDConfig", {**SEQ2SEQ, "attention_window": 4}),
    "longformer": ("LongformerConfig", {**SMALL, "attention_window": 4}),
    "longt5": ("LongT5Config", {**T5, "local_radius": 4}),
    "luke": ("LukeConfig", {**SMALL, "entity_vocab_size": 8, "entity_emb_size": 8}),
    "mamba2": (
        "Mamba2Config",
        {"hidden_size": 32, "num_hidden_layers": 2, "num_heads": 8, "head_dim": 8, "state_size": 8, "n_groups": 1},
    ),
    "megatron-bert": ("MegatronBertConfig", SMALL),
    "mpt": ("MptConfig", {"d_model": 32, "n_layers": 2, "n_heads": 4}),
    "mvp": ("MvpConfig", SEQ2SEQ),
    "nystromformer": ("NystromformerConfig", SMALL),
    "openai-gpt": ("OpenAIGPTConfig", {"n_embd": 32, "n_layer": 2, "n_head": 4}),
    "rembert": ("RemBertConfig", {**SMALL, "input_embedding_size": 16, "output_embedding_size": 16}),
    "roformer": ("RoFormerConfig", SMALL),
    "squeezebert": ("SqueezeBertConfig", {**SMALL, "embedding_size": 32}),
    "xglm": ("XGLMConfig", {"d_model": 32, "num_layers": 2, "attention_heads": 4, "ffn_dim": 48}),
    "xlm": ("XLMConfig", {"emb_dim": 32, "n_layers": 2, "n_heads": 4}),
}
FIVE = {**GROUPED, "num_hidden_layers": 5}
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
