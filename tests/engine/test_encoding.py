"""What a model reads of a text: the token types of a pair, where the model has a table for them."""

import pytest
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, processors

import attnviz
from attnviz.engine.encoding import encode
from attnviz.errors import NotTraceableError, TextError
from tests.engine.tiny import metaspace, save_tiny, tiny_model, wordpiece

TEXT, PAIR = "The cat sat on the mat", "it was soft"
# By hand: every word is one piece of the tiny vocabulary, and [CLS] is 2, [SEP] 3.
N_FIRST, N_SECOND = 8, 4


def saved(folder, family, tokenizer, **changes):
    tiny_model(family, **changes).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def by_hand(folder, token_types):
    """The attention of the model's own class, from ids of the tokenizers library and token types made here."""
    model = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    ids = Tokenizer.from_file(f"{folder}/tokenizer.json").encode(TEXT, PAIR).ids
    assert len(ids) == N_FIRST + N_SECOND
    with torch.inference_mode():
        return model(torch.tensor([ids]), token_type_ids=torch.tensor([token_types]), output_attentions=True).attentions


def check(trace, expected):
    for layer, weights in enumerate(expected):
        torch.testing.assert_close(trace.encoder.weights(layer), weights[0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("from_scratch", [False, True])
@pytest.mark.parametrize("segments", [False, True])
def test_a_bert_reads_a_pair_as_two_texts_whatever_its_tokenizer_hands_out(tmp_path, segments, from_scratch):
    folder = saved(tmp_path, "bert", wordpiece(segments=segments))
    trace = attnviz.load(folder, from_scratch=from_scratch).run(TEXT, pair=PAIR)
    one, two = (by_hand(folder, [0] * N_FIRST + [second] * N_SECOND) for second in (0, 1))
    check(trace, two)
    assert trace.token_types == (0,) * N_FIRST + (1,) * N_SECOND
    assert (one[0] - two[0]).abs().max() > 0.1, "as one text it would look different"


@pytest.mark.parametrize("family", ["electra", "albert"])
def test_so_does_every_model_with_a_table_of_token_types(tmp_path, family):
    folder = saved(tmp_path, family, wordpiece(segments=False))
    trace = attnviz.load(folder).run(TEXT, pair=PAIR)
    check(trace, by_hand(folder, [0] * N_FIRST + [1] * N_SECOND))


def test_a_table_of_one_row_reads_every_token_alike_as_roberta_does(tmp_path):
    folder = saved(tmp_path, "roberta", wordpiece(), type_vocab_size=1)
    trace = attnviz.load(folder).run(TEXT, pair=PAIR)
    check(trace, by_hand(folder, [0] * (N_FIRST + N_SECOND)))
    assert trace.token_types == (0,) * (N_FIRST + N_SECOND)


def numbered(first, second):
    """A tokenizer that gives its two texts these token types."""
    made = wordpiece()
    made.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single=f"[CLS]:{first} $A:{first} [SEP]:{first}",
        pair=f"[CLS]:{first} $A:{first} [SEP]:{first} $B:{second} [SEP]:{second}",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return made


def test_token_types_are_those_of_the_tokenizer_file(tmp_path):
    folder = saved(tmp_path, "bert", numbered(2, 1), type_vocab_size=3)
    trace = attnviz.load(folder).run(TEXT, pair=PAIR)
    check(trace, by_hand(folder, [2] * N_FIRST + [1] * N_SECOND))


@pytest.mark.parametrize("from_scratch", [False, True])
def test_a_pair_belongs_to_the_trial_so_types_beyond_the_table_are_refused_by_name(tmp_path, from_scratch):
    folder = saved(tmp_path, "bert", numbered(0, 2))
    with pytest.raises(NotTraceableError, match="token type 2, but its table of token types ends at 1") as caught:
        attnviz.load(folder, from_scratch=from_scratch)
    assert folder in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_model_without_a_table_gets_none(tmp_path):
    """GPT-2's class takes token types, but would read them as words."""
    folder = save_tiny("gpt2", tmp_path)
    ids = Tokenizer.from_file(f"{folder}/tokenizer.json").encode(TEXT).ids
    model = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    with torch.inference_mode():
        plain = model(torch.tensor([ids]), output_attentions=True).attentions
        worded = model(
            torch.tensor([ids]), token_type_ids=torch.tensor([[0] * len(ids)]), output_attentions=True
        ).attentions
    trace = attnviz.load(str(folder)).run(TEXT)
    assert trace.token_types is None
    torch.testing.assert_close(trace.decoder.weights(1), plain[1][0], atol=1e-5, rtol=0)
    assert (plain[1] - worded[1]).abs().max() > 0.01


def test_a_tokenizer_written_in_python_numbers_its_texts_too(tmp_path):
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat"]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    tokenizer = transformers.BertJapaneseTokenizer(tmp_path / "vocab.txt", word_tokenizer_type="basic")
    assert not tokenizer.is_fast
    encoded = encode(tokenizer, "the cat", "sat")
    assert encoded.ids == (2, 5, 6, 3, 7, 3)
    assert encoded.segments == (0, 0, 0, 0, 1, 1)


def test_a_pair_that_no_special_token_parts_is_refused_in_a_sentence(tmp_path):
    tokenizer = wordpiece()
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(single="$A", pair="$A $B:1")
    engine = attnviz.load(saved(tmp_path, "roberta", tokenizer, type_vocab_size=1))
    assert not engine.reads_pairs
    with pytest.raises(attnviz.AttnVizError, match="reads one text, not two"):
        engine.run(TEXT, pair=PAIR)


@pytest.mark.parametrize(
    "model",
    [
        models.WordLevel({word: at for at, word in enumerate(TEXT.split())}, "[UNK]"),
        models.WordPiece({word: at for at, word in enumerate(TEXT.split())}, unk_token="[UNK]"),
        models.Unigram([(word, -1.0) for word in (*TEXT.split(), *"Thecatsonmi")], unk_id=None),
    ],
)
def test_a_word_without_a_piece_and_without_a_token_for_it_is_named(tmp_path, model):
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer)
    assert len(encode(fast, TEXT).ids) == len(TEXT.split())
    with pytest.raises(TextError, match=r"no piece for “☃” \(from character 8 on\), and no token for what it does not"):
        encode(fast, "The cat ☃ sat")
    engine = attnviz.load(saved(tmp_path, "gpt2", fast))
    with pytest.raises(TextError, match="no piece for “☃”"):
        engine.run("The cat ☃")


@pytest.mark.parametrize("from_scratch", [False, True])
def test_a_token_that_was_added_beyond_the_models_table_is_named(tmp_path, from_scratch):
    tokenizer = wordpiece()
    tokenizer.add_tokens([f"<new{at}>" for at in range(400)])
    engine = attnviz.load(saved(tmp_path, "bert", tokenizer), from_scratch=from_scratch)
    assert engine.run(TEXT, pair=PAIR).encoder.n_layers == 2
    number = tokenizer.convert_tokens_to_ids("<new399>")
    with pytest.raises(TextError, match=rf"“<new399>” is number {number} of the tokenizer, but the .* 0 to 383 alone"):
        engine.run("The cat <new399>")


def test_a_model_whose_start_lies_beyond_its_table_is_refused_by_name(tmp_path):
    tokenizer = wordpiece()
    tokenizer.add_tokens([f"<new{at}>" for at in range(400)])
    start = tokenizer.convert_tokens_to_ids("<new399>")
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<new399> $A", pair="<new399> $A $B", special_tokens=[("<new399>", start)]
    )
    folder = saved(tmp_path, "bert", tokenizer)
    with pytest.raises(NotTraceableError, match=rf"\(bert\) cannot run on a text alone .*“<new399>” is number {start}"):
        attnviz.load(folder)


def test_a_target_beyond_the_decoders_table_is_named(tmp_path):
    tokenizer = metaspace()
    tokenizer.add_tokens([f"<new{at}>" for at in range(400)])
    engine = attnviz.load(saved(tmp_path, "t5", tokenizer))
    with pytest.raises(TextError, match="“<new399>” is number"):
        engine.run("The cat", pair="A <new399>")
