"""The trial sees what a short English text cannot show, and asks of no model what it cannot read."""

import json

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers.masking_utils import causal_mask_function, eager_mask

import attnviz
from attnviz.cli import main
from attnviz.engine import scratch, seam, trial
from attnviz.engine.huggingface import MAX_TOKENS
from attnviz.errors import NotTraceableError
from tests.engine.tiny import own_model, save_tiny

EXACT = {"atol": 1e-5, "rtol": 0}


def with_vocabulary(folder, family, vocabulary, *, split=True, **changes):
    """A tiny model whose tokenizer knows these words alone."""
    tokenizer = Tokenizer(models.WordLevel(vocabulary, **({"unk_token": "[UNK]"} if "[UNK]" in vocabulary else {})))
    if split:
        tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    save_tiny(family, folder, **changes)
    for path in folder.glob("tokenizer*"):
        path.unlink()
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder)
    return str(folder)


def eager_attentions(folder, ids):
    model = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    with torch.inference_mode():
        return model(torch.tensor([ids]), output_attentions=True).attentions


def test_a_model_of_digits_is_tried_with_digits(tmp_path):
    folder = with_vocabulary(tmp_path, "gpt2", {str(digit): digit for digit in range(10)})
    stack = attnviz.load(folder).run("31415926").decoder
    assert [token.text for token in stack.query_tokens] == list("31415926")
    for layer, weights in enumerate(eager_attentions(folder, [3, 1, 4, 1, 5, 9, 2, 6])):
        torch.testing.assert_close(stack.weights(layer), weights[0], **EXACT)


def test_a_decoder_that_reads_english_as_one_unknown_word_is_a_decoder(tmp_path):
    folder = with_vocabulary(tmp_path, "llama", {"[UNK]": 0, "e4": 1, "e5": 2, "Nf3": 3}, split=False)
    engine = attnviz.load(folder)
    assert engine.kind == "decoder"
    assert list(engine.run("e4").stacks) == ["decoder"]


def test_a_mask_that_forgets_the_window_is_seen_though_the_window_is_longer_than_a_sentence(tmp_path, monkeypatch):
    folder = str(save_tiny("mistral", tmp_path, sliding_window=60))
    assert attnviz.load(folder).kind == "decoder"

    def without_window(*arguments, mask_function, **others):
        return eager_mask(*arguments, mask_function=causal_mask_function, **others)

    monkeypatch.setattr(seam, "eager_mask", without_window)
    try:
        with pytest.raises(NotTraceableError, match=r"computes other weights than were recorded \(layer 0"):
            attnviz.load(folder)
    finally:
        monkeypatch.undo()
        seam.register()


@pytest.mark.parametrize(
    ("settings", "window"),
    [
        ({"sliding_window": 30}, 30),
        ({"rope_parameters": {"type": "longrope", "original_max_position_embeddings": 64}}, 64),
        ({"layer_types": ["full_attention"], "attention_chunk_size": 16, "sliding_window": None}, 16),
        ({"attention_window": [8, 32]}, 32),
        ({"sliding_window": 8192, "use_sliding_window": False}, 0),
        ({}, 0),
    ],
)
def test_the_longest_window_is_found_wherever_a_configuration_says_it(settings, window):
    class Model:
        class config:  # noqa: N801
            num_hidden_layers = num_attention_heads = 2
            to_dict = staticmethod(lambda: settings)

    assert trial._longest_window(Model, 4096) == (window, 4096)


def test_where_a_window_is_too_long_to_be_tried_no_text_is_read_beyond_it(tmp_path, monkeypatch):
    folder = str(save_tiny("mistral", tmp_path, sliding_window=30))
    monkeypatch.setattr(trial, "MAX_WEIGHTS", 2 * 4 * 37**2)
    assert attnviz.load(folder).max_tokens == 30
    monkeypatch.setattr(trial, "MAX_WEIGHTS", 2 * 4 * 38**2)
    assert attnviz.load(folder).max_tokens > 30


@pytest.mark.parametrize(("family", "kind"), [("bert", "encoder"), ("gpt2", "decoder")])
def test_a_toy_model_of_eight_positions_is_read(tmp_path, family, kind):
    engine = attnviz.load(str(save_tiny(family, tmp_path, max_position_embeddings=8)))
    assert (engine.kind, engine.max_tokens) == (kind, 8)


def test_a_backup_beside_the_weights_is_not_read(tmp_path):
    folder = save_tiny("bert", tmp_path)
    expected = attnviz.load(str(folder), from_scratch=True).run("The cat").encoder.weights(1)
    other = {name: tensor.flip(0).contiguous() for name, tensor in load_file(folder / "model.safetensors").items()}
    save_file(other, folder / "model_old.safetensors", metadata={"format": "pt"})
    seen = []
    engine = attnviz.load(str(folder), from_scratch=True, progress=seen.append)
    assert torch.equal(engine.run("The cat").encoder.weights(1), expected)
    assert seen[-1].total == (folder / "model.safetensors").stat().st_size


def test_our_own_transformer_is_tried_against_the_models_own_code(tmp_path, monkeypatch):
    folder = str(save_tiny("bert", tmp_path))
    swapped = {**scratch.BLOCK, "attention.query": "attention.self.key", "attention.key": "attention.self.query"}
    monkeypatch.setattr(scratch, "BLOCK", swapped)
    with pytest.raises(NotTraceableError, match=r"\(bert\) computes other weights than were recorded"):
        attnviz.load(folder, from_scratch=True)


def test_t5_reads_beyond_its_tokenizers_limit_and_says_so_once(tmp_path, capsys):
    folder = save_tiny("t5", tmp_path / "t5")
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps({**settings, "model_max_length": 12}))
    engine = attnviz.load(str(folder))
    assert engine.max_tokens == MAX_TOKENS
    short, long = engine.run("The cat"), engine.run("The cat sat on the mat. " * 8)
    assert short.note is None
    n_tokens = len(long.encoder.query_tokens)
    assert n_tokens > 12
    assert long.note.startswith(f"This text has {n_tokens} tokens. {folder} reads them all")
    assert long.note.endswith("was made for texts of at most 12.")
    ids = torch.tensor([engine.tokenizer("The cat sat on the mat. " * 8)["input_ids"]])
    with torch.inference_mode():
        own = own_model(folder)(ids, decoder_input_ids=ids[:, :1], output_attentions=True)
    for layer, weights in enumerate(own.encoder_attentions):
        torch.testing.assert_close(long.encoder.weights(layer), weights[0], **EXACT)
    command = ["trace", "The cat sat on the mat. " * 8, "--model", str(folder), "--out", str(tmp_path / "t.npz")]
    assert main(command) == 0
    assert capsys.readouterr().err.count("was made for texts of at most 12") == 1


def test_tables_of_positions_keep_their_limit(tmp_path):
    folder = save_tiny("bert", tmp_path)
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps({**settings, "model_max_length": 12}))
    engine = attnviz.load(str(folder))
    assert engine.max_tokens == 12
    assert engine.run("The cat").note is None
