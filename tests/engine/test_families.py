"""What is recorded is what the model computes: every family against its own eager attention."""

import pytest
import torch
import transformers

import attnviz
from attnviz.engine.encoding import encode
from attnviz.errors import NotTraceableError, TextError
from tests.engine import document
from tests.engine.tiny import ENCODERS, HYBRIDS, REFUSED, SEQUENCE_TO_SEQUENCE, TRACEABLE, own_model, save_tiny

TEXT = "The animal didn't cross the street because it was too tired"
TARGET = "She ate the apple on the mat"
# Recorded and eager weights differ by the order of float32 sums alone: measured 2.4e-6 at most, for T5, whose scores
# are not scaled down.
EXACT = {"atol": 1e-5, "rtol": 0}
FINAL = {"atol": 2e-5, "rtol": 1e-5}  # of what comes out behind the last layer: measured 7.6e-6 at most


@pytest.fixture(scope="module")
def folder_of(tmp_path_factory):
    folders = {}

    def make(family):
        if family not in folders:
            folders[family] = save_tiny(family, tmp_path_factory.mktemp(family))
        return str(folders[family])

    return make


def eager(folder):
    return own_model(folder), transformers.AutoTokenizer.from_pretrained(folder)


@pytest.fixture(scope="module")
def documented():
    return document.documented()


def check_documented(documented, family, engine, trace):
    """The document says the same of a family; the difference that it gives was measured on some machine.

    Here the encoders have no head: test_predict.py has those that restore masked words.
    """
    attention, special, answer, difference = documented[family]
    assert attention == ", ".join(trace.stacks)
    assert answer == ("masked word" if family in document.MASKED else engine.answers)
    assert special == document.special(trace)
    assert float(difference) <= EXACT["atol"]


def check_answer(prediction, output, place=-1):
    """What the head answers, or without one the final vectors, is what the model's own code computes."""
    if "logits" not in output:
        return torch.testing.assert_close(prediction.values, output.last_hidden_state[0].mean(dim=0), **FINAL)
    expected = output.logits[0, place].log_softmax(dim=-1)
    return torch.testing.assert_close(prediction.values.log_softmax(dim=-1), expected, **FINAL)


def test_the_document_has_every_family_once(documented):
    assert set(documented) == {*TRACEABLE, *HYBRIDS, *REFUSED}
    lines = document.DOCUMENT.read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.startswith("| `")]) == len(documented)


@pytest.mark.parametrize("family", [family for family in TRACEABLE if family not in SEQUENCE_TO_SEQUENCE])
def test_weights_equal_the_models_own(folder_of, documented, family):
    engine = attnviz.load(folder_of(family))
    trace = engine.run(TEXT)
    check_documented(documented, family, engine, trace)
    model, tokenizer = eager(folder_of(family))
    ids = torch.tensor([encode(tokenizer, TEXT).ids])
    with torch.inference_mode():
        output = model(ids, output_attentions=True)
    expected = output.attentions
    check_answer(engine.predict(trace), output)
    kind = "encoder" if family in ENCODERS else "decoder"
    assert list(trace.stacks) == [kind]
    stack = trace.stacks[kind]
    assert (stack.n_layers, stack.n_heads) == (len(expected), expected[0].shape[1])
    assert trace.note is None, "all layers attend"
    assert len(stack.query_tokens) == ids.shape[1]
    for layer, weights in enumerate(expected):
        torch.testing.assert_close(document.without_sink(family, stack.weights(layer)), weights[0], **EXACT)
        assert weights.std() > 0.01, "weights near uniform would agree by chance"


@pytest.mark.parametrize("family", HYBRIDS)
def test_the_layers_of_a_hybrid_that_attend_equal_the_models_own(folder_of, documented, family):
    engine = attnviz.load(folder_of(family))
    trace = engine.run(TEXT)
    check_documented(documented, family, engine, trace)
    pairs = document.compared(family, folder_of(family), trace)
    assert len(pairs) == len(HYBRIDS[family][2])
    for ours, theirs in pairs:
        torch.testing.assert_close(ours, theirs, **EXACT)


@pytest.mark.parametrize("family", SEQUENCE_TO_SEQUENCE)
@pytest.mark.parametrize("target", [TARGET, None])
def test_all_three_stacks_of_an_encoder_decoder_equal_the_models_own(folder_of, documented, family, target):
    engine = attnviz.load(folder_of(family))
    trace = engine.run(TEXT, pair=target)
    check_documented(documented, family, engine, trace)
    model, tokenizer = eager(folder_of(family))
    source = torch.tensor([tokenizer(TEXT)["input_ids"]])
    start = [model.config.decoder_start_token_id]
    written = tokenizer(target)["input_ids"][:-1] if target else []
    with torch.inference_mode():
        output = model(source, decoder_input_ids=torch.tensor([start + written]), output_attentions=True)
    check_answer(engine.predict(trace), output)
    expected = {
        "encoder": output.encoder_attentions,
        "decoder": output.decoder_attentions,
        "cross": output.cross_attentions,
    }
    assert list(trace.stacks) == list(expected)
    for kind, layers in expected.items():
        assert trace.stacks[kind].n_layers == len(layers) == 2
        for layer, weights in enumerate(layers):
            torch.testing.assert_close(trace.stacks[kind].weights(layer), weights[0], **EXACT)
    assert trace.cross.query_tokens == trace.decoder.query_tokens
    assert trace.cross.key_tokens == trace.encoder.key_tokens


@pytest.mark.parametrize("family", ["bert", "electra", "albert", "roberta"])
def test_a_sentence_pair_equals_the_models_own(folder_of, family):
    trace = attnviz.load(folder_of(family)).run(TEXT, pair=TARGET)
    model, tokenizer = eager(folder_of(family))
    inputs = tokenizer(TEXT, TARGET, return_tensors="pt")
    assert ("token_type_ids" in inputs) == (family != "roberta")
    with torch.inference_mode():
        expected = model(**inputs, output_attentions=True).attentions
    for layer, weights in enumerate(expected):
        torch.testing.assert_close(trace.encoder.weights(layer), weights[0], **EXACT)


def test_the_head_outputs_derived_are_the_models_own(folder_of):
    step = attnviz.load(folder_of("llama")).run(TEXT).decoder.step(0)
    expected = torch.nn.functional.scaled_dot_product_attention(
        step.query, step.key, step.value, attn_mask=step.mask, scale=step.scale, enable_gqa=True
    )
    torch.testing.assert_close(step.head_output(), expected, atol=1e-5, rtol=0)


def test_grouped_heads_keep_their_few_keys(folder_of):
    step = attnviz.load(folder_of("llama")).run(TEXT).decoder.step(0)
    assert (step.query.shape[0], step.key.shape[0]) == (4, 2)


def test_scale_bias_softcap_and_windows_are_the_models_own(folder_of):
    gemma = attnviz.load(folder_of("gemma2")).run(TEXT).decoder
    assert gemma.step(0).softcap == 50.0
    assert gemma.step(0).scale == pytest.approx(24**-0.5)
    window = gemma.step(0).mask.squeeze(0)
    assert window[10].nonzero().flatten().tolist() == [7, 8, 9, 10]
    t5 = attnviz.load(folder_of("t5")).run(TEXT).encoder
    assert t5.step(0).scale == 1.0
    assert t5.step(0).bias.shape[0] == t5.n_heads
    assert t5.step(1).bias.data_ptr() == t5.step(0).bias.data_ptr(), "one table for all layers, kept once"
    assert attnviz.load(folder_of("opt")).run(TEXT).decoder.step(0).scale == 1.0
    assert attnviz.load(folder_of("bert")).run(TEXT).encoder.step(0).mask is None


def test_albert_has_as_many_layers_as_calls_though_it_has_one_module(folder_of):
    encoder = attnviz.load(folder_of("albert")).run(TEXT).encoder
    assert encoder.n_layers == 2
    assert not torch.equal(encoder.weights(0), encoder.weights(1))


@pytest.mark.parametrize("family", REFUSED)
def test_what_cannot_be_traced_is_refused_by_name(tmp_path, documented, family):
    folder = str(save_tiny(family, tmp_path / family))
    with pytest.raises(NotTraceableError) as caught:
        attnviz.load(folder)
    message = str(caught.value)
    assert family in message
    assert "google-bert/bert-base-uncased" in message
    assert documented[family] == (document.reason(family, folder),)
    assert "\n" not in message


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_a_decoder_refuses_a_pair(folder_of, family):
    engine = attnviz.load(folder_of(family))
    assert not engine.reads_pairs
    with pytest.raises(TextError, match="reads one text, not two"):
        engine.run(TEXT, pair=TARGET)
