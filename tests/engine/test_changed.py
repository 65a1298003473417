"""Edits of a run: they do in every family what the same change of the model's own weights, masks and inputs does."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
import torch

import attnviz
from attnviz import cut, look, mute, patch, set_row, take_away
from attnviz.edits import Extent, write_edits
from attnviz.engine.changed import changed
from attnviz.engine.encoding import encode
from attnviz.engine.forward import encode_target
from attnviz.errors import EditError, TextError
from attnviz.recorder import recording
from tests.engine.tiny import SEQUENCE_TO_SEQUENCE, save_tiny

TEXT, OTHER = "The cat sat on the mat", "The mat was on the cat"
TARGET, OTHER_TARGET = "A soft mat", "A soft cat"
EXACT = {"atol": 1e-5, "rtol": 0}
FAMILIES = (
    *("bert", "roberta", "electra", "albert", "distilbert", "modernbert"),
    *("gpt2", "gpt_neox", "opt", "llama", "qwen3", "mistral", "gemma2", "gemma3"),
    *("t5", "bart", "marian", "gpt_oss", "granite_swa"),
)
SOME = ("bert", "llama", "gemma2", "gpt_oss", "t5", "bart")  # plain, shared keys, soft cap, sinks, a bias, three kinds


@pytest.fixture(scope="module")
def engine_of(tmp_path_factory):
    engines = {}

    def make(family):
        if family not in engines:
            engines[family] = attnviz.load(save_tiny(family, tmp_path_factory.mktemp(family)))
        return engines[family]

    return make


def traced(engine, edits=(), text=TEXT, pair=TARGET):
    """The trace of a text, and of its target where the model writes one."""
    return engine.run(text, pair=pair if engine.kind == "encoder-decoder" else None, edits=edits)


@contextmanager
def hooked(module, *, before=None, after=None):
    """A module with something done to what it is given, or to what it gives."""
    hooks = [module.register_forward_pre_hook(before)] if before else []
    hooks += [module.register_forward_hook(after)] if after else []
    yield
    for hook in hooks:
        hook.remove()


def zeroed_behind(module, part):
    """The wrong recipe: a part of what comes out of the projection is zeroed, where a head's numbers went in."""

    def zero(module, inputs, output):
        output = output.clone()
        output[..., part] = 0
        return output

    return hooked(module, after=zero)


class Projection:
    """The linear map that is handed the outputs of the heads of one call: what mixes them."""

    def __init__(self, engine, number):
        calls, found = [], []

        def watch(_, step, output):
            calls.append(output)
            return step, output

        def look_at(module, inputs):
            seen = inputs[0] if inputs and isinstance(inputs[0], torch.Tensor) else None
            if len(calls) == number + 1 and seen is not None and getattr(module, "weight", None) is not None:
                joined = calls[-1].transpose(1, 2).flatten(-2)
                if seen.shape == joined.shape and torch.equal(seen, joined):
                    found.append(module)

        hooks = [module.register_forward_pre_hook(look_at) for module in engine.passes.model.modules()]
        with recording(answer=watch):
            traced(engine)
        for hook in hooks:
            hook.remove()
        (self.module,), self.engine = found, engine
        self.size = calls[number].shape[-1]

    def slices(self, head):
        """The part of the map that reads one head, (d_model, d_value); GPT-2's maps stand the other way round."""
        weight = self.module.weight.T if hasattr(self.module, "nf") else self.module.weight
        return weight[:, head * self.size : (head + 1) * self.size]

    @contextmanager
    def without(self, head):
        """The map with the part of a head zeroed."""
        part = self.slices(head)
        kept = part.detach().clone()
        with torch.no_grad():
            part.zero_()
            yield
            part.copy_(kept)

    def added(self):
        """The trace of the text, and what the map gave at its first call."""
        outputs = []
        with hooked(self.module, after=lambda module, inputs, output: outputs.append(output)):
            trace = traced(self.engine)
        return trace, outputs[0]


def read(trace):
    """What every attention call but the first of its kind was given: in it is the work of all calls before."""
    steps = [stack.step(layer) for stack in trace.stacks.values() for layer in stack.layers[1:]]
    return [tensor for step in steps for tensor in (step.query, step.key, step.value)]


def difference(one, two):
    return max((a - b).abs().max().item() for a, b in zip(read(one), read(two), strict=True))


def number_of(engine, kind):
    """The number of the first call of a kind, counted by hand: every tiny encoder-decoder has two layers."""
    return {"cross": 3, "decoder": 2 if engine.kind == "encoder-decoder" else 0, "encoder": 0}[kind]


def kinds_of(family):
    return ("encoder", "decoder", "cross") if family in SEQUENCE_TO_SEQUENCE else (None,)


@pytest.mark.parametrize(("family", "kind"), [(family, kind) for family in FAMILIES for kind in kinds_of(family)])
def test_muting_a_head_is_zeroing_its_slice_of_the_output_projection(engine_of, family, kind):
    engine = engine_of(family)
    projection = Projection(engine, number_of(engine, kind or engine.kind))
    layers = range(engine.n_layers) if family == "albert" else [0]  # its layers share one projection
    muted = traced(engine, [mute(layer=layer, head=1, kind=kind) for layer in layers])
    with projection.without(1):
        zeroed = traced(engine)
    plain = traced(engine)
    assert difference(muted, zeroed) <= 1e-5
    assert difference(muted, plain) > 1e-3

    with zeroed_behind(projection.module, slice(projection.size, 2 * projection.size)):
        assert difference(muted, traced(engine)) > 1e-3, "what comes out of the projection mixes all heads"


@pytest.mark.parametrize("family", FAMILIES)
def test_the_parts_of_all_heads_and_the_bias_are_what_the_attention_adds(engine_of, family):
    engine = engine_of(family)
    for kind in kinds_of(family):
        number = number_of(engine, kind or engine.kind)
        projection = Projection(engine, number)
        trace, added = projection.added()
        step = trace.stacks[kind or engine.kind].step(0)
        with torch.no_grad():
            parts = [step.head_output(head) @ projection.slices(head).T for head in range(step.n_heads)]
            bias = 0 if projection.module.bias is None else projection.module.bias
            torch.testing.assert_close(sum(parts) + bias, added[0], **EXACT)


def every(trace):
    """All that every attention call was given."""
    steps = [step for stack in trace.stacks.values() for step in stack.steps]
    return [tensor for step in steps for tensor in (step.query, step.key, step.value)]


@pytest.mark.parametrize(("family", "kind"), [(family, kind) for family in SOME for kind in kinds_of(family)])
def test_a_link_that_is_cut_gives_its_weight_to_the_others(engine_of, family, kind):
    engine, query, head = engine_of(family), 3, 2
    step = traced(engine).stacks[kind or engine.kind].step(0)
    row = step.weights(head)[query].double().numpy()
    key = int(row.argmax())  # a sink too, where it has the most
    row[key] = 0
    row /= row.sum()
    value = step.value[head * len(step.value) // step.n_heads].double().numpy()
    projection = Projection(engine, number_of(engine, kind or engine.kind))

    def give(module, inputs):
        joined = inputs[0].clone()
        joined[0, query, head * projection.size : (head + 1) * projection.size] = torch.tensor(row @ value)
        return joined, *inputs[1:]

    edit = cut(layer=0, head=head, query=query, key=key, kind=kind)
    changed_trace = traced(engine, [edit])
    with hooked(projection.module, before=give):
        assert difference(changed_trace, traced(engine)) <= 1e-5
    assert difference(changed_trace, traced(engine)) > 1e-3
    stack = changed_trace.stacks[kind or engine.kind]
    np.testing.assert_allclose(stack.weights(0, head)[query].numpy(), row, atol=1e-6)
    assert not stack.mask(0, head)[query, key]
    assert changed_trace.edits == (edit,)
    assert write_edits([edit]) in repr(changed_trace)


@pytest.mark.parametrize("family", SOME)
def test_edits_that_change_nothing_keep_every_bit(engine_of, family):
    engine = engine_of(family)
    plain = traced(engine)
    pair = TARGET if family in SEQUENCE_TO_SEQUENCE else None
    edits = [patch(layer=0, head=1, kind=kind, text=TEXT, pair=pair) for kind in plain.stacks]
    edits += [patch(layer=1, kind=kind, text=TEXT, pair=pair, what="outputs") for kind in plain.stacks]
    for kind, stack in plain.stacks.items():
        for query in range(len(stack.query_tokens)):
            row = stack.weights(0, 2)[query].tolist()
            edits.append(set_row(layer=0, head=2, query=query, kind=kind, weights=row))
        if kind == "decoder":
            edits += [cut(layer=0, query=1, key=2, kind=kind), take_away(layer=1, head=0, query=0, key=3, kind=kind)]
    for one, two in zip(every(plain), every(traced(engine, edits)), strict=True):
        assert torch.equal(one, two)
    for one, two in zip(every(plain), every(traced(engine, [])), strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize("family", [*SOME, "modernbert", "gpt2"])
def test_a_cut_leaves_other_rows_and_earlier_layers_as_they_were(engine_of, family):
    engine = engine_of(family)
    kind = "decoder" if family in SEQUENCE_TO_SEQUENCE else engine.kind
    plain, late = traced(engine), traced(engine, [cut(layer=1, head=1, query=3, key=0, kind=kind)])
    stack, other = plain.stacks[kind], late.stacks[kind]
    for layer in (0, 1):
        for name in ("query", "key", "value"):
            assert torch.equal(getattr(stack.step(layer), name), getattr(other.step(layer), name))
    same = torch.ones(stack.weights(1).shape, dtype=torch.bool)
    same[1, 3] = False
    assert torch.equal(stack.weights(1)[same], other.weights(1)[same])
    assert not torch.equal(stack.weights(1)[~same], other.weights(1)[~same])
    if kind == "decoder":
        early = traced(engine, [cut(layer=0, head=1, query=3, key=0, kind=kind)]).stacks[kind].step(1)
        for name in ("query", "key", "value"):
            before, after = getattr(stack.step(1), name), getattr(early, name)
            assert torch.equal(before[:, :3], after[:, :3])
            assert not torch.equal(before[:, 3], after[:, 3])


def extents(trace):
    sizes = {kind: (len(stack.query_tokens), len(stack.key_tokens)) for kind, stack in trace.stacks.items()}
    return {kind: Extent(stack.layers, stack.n_heads, *sizes[kind]) for kind, stack in trace.stacks.items()}


def answers(engine, variants):
    """What the model computes in one pass over a batch with a text for each variant."""
    source, target = encode(engine.tokenizer, TEXT), None
    if engine.kind == "encoder-decoder":
        target = encode_target(engine.passes.model, engine.tokenizer, TARGET)
    inputs = engine.passes.inputs(source, target)
    batch = {
        name: each.expand(len(variants), -1) if isinstance(each, torch.Tensor) else each
        for name, each in inputs.items()
    }
    with torch.inference_mode(), changed(variants, extents(traced(engine)), engine.run):
        return engine.passes.model(**batch)[0]


@pytest.mark.parametrize("family", SOME)
def test_a_batch_of_variants_is_each_variant_alone(engine_of, family):
    engine = engine_of(family)
    kinds = list(kinds_of(family))
    variants = [
        [],
        [mute(layer=0, head=1, kind=kinds[0])],
        [cut(layer=1, head=head, query=3, key=1, kind=kinds[-1]) for head in (0, 3)],
        [look(layer=0, at="uniform", kind=kinds[-1]), mute(layer=1, kind=kinds[0])],
        [take_away(layer=1, head=2, query=2, key=0, kind=kinds[-1])],
    ]
    together = answers(engine, variants)
    for variant, one in zip(variants, together, strict=True):
        torch.testing.assert_close(one, answers(engine, [variant])[0], atol=1e-6, rtol=1e-6)
    assert min((one - together[0]).abs().max() for one in together[1:]) > 1e-4


@pytest.mark.parametrize("family", ["bert", "builtin"])
def test_threads_that_share_a_model_do_not_see_each_others_edits(engine_of, family):
    engine = attnviz.load(family) if family == "builtin" else engine_of(family)
    variants = [(), (mute(layer=0, head=1),), (cut(layer=0, head=2, query=3, key=1),)] * 2
    alone = [every(engine.run(TEXT, edits=edits)) for edits in variants]
    barrier = threading.Barrier(len(variants))

    def work(edits):
        runs = []
        for _ in range(5):
            barrier.wait()
            runs.append(every(engine.run(TEXT, edits=edits)))
        return runs

    with ThreadPoolExecutor(len(variants)) as pool:
        for expected, runs in zip(alone, pool.map(work, variants), strict=True):
            for run in runs:
                assert all(map(torch.equal, expected, run))
    assert difference(engine.run(TEXT), engine.run(TEXT, edits=variants[1])) > 1e-3


@pytest.mark.parametrize("family", ["llama", "bart", "gpt_oss"])
def test_a_head_takes_its_weights_or_its_outputs_from_another_text(engine_of, family):
    engine = engine_of(family)
    pair, other_pair = (TARGET, OTHER_TARGET) if family == "bart" else (None, None)
    donor = engine.run(OTHER, pair=other_pair)
    for kind, given in donor.stacks.items():
        place = {"layer": 0, "head": 1, "kind": kind, "text": OTHER, "pair": other_pair}
        for what in ("weights", "outputs"):
            stack = engine.run(TEXT, pair=pair, edits=[patch(**place, what=what)]).stacks[kind]
            plain = engine.run(TEXT, pair=pair).stacks[kind].step(0)
            taken = {"weights": "weights", "outputs": "head_output"}[what]
            torch.testing.assert_close(getattr(stack.step(0), taken)(1), getattr(given.step(0), taken)(1), **EXACT)
            torch.testing.assert_close(getattr(stack.step(0), taken)(2), getattr(plain, taken)(2), **EXACT)
            assert (getattr(plain, taken)(1) - getattr(given.step(0), taken)(1)).abs().max() > 1e-3


def test_layers_of_a_hybrid_are_named_by_their_own_numbers(tmp_path):
    engine = attnviz.load(save_tiny("lfm2", tmp_path))
    stack = engine.run(TEXT, edits=[mute(layer=4, head=1)]).decoder
    assert not stack.step(4).head_output(1).any()
    assert stack.step(2).head_output(1).any()
    with pytest.raises(EditError, match="“mute 0” names layer 0, and the layers are 2, 4"):
        engine.run(TEXT, edits=[mute(layer=0)])


@pytest.mark.parametrize("family", ["mimo_v2_flash", "gpt_oss"])
def test_a_sink_is_a_key_like_any_other_where_there_is_one(tmp_path, family):
    engine = attnviz.load(save_tiny(family, tmp_path))
    plain = engine.run(TEXT).decoder
    n = len(plain.query_tokens)
    edits = [cut(layer=layer, head=1, query=3, key=n) for layer in plain.layers]
    edits += [look(layer=layer, head=2, at="itself") for layer in plain.layers]
    stack = engine.run(TEXT, edits=edits).decoder
    for layer in plain.layers[:1]:
        row = plain.weights(layer, 1)[3, :n]
        torch.testing.assert_close(stack.weights(layer, 1)[3, :n], row / row.sum(), **EXACT)
    for layer in plain.layers:
        assert stack.weights(layer, 1)[3, n] == 0
        assert torch.equal(stack.weights(layer, 2), torch.eye(n, n + 1))
        assert stack.weights(layer).shape == plain.weights(layer).shape


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ([mute(layer=9)], "names layer 9, and the layers are 0, 1"),
        ([cut(layer=0, query=99, key=0)], "names query 99, and there are query 0 to"),
        ([cut(layer=0, query=1, key=0), cut(layer=0, query=1, key=1)], "takes the last key that query 1 looks at"),
        ([patch(layer=0, text="The cat")], "takes a head of 7 × 7 tokens, and here it has 22 × 22. Patch from a text"),
        ([set_row(layer=0, query=1, weights=[1.0])], "has 1 weights, and there are 22 keys"),
        ([mute(layer=0, kind="cross")], "is of the cross, and this model has decoder alone"),
    ],
)
def test_an_edit_that_cannot_be_is_one_sentence(engine_of, edits, said):
    with pytest.raises(EditError) as caught:
        engine_of("gpt2").run(TEXT, edits=edits)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_patched_has_to_be_a_text(engine_of):
    with pytest.raises(TextError, match="The text is empty"):
        engine_of("gpt2").run(TEXT, edits=[patch(layer=0, text=" ")])


def test_our_own_transformer_does_the_same_as_the_models_own_code(minilm):
    own, theirs = attnviz.load(minilm, from_scratch=True), attnviz.load(minilm)
    edits = [cut(layer=1, head=3, query=4, key=2), mute(layer=2, head=11), look(layer=3, head=0, at="previous")]
    edits += [take_away(layer=0, query=2, key=0)]
    traces = [engine.run(TEXT, edits=edits) for engine in (own, theirs)]
    for one, two in zip(*map(every, traces), strict=True):
        torch.testing.assert_close(one, two, atol=1e-4, rtol=0)
    for layer in range(6):
        torch.testing.assert_close(*(trace.encoder.weights(layer) for trace in traces), atol=1e-5, rtol=0)
    assert difference(traces[0], own.run(TEXT)) > 0.1


@pytest.mark.parametrize("model", ["minilm", "minilm from scratch", "builtin"])
def test_real_heads_are_muted_as_by_their_slice_of_the_output_projection(model, request):
    name = request.getfixturevalue("minilm") if "minilm" in model else model
    engine = attnviz.load(name, from_scratch="scratch" in model)
    if model == "minilm":
        linear = engine.passes.model.encoder.layer[0].attention.output.dense
    else:
        linear = engine.transformer.blocks.layers[0].attention.output
    size = linear.in_features // engine.n_heads
    muted, kept = engine.run(TEXT, edits=[mute(layer=0, head=2)]), linear.weight.detach().clone()
    with torch.no_grad():
        linear.weight[:, 2 * size : 3 * size] = 0
        zeroed = engine.run(TEXT)
        linear.weight.copy_(kept)
    assert difference(muted, zeroed) <= 1e-5
    assert difference(muted, engine.run(TEXT)) > 1e-3
    with zeroed_behind(linear, slice(2 * size, 3 * size)):
        assert difference(muted, engine.run(TEXT)) > 1e-3
