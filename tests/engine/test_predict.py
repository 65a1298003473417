"""What a model answers is what its own class answers, run eagerly by transformers; where nothing answers, vectors."""

from functools import wraps
from importlib.resources import files

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

import attnviz
from attnviz.engine.builtin import example_sentences
from attnviz.engine.head import Head
from attnviz.errors import SelectionError, TextError
from attnviz.testing import PlantedEngine
from attnviz.tokens import labels
from tests.engine.document import MASKED
from tests.engine.tiny import byte_level, metaspace, own_model, save_tiny, wordpiece

TEXT, TARGET = "The animal didn't cross the street because it was too tired", "She ate the apple on the mat"
# Log-probabilities of the same computation twice differ by the order of float32 sums: measured 7.6e-6 at most.
CLOSE = {"atol": 2e-5, "rtol": 1e-5}


def engine_of(folder, family, **changes):
    return attnviz.load(str(save_tiny(family, folder, **changes)))


def own_logits(folder, *texts, masked=(), **others):
    """The scores of the class that saved the checkpoint, from its own code alone."""
    ids = transformers.AutoTokenizer.from_pretrained(folder)(*texts, return_tensors="pt")
    for place in masked:
        ids["input_ids"][0, place] = 4  # [MASK]
    with torch.inference_mode():
        return own_model(folder)(**ids, **others).logits


def check_scores(prediction, expected):
    torch.testing.assert_close(prediction.values.log_softmax(dim=-1), expected.log_softmax(dim=-1), **CLOSE)
    best = int(expected.argmax())
    assert prediction.best == best
    assert prediction.top(1)[0][1] == pytest.approx(float(expected.softmax(dim=-1)[best]), abs=1e-5)


@pytest.mark.parametrize("family", MASKED)
def test_a_masked_language_model_says_what_stands_at_the_mask(tmp_path, family):
    engine = engine_of(tmp_path, family, architecture=MASKED[family])
    found = engine.predict("the cat [MASK] on the mat")
    assert (engine.answers, found.kind, found.at, found.note) == ("masked word", "masked word", 3, None)
    assert found.about == "the word that [MASK] stands for"
    check_scores(found, own_logits(tmp_path, "the cat [MASK] on the mat")[0, 3])


def test_a_word_is_covered_with_all_its_pieces_and_only_where_it_stands(tmp_path):
    engine = engine_of(tmp_path, "bert", architecture="BertForMaskedLM")
    tokens = engine.run("dogs sat", pair="dogs ate").encoder.query_tokens
    assert labels(tokens) == ("[CLS]", *"dogs", "sat", "[SEP]", *"dogs", "ate", "[SEP]")
    found = engine.predict("dogs sat", pair="dogs ate", at=8)
    assert found.about == "the word in place of “o”, covered, piece 2 of 4"
    check_scores(found, own_logits(tmp_path, "dogs sat", "dogs ate", masked=[7, 8, 9, 10])[0, 8])
    found = engine.predict(engine.run("the cat sat on the mat"), at=2)
    assert found.about == "the word in place of “cat”, covered"
    check_scores(found, own_logits(tmp_path, "the cat sat on the mat", masked=[2])[0, 2])


def test_a_question_to_a_masked_language_model_that_makes_no_sense_is_one_sentence(tmp_path):
    engine = engine_of(tmp_path, "bert", architecture="BertForMaskedLM")
    with pytest.raises(SelectionError, match=r"has no \[MASK\]. Say with `at` which token to cover"):
        engine.predict("the cat")
    with pytest.raises(SelectionError, match=r"has 2 \[MASK\]"):
        engine.predict("[MASK] cat [MASK]")
    with pytest.raises(SelectionError, match=r"Token 0 is \[CLS\], which nobody typed"):
        engine.predict("the cat", at=0)


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2"])
def test_a_decoder_says_the_next_token_at_any_place(tmp_path, family):
    engine = engine_of(tmp_path, family)
    expected = own_logits(tmp_path, "The cat sat")[0]
    found = engine.predict("The cat sat")
    assert (found.kind, found.at) == ("next token", len(expected) - 1)
    check_scores(found, expected[-1])
    found = engine.predict("The cat sat", at=1)
    assert found.about == "the next token after “h”"
    check_scores(found, expected[1])


@pytest.mark.parametrize("family", ["t5", "bart", "marian", "mbart"])
@pytest.mark.parametrize("target", [TARGET, None])
def test_an_encoder_decoder_says_the_next_token_of_the_target(tmp_path, family, target):
    engine = engine_of(tmp_path, family)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    start = [engine.model.config.decoder_start_token_id]
    written = torch.tensor([start + (tokenizer(target)["input_ids"][:-1] if target else [])])
    expected = own_logits(tmp_path, TEXT, decoder_input_ids=written)[0]
    found = engine.predict(TEXT, pair=target)
    assert (found.kind, found.at) == ("target token", written.shape[1] - 1)
    check_scores(found, expected[-1])
    check_scores(engine.predict(engine.run(TEXT, pair=target), at=0), expected[0])


@pytest.mark.parametrize(
    ("family", "architecture"),
    [
        ("bert", "BertForSequenceClassification"),
        ("distilbert", "DistilBertForSequenceClassification"),
        ("modernbert", "ModernBertForSequenceClassification"),
        ("llama", "LlamaForSequenceClassification"),
        ("gpt2", "GPT2ForSequenceClassification"),
    ],
)
def test_a_classifier_names_the_class_of_the_text(tmp_path, family, architecture):
    names = {"0": "sad", "1": "glad", "2": "neither"}
    engine = engine_of(tmp_path, family, architecture=architecture, num_labels=3, id2label=names)
    found = engine.predict(TEXT)
    expected = own_logits(tmp_path, TEXT)[0]
    assert (found.kind, found.at, found.about) == ("class", None, "the class of the whole text")
    check_scores(found, expected)
    assert found.top(3)[0][0] == names[str(int(expected.argmax()))]
    with pytest.raises(SelectionError, match="answers for the whole text"):
        engine.predict(TEXT, at=2)
    if engine.reads_pairs:
        check_scores(engine.predict(TEXT, pair=TARGET), own_logits(tmp_path, TEXT, TARGET)[0])


def test_classes_that_do_not_exclude_each_other_have_a_probability_each(tmp_path):
    kind = {"problem_type": "multi_label_classification", "num_labels": 3}
    engine = engine_of(tmp_path, "bert", architecture="BertForSequenceClassification", **kind)
    expected = torch.sigmoid(own_logits(tmp_path, TEXT)[0])
    torch.testing.assert_close(engine.predict(TEXT).probabilities(), expected, atol=1e-5, rtol=0)


def test_a_model_without_a_head_answers_with_its_final_vectors(minilm):
    engine = attnviz.load("minilm")
    ids = transformers.AutoTokenizer.from_pretrained(minilm)(TEXT, return_tensors="pt")
    with torch.inference_mode():
        expected = transformers.AutoModel.from_pretrained(minilm, attn_implementation="eager")(**ids)
    mean, one = engine.predict(TEXT), engine.predict(TEXT, at=8)
    torch.testing.assert_close(mean.values, expected.last_hidden_state[0].mean(dim=0), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(one.values, expected.last_hidden_state[0, 8], atol=1e-5, rtol=1e-5)
    assert (mean.kind, mean.top(5), mean.at, one.at) == ("vectors", (), None, 8)
    assert (mean.about, one.about) == ("the mean of the final vectors", "the final vector of “street”")
    assert mean.note == "minilm has no head that answers. An effect is 1 − cosine of these vectors, before and after."


def test_in_our_own_transformer_a_bert_answers_with_the_same_vectors(minilm):
    scratch, own = attnviz.load("minilm", from_scratch=True), attnviz.load("minilm")
    for at in (3, None):
        ours, theirs = (engine.predict(TEXT, at=at).values for engine in (scratch, own))
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)
    assert scratch.predict(TEXT).note.startswith("From scratch, minilm runs without a head.")


def test_a_planted_engine_answers_with_what_it_was_given_a_one_for_the_place_and_a_one_for_the_word():
    engine = PlantedEngine([["previous", "first"]], max_tokens=8)
    found = engine.predict("the cat saw the dog", at=4)
    assert found.kind == "vectors"
    assert found.values.nonzero().flatten().tolist() == [4, 8 + 1]  # place 4, and the second word of the text, "the"
    assert engine.predict("the cat", pair="the dog").values.sum() == pytest.approx(2)


@pytest.mark.parametrize(
    ("tokenizer", "piece", "name"),
    [
        (byte_level(), "Ġ", " "),
        (byte_level(), "a", "a"),
        (byte_level(), "Ù", "Ù"),  # the first byte of two
        (byte_level(), 300, "[300]"),  # a row of the table without a token
        (metaspace(), "▁cat", " cat"),
        (metaspace(), "c", "c"),
        (wordpiece(), "##o", "##o"),
        (wordpiece(), "cat", "cat"),
    ],
)
def test_the_name_of_a_token_shows_whether_a_word_begins_there(tokenizer, piece, name):
    number = piece if isinstance(piece, int) else tokenizer.convert_tokens_to_ids(piece)
    assert Head("next token", None, tokenizer).name_of(number) == name


LOST = [
    ("bert", "BertForMaskedLM", "cls.predictions.bias"),
    ("bert", "BertForSequenceClassification", "classifier.weight"),
    ("bert", "BertForSequenceClassification", "bert.pooler.dense.weight"),
    ("llama", "LlamaForCausalLM", "lm_head.weight"),
    ("bart", "BartForConditionalGeneration", "lm_head.weight"),
]


@pytest.mark.parametrize(("family", "architecture", "lost"), LOST)
def test_a_checkpoint_whose_head_is_missing_says_so_and_goes_on_without(tmp_path, family, architecture, lost):
    folder = save_tiny(family, tmp_path, architecture=architecture, tie_word_embeddings=family == "bert")
    whole = attnviz.load(str(folder))
    assert whole.predict("[MASK]" if family == "bert" and lost.startswith("cls") else TEXT).kind != "vectors"
    path = folder / "model.safetensors"
    save_file({key: value for key, value in load_file(path).items() if key != lost}, path, metadata={"format": "pt"})
    engine = attnviz.load(str(folder))
    found = engine.predict(TEXT)
    assert found.kind == "vectors"
    assert found.note.startswith(f"The head of {folder} ({architecture}) is not in its files: they lack {lost}. ")
    assert torch.isfinite(found.values).all()
    assert found.values.shape == (32,)
    ours, theirs = (next(iter(each.run(TEXT).stacks.values())).weights(1) for each in (engine, whole))
    assert torch.equal(ours, theirs), "the attention is what it was"


@pytest.mark.parametrize(
    ("family", "architecture", "changes", "reason"),
    [
        ("bert", "BertForTokenClassification", {}, "is of a kind that attnviz does not ask"),
        ("bert", "BertForSequenceClassification", {"num_labels": 1}, "gives a number and no class"),
        ("bert", "BertForSequenceClassification", {"problem_type": "regression"}, "gives a number and no class"),
        ("bart", "BartForSequenceClassification", {}, "reads the text as its own target"),
        ("bert", "BertLMHeadModel", {}, "answers with the next token, but its body is of the kind encoder"),
    ],
)
def test_a_head_that_cannot_be_asked_is_named_with_the_reason(tmp_path, family, architecture, changes, reason):
    found = engine_of(tmp_path, family, architecture=architecture, **changes).predict(TEXT)
    assert found.kind == "vectors"
    assert found.note.startswith(f"The head of {tmp_path} ({architecture}) {reason}")


def test_a_masked_language_model_without_a_mask_has_no_question(tmp_path):
    folder = save_tiny("bert", tmp_path, architecture="BertForMaskedLM")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.mask_token = None
    tokenizer.save_pretrained(folder)
    assert "its tokenizer has no mask" in attnviz.load(str(folder)).predict(TEXT).note


@pytest.mark.parametrize(
    ("family", "architecture"), [("llama", "LlamaForCausalLM"), ("t5", "T5ForConditionalGeneration")]
)
def test_a_head_that_answers_otherwise_while_it_is_recorded_is_not_asked(tmp_path, monkeypatch, family, architecture):
    folder = save_tiny(family, tmp_path)
    named = getattr(transformers, architecture)
    own = named.forward

    @wraps(own)  # whoever asks which arguments it takes is told of its own
    def forward(self, *arguments, **others):
        output = own(self, *arguments, **others)
        if self.config._attn_implementation != "eager":
            output.logits = output.logits.flip(-1)
        return output

    monkeypatch.setattr(named, "forward", forward)
    found = attnviz.load(str(folder)).predict(TEXT)
    assert (found.kind, found.values.shape) == ("vectors", (32,))
    assert f"({architecture}) answers differently while it is recorded (by " in found.note


def test_a_head_shares_its_body_and_what_is_tied_with_the_model_that_is_shown(tmp_path):
    engine = engine_of(tmp_path, "gpt2")
    assert engine.model.base_model is engine.passes.model
    assert engine.model.lm_head.weight is engine.passes.model.wte.weight


def test_the_built_in_model_names_what_its_numbers_say():
    """The readout by hand, from the file of weights: what the head fetched, mapped to the words it is most like."""
    engine = attnviz.load()
    tensors = load_file(str(files("attnviz.engine") / "weights" / "builtin.safetensors"))
    readouts, table = tensors["readouts"].double().numpy(), tensors["transformer.embeddings.tokens.weight"]
    stack = engine.run(TEXT).encoder
    step = stack.step(stack.layers[-1])
    for head, at in ((0, 8), (3, 8), (1, 4), (5, 6)):
        fetched = step.weights(head)[at].double().numpy() @ step.value[head].double().numpy()
        scores = fetched @ readouts[head] @ table.double().numpy().T
        found = engine.predict(TEXT, at=at, head=head)
        np.testing.assert_allclose(found.values, scores[: len(engine.vocabulary.typed)], atol=1e-3, rtol=1e-4)
        assert found.top(1)[0][0] == engine.vocabulary.typed[int(scores[: len(engine.vocabulary.typed)].argmax())]
        assert found.about == f"the word that head {head} of the last layer names at “{labels(stack.query_tokens)[at]}”"


@pytest.mark.parametrize(
    "example", [each for each in example_sentences() if each.word == "it"], ids=lambda example: example.text
)
def test_the_built_in_model_names_the_noun_that_it_stands_for(example):
    engine = attnviz.load()
    trace = engine.run(example.text)
    at = labels(trace.encoder.query_tokens).index("it")
    assert engine.predict(trace, at=at).top(1)[0][0] == example.attends_to


def test_what_is_asked_of_the_built_in_model_has_to_be_there():
    engine = attnviz.load()
    with pytest.raises(SelectionError, match="Say at which one"):
        engine.predict(TEXT)
    with pytest.raises(SelectionError, match="Head 6 does not exist; this layer has heads 0 to 5"):
        engine.predict(TEXT, at=8, head=6)
    with pytest.raises(SelectionError, match="Token 13 does not exist; this text has tokens 0 to 12"):
        engine.predict(TEXT, at=13)


def test_a_trace_brings_its_texts_along_and_is_of_the_model():
    engine, other = attnviz.load(), attnviz.load("untrained")
    trace = other.run("one two", pair="three")
    assert torch.equal(other.predict(trace).values, other.predict("one two", pair="three").values)
    with pytest.raises(SelectionError, match="This trace is of untrained, not of builtin"):
        engine.predict(trace, at=1)
    with pytest.raises(TextError, match="A trace brings its second text and its languages along"):
        other.predict(trace, pair="four")
    with pytest.raises(SelectionError, match="The heads of untrained name no words"):
        other.predict(trace, head=1)
    with pytest.raises(TextError, match="empty"):
        engine.predict(" ", at=1)
