"""What a translator reads: the target in the target's pieces and language, begun as in training.

The pieces are those of the sentencepiece library on the same file; what stands around them is written out by hand for
each family, and once more compared with how the model's own code shifts the labels in training.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from inspect import signature

import pytest
import torch
import transformers
from tokenizers import Tokenizer

import attnviz
from attnviz.errors import NotTraceableError, TextError
from tests.engine.tiny import GROUPED, N_VOCAB, SEQUENCE_TO_SEQUENCE, metaspace, random_model, save_tiny
from tests.engine.translators import ENGLISH, FAMILIES, GERMAN, pieces_of, save_seamless, save_translator, spm

# Marian cleans punctuation with a package that is not needed here.
pytestmark = pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")

TEXT, TARGET = "the cat sat on the mat", "die katze saß auf der matte"
BOTH = ("unigram", ENGLISH, GERMAN)
# What the encoder and the decoder read around the pieces of TEXT and TARGET ("…"), from the papers' and the families'
# documentation: mBART puts the language behind a text and starts the decoder with it.
READ = {
    "marian": (spm("unigram", ENGLISH), "… </s>", spm("unigram", GERMAN), "<pad> …"),
    "nllb": (spm("bpe", ENGLISH, GERMAN), "eng_Latn … </s>", spm("bpe", ENGLISH, GERMAN), "</s> fra_Latn …"),
    "m2m100": (spm(*BOTH), "__en__ … </s>", spm(*BOTH), "</s> __de__ …"),
    "mbart": (spm(*BOTH), "… </s> en_XX", spm(*BOTH), "ro_RO … </s>"),
    "mbart50": (spm(*BOTH), "en_XX … </s>", spm(*BOTH), "</s> ro_RO …"),
    "plbart": (spm(*BOTH), "… </s> __java__", spm(*BOTH), "__en_XX__ … </s>"),
}
MULTILINGUAL = tuple(family for family in FAMILIES if family != "marian")


@pytest.fixture(scope="module")
def folder_of(tmp_path_factory):
    folders = {}

    def make(family, **languages):
        key = (family, *languages.items())
        if key not in folders:
            folders[key] = save_translator(family, tmp_path_factory.mktemp(family), **languages)
        return folders[key]

    return make


@pytest.fixture(scope="module")
def engine_of(folder_of):
    engines = {}

    def load(family, **languages):
        folder = folder_of(family, **languages)
        return engines.setdefault(folder, attnviz.load(folder))

    return load


def names(tokens):
    return [token.text for token in tokens]


def around(pattern, file, text):
    before, after = pattern.split("…")
    return [*before.split(), *pieces_of(file, text), *after.split()]


def ids(tokenizer, pieces):
    """By the tokenizer's table, piece by piece."""
    return [tokenizer.convert_tokens_to_ids(piece) for piece in pieces]


def eager(folder, source, decoder):
    model = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    with torch.inference_mode():
        output = model(torch.tensor([source]), decoder_input_ids=torch.tensor([decoder]), output_attentions=True)
    return {
        "encoder": output.encoder_attentions,
        "decoder": output.decoder_attentions,
        "cross": output.cross_attentions,
    }


def check(trace, expected):
    for kind, layers in expected.items():
        for layer, weights in enumerate(layers):
            torch.testing.assert_close(trace.stacks[kind].weights(layer), weights[0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_translator_reads_the_pieces_of_each_language_as_in_training(folder_of, engine_of, family):
    source_file, source, target_file, target = READ[family]
    read = around(source, source_file, TEXT), around(target, target_file, TARGET)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder_of(family))
    source_ids, target_ids = (ids(tokenizer, pieces) for pieces in read)
    assert tokenizer.unk_token_id not in source_ids[:1] + source_ids[-1:] + target_ids[:1] + target_ids[-1:]
    trace = engine_of(family).run(TEXT, pair=TARGET)
    check(trace, eager(folder_of(family), source_ids, target_ids))
    assert len(trace.decoder.query_tokens) == len(target_ids)
    special = [name for name in target.split() if name != "…"]
    added = [token.text for token in trace.decoder.query_tokens if token.is_special]
    assert [name for name in added if name != "▁"] == special  # a mark alone stands for nothing that was typed
    letters = {place for place, letter in enumerate(TARGET) if letter != " "}
    tokens = [token for token in trace.decoder.query_tokens if token.word is not None]
    assert {place for token in tokens for place in range(token.start, token.end)} == letters


@pytest.mark.parametrize("family", [*FAMILIES, *SEQUENCE_TO_SEQUENCE])
def test_the_decoder_reads_what_the_models_own_code_makes_of_the_labels(tmp_path, folder_of, engine_of, family):
    folder = folder_of(family) if family in FAMILIES else str(save_tiny(family, tmp_path))
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder)
    config = model.config
    labels = torch.tensor([tokenizer(text_target=TARGET)["input_ids"]])
    if hasattr(model, "_shift_right"):
        expected = model._shift_right(labels)
    else:
        shift = sys.modules[type(model).__module__].shift_tokens_right
        start = [config.decoder_start_token_id] if "decoder_start_token_id" in signature(shift).parameters else []
        expected = shift(labels, config.pad_token_id, *start)
    engine = engine_of(family) if family in FAMILIES else attnviz.load(folder)
    trace = engine.run(TEXT, pair=TARGET)
    check(trace, eager(folder, tokenizer(TEXT)["input_ids"], expected[0].tolist()))


def test_a_target_that_equals_its_source_is_still_another_text(engine_of):
    trace = engine_of("marian").run(TEXT, pair=TEXT)
    assert (trace.encoder.is_one_text, trace.decoder.is_one_text, trace.cross.is_one_text) == (True, True, False)


def test_a_seamless_reads_the_target_in_its_language(tmp_path):
    folder = save_seamless(tmp_path)
    engine = attnviz.load(folder)
    assert engine.languages == ("deu", "eng", "fra")
    trace = engine.run("a cat", pair="le chat", target_language="deu")
    assert (trace.source_language, trace.target_language) == ("eng", "deu")
    table = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    source = [table.token_to_id(piece) for piece in ["__eng__", "▁a", "▁c", "a", "t", "</s>"]]
    target = [table.token_to_id(piece) for piece in ["</s>", "</s>", "__deu__", "▁l", "e", "▁c", "h", "a", "t"]]
    assert None not in source + target
    model = transformers.SeamlessM4TForTextToText.from_pretrained(folder, attn_implementation="eager").eval()
    shift = sys.modules[type(model).__module__].shift_tokens_right
    assert shift(torch.tensor([[*target[1:], 3]]), 0, model.config.decoder_start_token_id)[0].tolist() == target
    with torch.inference_mode():
        output = model(torch.tensor([source]), decoder_input_ids=torch.tensor([target]), output_attentions=True)
    check(trace, {"encoder": output.encoder_attentions, "cross": output.cross_attentions})


def test_a_t5gemma_starts_as_its_own_code_does(tmp_path):
    half = {**GROUPED, "vocab_size": N_VOCAB, "pad_token_id": 0, "bos_token_id": 3}
    halves = {"encoder": half, "decoder": {**half, "cross_attention_hidden_size": 32}}
    random_model(transformers.T5GemmaConfig(**halves, vocab_size=N_VOCAB)).save_pretrained(tmp_path)
    metaspace().save_pretrained(tmp_path)
    model = transformers.AutoModel.from_pretrained(tmp_path)
    read = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    expected = model._shift_right(torch.tensor([read.encode(TARGET).ids]))[0].tolist()
    assert expected[0] == 3
    trace = attnviz.load(str(tmp_path)).run(TEXT, pair=TARGET)
    check(trace, eager(str(tmp_path), read.encode(TEXT).ids, expected))


def test_a_model_without_a_start_token_is_refused(tmp_path):
    folder = save_tiny("bart", tmp_path, decoder_start_token_id=None)
    with pytest.raises(NotTraceableError, match=r"no token for its decoder to start with \(decoder_start_token_id"):
        attnviz.load(str(folder))


@pytest.mark.parametrize("family", FAMILIES)
def test_without_a_target_the_decoder_reads_what_stands_before_its_first_word(engine_of, family):
    before = READ[family][3].split("…")[0].split()
    assert names(engine_of(family).run(TEXT).decoder.query_tokens) == before


@pytest.mark.parametrize("family", MULTILINGUAL)
def test_a_run_names_its_languages(folder_of, engine_of, family):
    engine = engine_of(family)
    source, target = FAMILIES[family][1]
    trace = engine.run(TEXT, pair=TARGET)
    assert (trace.source_language, trace.target_language) == (source, target)
    assert {source, target} <= set(engine.languages)
    turned = engine.run(TEXT, pair=TARGET, source_language=target, target_language=source)
    assert (turned.source_language, turned.target_language) == (target, source)
    # The other way round, by a tokenizer whose files say so.
    check(
        turned,
        {
            kind: [w[None] for w in map(stack.weights, stack.layers)]
            for kind, stack in engine_of(family, source=target, target=source).run(TEXT, pair=TARGET).stacks.items()
        },
    )
    assert (engine.run(TEXT, pair=TARGET).cross.weights(1) == trace.cross.weights(1)).all(), "nothing is left behind"


def test_threads_with_different_languages_do_not_disturb_each_other(engine_of):
    engine = engine_of("nllb")
    pairs = [(a, b) for a in engine.languages for b in engine.languages] * 4

    def run(pair):
        trace = engine.run(TEXT, pair=TARGET, source_language=pair[0], target_language=pair[1])
        return names(trace.encoder.query_tokens)[0], names(trace.decoder.query_tokens)[1]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(run, pairs)) == pairs


def test_threads_of_a_marian_do_not_read_the_source_with_the_targets_pieces(engine_of):
    engine = engine_of("marian")
    expected = pieces_of(READ["marian"][2], TARGET)

    def run(_):
        trace = engine.run(TEXT, pair=TARGET)
        return len(trace.encoder.query_tokens), len(trace.decoder.query_tokens)

    with ThreadPoolExecutor(8) as pool:
        lengths = set(pool.map(run, range(40)))
    assert lengths == {(len(pieces_of(READ["marian"][0], TEXT)) + 1, len(expected) + 1)}


@pytest.mark.parametrize("family", ["marian", "m2m100"])
def test_a_tokenizer_json_beside_a_translators_own_files_does_not_take_its_target_away(tmp_path, engine_of, family):
    """Exports for browsers put one there; it knows the source's pieces alone."""
    folder = save_translator(family, tmp_path)
    metaspace().backend_tokenizer.save(str(tmp_path / "tokenizer.json"))
    expected, trace = engine_of(family).run(TEXT, pair=TARGET), attnviz.load(folder).run(TEXT, pair=TARGET)
    for kind, stack in expected.stacks.items():
        assert names(trace.stacks[kind].query_tokens) == names(stack.query_tokens)
        torch.testing.assert_close(trace.stacks[kind].weights(1), stack.weights(1))


def test_a_marian_with_two_vocabularies_shows_the_source_in_its_own_pieces(folder_of, engine_of):
    trace = engine_of("marian", separate=True).run("The animal", pair="Das Tier")
    for tokens, text in ((trace.encoder.query_tokens, "The animal"), (trace.decoder.query_tokens, "Das Tier")):
        assert "".join(token.text for token in tokens if token.word is not None) == text.replace(" ", "")
        assert all(text[token.start : token.end] == token.text for token in tokens if token.word is not None)


@pytest.mark.parametrize("family", ["nllb", "m2m100", "mbart", "mbart50"])
def test_where_no_file_names_the_target_language_a_sentence_says_how_to_give_one(engine_of, family):
    engine = engine_of(family, target=None)
    with pytest.raises(TextError, match=r"name no target language\. Give one") as caught:
        engine.run(TEXT, pair=TARGET)
    assert any(language in str(caught.value) for language in engine.languages)
    assert "target_language" in str(caught.value)
    assert "--target-language" in str(caught.value)
    asked = FAMILIES[family][1][1]
    assert engine.run(TEXT, pair=TARGET, target_language=asked).target_language == asked
    if family in ("nllb", "m2m100"):  # what they start with is no language
        assert names(engine.run(TEXT).decoder.query_tokens) == ["</s>"]


def test_where_no_file_names_the_source_language_it_has_to_be_given(engine_of):
    engine = engine_of("plbart", source=None)
    with pytest.raises(TextError, match="name no source language"):
        engine.run(TEXT, pair=TARGET)
    assert engine.run(TEXT, pair=TARGET, source_language="python").source_language == "python"


def test_an_unknown_language_is_answered_with_the_nearest(engine_of):
    with pytest.raises(TextError, match=r"does not know the target language 'fra'.* 4 are fra_Latn"):
        engine_of("nllb").run(TEXT, pair=TARGET, target_language="fra")
    with pytest.raises(TextError, match=r"the source language 'EN-us'.* en_XX"):
        engine_of("mbart").run(TEXT, source_language="EN-us")


def test_a_language_may_be_written_as_its_token_is(engine_of):
    assert engine_of("m2m100").run(TEXT, source_language="__fr__").source_language == "fr"


@pytest.mark.parametrize("name", ["builtin", "untrained", "marian"])
def test_a_model_without_languages_takes_none(engine_of, name):
    engine = engine_of(name) if name == "marian" else attnviz.load(name)
    assert engine.languages == ()
    with pytest.raises(TextError, match=r"has no languages to choose from\. Leave the target language 'fr' out"):
        engine.run("the cat", target_language="fr")


def test_neither_does_one_from_scratch(tmp_path):
    engine = attnviz.load(str(save_tiny("bert", tmp_path)), from_scratch=True)
    assert engine.languages == ()
    with pytest.raises(TextError, match="Leave the source language 'fr' out"):
        engine.run("the cat", source_language="fr")


def test_a_tokenizer_that_cannot_write_the_target_language_is_refused(tmp_path):
    """The generic class reads text and target alike: the decoder would read eng_Latn."""
    folder = save_translator("nllb", tmp_path)
    config = tmp_path / "tokenizer_config.json"
    config.write_text(config.read_text().replace("NllbTokenizer", "TokenizersBackend"))
    with pytest.raises(NotTraceableError, match=r"has languages, such as eng_Latn, but a tokenizer of the class"):
        attnviz.load(folder)


def test_a_tokenizer_without_the_tokens_of_its_languages_is_refused(tmp_path):
    folder = save_translator("nllb", tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        text = (tmp_path / name).read_text()
        for language in ("deu_Latn", "eng_Latn", "fra_Latn", "zho_Hans"):
            text = text.replace(f'"{language}"', f'"<{language}>"')
        (tmp_path / name).write_text(text.replace('lang": "<eng_Latn>"', 'lang": "eng_Latn"'))
    with pytest.raises(NotTraceableError, match="made for languages but has a token for none"):
        attnviz.load(folder)
