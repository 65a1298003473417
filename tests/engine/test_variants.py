"""What a model answers with edits is what it answers with its own weights changed alike; many at once, or alone."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch
import transformers
from transformers.modeling_outputs import ModelOutput

import attnviz
from attnviz import cut, look, mute, patch, set_row, take_away
from attnviz.engine import asking
from attnviz.engine.head import Head
from attnviz.errors import EditError
from attnviz.testing import PlantedEngine
from tests.engine.tiny import own_model, save_tiny

TEXT, TARGET = "The animal didn't cross the street because it was too tired", "She ate the apple on the mat"
CLOSE = {"atol": 1e-5, "rtol": 1e-4}
# Of each kind of answer a model, and the columns of the output projection that head 2 of layer 1 alone is mapped by.
MODELS = {
    "masked word": ("bert", "BertForMaskedLM", lambda own: own.bert.encoder.layer[1].attention.output.dense.weight),
    "next token": ("llama", "LlamaForCausalLM", lambda own: own.model.layers[1].self_attn.o_proj.weight),
    "class": ("distilbert", "DistilBertForSequenceClassification", lambda own: _distilled(own)),
    "target token": (
        "t5",
        "T5ForConditionalGeneration",
        lambda own: own.decoder.block[1].layer[1].EncDecAttention.o.weight,
    ),
    "vectors": ("roberta", "RobertaModel", lambda own: own.encoder.layer[1].attention.output.dense.weight),
}


def _distilled(own):
    return own.distilbert.transformer.layer[1].attention.out_lin.weight


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {
        kind: save_tiny(family, tmp_path_factory.mktemp(family), architecture=architecture)
        for kind, (family, architecture, _) in MODELS.items()
    }


@pytest.fixture(scope="module")
def engines(folders):
    return {kind: attnviz.load(str(folder)) for kind, folder in folders.items()}


def asked(engine, kind):
    """How the engine is asked: the texts, and the place."""
    return {
        "pair": TARGET if kind == "target token" else None,
        "at": 2 if kind in ("masked word", "target token") else None,
    }


def own_answer(folder, kind, project):
    """What the model's own class answers once the slice of a head in an output projection is zeroed."""
    own, tokenizer = own_model(folder), transformers.AutoTokenizer.from_pretrained(folder)
    ids = tokenizer(TEXT, return_tensors="pt")
    with torch.inference_mode():
        project(own)[:, 16:24] = 0  # four heads of eight numbers: those of head 2
        if kind == "masked word":
            ids["input_ids"][0, 2] = tokenizer.mask_token_id
        if kind == "target token":
            written = [own.config.decoder_start_token_id, *tokenizer(TARGET)["input_ids"][:-1]]
            ids["decoder_input_ids"] = torch.tensor([written])
        output: ModelOutput = own(**ids)
    if kind == "vectors":
        return output.last_hidden_state[0].mean(dim=0)
    return output.logits[0] if kind == "class" else output.logits[0, {"next token": -1}.get(kind, 2)]


@pytest.mark.parametrize("kind", MODELS)
def test_a_muted_head_is_its_slice_of_the_output_projection_zeroed(folders, engines, kind):
    engine = engines[kind]
    assert engine.answers == kind
    edit = mute(layer=1, head=2, kind="cross" if kind == "target token" else None)
    before, after = engine.predictions(TEXT, variants=[(), (edit,)], **asked(engine, kind))
    torch.testing.assert_close(after.values, own_answer(folders[kind], kind, MODELS[kind][2]), **CLOSE)
    assert (before.values - after.values).abs().max() > 0.01
    assert abs(before.effect(after)) > 1e-4


def test_edits_reach_the_final_vectors_of_a_body_that_cannot_be_had_without_its_head(folders):
    folder = folders["target token"]
    whole = attnviz.load(str(folder))
    engine = replace(whole, head=Head("vectors", whole.passes.model, whole.tokenizer))
    before, after = engine.predictions(TEXT, pair=TARGET, at=2, variants=[(), (mute(layer=1, head=2, kind="cross"),)])
    own, tokenizer = own_model(folder), transformers.AutoTokenizer.from_pretrained(folder)
    written = torch.tensor([[own.config.decoder_start_token_id, *tokenizer(TARGET)["input_ids"][:-1]]])
    for found, is_muted in ((before, False), (after, True)):
        with torch.inference_mode():
            if is_muted:
                MODELS["target token"][2](own)[:, 16:24] = 0
            encoded = own.encoder(**tokenizer(TEXT, return_tensors="pt")).last_hidden_state
            expected = own.decoder(written, encoder_hidden_states=encoded).last_hidden_state[0, 2]
        torch.testing.assert_close(found.values, expected, **CLOSE)
    assert before.effect(after) > 1e-6


@pytest.mark.parametrize("kind", MODELS)
def test_a_batch_of_variants_is_each_of_them_alone(engines, kind, monkeypatch):
    engine, place = engines[kind], "cross" if kind == "target token" else None
    variants = [
        (),
        (cut(layer=0, head=1, query=3, key=2, kind=place),),
        (mute(layer=1, kind=place), take_away(layer=0, query=4, key=0, kind=place)),
        (look(layer=0, head=3, at="uniform", kind=place),),
        (cut(layer=1, query=5, key=1, kind=place),),
    ]
    together = engine.predictions(TEXT, variants=variants, **asked(engine, kind))
    for found, edits in zip(together, variants, strict=True):
        alone = engine.predict(TEXT, edits=edits, **asked(engine, kind))
        torch.testing.assert_close(found.values, alone.values, **CLOSE)
        if kind != "vectors":
            torch.testing.assert_close(found.probabilities(), alone.probabilities(), atol=1e-6, rtol=0)
    monkeypatch.setattr(asking, "MAX_NUMBERS", 1)  # no two fit into one batch
    for found, alone in zip(engine.predictions(TEXT, variants=variants, **asked(engine, kind)), together, strict=True):
        torch.testing.assert_close(found.values, alone.values, **CLOSE)


@pytest.mark.parametrize("kind", ["next token", "vectors"])
def test_an_edit_that_changes_nothing_changes_no_bit(engines, kind):
    engine = engines[kind]
    plain = engine.predict(TEXT, **asked(engine, kind))
    row = next(iter(engine.run(TEXT).stacks.values())).weights(0, 1)[3].tolist()
    nothing = [[], [set_row(layer=0, head=1, query=3, weights=row)]]
    nothing += [[cut(layer=0, query=0, key=3)]] if kind == "next token" else []  # which a causal mask hides
    for edits in nothing:
        assert torch.equal(engine.predict(TEXT, edits=edits, **asked(engine, kind)).values, plain.values)


def test_a_trace_brings_its_edits_along_unless_others_are_given(engines):
    engine = engines["next token"]
    trace = engine.run(TEXT, edits=[mute(layer=1, head=2)])
    muted, plain = engine.predict(TEXT, edits=[mute(layer=1, head=2)]), engine.predict(TEXT)
    assert torch.equal(engine.predict(trace).values, muted.values)
    assert torch.equal(engine.predict(trace, edits=()).values, plain.values)
    before, after = engine.predictions(trace, variants=[(), trace.edits])
    torch.testing.assert_close(before.values, plain.values, **CLOSE)
    torch.testing.assert_close(after.values, muted.values, **CLOSE)


def test_patching_all_heads_of_all_layers_from_another_text_answers_as_that_text_does():
    """The built-in model's answer is read from the outputs of its last layer, which are patched."""
    engine = attnviz.load()
    text, other = "the dog ate the apple", "the cat saw the house"
    patched = engine.predict(text, at=3, edits=[patch(layer=engine.n_layers - 1, what="outputs", text=other)])
    torch.testing.assert_close(patched.values, engine.predict(other, at=3).values, **CLOSE)


def test_a_decoder_that_does_not_know_padding_classifies_one_text_after_the_other(tmp_path):
    engine = attnviz.load(str(save_tiny("llama", tmp_path, architecture="LlamaForSequenceClassification")))
    assert engine.model.config.pad_token_id is None
    before, after = engine.predictions(TEXT, variants=[(), (mute(layer=1, head=2),)])
    own = own_model(tmp_path)
    with torch.inference_mode():
        own.model.layers[1].self_attn.o_proj.weight[:, 16:24] = 0
        expected = own(torch.tensor([engine.tokenizer(TEXT)["input_ids"]])).logits[0]
    torch.testing.assert_close(after.values, expected, **CLOSE)
    assert not torch.allclose(before.values, expected, atol=1e-3)


def test_a_planted_engine_moves_no_vector_whatever_is_muted():
    engine = PlantedEngine([["previous", "first"]] * 2)
    before, after = engine.predictions("the cat saw the dog", variants=[(), (mute(layer=0), mute(layer=1))], at=3)
    assert before.effect(after) == pytest.approx(0, abs=1e-9)


def test_sessions_that_edit_one_model_at_once_never_see_each_others_edits(engines):
    engine = engines["next token"]
    asked = [[], [mute(layer=0, head=1)], [mute(layer=1)], [cut(layer=0, query=5, key=2)]] * 6
    alone = [engine.predict(TEXT, edits=edits).values for edits in asked[:4]] * 6
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda edits: engine.predict(TEXT, edits=edits).values, asked))
    for ours, theirs in zip(found, alone, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-6)


def test_no_variants_have_no_answers(engines):
    assert engines["next token"].predictions(TEXT, variants=[]) == ()


@pytest.mark.parametrize(
    ("edits", "says"),
    [
        ([mute(layer=7)], "names layer 7"),
        ([mute(layer=0, head=9)], "names head 9"),
    ],
)
def test_an_edit_of_what_is_not_there_is_one_sentence(engines, edits, says):
    for engine, at in ((engines["next token"], None), (attnviz.load(), 2)):
        with pytest.raises(EditError) as caught:
            engine.predict(TEXT, at=at, edits=edits)
        assert says in str(caught.value)
        assert "\n" not in str(caught.value)
