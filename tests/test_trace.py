"""A stack gives what its layers computed, and refuses what does not exist."""

from dataclasses import FrozenInstanceError, replace

import pytest
import torch

from attnviz.attention import Step
from attnviz.errors import SelectionError
from attnviz.tokens import SINK, word_tokens
from attnviz.trace import Stack, StoredStack, Trace, attending, named_layers, place_of_layer

WORDS = word_tokens("one two three")


def a_step(seed: int) -> Step:
    generator = torch.Generator().manual_seed(seed)
    return Step(*(torch.randn(2, 3, 4, generator=generator) for _ in range(3)), scale=0.5)


def test_a_stored_stack_gives_the_weights_it_was_given():
    tokens = word_tokens("one two three")
    stack = Stack(tokens, tokens, (a_step(0), a_step(1)))
    stored = StoredStack(tokens, tokens, torch.stack([stack.weights(layer) for layer in range(2)]))
    assert (stored.n_layers, stored.n_heads) == (stack.n_layers, stack.n_heads) == (2, 2)
    for layer in range(2):
        assert torch.equal(stored.weights(layer), stack.weights(layer))
        torch.testing.assert_close(stored.weights(layer, 1), stack.weights(layer, 1), atol=1e-7, rtol=0)


def test_some_rows_of_a_stack_and_of_a_stored_one_are_these_rows():
    tokens, mask = word_tokens("one two three"), torch.ones(3, 3, dtype=torch.bool).tril()[None]
    stack = Stack(tokens, tokens, (replace(a_step(0), mask=mask),))
    for maps in (stack, StoredStack(tokens, tokens, stack.weights(0)[None], (mask,))):
        for rows in (range(1, 3), range(3), range(2, 2)):
            for head in (None, 1):
                whole, hidden = (each[..., rows.start : rows.stop, :] for each in (maps.weights(0, head), mask))
                torch.testing.assert_close(maps.weights(0, head, rows=rows), whole, atol=1e-7, rtol=0)
                assert torch.equal(maps.mask(0, head, rows=rows), hidden if head is None else hidden[0])
        for given in (range(2, 4), range(-1, 2), range(0, 3, 2)):
            for read in (maps.weights, maps.mask):
                with pytest.raises(SelectionError, match="rows is a range of the rows 0 to 2"):
                    read(0, rows=given)


def test_a_stack_knows_whether_it_is_of_one_text():
    tokens, others = word_tokens("one two three"), word_tokens("one two four")
    for make in (
        lambda *tokens, **said: Stack(*tokens, (a_step(0),), **said),
        lambda *tokens, **said: StoredStack(*tokens, torch.zeros(1, 2, *map(len, tokens)), **said),
    ):
        assert make(tokens, tokens).is_one_text
        assert make(tokens, (*tokens, SINK)).is_one_text
        assert not make(tokens, others).is_one_text
        assert not make(tokens, tokens, is_one_text=False).is_one_text


@pytest.mark.parametrize("layer", [-1, 2])
def test_a_layer_that_does_not_exist_is_refused(layer):
    tokens = word_tokens("one two three")
    stack = Stack(tokens, tokens, (a_step(0), a_step(1)))
    stored = StoredStack(tokens, tokens, torch.zeros(2, 2, 3, 3))
    for maps in (stack, stored):
        with pytest.raises(SelectionError, match=f"Layer {layer} does not exist; this model has layers 0 to 1"):
            maps.weights(layer)
    with pytest.raises(SelectionError, match="Head 2 does not exist"):
        stored.weights(0, 2)


def test_layers_have_the_models_own_numbers():
    tokens = word_tokens("one two three")
    stack = Stack(tokens, tokens, (a_step(0), a_step(1)), (2, 4))
    stored = StoredStack(tokens, tokens, torch.stack([a_step(0).weights(), a_step(1).weights()]), layers=(2, 4))
    for maps in (stack, stored):
        assert (maps.layers, maps.n_layers) == ((2, 4), 2)
        assert torch.equal(maps.weights(2), a_step(0).weights())
        assert torch.equal(maps.weights(4), a_step(1).weights())
        for layer in (0, 1, 3, 5):
            with pytest.raises(SelectionError, match=f"Layer {layer} does not attend; of this model layers 2 and 4"):
                maps.mask(layer)
    assert Stack(tokens, tokens, stack.steps).layers == (0, 1)
    assert attending((7,)) == "layer 7 attends"


@pytest.mark.parametrize("layers", [(1,), (4, 2), (2, 2), (-1, 0)])
def test_numbers_that_cannot_be_those_of_the_layers_are_refused(layers):
    tokens = word_tokens("one two three")
    with pytest.raises(SelectionError, match="2 layers cannot have the numbers"):
        Stack(tokens, tokens, (a_step(0), a_step(1)), layers)


def test_a_trace_names_the_stacks_it_has():
    tokens = word_tokens("one two three")
    stack = Stack(tokens, tokens, (a_step(0),))
    assert list(Trace("m", "t", decoder=stack, encoder=stack, cross=stack).stacks) == ["encoder", "decoder", "cross"]
    assert list(Trace("m", "t", decoder=stack).stacks) == ["decoder"]


def stacks(layers: tuple[int, ...] = (0, 1), mask: torch.Tensor | None = None) -> tuple[Stack, StoredStack]:
    """Two layers of two heads, computed and stored."""
    stack = Stack(WORDS, WORDS, tuple(replace(a_step(seed), mask=mask) for seed in range(2)), layers)
    weights = torch.stack([step.weights() for step in stack.steps])
    return stack, StoredStack(WORDS, WORDS, weights, None if mask is None else (mask, mask), layers)


def test_a_mask_of_one_head_is_its_own_and_one_that_stands_for_all_is_that_of_each():
    causal = torch.ones(3, 3, dtype=torch.bool).tril()
    for maps in stacks(mask=causal[None]):
        assert torch.equal(maps.mask(1), causal[None])
        assert all(torch.equal(maps.mask(1, head), causal) for head in range(2))
    each = torch.stack([causal, torch.eye(3, dtype=torch.bool)])
    for maps in stacks(mask=each):
        assert torch.equal(maps.mask(0), each)
        assert all(torch.equal(maps.mask(0, head), each[head]) for head in range(2))
        assert torch.equal(maps.mask(0, 1, rows=range(1, 2)), torch.tensor([[False, True, False]]))
    for maps in stacks():
        assert maps.mask(0) is maps.mask(0, 1) is maps.mask(0, rows=range(1)) is None
        with pytest.raises(SelectionError, match="Head 2 does not exist"):
            maps.mask(0, 2)
    one_row = replace(a_step(0), mask=torch.tensor([[[True, False, True]]]))
    assert Stack(WORDS, WORDS, (one_row,)).mask(0).tolist() == [[[True, False, True]] * 3]


def test_what_a_stored_stack_gives_is_a_copy():
    stored = stacks(mask=torch.ones(1, 3, 3, dtype=torch.bool).tril())[1]
    before = stored.stored.clone()
    stored.weights(0).zero_()
    stored.weights(0, 1, rows=range(2)).zero_()
    stored.mask(0).zero_()
    assert torch.equal(stored.stored, before)
    assert stored.mask(0).any()


def test_stacks_and_traces_say_what_they_are_in_one_line():
    for maps in stacks():
        assert repr(maps) == f"{type(maps).__name__}(layers × heads: 2 × 2, tokens: 3 × 3)"
    for maps in stacks((2, 4)):
        assert repr(maps) == f"{type(maps).__name__}(layers (2, 4) × heads: 2 × 2, tokens: 3 × 3)"
    stack = stacks()[0]
    size = "layers × heads: 2 × 2, tokens: 3 × 3"
    assert repr(Trace("m", "one text", decoder=stack)) == f"Trace('m', 'one text', decoder: {size})"
    assert repr(Trace("m", "a", "b", stack, cross=stack)) == f"Trace('m', 'a', 'b', encoder: {size}, cross: {size})"


@pytest.mark.parametrize(
    ("layers", "attend", "named"),
    [
        ((0,), "layer 0 attends", "1 layer"),
        ((3,), "layer 3 attends", "layer 3"),
        ((0, 1), "layers 0 to 1 attend", "2 layers"),
        ((0, 1, 2, 3), "layers 0 to 3 attend", "4 layers"),
        ((2, 4), "layers 2 and 4 attend", "layers 2 and 4"),
        ((1, 2, 5), "layers 1, 2 and 5 attend", "layers 1, 2 and 5"),
    ],
)
def test_layers_are_named_as_one_says_it(layers, attend, named):
    assert (attending(layers), named_layers(layers)) == (attend, named)
    assert [place_of_layer(layer, layers) for layer in layers] == list(range(len(layers)))


def test_as_many_numbers_as_layers_are_asked_for_and_one_at_least():
    with pytest.raises(SelectionError, match="0 layers cannot have the numbers"):
        Stack(WORDS, WORDS, ())
    for layers in ((0,), (0, 1, 2)):
        with pytest.raises(SelectionError, match=r"one each, ascending, from 0\.$"):
            stacks(layers)


def test_what_is_of_one_text_can_be_said_and_only_by_its_name():
    stack, stored = stacks()
    assert not replace(stack, is_one_text=False).is_one_text
    assert Stack(WORDS, (*WORDS, WORDS[0]), stack.steps, is_one_text=True).is_one_text
    with pytest.raises(TypeError):
        Stack(WORDS, WORDS, stack.steps, (0, 1), False)
    with pytest.raises(TypeError):
        StoredStack(WORDS, WORDS, stored.stored, None, (0, 1), False)
    kinds = (None, None, None)
    trace = Trace("m", "t", None, *kinds, source_language="de", target_language="en", token_types=(0, 1), note="long")
    told = (trace.source_language, trace.target_language, trace.token_types, trace.note)
    assert told == ("de", "en", (0, 1), "long")
    with pytest.raises(TypeError):
        Trace("m", "t", None, *kinds, "de")
    for names in ({"source_language"}, {"target_language"}, {"token_types"}, {"note"}):
        assert {name for name in vars(Trace) if name in names and getattr(Trace("m", "t"), name) is None} == names


def test_stacks_and_traces_cannot_be_changed_and_equal_themselves_alone():
    for made in (*stacks(), Trace("m", "t", decoder=stacks()[0])):
        with pytest.raises(FrozenInstanceError):
            made.layers = (1, 2)
        assert made == made  # of tensors, == would be one of tensors
        assert made != replace(made)
        assert len({made, replace(made)}) == 2


def test_a_layer_that_is_not_there_is_told_with_those_that_are():
    stack = Stack(WORDS, WORDS, tuple(map(a_step, range(4))))
    with pytest.raises(SelectionError, match="Layer 9 does not exist; this model has layers 0 to 3"):
        stack.weights(9)


def test_what_a_trace_holds_beside_texts_and_stacks_is_given_by_name():
    stack = Stack(WORDS, WORDS, (a_step(0),))
    with pytest.raises(TypeError):
        Trace("model", "one two three", None, stack, None, None, (0, 0, 0))
