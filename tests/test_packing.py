import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from attnviz.analysis.regroup import hide_special, merge_words
from attnviz.attention import Step
from attnviz.masks import causal_mask
from attnviz.packing import MASKED, MAX_BYTES, SCREEN_CELLS, PackedMaps, exact_map, message, pack_maps, weight_of_codes
from attnviz.tokens import Token, special_token
from attnviz.trace import Stack


def stack(n_query: int, n_key: int, *, n_layers: int = 2, n_heads: int = 3, causal: bool = False) -> Stack:
    generator = torch.Generator().manual_seed(n_query * 1000 + n_key)

    def step() -> Step:
        query, key, value = (2 * torch.randn(n_heads, n, 8, generator=generator) for n in (n_query, n_key, n_key))
        return Step(query, key, value, scale=0.4, mask=causal_mask(n_query, n_key)[None] if causal else None)

    rows, columns = (
        (special_token("[CLS]"), *(Token(f"w{i}", 0, 0, i) for i in range(n - 1))) for n in (n_query, n_key)
    )
    return Stack(rows, columns, tuple(step() for _ in range(n_layers)))


def packed(maps: Stack) -> PackedMaps:
    return pack_maps(maps, rows=range(len(maps.query_tokens)), columns=range(len(maps.key_tokens)), group="a")


def read(body: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    """A message of all heads, read as the browser reads it."""
    length = int.from_bytes(body[:4], "little")
    header = json.loads(body[4 : 4 + length])
    heads, at, arrays = len(header["layers"]) * header["heads"], 4 + length, {}
    assert at % 4 == 0, "the arrays of a browser begin at multiples of four"
    for name, kind, count in (
        ("scale", "<f4", heads),
        ("weight", "<f4", heads),
        ("query", "<u2", heads),
        ("key", "<u2", heads),
        ("codes", "u1", heads * header["cells"][0] * header["cells"][1]),
    ):
        arrays[name] = np.frombuffer(body, kind, count, at)
        at += arrays[name].nbytes
    assert at == len(body)
    arrays["codes"] = arrays["codes"].reshape(len(header["layers"]), header["heads"], *header["cells"])
    return header, arrays


@pytest.mark.parametrize(
    ("n_query", "n_key", "causal"),
    [(5, 5, False), (4, 9, False), (1, 1, False), (33, 33, False), (5, 5, True), (1, 1, True), (33, 33, True)],
)
def test_every_code_is_that_of_its_weight(n_query, n_key, causal):
    maps = stack(n_query, n_key, causal=causal)
    header, arrays = read(packed(maps).message)
    assert (header["layers"], header["heads"]) == ([0, 1], 3)
    assert header["tokens"] == header["cells"] == [n_query, n_key]
    scales = arrays["scale"].reshape(2, 3)
    for layer in range(2):
        for head in range(3):
            weights = maps.weights(layer)[head].double().numpy()
            free = np.tri(n_query, n_key, dtype=bool) if causal else np.ones((n_query, n_key), bool)
            choices = weights[free.sum(axis=1) > 1]
            scale = choices.max() if choices.size else 1.0
            assert scales[layer, head] == np.float32(scale)
            codes = arrays["codes"][layer, head]
            np.testing.assert_array_equal(codes == MASKED, ~free)
            by_hand = np.rint(254 * np.sqrt(np.minimum(weights / scale, 1)))
            np.testing.assert_array_equal(codes[free], by_hand[free])
            read_back = weight_of_codes(codes, float(scale))
            rows = free.sum(axis=1) > 1
            off = np.abs(read_back - weights)[rows][free[rows]]
            assert not off.size or off.max() <= scale / 254


def test_small_weights_stay_apart_from_nothing():
    even = torch.zeros(1, 256, 8)
    even[0, 0] = 3.0  # one row that looks at one token, all others evenly at 256
    maps = Stack(*2 * (tuple(Token("w", 0, 0, i) for i in range(256)),), (Step(even, even, even, scale=1.0),))
    _, arrays = read(packed(maps).message)
    assert arrays["scale"][0] > 0.99
    read_back = weight_of_codes(arrays["codes"][0, 0], float(arrays["scale"][0]))
    np.testing.assert_allclose(read_back[1:].sum(axis=1), 1, atol=0.02)  # linear codes: every one of them 0.0039 or 0


@pytest.mark.parametrize("causal", [False, True])
def test_blocks_show_their_largest_weight(causal):
    maps = stack(150, 150, n_layers=12, n_heads=12, causal=causal)
    result = packed(maps)
    header, arrays = read(result.message)
    assert header["block"] == list(result.block) == [2, 2]
    assert not result.is_exact
    weights = maps.weights(7, 4).numpy()
    scale = arrays["scale"].reshape(12, 12)[7, 4]
    free = np.tri(150, dtype=bool) if causal else np.ones((150, 150), bool)
    for row in range(75):
        for column in range(75):
            block = np.s_[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            code = arrays["codes"][7, 4, row, column]
            if free[block].any():
                largest = min(weights[block][free[block]].max() / scale, 1)
                assert code == np.rint(254 * np.sqrt(largest))
            else:
                assert code == MASKED


@pytest.mark.parametrize(
    ("n_tokens", "n_layers", "n_heads"), [(16, 12, 12), (64, 12, 12), (128, 12, 12), (512, 12, 12), (64, 24, 32)]
)
def test_both_messages_stay_within_what_is_promised(n_tokens, n_layers, n_heads):
    maps = stack(n_tokens, n_tokens, n_layers=n_layers, n_heads=n_heads)
    result = packed(maps)
    total = len(result.message) + exact_map(maps, [(0, 0)], rows=range(n_tokens), columns=range(n_tokens)).nbytes
    assert total <= 1.1 * n_layers * n_heads * n_tokens**2
    assert total + 65_536 <= MAX_BYTES
    if n_heads == 12:
        header, _ = read(result.message)
        assert header["cells"][0] >= min(n_tokens, SCREEN_CELLS - 10), "as many cells as a screen shows"


def test_one_map_is_the_tensor_bit_for_bit():
    maps = stack(9, 9)
    for layer in range(2):
        for head in range(3):
            exact = exact_map(maps, [(layer, head)], rows=range(9), columns=range(9))
            np.testing.assert_array_equal(exact, maps.weights(layer, head).numpy())
    window = exact_map(maps, [(1, 2)], rows=range(2, 6), columns=range(1, 9))
    np.testing.assert_array_equal(window, maps.weights(1, 2).numpy()[2:6, 1:9])


def test_masked_cells_of_one_map_are_no_numbers():
    exact = exact_map(stack(6, 6, causal=True), [(0, 1)], rows=range(6), columns=range(6))
    np.testing.assert_array_equal(np.isnan(exact), ~np.tri(6, dtype=bool))


def test_several_heads_are_averaged():
    maps = stack(7, 5)
    heads = [(0, 1), (1, 0), (1, 2)]
    by_hand = torch.stack([maps.weights(*head).double() for head in heads]).mean(dim=0)
    mean = exact_map(maps, heads, rows=range(7), columns=range(5))
    np.testing.assert_allclose(mean, by_hand.numpy(), atol=1e-7)
    np.testing.assert_allclose(mean.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("causal", [False, True])
def test_the_strongest_link_of_every_head_is_between_typed_words_and_was_a_choice(causal):
    maps = stack(8, 8, causal=causal)
    _, arrays = read(packed(maps).message)
    for layer in range(2):
        weights = maps.weights(layer).numpy()[:, 1:, 1:]
        if causal:
            weights = weights * np.tri(7, dtype=bool)
        for head in range(3):
            query, key = np.unravel_index(weights[head].argmax(), weights[head].shape)
            at = layer * 3 + head
            assert (arrays["query"][at], arrays["key"][at]) == (query + 1, key + 1)
            assert arrays["weight"][at] == weights[head].max()


def test_a_text_of_special_tokens_alone_still_has_a_strongest_link():
    maps = stack(3, 3)
    specials = tuple(special_token(name) for name in ("[CLS]", "[SEP]", "[PAD]"))
    _, arrays = read(packed(Stack(specials, specials, maps.steps)).message)
    assert arrays["weight"][0] == maps.weights(0, 0).max()


@pytest.mark.parametrize("renormalise", [False, True])
def test_maps_as_they_are_displayed_are_packed_with_their_mask(renormalise):
    source = stack(7, 7, causal=True)
    pieces = tuple(replace(token, word=at // 2) for at, token in enumerate(source.key_tokens[1:]))
    tokens = (source.key_tokens[0], *(replace(token, start=at, end=at + 1) for at, token in enumerate(pieces)))
    maps = hide_special(merge_words(Stack(tokens, tokens, source.steps)), renormalise=renormalise)
    header, arrays = read(packed(maps).message)
    assert header["tokens"] == [3, 3]
    free = np.tri(3, dtype=bool)
    for layer in range(2):
        for head in range(3):
            exact = exact_map(maps, [(layer, head)], rows=range(3), columns=range(3))
            np.testing.assert_array_equal(exact, np.where(free, maps.weights(layer, head).numpy(), np.nan))
            weights = maps.weights(layer)[head].numpy()
            scale = arrays["scale"].reshape(2, 3)[layer, head]
            assert scale == weights[1:].max()
            ends = np.array([[1.0], [scale], [scale]])  # the first row has a single cell, whose weight is none of 1
            by_hand = np.rint(254 * np.sqrt(weights / ends))
            np.testing.assert_array_equal(arrays["codes"][layer, head], np.where(free, by_hand, MASKED))


def test_equal_maps_have_one_name_and_others_another():
    assert packed(stack(5, 5)).digest == packed(stack(5, 5)).digest
    assert packed(stack(5, 5)).digest != packed(stack(5, 5, causal=True)).digest


def test_a_header_keeps_every_word():
    words = ["<b>", "שלום", "👩‍👩‍👧", '"', "\\", "\n"]
    body = message({"words": words}, np.arange(3, dtype=np.float32))
    length = int.from_bytes(body[:4], "little")
    assert json.loads(body[4 : 4 + length]) == {"words": words}
    np.testing.assert_array_equal(np.frombuffer(body, "<f4", 3, 4 + length), [0, 1, 2])
