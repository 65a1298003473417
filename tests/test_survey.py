import re
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import torch

from attnviz import packing
from attnviz.analysis.regroup import hide_special, merge_words
from attnviz.attention import Step
from attnviz.masks import causal_mask
from attnviz.packing import MASKED, MAX_BYTES, SCREEN_CELLS
from attnviz.survey import Survey, exact_map, survey
from attnviz.tokens import Token, special_token, word_tokens
from attnviz.trace import Stack, StoredStack


def stack(n_query: int, n_key: int, *, n_layers: int = 2, n_heads: int = 3, causal: bool = False) -> Stack:
    generator = torch.Generator().manual_seed(n_query * 1000 + n_key)

    def step() -> Step:
        query, key, value = (2 * torch.randn(n_heads, n, 8, generator=generator) for n in (n_query, n_key, n_key))
        return Step(query, key, value, scale=0.4, mask=causal_mask(n_query, n_key)[None] if causal else None)

    rows, columns = (
        (special_token("[CLS]"), *(Token(f"w{i}", 0, 0, i) for i in range(n - 1))) for n in (n_query, n_key)
    )
    return Stack(rows, columns, tuple(step() for _ in range(n_layers)))


def weights_of(codes: np.ndarray, scale: float) -> np.ndarray:
    """What codes stand for, as the browser reads them."""
    return np.where(codes == MASKED, np.nan, scale * (codes.astype(np.float64) / 254) ** 2)


def size_of(found: Survey) -> int:
    """Bytes of all heads, without words."""
    arrays = (found.ends, found.link_weights, found.link_queries, found.link_keys, found.codes)
    return sum(array.nbytes for array in arrays)


def softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def by_formula(maps: Stack, layer: int) -> np.ndarray:
    """The weights of a layer in double precision, 0 where masked, (head, query, key)."""
    step = maps.steps[layer]
    scores = step.scale * np.einsum("hqd,hkd->hqk", step.query.double().numpy(), step.key.double().numpy())
    return softmax(scores if step.mask is None else np.where(step.mask.numpy(), scores, -np.inf))


@pytest.mark.parametrize(
    ("n_query", "n_key", "causal"),
    [(5, 5, False), (4, 9, False), (1, 1, False), (33, 33, False), (5, 5, True), (1, 1, True), (33, 33, True)],
)
def test_every_code_is_that_of_its_weight(n_query, n_key, causal):
    maps = stack(n_query, n_key, causal=causal)
    found = survey(maps)
    assert found.codes.shape == (6, n_query, n_key)
    assert found.block == (1, 1)
    codes_of, scales = found.codes.reshape(2, 3, n_query, n_key), found.ends.reshape(2, 3)
    for layer in range(2):
        for head in range(3):
            weights = maps.weights(layer)[head].double().numpy()
            free = np.tri(n_query, n_key, dtype=bool) if causal else np.ones((n_query, n_key), bool)
            choices = weights[free.sum(axis=1) > 1]
            scale = choices.max() if choices.size else 1.0
            assert scales[layer, head] == np.float32(scale)
            codes = codes_of[layer, head]
            np.testing.assert_array_equal(codes == MASKED, ~free)
            by_hand = np.rint(254 * np.sqrt(np.minimum(weights / scale, 1)))
            np.testing.assert_array_equal(codes[free], by_hand[free])
            read_back = weights_of(codes, scale)
            rows = free.sum(axis=1) > 1
            off = np.abs(read_back - weights)[rows][free[rows]]
            assert not off.size or off.max() <= scale / 254


def test_small_weights_stay_apart_from_nothing():
    even = torch.zeros(1, 256, 8)
    even[0, 0] = 3.0  # one row that looks at one token, all others evenly at 256
    maps = Stack(*2 * (tuple(Token("w", 0, 0, i) for i in range(256)),), (Step(even, even, even, scale=1.0),))
    found = survey(maps)
    assert found.ends[0] > 0.99
    read_back = weights_of(found.codes[0], found.ends[0])
    np.testing.assert_allclose(read_back[1:].sum(axis=1), 1, atol=0.02)  # linear codes: every one of them 0.0039 or 0


@pytest.mark.parametrize("causal", [False, True])
def test_blocks_show_their_largest_weight(causal):
    maps = stack(150, 150, n_layers=12, n_heads=12, causal=causal)
    found = survey(maps)
    assert found.block == (2, 2)
    weights = maps.weights(7).numpy()[4]
    scale = found.ends.reshape(12, 12)[7, 4]
    free = np.tri(150, dtype=bool) if causal else np.ones((150, 150), bool)
    for row in range(75):
        for column in range(75):
            block = np.s_[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            code = found.codes[7 * 12 + 4, row, column]
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
    found = survey(maps)
    total = size_of(found) + found.exact([(0, 0)]).nbytes
    assert total <= 1.1 * n_layers * n_heads * n_tokens**2
    assert total + 65_536 <= MAX_BYTES
    if n_heads == 12:
        assert found.codes.shape[1] >= min(n_tokens, SCREEN_CELLS - 10), "as many cells as a screen shows"


def test_one_map_is_the_tensor_bit_for_bit():
    maps = stack(9, 9)
    for layer in range(2):
        for head in range(3):
            exact = exact_map(maps, [(layer, head)], rows=range(9), columns=range(9))
            np.testing.assert_array_equal(exact, maps.weights(layer, head).numpy())
    window = exact_map(maps, [(1, 2)], rows=range(2, 6), columns=range(1, 9))
    # some rows alone: their products are added in another order, and differ in the last bit
    np.testing.assert_allclose(window, maps.weights(1, 2).numpy()[2:6, 1:9], rtol=2e-6)


def test_masked_cells_of_one_map_are_no_numbers():
    exact = exact_map(stack(6, 6, causal=True), [(0, 1)], rows=range(6), columns=range(6))
    np.testing.assert_array_equal(np.isnan(exact), ~np.tri(6, dtype=bool))


def test_several_heads_are_averaged():
    maps = stack(7, 5)
    heads = [(0, 1), (1, 0), (1, 2)]
    by_hand = torch.stack([maps.weights(*head).double() for head in heads]).mean(dim=0)
    mean = exact_map(maps, heads, rows=range(7), columns=range(5))
    np.testing.assert_allclose(mean, by_hand.numpy(), atol=1e-6)  # one head alone and all at once differ by a few bits
    np.testing.assert_allclose(mean.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("renormalise", [False, True])
def test_maps_as_they_are_displayed_are_packed_with_their_mask(renormalise):
    source = stack(7, 7, causal=True)
    pieces = tuple(replace(token, word=at // 2) for at, token in enumerate(source.key_tokens[1:]))
    tokens = (source.key_tokens[0], *(replace(token, start=at, end=at + 1) for at, token in enumerate(pieces)))
    maps = hide_special(merge_words(Stack(tokens, tokens, source.steps)), renormalise=renormalise)
    found = survey(maps)
    assert found.codes.shape == (6, 3, 3)
    free = np.tri(3, dtype=bool)
    for layer in range(2):
        for head in range(3):
            at = layer * 3 + head
            weights = maps.weights(layer)[head].numpy()
            np.testing.assert_array_equal(found.exact([(layer, head)]), np.where(free, weights, np.nan))
            scale = found.ends[at]
            assert scale == weights[1:].max()
            ends = np.array([[1.0], [scale], [scale]])  # the first row has a single cell, whose weight is none of 1
            by_hand = np.rint(254 * np.sqrt(weights / ends))
            np.testing.assert_array_equal(found.codes[at], np.where(free, by_hand, MASKED))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("at_once", [1, 40, 10**9])
def test_however_many_rows_are_derived_at_a_time_the_weights_are_those_of_the_formula(monkeypatch, causal, at_once):
    monkeypatch.setattr("attnviz.survey.LARGE_CELLS", at_once)
    monkeypatch.setattr("attnviz.survey.SMALL_CELLS", at_once)
    maps = stack(7, 7, causal=causal)
    found = survey(maps, rows=range(1, 6), columns=range(2, 7))
    free = (np.tri(7, dtype=bool) if causal else np.ones((7, 7), bool))[1:6, 2:7]
    for layer in range(2):
        expected = by_formula(maps, layer)[:, 1:6, 2:7]
        cells, rows, columns = found.layer(layer)
        np.testing.assert_allclose(cells, np.where(free, expected, np.nan), atol=1e-6)
        assert (rows, columns) == (
            tuple(range(at, at + 1) for at in range(1, 6)),
            tuple(range(at, at + 1) for at in range(2, 7)),
        )
        has_choice = free.sum(axis=1) > 1
        for head in range(3):
            np.testing.assert_allclose(found.ends[layer * 3 + head], expected[head][has_choice].max(), rtol=1e-5)
            np.testing.assert_array_equal(found.codes[layer * 3 + head] == MASKED, ~free)
            assert found.link_weights[layer * 3 + head] <= found.ends[layer * 3 + head]
    means = found.exact([(0, 1), (1, 2)])
    expected = (by_formula(maps, 0)[1] + by_formula(maps, 1)[2])[1:6, 2:7] / 2
    np.testing.assert_allclose(means, np.where(free, expected, np.nan), atol=1e-6)


@pytest.mark.parametrize("keeps", [10**6, 1])
def test_in_the_mean_of_heads_a_cell_counts_as_0_for_those_that_mask_it(monkeypatch, keeps):
    monkeypatch.setattr("attnviz.survey.KEPT_CELLS", keeps)
    words = word_tokens("a b c")
    masks = torch.stack([torch.ones(3, 3).tril(), torch.eye(3)]).bool()
    weights = torch.tensor([[[1.0, 0, 0], [0.4, 0.6, 0], [0.1, 0.2, 0.7]], torch.eye(3).tolist()])[None]
    mean = survey(StoredStack(words, words, weights, (masks,))).exact([(0, 0), (0, 1)])
    expected = [[1, np.nan, np.nan], [0.2, 0.8, np.nan], [0.05, 0.1, 0.85]]
    np.testing.assert_allclose(mean, expected, atol=1e-6)


@pytest.mark.parametrize("at_once", [1, 10**9])
def test_habits_are_those_of_the_rows_of_the_window_with_all_of_their_keys(monkeypatch, at_once):
    monkeypatch.setattr("attnviz.survey.LARGE_CELLS", at_once)
    maps = stack(9, 9)
    found = survey(maps, rows=range(3, 7), columns=range(3, 7)).habits[4]
    weights = by_formula(maps, 1)[1]
    assert found.itself == pytest.approx(np.mean([weights[row, row] for row in range(3, 7)]), abs=1e-6)
    assert found.before == pytest.approx(np.mean([weights[row, row - 1] for row in range(3, 7)]), abs=1e-6)
    assert found.after == pytest.approx(np.mean([weights[row, row + 1] for row in range(3, 7)]), abs=1e-6)
    assert found.sinks == pytest.approx(weights[3:7, 0].mean(), abs=1e-6)
    assert found.largest == pytest.approx(weights[3:7].max(axis=1).mean(), abs=1e-6)


def test_every_weight_is_derived_once_and_one_head_more_of_a_text_that_is_too_long_to_be_kept(monkeypatch):
    cells = []

    class Counted(Stack):
        def weights(self, layer, head=None, *, rows=None):
            made = super().weights(layer, head, rows=rows)
            cells.append(made.numel())
            return made

    made = stack(9, 9)
    maps = Counted(made.query_tokens, made.key_tokens, made.steps)
    found = survey(maps)
    assert sum(cells) == 2 * 3 * 9 * 9
    found.exact([(1, 1)])
    found.layer(0, most=4)
    assert sum(cells) == 2 * 3 * 9 * 9, "what is kept is not derived again"
    cells.clear()
    monkeypatch.setattr("attnviz.survey.KEPT_CELLS", 10)
    found = survey(maps)
    assert sum(cells) == 2 * 3 * 9 * 9
    for _ in range(2):
        np.testing.assert_array_equal(found.exact([(1, 1)]), made.weights(1, 1).numpy())
    assert sum(cells) == 2 * 3 * 9 * 9 + 9 * 9


def test_of_a_long_text_only_some_rows_of_one_layer_are_in_memory(monkeypatch):
    tokens = word_tokens("a " * 700)
    query = torch.randn(2, 700, 4, generator=torch.Generator().manual_seed(0))
    largest = []

    class Watched(Stack):
        def weights(self, layer, head=None, *, rows=None):
            made = super().weights(layer, head, rows=rows)
            largest.append(made.numel())
            return made

    maps = Watched(tokens, tokens, tuple(Step(query, query, query, scale=0.5) for _ in range(2)))
    monkeypatch.setattr("attnviz.survey.LARGE_CELLS", 100_000)
    found = survey(maps, rows=range(100, 612), columns=range(100, 612))
    assert max(largest) <= 100_000 < 2 * 512 * 700
    assert sum(largest) == 2 * 2 * 512 * 700
    expected = by_formula(maps, 1)[1, 100:612, 100:612]
    np.testing.assert_allclose(found.exact([(1, 1)]), expected, atol=1e-6)
    assert found.ends[3] == pytest.approx(expected.max(), rel=1e-5)


def test_a_layer_is_pooled_by_its_largest_weights():
    maps = stack(7, 5)
    mask = torch.ones(1, 7, 5).tril().bool()
    maps = Stack(maps.query_tokens, maps.key_tokens, tuple(replace(step, mask=mask) for step in maps.steps))
    cells, rows, columns = survey(maps).layer(1, most=3)
    assert [len(block) for block in rows] == [3, 3, 1]
    assert [len(block) for block in columns] == [2, 2, 1]
    expected = np.where(np.tri(7, 5, dtype=bool), by_formula(maps, 1), np.nan)
    for at, row in enumerate(rows):
        for of, column in enumerate(columns):
            block = expected[:, row.start : row.stop, column.start : column.stop].reshape(3, -1)
            for head in range(3):
                seen = block[head][~np.isnan(block[head])]
                if seen.size:
                    assert cells[head, at, of] == pytest.approx(seen.max(), rel=1e-5)
                else:
                    assert np.isnan(cells[head, at, of])


def test_a_layer_of_a_text_that_is_too_long_to_be_kept_is_derived_again(monkeypatch):
    monkeypatch.setattr("attnviz.survey.KEPT_CELLS", 1)
    maps = stack(7, 7, causal=True)
    cells = survey(maps, rows=range(1, 6), columns=range(2, 7)).layer(1)[0]
    expected = np.where(np.tri(7, dtype=bool), by_formula(maps, 1), np.nan)[:, 1:6, 2:7]
    np.testing.assert_allclose(cells, expected, atol=1e-6)


def test_equal_maps_have_one_name():
    assert survey(stack(5, 5)).digest == survey(stack(5, 5)).digest


def test_another_token_another_mask_another_window_or_one_bit_of_a_weight_changes_the_name(monkeypatch):
    made = stack(6, 6)
    weights = torch.stack([made.weights(layer) for layer in made.layers])
    for keeps in (10**6, 1):
        monkeypatch.setattr("attnviz.survey.KEPT_CELLS", keeps)

        def name(changed=weights, tokens=made.query_tokens, masks=None, **window):
            return survey(StoredStack(tokens, tokens, changed, masks), **window).digest

        names = [name(), name(tokens=(*made.query_tokens[:-1], replace(made.query_tokens[-1], text="x")))]
        names.append(name(masks=(torch.ones(1, 6, 6).tril().bool(), None)))
        names += [name(rows=range(1, 6), columns=range(1, 6)), name(rows=range(5), columns=range(5))]
        for at in np.ndindex(*weights.shape):
            changed = weights.clone()
            changed[at] = float(np.nextafter(np.float32(changed[at]), np.float32(1)))
            names.append(name(changed))
        assert len(set(names)) == len(names)


def test_one_bit_of_a_weight_within_a_block_changes_the_name():
    weights = torch.full((12, 12, 150, 150), 1 / 150)
    tokens = word_tokens("a " * 150)
    before = survey(StoredStack(tokens, tokens, weights))
    assert before.block == (2, 2)
    weights[5, 7, 31, 44] = float(np.nextafter(np.float32(1 / 150), np.float32(0)))
    assert survey(StoredStack(tokens, tokens, weights)).digest != before.digest


def test_another_text_that_is_looked_at_changes_the_name():
    weights = torch.full((1, 1, 2, 2), 0.5)
    rows, columns = word_tokens("a b"), word_tokens("a c")
    maps = [StoredStack(rows, rows, weights), StoredStack(rows, columns, weights), StoredStack(columns, rows, weights)]
    maps.append(replace(maps[0], is_one_text=False))
    assert len({survey(each).digest for each in maps}) == 4


@pytest.mark.parametrize("is_one_text", [True, False])
@pytest.mark.parametrize("start", [(1, 2), (2, 1), (3, 3), (0, 3)])
def test_the_strongest_link_of_a_window_is_between_two_words_of_it(is_one_text, start):
    words = word_tokens("a b c d e f g")
    maps = replace(stack(7, 7), query_tokens=words, key_tokens=words, is_one_text=is_one_text)
    rows, columns = (range(first, first + 4) for first in start)
    found = survey(maps, rows=rows, columns=columns)
    for at, (layer, head) in enumerate((layer, head) for layer in range(2) for head in range(3)):
        weights = by_formula(maps, layer)[head]
        links = [(row, column) for row in rows for column in columns if not (is_one_text and row == column)]
        row, column = max(links, key=lambda link: weights[link])
        place = (rows[found.link_queries[at]], columns[found.link_keys[at]])
        assert place == (row, column)
        assert found.link_weights[at] == pytest.approx(weights[row, column], rel=1e-5)


def test_the_link_to_look_at_first_is_named_by_layer_head_row_and_column_of_all_that_is_drawn():
    words = word_tokens("we saw birds here and it saw us")
    weights = torch.full((3, 2, 8, 8), 1 / 8)
    weights[2, 1, 5], weights[2, 1, 5, 1] = 0.01, 0.93  # "it" looks at "saw"
    weights[1, 0, 2], weights[1, 0, 2, 0] = 0.02, 0.86
    maps = StoredStack(words, words, weights, layers=(1, 4, 6))
    assert survey(maps).notable == (6, 1, 5, 1)
    assert survey(maps, rows=range(4), columns=range(4)).notable == (4, 0, 2, 0)
    assert survey(maps, rows=range(3, 8), columns=range(1, 8)).notable == (6, 1, 5, 1)
    same = StoredStack(words, words, weights[[2, 2, 1]], layers=(1, 4, 6))
    assert survey(same).notable == (1, 1, 5, 1), "of two that say as much, the earlier one"


def test_as_many_maps_of_a_long_text_are_kept_as_fit_and_the_oldest_goes(monkeypatch):
    monkeypatch.setattr("attnviz.survey.KEPT_CELLS", 10)
    monkeypatch.setattr("attnviz.survey.KEPT_MAPS", 2)
    found = survey(stack(9, 9))
    first, second = found.exact([(0, 0)]), found.exact([(0, 1)])
    assert found.exact([(0, 0)]) is first
    third = found.exact([(0, 0), (1, 2)])
    assert found.exact([(0, 1)]) is second
    assert found.exact([(0, 0), (1, 2)]) is third
    assert found.exact([(0, 0)]) is not first


def test_a_text_is_kept_up_to_a_number_of_cells_of_all_heads(monkeypatch):
    for cells, is_kept in ((2 * 3 * 5 * 4, True), (2 * 3 * 5 * 4 - 1, False)):
        monkeypatch.setattr("attnviz.survey.KEPT_CELLS", cells)
        found = survey(stack(6, 6), rows=range(5), columns=range(4))
        assert (found.exact([(0, 0)]) is found.exact([(0, 0)])) != is_kept  # a view of what is kept, or what was made
        assert found.exact([(0, 0)]).shape == (5, 4)


@pytest.mark.parametrize(
    ("n_rows", "n_columns", "room", "block"),
    [
        (4, 4, 6 * 16, (1, 1)),
        (4, 4, 6 * 16 - 1, (2, 2)),
        (4, 4, 6 * 4, (2, 2)),
        (4, 4, 6 * 4 - 1, (4, 4)),
        (4, 4, 0, (4, 4)),
        (5, 3, 6 * 15, (1, 1)),
        (5, 3, 6 * 15 - 1, (2, 1)),
        (3, 5, 6 * 15 - 1, (1, 2)),
        (5, 3, 6 * 9 - 1, (3, 2)),
        (100, 3, 6 * 300 - 1, (2, 1)),
        (3, 100, 6 * 300 - 1, (1, 2)),
    ],
)
def test_blocks_are_as_small_as_the_bytes_for_all_heads_allow(monkeypatch, n_rows, n_columns, room, block):
    words, exact_map, links = 65_536, 4 * n_rows * n_columns, 6 * (4 + 4 + 2 + 2)
    monkeypatch.setattr(packing, "MAX_BYTES", words + exact_map + links + room)
    found = survey(stack(n_rows, n_columns))
    assert found.block == block
    assert found.codes.shape == (6, -(-n_rows // block[0]), -(-n_columns // block[1]))


def test_a_window_of_one_column_leaves_no_row_a_choice_so_its_scale_ends_at_1():
    found = survey(stack(4, 4), columns=range(2, 3))
    assert found.ends.tolist() == [1] * 6
    weights = found.exact([(1, 2)])
    np.testing.assert_array_equal(found.codes[5], np.rint(254 * np.sqrt(weights)))


def test_a_row_in_which_all_is_masked_has_no_weight_and_a_map_of_them_the_scale_of_1():
    words, masks = word_tokens("a b"), torch.tensor([[[True, True], [False, False]], [[False, False]] * 2])
    weights = torch.tensor([[[[0.25, 0.75], [0.0, 0.0]], [[0.0, 0.0]] * 2]])
    found = survey(StoredStack(words, words, weights, (masks,)))
    assert found.ends.tolist() == [0.75, 1]
    assert found.codes[0].tolist() == [[round(254 / 3**0.5), 254], [MASKED, MASKED]]
    assert found.link_weights.tolist() == [0.75, 0]
    assert (found.codes[1] == MASKED).all()


def test_layers_with_a_mask_and_without_are_derived_together():
    words, mask = word_tokens("a b c"), torch.ones(1, 3, 3).tril().bool()
    weights = torch.softmax(torch.randn(3, 2, 3, 3, generator=torch.Generator().manual_seed(3)), dim=-1)
    each = torch.stack([mask[0], torch.eye(3).bool()])
    for masks in (
        (None, mask, None),
        (mask, mask, None),
        (mask, mask.clone(), mask),
        (mask, mask.mT, None),
        (each, each, None),
    ):
        found = survey(StoredStack(words, words, weights, masks))
        for layer, allowed in enumerate(masks):
            free = np.ones((2, 3, 3), bool) if allowed is None else np.broadcast_to(allowed.numpy(), (2, 3, 3))
            np.testing.assert_array_equal(found.layer(layer)[0], np.where(free, weights[layer].numpy(), np.nan))
            np.testing.assert_array_equal(found.codes[2 * layer : 2 * layer + 2] == MASKED, ~free)


def test_a_survey_says_what_it_is_of_in_one_line_and_no_numbers():
    said = repr(survey(stack(4, 3), rows=range(1, 4)))
    assert re.fullmatch(
        r"Survey\(rows=range\(1, 4\), columns=range\(0, 3\), block=\(1, 1\), digest='[0-9a-f]{16}', notable=.*\)", said
    )
    assert len(said) < 150
    made = survey(stack(3, 3))
    with pytest.raises(FrozenInstanceError):
        made.digest = ""
    assert made != replace(made)
