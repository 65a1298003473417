"""An attention sink is one more key: a score in the softmax whose weight goes nowhere."""

import numpy as np
import pytest
import torch

import attnviz
from attnviz.analysis.regroup import hide_special, merge_words
from attnviz.analysis.shares import head_shares
from attnviz.analysis.strongest import strongest_in
from attnviz.attention import Step
from attnviz.export import load_trace, save
from attnviz.survey import exact_map, survey
from attnviz.tokens import SINK
from tests.engine.families import WITH_SINK
from tests.engine.tiny import own_model, save_tiny

TEXT = "The cat sat on the mat"
EXACT = {"atol": 1e-5, "rtol": 0}
# Of GraniteSWA the model's own code returns weights without the share of the sink, which it takes off the outputs.
RETURNED = [family for family in WITH_SINK if not family.startswith("granite")]


@pytest.fixture(scope="module")
def engine_of(tmp_path_factory):
    engines = {}

    def make(family):
        if family not in engines:
            engines[family] = attnviz.load(str(save_tiny(family, tmp_path_factory.mktemp(family))))
        return engines[family]

    return make


def stack_of(engine):
    (stack,) = engine.run(TEXT).stacks.values()
    return stack


def eager(engine):
    """What the model's own code returns for the text: weights of all layers, and the last hidden states."""
    ids = torch.tensor([engine.tokenizer(TEXT)["input_ids"]])
    with torch.inference_mode():
        output = own_model(engine.name).base_model(ids, output_attentions=True)
    return [weights[0] for weights in output.attentions], output.last_hidden_state


@pytest.mark.parametrize("family", RETURNED)
def test_weights_are_the_models_own_cell_by_cell_and_the_sink_is_what_is_left(engine_of, family):
    stack = stack_of(engine_of(family))
    assert stack.key_tokens == (*stack.query_tokens, SINK)
    assert SINK.text == "[sink]"
    assert SINK.is_special
    for layer, expected in enumerate(eager(engine_of(family))[0]):
        weights = stack.weights(layer)
        torch.testing.assert_close(weights[..., :-1], expected, **EXACT)
        torch.testing.assert_close(weights[..., -1], 1 - expected.sum(dim=-1), **EXACT)
        torch.testing.assert_close(weights.sum(dim=-1), torch.ones(weights.shape[:2]), **EXACT)
    assert max(stack.weights(layer)[..., -1].max() for layer in stack.layers) > 0.05


@pytest.mark.parametrize("family", WITH_SINK)
def test_the_output_is_the_models_own(engine_of, family):
    engine = engine_of(family)
    ids = torch.tensor([engine.tokenizer(TEXT)["input_ids"]])
    with torch.inference_mode():
        hidden = engine.passes.model(ids).last_hidden_state
    torch.testing.assert_close(hidden, eager(engine)[1], atol=1e-4, rtol=1e-4)


def test_granites_sink_is_the_sigmoid_that_its_code_takes_off_the_outputs(engine_of):
    engine = engine_of("granite_swa")
    stack = stack_of(engine)
    for layer, expected in enumerate(eager(engine)[0]):
        step = stack.step(layer)
        lse = torch.logsumexp(step.masked_scores()[..., :-1], dim=-1)
        share = torch.sigmoid(lse - engine.passes.model.layers[layer].self_attn.sinks.detach()[:, None])
        torch.testing.assert_close(stack.weights(layer)[..., :-1], expected * share[..., None], **EXACT)


def test_every_stage_has_the_column_and_follows_from_the_one_before(engine_of):
    engine = engine_of("gpt_oss")
    step = stack_of(engine).step(1)
    score = engine.passes.model.layers[1].self_attn.sinks.detach().numpy()
    raw, scaled, masked, weights, output = (
        stage().numpy()
        for stage in (step.raw_scores, step.scaled_scores, step.masked_scores, step.weights, step.head_output)
    )
    assert raw.shape == scaled.shape == masked.shape == weights.shape
    assert (raw[..., -1] == 0).all()
    assert (scaled[..., -1] == 0).all()
    np.testing.assert_array_equal(masked[..., -1], np.broadcast_to(score[:, None], masked.shape[:2]))
    powers = np.exp(masked.astype(np.float64))
    np.testing.assert_allclose(weights, powers / powers.sum(axis=-1, keepdims=True), atol=1e-6)
    value = np.repeat(step.value.numpy(), 2, axis=0)
    assert (value[:, -1] == 0).all()
    np.testing.assert_allclose(output, weights[..., :-1] @ value[:, :-1], atol=1e-5)
    for head in range(4):
        torch.testing.assert_close(step.weights(head), step.weights()[head], atol=1e-6, rtol=0)
        torch.testing.assert_close(step.of_head(head).weights()[0], step.weights()[head], atol=1e-6, rtol=0)


def test_layers_without_a_sink_have_its_column_hidden(engine_of):
    engine = engine_of("mimo_v2_flash")
    stack = stack_of(engine)
    has_sink = [layer.self_attn.sinks is not None for layer in engine.passes.model.layers]
    assert sorted(has_sink) == [False, True]
    for layer, has in enumerate(has_sink):
        assert stack.mask(layer)[..., -1].all() == has
        assert (stack.weights(layer)[..., -1] > 0).all() == has
        assert (stack.weights(layer)[..., -1] == 0).all() != has


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("biased", [False, True])
def test_a_sink_by_hand(masked, biased):
    query, key, value = torch.zeros(2, 3, 4), torch.zeros(1, 3, 4), torch.ones(1, 3, 5)
    mask = torch.ones(3, 3, dtype=torch.bool).tril()[None] if masked else None
    step = Step(query, key, value, scale=1.0, mask=mask, bias=torch.zeros(2, 3, 3) if biased else None)
    with_sink = step.with_sink(torch.tensor([0.0, 1.0]))
    n_keys = torch.tensor([1.0, 2.0, 3.0]) if masked else torch.full((3,), 3.0)
    torch.testing.assert_close(with_sink.weights(0)[:, -1], 1 / (n_keys + 1))
    torch.testing.assert_close(with_sink.weights(1)[:, -1], torch.e / (n_keys + torch.e))
    torch.testing.assert_close(with_sink.head_output(0), (n_keys / (n_keys + 1))[:, None].expand(3, 5))
    closed = step.with_sink(None)
    torch.testing.assert_close(closed.weights()[..., :-1], step.weights())
    assert (closed.weights()[..., -1] == 0).all()
    assert step.key.shape[-2] == 3, "nothing writes into what it was given"


def test_analyses_know_that_the_text_is_one_though_it_has_a_key_more(engine_of):
    stack = stack_of(engine_of("gpt_oss"))
    weights = stack.weights(1, 2)
    n = len(stack.query_tokens)
    habit = survey(stack).habits[1 * stack.n_heads + 2]
    rows = range(1, n) if stack.mask(1, 2)[0].sum() == 1 else range(n)
    assert habit.itself == pytest.approx(np.mean([weights[row, row].item() for row in rows]), abs=1e-6)
    assert habit.after is None, "the sink is not what comes after the last word"
    assert habit.before == pytest.approx(np.mean([weights[row, row - 1].item() for row in range(1, n)]), abs=1e-6)
    cells = np.where(stack.mask(1, 2), weights.numpy(), np.float32("nan"))
    query, key = strongest_in(cells, stack.query_tokens, stack.key_tokens, is_one_text=stack.is_one_text)
    assert key < n
    assert query != key
    sides = (stack.query_tokens, stack.key_tokens)
    assert strongest_in(cells, *sides, is_one_text=stack.is_one_text, row=n - 1)[1] not in {n - 1, n}
    assert habit.sinks == pytest.approx(weights[1:, [0, n]].sum(dim=-1).mean().item(), abs=1e-6)
    assert head_shares(stack, 1).shares[2, 3] >= weights[1:, -1].mean().item() * 0.9


def test_words_and_hidden_special_tokens(engine_of):
    stack = stack_of(engine_of("gpt_oss"))
    words = merge_words(stack)
    assert words.key_tokens[-1] == SINK
    torch.testing.assert_close(words.weights(0).sum(dim=-1), torch.ones(4, len(words.query_tokens)), **EXACT)
    typed = hide_special(stack)
    assert SINK not in typed.key_tokens
    assert len(typed.key_tokens) == len(typed.query_tokens)


@pytest.mark.parametrize("ending", ["npz", "json", "csv"])
def test_files_keep_the_column(engine_of, tmp_path, ending):
    trace = engine_of("gpt_oss").run(TEXT)
    path = tmp_path / f"sink.{ending}"
    save(trace, path)
    if ending == "npz":
        again = load_trace(path).decoder
        assert again.key_tokens == trace.decoder.key_tokens
        assert torch.equal(again.weights(1), trace.decoder.weights(1))
        assert torch.equal(again.weights(0), trace.decoder.weights(0))
    else:
        assert "[sink]" in path.read_text(encoding="utf-8")


def test_the_pictures_of_all_heads_have_it_too(engine_of):
    stack = stack_of(engine_of("gpt_oss"))
    n = len(stack.query_tokens)
    assert survey(stack).codes.shape[1:] == (n, n + 1)
    exact = exact_map(stack, [(1, 2)], rows=range(n), columns=range(n + 1))
    np.testing.assert_allclose(np.nan_to_num(exact), stack.weights(1, 2).numpy(), atol=1e-6)
