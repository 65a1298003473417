"""A checkpoint is shown as its own class reads it, and refused where transformers reads less than it says."""

import json

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

import attnviz
from attnviz.errors import BrokenModelError, NotTraceableError
from tests.engine.tiny import edit_config, own_model, save_tiny, wordpiece

TEXT = "The animal didn't cross the street because it was too tired"
EXACT = {"atol": 1e-5, "rtol": 0}


def refused(folder, **options) -> str:
    with pytest.raises(NotTraceableError) as caught:
        attnviz.load(str(folder), **options)
    message = str(caught.value)
    assert "\n" not in message
    assert str(folder) in message
    return message


def edit_tensors(folder, edit):
    path = folder / "model.safetensors"
    save_file(edit(load_file(path)), path, metadata={"format": "pt"})
    return folder


def check_first_stack(folder, expected):
    stack = next(iter(attnviz.load(str(folder)).run(TEXT).stacks.values()))
    assert stack.n_layers == len(expected) >= 2
    for layer, weights in enumerate(expected):
        torch.testing.assert_close(stack.weights(layer), weights[0], **EXACT)


@pytest.mark.parametrize(
    ("family", "architecture"),
    [
        ("marian", "MarianMTModel"),
        ("bart", "BartForConditionalGeneration"),
        ("bart", "BartForSequenceClassification"),
        ("mbart", "MBartForConditionalGeneration"),
        ("pegasus", "PegasusForConditionalGeneration"),
        ("t5", "T5ForConditionalGeneration"),
        ("t5", "T5EncoderModel"),
        ("t5", "T5ForTokenClassification"),
        ("llama", "LlamaForQuestionAnswering"),
        ("llama", "LlamaForSequenceClassification"),
        ("qwen3", "Qwen3ForQuestionAnswering"),
        ("qwen3", "Qwen3ForCausalLM"),
        ("gpt2", "GPT2LMHeadModel"),
        ("gpt2", "GPT2DoubleHeadsModel"),
        ("opt", "OPTForCausalLM"),
        ("bert", "BertForMaskedLM"),
        ("bert", "BertForMultipleChoice"),
        ("bert", "BertForPreTraining"),
        ("roberta", "RobertaForTokenClassification"),
        ("electra", "ElectraForPreTraining"),
        ("albert", "AlbertForMaskedLM"),
        ("distilbert", "DistilBertForQuestionAnswering"),
        ("modernbert", "ModernBertForMaskedLM"),
    ],
)
def test_a_model_saved_with_its_head_is_read_as_the_class_that_saved_it(tmp_path, family, architecture):
    folder = save_tiny(family, tmp_path, architecture=architecture)
    ids = torch.tensor([transformers.AutoTokenizer.from_pretrained(folder)(TEXT)["input_ids"]])
    body = own_model(folder).base_model
    pair = {"decoder_input_ids": ids} if hasattr(body, "decoder") and body.config.is_encoder_decoder else {}
    with torch.inference_mode():
        output = body(ids, output_attentions=True, **pair)
    check_first_stack(folder, output.encoder_attentions if pair else output.attentions)


@pytest.mark.parametrize("architecture", ["DPRContextEncoder", "DPRQuestionEncoder"])
def test_one_half_of_dpr_is_an_encoder(tmp_path, architecture):
    small = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
    torch.manual_seed(0)
    config = transformers.DPRConfig(vocab_size=384, projection_dim=0, **small)
    model = getattr(transformers, architecture)(config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.25)
    model.save_pretrained(tmp_path)
    wordpiece().save_pretrained(tmp_path)
    ids = wordpiece()(TEXT)["input_ids"]
    with torch.inference_mode():
        check_first_stack(tmp_path, own_model(tmp_path)(torch.tensor([ids]), output_attentions=True).attentions)


@pytest.mark.parametrize(
    ("family", "table", "head"),
    [
        ("gpt2", "transformer.wte.weight", "lm_head.weight"),
        ("llama", "model.embed_tokens.weight", "lm_head.weight"),
        ("t5", "shared.weight", "lm_head.weight"),
        ("bart", "model.shared.weight", "lm_head.weight"),
    ],
)
def test_a_tied_table_may_be_stored_under_the_name_of_its_head(tmp_path, family, table, head):
    folder = save_tiny(family, tmp_path, tie_word_embeddings=True)
    first = next(iter(attnviz.load(str(folder)).run(TEXT).stacks.values())).weights(1)
    edit_tensors(folder, lambda tensors: {head if key == table else key: value for key, value in tensors.items()})
    again = next(iter(attnviz.load(str(folder)).run(TEXT).stacks.values())).weights(1)
    assert torch.equal(again, first)


WRAPPED = {
    "compiled": lambda key: f"_orig_mod.{key}",
    "in parallel": lambda key: f"module.{key}",
    "both": lambda key: f"module._orig_mod.{key}",
    "layer by layer": lambda key: key.replace("layer.1.", "layer.1._orig_mod.").replace("h.1.", "h.1._orig_mod."),
    "sharded": lambda key: f"_fsdp_wrapped_module.{key}",
    "checkpointed": lambda key: key.replace("layer.0.", "layer.0._checkpoint_wrapped_module."),
}


@pytest.mark.parametrize("wrap", WRAPPED)
@pytest.mark.parametrize(("family", "from_scratch"), [("bert", False), ("bert", True), ("gpt2", False)])
def test_what_compiling_and_parallel_training_put_into_names_is_taken_off(tmp_path, wrap, family, from_scratch):
    folder = save_tiny(family, tmp_path)
    load = lambda: attnviz.load(str(folder), from_scratch=from_scratch).run(TEXT)  # noqa: E731
    expected = next(iter(load().stacks.values())).weights(1)
    edit_tensors(folder, lambda tensors: {WRAPPED[wrap](key): value for key, value in tensors.items()})
    assert torch.equal(next(iter(load().stacks.values())).weights(1), expected)


@pytest.mark.parametrize(
    "changes",
    [
        {"attn_implementation": "flash_attention_2"},
        {"_attn_implementation": "flash_attention_2"},
        {"_attn_implementation_internal": "flash_attention_3"},
        {"return_dict": False},
        {"torchscript": True},
        {"output_hidden_states": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("family", ["bert", "llama", "t5"])
def test_what_a_configuration_asks_of_a_machine_changes_nothing(tmp_path, changes, family):
    folder = save_tiny(family, tmp_path)
    expected = next(iter(attnviz.load(str(folder)).run(TEXT).stacks.values())).weights(1)
    edit_config(folder, **changes)
    assert torch.equal(next(iter(attnviz.load(str(folder)).run(TEXT).stacks.values())).weights(1), expected)


def test_berts_old_positions_are_refused_by_their_option(tmp_path):
    folder = edit_config(save_tiny("bert", tmp_path), position_embedding_type="relative_key_query")
    message = refused(folder)
    assert "says position_embedding_type: 'relative_key_query'" in message
    assert "no longer reads for 'bert'" in message


@pytest.mark.parametrize("from_scratch", [False, True])
def test_tensors_in_a_layer_that_no_module_takes_are_refused(tmp_path, from_scratch):
    folder = save_tiny("bert", tmp_path, architecture="BertForMaskedLM")
    name = "bert.encoder.layer.1.attention.self.distance_embedding.weight"
    edit_tensors(folder, lambda tensors: {**tensors, name: torch.zeros(3, 8)})
    assert f"1 tensors that no part of BertForMaskedLM takes, {name} among them" in refused(
        folder, from_scratch=from_scratch
    )


@pytest.mark.parametrize(
    ("family", "extra"),
    [
        ("gpt2", "transformer.h.1.attn.rotary.weight"),
        ("llama", "model.layers.0.self_attn.q_norm.weight"),
        ("llama", "model.layers.2.self_attn.q_proj.weight"),  # a layer more than the configuration has
        ("t5", "encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight"),
        ("opt", "model.decoder.rel_embeddings.weight"),
        ("bart", "model.encoder.layers.0.self_attn.gate.weight"),
    ],
)
def test_so_are_they_in_every_family(tmp_path, family, extra):
    folder = save_tiny(family, tmp_path)
    edit_tensors(folder, lambda tensors: {**tensors, extra: torch.zeros(8)})
    assert extra in refused(folder)


@pytest.mark.parametrize(
    ("family", "extra"),
    [
        ("bert", "cls.seq_relationship.weight"),
        ("bert", "classifier.0.weight"),
        ("bert", "embeddings.position_ids"),
        ("gpt2", "transformer.h.0.attn.bias"),
        ("gpt2", "transformer.h.0.attn.masked_bias"),
        ("llama", "model.layers.0.self_attn.rotary_emb.inv_freq"),
        ("gpt2", "v_head.summary.weight"),
    ],
)
def test_heads_and_what_is_computed_today_may_be_left_over(tmp_path, family, extra):
    folder = save_tiny(family, tmp_path)
    edit_tensors(folder, lambda tensors: {**tensors, extra: torch.zeros(8)})
    assert attnviz.load(str(folder)).n_layers == 2


def test_an_adapter_that_is_not_merged_is_called_so(tmp_path):
    folder = save_tiny("llama", tmp_path)
    name = "model.layers.0.self_attn.q_proj.lora_A.default.weight"
    edit_tensors(folder, lambda tensors: {**tensors, name: torch.zeros(2, 32)})
    assert "an adapter that is not merged" in refused(folder)


@pytest.mark.parametrize(
    ("family", "option", "value"),
    [
        ("roberta", "position_embedding_type", "relative_key"),
        ("electra", "position_embedding_type", "rotary"),
        ("albert", "position_embedding_type", "relative_key_query"),
        ("gpt2", "alibi", True),
        ("gpt2", "rotary_dim", 8),
        ("llama", "is_causal", False),
        ("llama", "sliding_window", 4),
        ("llama", "attn_logit_softcapping", 30.0),
        ("llama", "use_qk_norm", True),
        ("llama", "layer_types", ["sliding_attention", "full_attention"]),
        ("qwen3", "dual_chunk_attention_config", {"chunk_size": 8}),
        ("bert", "rope_scaling", {"type": "linear", "factor": 2.0}),
        ("bert", "attention_window", [4, 4]),
        ("opt", "multi_query", True),
        ("bart", "static_position_embeddings", True),
        ("bart", "normalize_before", True),
        ("marian", "static_position_embeddings", False),
        ("distilbert", "use_relative_positions", True),
    ],
)
def test_an_option_that_this_version_does_not_read_is_refused_by_name(tmp_path, family, option, value):
    message = refused(edit_config(save_tiny(family, tmp_path), **{option: value}))
    assert f"says {option}: " in message
    assert f"for '{family}'" in message


# What the configurations of well-known models say, beside sizes, that no class of today takes.
SAID = {
    "bert": {
        "position_embedding_type": "absolute",
        "gradient_checkpointing": False,
        "directionality": "bidi",
        "pooler_fc_size": 768,
        "pooler_num_attention_heads": 12,
        "pooler_num_fc_layers": 3,
        "pooler_size_per_head": 128,
        "pooler_type": "first_token_transform",
        "transformers_version": "4.6.0.dev0",
        "torch_dtype": "float16",
        "classifier_dropout": None,
    },
    "roberta": {"position_embedding_type": "absolute", "use_cache": True},
    "albert": {"net_structure_type": 0, "gap_size": 0, "num_memory_blocks": 0, "down_scale_factor": 1},
    "distilbert": {"tie_weights_": True, "sinusoidal_pos_embds": False, "attention_dropout": 0.1},
    "electra": {"summary_type": "first", "position_embedding_type": "absolute", "summary_last_dropout": 0.1},
    "modernbert": {
        "reference_compile": None,
        "global_attn_every_n_layers": 3,
        "sparse_prediction": False,
        "repad_logits_with_grad": False,
    },
    "gpt2": {"n_ctx": 1024, "task_specific_params": {"text-generation": {"do_sample": True}}, "_num_labels": 1},
    "gpt_neox": {"rotary_pct": 0.25, "rotary_emb_base": 10000, "use_parallel_residual": True},
    "opt": {"prefix": "</s>", "_remove_final_layer_norm": False, "activation_dropout": 0.0},
    "starcoder2": {"attention_softmax_in_fp32": True, "scale_attention_softmax_in_fp32": True, "attn_pdrop": 0.1},
    "mistral": {"use_sliding_window": False, "max_window_layers": 21, "attention_bias": False},
    "olmo2": {"layer_types": ["full_attention", "full_attention"], "head_dim": 8, "sliding_window": 4096},
    "llama": {"is_llama_config": True, "rope_interleaved": False, "rope_scaling": None, "pretraining_tp": 1},
    "qwen3": {"use_sliding_window": False, "sliding_window": None, "max_window_layers": 28, "rope_scaling": None},
    "t5": {"n_positions": 512, "output_past": True, "task_specific_params": {}},
    "bart": {
        "normalize_before": False,
        "normalize_embedding": True,
        "static_position_embeddings": False,
        "add_final_layer_norm": False,
        "add_bias_logits": False,
        "extra_pos_embeddings": 2,
    },
    "marian": {"static_position_embeddings": True, "normalize_before": False, "normalize_embedding": False},
    "pegasus": {"static_position_embeddings": True, "normalize_before": True, "add_final_layer_norm": True},
    "mbart": {"static_position_embeddings": False, "normalize_before": True, "normalize_embedding": True},
}


@pytest.mark.parametrize("family", SAID)
def test_what_well_known_configurations_carry_along_is_no_obstacle(tmp_path, family):
    folder = save_tiny(family, tmp_path)
    edit_config(folder, **{key: value for key, value in SAID[family].items() if value is not None})
    assert attnviz.load(str(folder)).n_heads == 4


def test_what_a_class_makes_something_else_of_is_read(tmp_path):
    folder = save_tiny("llama", tmp_path)
    config = json.loads((folder / "config.json").read_text())
    config.pop("rope_parameters")
    said = {"rope_theta": 5.0, "rope_scaling": {"type": "linear", "factor": 4.0}}
    (folder / "config.json").write_text(json.dumps({**config, **said}))
    ids = torch.tensor([transformers.AutoTokenizer.from_pretrained(folder)(TEXT)["input_ids"]])
    with torch.inference_mode():
        check_first_stack(folder, own_model(folder)(ids, output_attentions=True).attentions)


def test_code_of_its_own_is_refused_though_transformers_knows_the_type(tmp_path):
    folder = edit_config(save_tiny("bert", tmp_path), auto_map={"AutoModel": "modeling_own.OwnBert"})
    message = refused(folder)
    assert "brings code of its own (auto_map in config.json)" in message
    assert "what transformers has for 'bert' may compute something else" in message
    edit_config(folder, auto_map={"AutoTokenizer": ["tokenization_own.Own", None]})
    assert attnviz.load(str(folder)).n_layers == 2


def test_lost_tensors_of_a_head_change_no_attention_and_those_of_the_body_are_random_numbers(tmp_path):
    folder = save_tiny("bert", tmp_path, architecture="BertForMaskedLM")
    whole = load_file(folder / "model.safetensors")
    edit_tensors(folder, lambda tensors: {key: value for key, value in tensors.items() if not key.startswith("cls.")})
    assert attnviz.load(str(folder)).n_layers == 2
    lost = "bert.encoder.layer.1.attention.self.query.weight"
    edit_tensors(folder, lambda _: {key: value for key, value in whole.items() if key != lost})
    with pytest.raises(BrokenModelError, match=rf"lack 1 of the model's tensors, {lost} among them"):
        attnviz.load(str(folder))
