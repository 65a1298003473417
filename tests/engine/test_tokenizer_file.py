"""Where a model has a `tokenizer.json`, its texts are cut by that file; the reference is the tokenizers library."""

import json
from pathlib import Path

import pytest
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

import attnviz
from attnviz.engine.encoding import encode
from attnviz.engine.files import ModelFiles
from attnviz.engine.pretrained import load_tokenizer
from attnviz.errors import BrokenModelError
from tests.engine.tiny import CORPUS, tiny_model
from tests.naughty import NAUGHTY

TEXTS = [
    ("The cat didn't see 3,141 mats in 1999.", None),
    (" two  blanks and\ta line\n", None),
    ("naïve CAFÉ", "ÜBER mats"),
    ("今日は 한국 हिन्दी مرحبا 😀", None),
    ("The cat", "sat on the mat"),
    ("word " * 300, None),
    *((text, None) for texts in NAUGHTY.values() for text in texts),
]
WORDS = sorted({*CORPUS.split(), "1999", "3", "141", "two", "see", "mats", "in"})
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def word_level():
    """Whole words and whole numbers."""
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate([*SPECIAL, *WORDS])}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


def wordpiece():
    """Pieces of words, upper case kept, numbers whole."""
    letters = sorted(set("".join(WORDS)))
    pieces = [*SPECIAL, *WORDS, *letters, *(f"##{letter}" for letter in letters)]
    vocabulary = {piece: at for at, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


def bpe():
    """Merged letters, blanks apart, numbers in one piece."""
    merges = [("1", "9"), ("19", "9"), ("199", "9"), ("a", "t"), ("c", "at"), ("m", "at"), ("▁", "t")]
    pieces = ["<unk>", "<s>", "</s>", *sorted({*"".join(WORDS), "▁"}), *(left + right for left, right in merges)]
    tokenizer = Tokenizer(models.BPE({piece: at for at, piece in enumerate(pieces)}, merges, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(" ", "▁")])
    return tokenizer


def byte_level():
    """Bytes, with a merge; numbers apart from words."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {piece: at for at, piece in enumerate(["<|endoftext|>", *alphabet, "at", "19"])}
    tokenizer = Tokenizer(models.BPE(vocabulary, [("a", "t"), ("1", "9")]))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def unigram():
    """Pieces by probability, lower case."""
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -20.0), ("▁", -9.0)]
    letters = sorted(set(CORPUS.lower() + "0123456789") - {" "})
    pieces += [(letter, -10.0) for letter in letters] + [("1999", -5.0), ("▁the", -5.0), ("cat", -5.0)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    return tokenizer


CASES = {
    "a class for bytes over words": ("GPT2Tokenizer", "gpt2", word_level),
    "a class for BERT over words": ("BertTokenizer", "bert", word_level),
    "a class for BERT over other pieces": ("BertTokenizer", "bert", wordpiece),
    "no class named": (None, "bert", wordpiece),
    "a class for Llama over merges": ("LlamaTokenizer", "llama", bpe),
    "a class for Gemma over merges": ("GemmaTokenizer", "gemma2", bpe),
    "a class for GPT-2 over other bytes": ("GPT2Tokenizer", "gpt2", byte_level),
    "a class for RoBERTa over other bytes": ("RobertaTokenizer", "roberta", byte_level),
    "a class for Qwen over other bytes": ("Qwen2Tokenizer", "qwen3", byte_level),
    "a class for T5 over lower case": ("T5Tokenizer", "t5", unigram),
    "the general class": ("PreTrainedTokenizerFast", "llama", bpe),
}


def save(folder, model_type, tokenizer, options=None, **others):
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps({"model_type": model_type}))
    if options is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps(options))
    for name, text in others.items():
        (folder / f"{name}.txt").write_text(text)
    return ModelFiles("saved", folder)


def read_by_library(files, text, pair=None):
    """The reference: what the tokenizers library makes of the file, nothing cut off."""
    file = Tokenizer.from_file(str(files.folder / "tokenizer.json"))
    file.no_truncation()
    file.no_padding()
    return tuple(file.encode(text, pair).ids)


def check(files, texts=TEXTS):
    tokenizer = load_tokenizer(files)
    for text, pair in texts:
        assert encode(tokenizer, text, pair).ids == read_by_library(files, text, pair), (text, pair)


def differs(files):
    """Whether transformers makes something else of the files."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(files.folder)
    return any(tuple(tokenizer(text, pair)["input_ids"]) != read_by_library(files, text, pair) for text, pair in TEXTS)


@pytest.mark.parametrize(("of_class", "model_type", "make"), CASES.values(), ids=CASES)
def test_ids_are_those_of_the_file(tmp_path, of_class, model_type, make):
    files = save(tmp_path, model_type, make(), None if of_class is None else {"tokenizer_class": of_class})
    check(files)
    assert differs(files) == (of_class != "PreTrainedTokenizerFast"), "else the case would show nothing"


def test_a_class_of_python_gives_way_to_the_file(tmp_path):
    vocabulary = "\n".join(["<cls>", "<pad>", "<eos>", "<unk>", "<mask>", "A", "B"])
    check(save(tmp_path, "esm", word_level(), {"tokenizer_class": "EsmTokenizer"}, vocab=vocabulary))


def test_a_text_is_not_cut_off_or_filled_up_as_training_needed_it(tmp_path):
    tokenizer = word_level()
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    for of_class in ("BertTokenizer", "PreTrainedTokenizerFast"):
        files = save(tmp_path, "bert", tokenizer, {"tokenizer_class": of_class})
        check(files)
        assert len(encode(load_tokenizer(files), "word " * 300).ids) == 300
        assert len(encode(load_tokenizer(files), "word").ids) == 1


def test_another_vocabulary_beside_the_file_is_not_read(tmp_path):
    check(save(tmp_path, "bert", wordpiece(), {"tokenizer_class": "BertTokenizer"}, vocab="\n".join(WORDS)))


def test_special_tokens_that_the_file_lacks_are_not_added(tmp_path):
    options = {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]", "mask_token": "<other>"}
    files = save(tmp_path, "bert", word_level(), options)
    assert differs_at(files, "cat <other>")
    check(files, [("cat <other>", None)])
    tokenizer = load_tokenizer(files)
    assert (tokenizer.mask_token, tokenizer.unk_token) == (None, "[UNK]")
    assert tokenizer.all_special_ids == [tokenizer.convert_tokens_to_ids("[UNK]")]


def differs_at(files, text):
    tokenizer = transformers.AutoTokenizer.from_pretrained(files.folder)
    return tuple(tokenizer(text)["input_ids"]) != read_by_library(files, text)


def test_special_tokens_beside_a_text_are_those_of_the_file(tmp_path):
    bare, ended = word_level(), word_level()
    ended.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    for of_class, tokenizer in (("BertTokenizer", bare), ("LlamaTokenizer", ended), ("RobertaTokenizer", ended)):
        check(save(tmp_path, "bert", tokenizer, {"tokenizer_class": of_class, "add_bos_token": True}))


def test_the_token_of_a_language_is_put_beside_the_pieces_of_the_file(tmp_path):
    tokenizer = unigram()
    tokenizer.add_special_tokens(["eng_Latn", "fra_Latn"])
    options = {"tokenizer_class": "NllbTokenizer", "src_lang": "fra_Latn", "eos_token": "</s>", "unk_token": "<unk>"}
    files = save(tmp_path, "m2m_100", tokenizer, options)
    for text in ("The cat", "1999"):
        expected = (tokenizer.token_to_id("fra_Latn"), *read_by_library(files, text), tokenizer.token_to_id("</s>"))
        assert encode(load_tokenizer(files), text).ids == expected


@pytest.mark.parametrize(
    ("of_class", "model_type", "make", "option", "says"),
    [
        ("BertTokenizer", "bert", "lower", {"do_lower_case": False}, "do_lower_case = false, .* lowercase = true"),
        ("BertTokenizer", "bert", "upper", {"do_lower_case": True}, "do_lower_case = true, .* lowercase = false"),
        ("RobertaTokenizer", "roberta", "bytes", {"add_prefix_space": True}, "add_prefix_space = true, .* = false"),
    ],
)
def test_options_that_contradict_the_file_are_refused(tmp_path, of_class, model_type, make, option, says):
    tokenizer = byte_level() if make == "bytes" else wordpiece()
    if make != "bytes":
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=make == "lower", strip_accents=False)
    files = save(tmp_path, model_type, tokenizer, {"tokenizer_class": of_class, **option})
    with pytest.raises(BrokenModelError, match=f"^The files of saved contradict each other: .*{says}"):
        load_tokenizer(files)
    save(tmp_path, model_type, tokenizer, {"tokenizer_class": of_class})  # nothing said: the file alone
    check(files)


@pytest.mark.parametrize("from_scratch", [False, True])
def test_weights_are_those_of_the_files_pieces(tmp_path, from_scratch):
    tiny_model("bert").save_pretrained(tmp_path)
    config = (tmp_path / "config.json").read_text()
    files = save(tmp_path, "bert", word_level(), {"tokenizer_class": "BertTokenizer"})
    (tmp_path / "config.json").write_text(config)
    engine = attnviz.load(str(tmp_path), from_scratch=from_scratch)
    model = transformers.AutoModel.from_pretrained(tmp_path, attn_implementation="eager").eval()
    for text in ("The cat didn't see 3,141 mats in 1999.", "one two three four five six"):
        with torch.inference_mode():
            expected = model(torch.tensor([read_by_library(files, text)]), output_attentions=True).attentions
        stack = engine.run(text).encoder
        for layer, weights in enumerate(expected):
            torch.testing.assert_close(stack.weights(layer), weights[0], atol=1e-5, rtol=0)  # float32, another order


def test_the_file_of_a_real_model_is_read_whole(minilm):
    check(ModelFiles("MiniLM", Path(minilm)))
