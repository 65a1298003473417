"""What every engine does alike: texts that cannot be read, limits, threads."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

import attnviz
from attnviz.errors import TextError, TextTooLongError
from attnviz.protocols import Engine
from tests.engine.tiny import save_tiny

NAMES = ["untrained", "bert", "bert from scratch", "roberta", "gpt2", "t5"]


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    loaded = {"untrained": attnviz.load("untrained")}
    for family in ("bert", "roberta", "gpt2", "t5"):
        folder = save_tiny(family, tmp_path_factory.mktemp(family))
        loaded[family] = attnviz.load(str(folder))
        if family == "bert":
            loaded["bert from scratch"] = attnviz.load(str(folder), from_scratch=True)
    return loaded


@pytest.fixture(params=NAMES)
def engine(request, engines):
    return engines[request.param]


def test_it_is_an_engine(engine):
    assert isinstance(engine, Engine)
    trace = engine.run("The cat sat")
    assert (trace.model, trace.text, trace.pair) == (engine.name, "The cat sat", None)
    for stack in trace.stacks.values():
        assert (stack.n_layers, stack.n_heads) == (engine.n_layers, engine.n_heads)
        for layer in range(stack.n_layers):
            weights = stack.weights(layer)
            assert weights.shape == (stack.n_heads, len(stack.query_tokens), len(stack.key_tokens))
            assert weights.dtype == torch.float32
            torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:2]), atol=1e-5, rtol=0)


@pytest.mark.parametrize("text", ["", "  \n", "a\0b", "a\ud800b"])
def test_a_text_that_cannot_be_read_is_refused(engine, text):
    with pytest.raises(TextError):
        engine.run(text)
    if engine.reads_pairs:
        with pytest.raises(TextError, match="second text"):
            engine.run("The cat", pair=text)


def test_a_text_longer_than_the_model_reads_says_both_numbers(engine):
    with pytest.raises(TextTooLongError) as caught:
        engine.run("the cat " * 5_000)
    assert str(engine.max_tokens) in str(caught.value)


@pytest.mark.parametrize("name", ["builtin", *NAMES])
def test_characters_are_counted_before_a_text_is_cut(engines, name):
    engine = engines[name] if name in engines else attnviz.load(name)
    for unit in ("🇦", "a b "):
        with pytest.raises(TextTooLongError, match="attnviz reads at most 40,960"):
            engine.run(unit * 60_000)
    if engine.reads_pairs:
        with pytest.raises(TextTooLongError, match="together have 60,000 characters"):
            engine.run("a" * 30_000, pair="b" * 30_000)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("untrained", " ".join(["a"] * 2046)),  # [CLS] and [SEP] are tokens too
        ("bert", " ".join(["a"] * 510)),
        ("bert from scratch", " ".join(["a"] * 510)),
        ("roberta", " ".join(["a"] * 62)),  # 66 positions, two of them lost to padding
        ("gpt2", "a" * 1024),
    ],
)
def test_a_text_of_exactly_the_limit_is_read_and_one_token_more_is_not(engines, name, text):
    engine = engines[name]
    (stack,) = engine.run(text).stacks.values()
    assert len(stack.query_tokens) == engine.max_tokens
    with pytest.raises(TextTooLongError, match=f"has {engine.max_tokens + 1} tokens"):
        engine.run(text + (" a" if " " in text else "a"))


@pytest.mark.parametrize(
    "text", ["مرحبا بالعالم", "👩‍👩‍👧‍👦 🇩🇪", "<script>alert(1)</script>", "[SEP] [CLS]", "…", "a" * 300]
)
def test_unusual_texts_run(engine, text):
    for stack in engine.run(text).stacks.values():
        assert torch.isfinite(stack.weights(0)).all()


def test_many_threads_share_one_model(engine):
    texts = [f"The {word} sat on the mat" for word in ("cat", "dog", "apple", "street") * 4]
    expected = {text: [stack.weights(1) for stack in engine.run(text).stacks.values()] for text in texts}
    with ThreadPoolExecutor(8) as pool:
        for text, trace in zip(texts, pool.map(engine.run, texts), strict=True):
            assert trace.text == text
            for stack, weights in zip(trace.stacks.values(), expected[text], strict=True):
                torch.testing.assert_close(stack.weights(1), weights, atol=1e-6, rtol=0)


def test_a_trace_keeps_the_inputs_of_attention_not_its_maps(engines):
    text = " ".join(["a"] * 60)
    step = engines["bert"].run(text).encoder.step(0)
    n_tokens = step.query.shape[1]
    kept = sum(tensor.numel() for tensor in (step.query, step.key, step.value))
    assert kept == 3 * n_tokens * 32
    assert step.mask is None
    assert step.bias is None


def inputs_of(trace):
    """All tensors of the steps of a trace by name."""
    steps = [step for stack in trace.stacks.values() for step in stack.steps]
    return {name: [getattr(step, name) for step in steps] for name in ("query", "key", "value", "mask", "bias")}


@pytest.mark.parametrize(
    ("family", "changes", "n_masks", "n_biases"),
    [
        ("llama", {"num_hidden_layers": 8}, 1, 0),  # the causal mask
        ("mistral", {"num_hidden_layers": 4}, 1, 0),  # a window
        ("gemma2", {"num_hidden_layers": 4}, 2, 0),  # a window in every other layer
        ("t5", {"num_layers": 4, "num_decoder_layers": 4}, 1, 2),  # distances in encoder and decoder
        ("gpt2", {"n_layer": 4}, 1, 0),  # query, key and value are parts of one tensor
    ],
)
def test_what_all_layers_share_is_kept_and_pickled_once(tmp_path, family, changes, n_masks, n_biases):
    engine, text = attnviz.load(str(save_tiny(family, tmp_path, **changes))), "a b " * 20
    trace = engine.run(text, pair=text if engine.reads_pairs else None)
    kept = inputs_of(trace)
    n_calls = len(kept["query"])
    assert n_calls >= 4
    for name, n_kept in (("mask", n_masks), ("bias", n_biases)):
        assert len({id(tensor) for tensor in kept[name] if tensor is not None}) == n_kept
    once = {id(tensor): tensor.nbytes for tensors in kept.values() for tensor in tensors if tensor is not None}
    pickled = pickle.dumps(trace)
    assert len(pickled) < sum(once.values()) + 3_000 * n_calls + 100 * 4 * len(text)
    again = pickle.loads(pickled)
    for stack, read in zip(trace.stacks.values(), again.stacks.values(), strict=True):
        assert torch.equal(stack.weights(stack.layers[-1]), read.weights(stack.layers[-1]))
