"""Our own transformer, filled with BERT's weights, is BERT."""

import json
import shutil

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

import attnviz
from attnviz.errors import BrokenModelError, NotTraceableError
from tests.engine.tiny import save_tiny

SENTENCES = [
    ("The animal didn't cross the street because it was too tired", None),
    ("She sat by the river bank.", "She went to the bank to fetch her money."),
    ("Ein Satz mit Ümläuten, 日本語 and 🐶🐶 [MASK] 3.14!", None),
    ("word " * 500, None),
]


@pytest.mark.parametrize(("text", "pair"), SENTENCES)
def test_hidden_states_and_weights_equal_transformers_on_real_weights(minilm, text, pair):
    scratch, pretrained = attnviz.load(minilm, from_scratch=True), attnviz.load(minilm)
    ours, theirs = scratch.run(text, pair=pair), pretrained.run(text, pair=pair)
    assert ours.encoder.query_tokens == theirs.encoder.query_tokens

    model = transformers.AutoModel.from_pretrained(minilm, attn_implementation="eager").eval()
    inputs = transformers.AutoTokenizer.from_pretrained(minilm)(text, pair, return_tensors="pt")
    with torch.inference_mode():
        expected = model(**inputs, output_attentions=True)
        hidden = scratch.model(inputs["input_ids"], segment_ids=inputs["token_type_ids"])
    # Measured 2e-6 for hidden states and 1.4e-6 for weights: float32 sums in another order.
    torch.testing.assert_close(hidden, expected.last_hidden_state, atol=1e-5, rtol=0)
    for layer, weights in enumerate(expected.attentions):
        torch.testing.assert_close(ours.encoder.weights(layer), weights[0], atol=1e-5, rtol=0)
        torch.testing.assert_close(theirs.encoder.weights(layer), weights[0], atol=1e-5, rtol=0)


def test_a_model_of_another_shape_is_refused(tmp_path):
    folder = save_tiny("roberta", tmp_path)
    with pytest.raises(NotTraceableError, match=r"\(roberta\) is not BERT-shaped"):
        attnviz.load(str(folder), from_scratch=True)


def test_checkpoints_with_old_names_and_a_head_are_read(tmp_path):
    folder = save_tiny("bert", tmp_path)
    expected = attnviz.load(str(folder), from_scratch=True).run("The cat").encoder.weights(1)
    old = {
        "bert." + name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): value
        for name, value in load_file(folder / "model.safetensors").items()
    }
    save_file({**old, "cls.predictions.bias": torch.zeros(3)}, folder / "model.safetensors", metadata={"format": "pt"})
    torch.testing.assert_close(
        attnviz.load(str(folder), from_scratch=True).run("The cat").encoder.weights(1), expected, atol=0, rtol=0
    )


def test_a_lost_tensor_is_an_error_not_a_random_number(tmp_path):
    folder = save_tiny("bert", tmp_path)
    tensors = load_file(folder / "model.safetensors")
    del tensors["encoder.layer.1.attention.self.query.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    for from_scratch in (True, False):
        with pytest.raises(BrokenModelError, match=r"encoder.layer.1.attention.self.query.weight"):
            attnviz.load(str(folder), from_scratch=from_scratch)


def test_relative_positions_are_not_bert_shaped(tmp_path, minilm):
    folder = shutil.copytree(minilm, tmp_path / "relative")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "position_embedding_type": "relative_key"}))
    with pytest.raises(NotTraceableError, match="not BERT-shaped"):
        attnviz.load(str(folder), from_scratch=True)
