"""What is refused is refused in one sentence that helps, before any weights are read."""

import json
import shutil
from dataclasses import replace

import pytest
import torch
import transformers
from safetensors.torch import load, save, save_file

import attnviz
from attnviz.cli import main
from attnviz.engine.forward import Passes
from attnviz.engine.refusals import reason_of
from attnviz.errors import AttnVizError, BrokenModelError, ModelError, NotTraceableError
from tests.engine.tiny import edit_config, save_tiny, tiny_model, wordpiece

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return save_tiny("bert", tmp_path_factory.mktemp("bert"))


@pytest.fixture
def copy(bert, tmp_path):
    return shutil.copytree(bert, tmp_path / "copy")


def refused(folder, **options) -> str:
    with pytest.raises(ModelError) as caught:
        attnviz.load(str(folder), **options)
    message = str(caught.value)
    assert "\n" not in message
    assert "Traceback" not in message
    return message


@pytest.mark.parametrize("with_model", [False, True])
def test_an_adapter_names_its_base_and_says_merge(copy, with_model):
    if not with_model:
        for path in copy.iterdir():
            path.unlink()
    (copy / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "meta-llama/Llama-3.2-1B"}))
    save_file({"base_model.model.x.lora_A.weight": torch.zeros(2)}, copy / "adapter_model.safetensors")
    message = refused(copy)
    assert "is an adapter for meta-llama/Llama-3.2-1B" in message
    assert "merge_and_unload" in message
    assert "again" not in message


@pytest.mark.parametrize("content", ["{", "[]", "{}"])
def test_an_adapter_that_does_not_name_its_base_is_still_one(copy, content):
    (copy / "adapter_config.json").write_text(content)
    assert "is an adapter for another model" in refused(copy)


def test_a_folder_of_folders_names_those_with_models(tmp_path, bert):
    for part in ("ctx_encoder", "question_encoder"):
        shutil.copytree(bert, tmp_path / "pair" / part)
    message = refused(tmp_path / "pair")
    assert "has no config.json, but ctx_encoder and question_encoder in it have" in message
    assert f"Choose one model: {tmp_path / 'pair' / 'ctx_encoder'}" in message
    assert attnviz.load(str(tmp_path / "pair" / "ctx_encoder")).n_layers == 2
    shutil.rmtree(tmp_path / "pair" / "ctx_encoder")
    assert "but question_encoder in it has" in refused(tmp_path / "pair")


@pytest.mark.parametrize(
    ("config", "method"),
    [
        ({"quant_method": "gptq", "bits": 4}, "gptq"),
        ({"quant_method": "awq"}, "awq"),
        ({"quant_method": "mxfp4"}, "mxfp4"),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "bitsandbytes"),
        ({"load_in_8bit": True}, "bitsandbytes"),
    ],
)
def test_quantized_weights_are_called_so(copy, config, method):
    edit_config(copy, quantization_config=config)
    message = refused(copy)
    assert f"are quantized ({method})" in message
    assert "not quantized" in message


def test_a_pair_of_two_models_says_which(tmp_path):
    pair = transformers.EncoderDecoderModel(
        encoder=tiny_model("bert"), decoder=tiny_model("gpt2", add_cross_attention=True)
    )
    pair.save_pretrained(tmp_path)
    wordpiece().save_pretrained(tmp_path)
    message = refused(tmp_path)
    assert "is a pair of models (bert and gpt2)" in message or "is a pair of models (gpt2 and bert)" in message
    assert "model.encoder.save_pretrained" in message


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_the_second_half_of_a_pair_says_what_it_lacks(tmp_path, family):
    save_tiny(family, tmp_path, add_cross_attention=True, is_decoder=True)
    assert "is the second half of a pair (add_cross_attention)" in refused(tmp_path)


VISION = {**SMALL, "image_size": 8, "patch_size": 4}
WHISPER = {"d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 4, "num_mel_bins": 8}


@pytest.mark.parametrize(
    ("name", "model_type", "sense"),
    [
        ("ViTModel", "vit", "pictures"),
        ("ViTForImageClassification", "vit", "pictures"),
        ("CLIPModel", "clip", "pictures"),
        ("CLIPVisionModel", "clip_vision_model", "pictures"),
        ("SiglipModel", "siglip", "pictures"),
        ("Blip2ForConditionalGeneration", "blip-2", "pictures"),
        ("WhisperForConditionalGeneration", "whisper", "sound"),
        ("Wav2Vec2Model", "wav2vec2", "sound"),
        ("ASTModel", "audio-spectrogram-transformer", "sound"),
        ("TimeSeriesTransformerModel", "time_series_transformer", "'past_values'"),
    ],
)
@pytest.mark.parametrize("has_tokenizer", [True, False])
def test_what_reads_pictures_or_sound_is_called_so(copy, name, model_type, sense, has_tokenizer):
    (copy / "config.json").write_text(json.dumps({"model_type": model_type, "architectures": [name]}))
    if not has_tokenizer:
        for path in copy.glob("*token*"):
            path.unlink()
    message = refused(copy)
    assert f"({model_type}) reads {sense}" in message
    assert "Choose a model that reads text alone" in message


def test_the_text_half_of_clip_is_read(tmp_path):
    config = transformers.CLIPTextConfig(vocab_size=384, max_position_embeddings=40, **SMALL)
    model = transformers.CLIPTextModel(config).eval()
    model.save_pretrained(tmp_path)
    wordpiece(segments=False).save_pretrained(tmp_path)
    stack = attnviz.load(str(tmp_path)).run("The cat sat").decoder
    ids = torch.tensor([wordpiece()("The cat sat")["input_ids"]])
    own = transformers.CLIPTextModel.from_pretrained(tmp_path, attn_implementation="eager").eval()
    with torch.inference_mode():
        expected = own(ids, output_attentions=True).attentions
    for layer, weights in enumerate(expected):
        torch.testing.assert_close(stack.weights(layer), weights[0], atol=1e-5, rtol=0)


def test_an_unknown_type_and_a_missing_one_are_two_sentences(copy):
    edit_config(copy, model_type="nosuch")
    message = refused(copy)
    assert f"transformers {transformers.__version__}" in message
    assert "no model of the type 'nosuch'" in message
    edit_config(copy, model_type=None)
    assert "does not say which kind of model it is (model_type)" in refused(copy)


def test_new_files_are_asked_for_only_where_these_are_damaged(copy):
    def advice():
        return refused(copy).split(". ")[-1]

    whole = (copy / "model.safetensors").read_bytes()
    tensors = load(whole)
    (copy / "model.safetensors").write_bytes(whole[:1000])
    assert advice() == "Get the files again, or choose another model."
    other = {**tensors, "embeddings.word_embeddings.weight": torch.zeros(7, 5)}
    (copy / "model.safetensors").write_bytes(save(other, metadata={"format": "pt"}))
    assert "again" not in advice()
    (copy / "model.safetensors").write_bytes(whole)
    edit_config(copy, hidden_act="nosuch")
    assert "again" not in advice()
    edit_config(copy, hidden_size="many")
    assert "again" not in advice()


def test_t5_without_a_start_token_says_what_to_set(tmp_path):
    message = refused(edit_config(save_tiny("t5", tmp_path), decoder_start_token_id=None))
    assert "has no token for its decoder to start with (decoder_start_token_id in config.json)" in message


class UnluckyModel(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.config, self.model = model.config, model

    def forward(self, input_ids):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied in /home/someone/site/lib.py\nsecond line")


def test_what_the_models_code_raises_on_a_text_is_one_sentence(bert, capsys, monkeypatch):
    engine = attnviz.load(str(bert))
    engine = replace(engine, passes=Passes(UnluckyModel(engine.passes.model)))
    with pytest.raises(ModelError) as caught:
        engine.run("The cat sat")
    message = str(caught.value)
    assert message.startswith(f"{bert} cannot run on this text: its own code says RuntimeError: mat1")
    assert "/home" not in message
    assert "\n" not in message
    monkeypatch.setattr("attnviz.load", lambda *_, **__: engine)
    monkeypatch.setattr("attnviz.engine.load", lambda *_, **__: engine)
    assert main(["trace", "The cat sat", "--model", str(bert), "--out", "never.npz"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("No such file: '/home/someone/models/x/config.json'", "No such file: 'config.json'"),
        ("shape 1/2 and https://example.org/a/b", "shape 1/2 and https://example.org/a/b"),
        (r"C:\Users\someone\model.safetensors is damaged", "model.safetensors is damaged"),
        ("", ""),
    ],
)
def test_a_reason_keeps_no_path_of_the_machine(text, reason):
    assert reason_of(ValueError(text)) == ("ValueError: " + reason if reason else "ValueError")


def test_every_refusal_is_an_attnviz_error():
    assert issubclass(NotTraceableError, AttnVizError)
    assert issubclass(BrokenModelError, AttnVizError)
