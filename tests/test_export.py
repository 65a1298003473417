"""A file of numbers gives back what was traced, or says in one sentence why it cannot."""

import csv
import json
import math
import struct
import zipfile
from dataclasses import asdict

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from attnviz.engine.untrained import load_untrained
from attnviz.errors import FileFormatError
from attnviz.export import load_trace, save
from attnviz.tokens import Token, labels
from attnviz.trace import StoredStack, Trace

LARGEST_FLOAT = 0x7F7FFFFF  # the bits of the largest finite float32
SENTENCE = "The animal didn't cross the street because it was too tired"

# Recipes are plain values, made into traces by `build` inside a test: the shape checks use `random`.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
positions = st.integers(0, 10**6)
rows = st.lists(st.tuples(texts, positions, positions, st.none() | positions, st.booleans()), min_size=1, max_size=4)


@st.composite
def stack_recipes(draw):
    queries, keys = draw(rows), draw(rows)
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 3)), len(queries), len(keys))
    patterns = draw(st.lists(st.integers(0, LARGEST_FLOAT), min_size=math.prod(shape), max_size=math.prod(shape)))
    return queries, keys, np.array(patterns, dtype=np.uint32).view(np.float32).reshape(shape)


@st.composite
def trace_recipes(draw):
    kinds = draw(st.sampled_from([("encoder",), ("decoder",), ("encoder", "decoder", "cross")]))
    return draw(texts), draw(texts), draw(st.none() | texts), {kind: draw(stack_recipes()) for kind in kinds}


def token_row(row):
    return tuple(Token(*token) for token in row)


def build(recipe):
    model, text, pair, stacks = recipe
    built = {
        kind: StoredStack(
            tuple(Token(*row) for row in queries), tuple(Token(*row) for row in keys), torch.tensor(array)
        )
        for kind, (queries, keys, array) in stacks.items()
    }
    return Trace(model, text, pair, **built)


@pytest.fixture(scope="module")
def trace():
    return load_untrained().run(SENTENCE, pair='It was, he said, "tired".')


def bits(weights):
    return weights.view(torch.int32)


def assert_same(loaded, saved):
    assert (loaded.model, loaded.text, loaded.pair) == (saved.model, saved.text, saved.pair)
    assert list(loaded.stacks) == list(saved.stacks)
    for kind, stack in saved.stacks.items():
        back = loaded.stacks[kind]
        assert back.query_tokens == stack.query_tokens
        assert back.key_tokens == stack.key_tokens
        assert (back.n_layers, back.n_heads) == (stack.n_layers, stack.n_heads)
        for layer in range(stack.n_layers):
            assert torch.equal(bits(back.weights(layer)), bits(stack.weights(layer)))


@given(trace_recipes())
def test_npz_gives_back_every_bit_and_every_token(tmp_path_factory, recipe):
    trace = build(recipe)
    path = tmp_path_factory.mktemp("npz") / "trace.npz"
    save(trace, path)
    assert_same(load_trace(path), trace)


@given(trace_recipes())
def test_json_and_csv_hold_every_bit_and_every_token(tmp_path_factory, recipe):
    trace = build(recipe)
    folder = tmp_path_factory.mktemp("text")
    save(trace, folder / "trace.json")
    save(trace, folder / "trace.csv")
    read = json.loads((folder / "trace.json").read_text(encoding="utf-8"))
    with (folder / "trace.csv").open(encoding="utf-8", newline="") as file:
        lines = iter(list(csv.DictReader(file)))
    assert (read["model"], read["text"], read["pair"]) == (trace.model, trace.text, trace.pair)
    assert list(read["stacks"]) == list(trace.stacks)
    for kind, stack in trace.stacks.items():
        of_kind = read["stacks"][kind]
        assert of_kind["query_tokens"] == [asdict(token) for token in stack.query_tokens]
        assert of_kind["key_tokens"] == [asdict(token) for token in stack.key_tokens]
        assert torch.equal(bits(torch.tensor(of_kind["weights"], dtype=torch.float32)), bits(stack.stored))
        for place in np.ndindex(*stack.stored.shape):
            line = next(lines)
            found = line["stack"], *(int(line[name]) for name in ("layer", "head", "query_index", "key_index"))
            assert found == (kind, *place)
            assert line["query_token"] == stack.query_tokens[place[2]].text
            assert line["key_token"] == stack.key_tokens[place[3]].text
            assert np.float32(line["weight"]) == stack.stored[place].item()
    assert next(lines, None) is None


def test_a_traced_sentence_comes_back_as_it_was(trace, tmp_path):
    save(trace, tmp_path / "a.npz")
    assert_same(load_trace(tmp_path / "a.npz"), trace)


def test_numpy_alone_reads_the_arrays_that_are_promised(trace, tmp_path):
    save(trace, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        weights = arrays["weights"]
        n_tokens = len(trace.encoder.query_tokens)
        assert weights.dtype == np.float32
        assert weights.shape == (trace.encoder.n_layers, trace.encoder.n_heads, n_tokens, n_tokens)
        assert tuple(arrays["query_tokens"]) == tuple(arrays["key_tokens"]) == labels(trace.encoder.query_tokens)
        assert (str(arrays["model"]), str(arrays["text"]), str(arrays["kind"])) == ("untrained", SENTENCE, "encoder")


def test_three_kinds_of_attention_have_three_sets_of_arrays(trace, tmp_path):
    three = Trace("three", "a", "b", encoder=trace.encoder, decoder=trace.encoder, cross=trace.encoder)
    save(three, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        for kind in ("encoder", "decoder", "cross"):
            assert arrays[f"{kind}_weights"].shape[0] == trace.encoder.n_layers
            assert tuple(arrays[f"{kind}_query_tokens"]) == labels(trace.encoder.query_tokens)
            assert tuple(arrays[f"{kind}_key_tokens"]) == labels(trace.encoder.key_tokens)
        assert "weights" not in arrays


@pytest.mark.parametrize("ending", ["npz", "json", "csv"])
def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(trace, tmp_path, ending):
    path = tmp_path / f"a.{ending.upper()}"
    path.write_text("before")
    save(trace, path)
    assert path.read_bytes() != b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_the_file_that_was_there(trace, tmp_path):
    class Failing(StoredStack):
        def weights(self, layer, head=None):
            if layer == 1:
                raise OSError(28, "No space left on device")
            return super().weights(layer, head)

    path = tmp_path / "a.npz"
    path.write_text("before")
    stack = trace.encoder
    failing = Failing(stack.query_tokens, stack.key_tokens, torch.stack([stack.weights(0), stack.weights(1)]))
    with pytest.raises(FileFormatError, match="No space left"):
        save(Trace("m", "t", encoder=failing), path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a", "a.txt", "a.npz.gz", ".npz"])
def test_an_unknown_ending_is_refused_with_the_known_ones(trace, tmp_path, name):
    with pytest.raises(FileFormatError, match=r"use \.npz, \.json or \.csv"):
        save(trace, tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["missing/a.npz", "file/a.npz", "folder.npz", "x" * 300 + ".csv"])
def test_a_place_that_cannot_be_written_is_named(trace, tmp_path, place):
    (tmp_path / "file").touch()
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(FileFormatError, match="cannot be written"):
        save(trace, tmp_path / place)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.npz"]


@pytest.mark.parametrize("text", ["a\0", "\ud83d"])
@pytest.mark.parametrize("ending", ["npz", "json", "csv"])
def test_text_that_no_file_can_hold_is_refused(trace, tmp_path, ending, text):
    with pytest.raises(FileFormatError, match="NUL or half of a surrogate pair"):
        save(Trace(text, "t", encoder=trace.encoder), tmp_path / f"a.{ending}")


def write_npz(path, **arrays):
    np.savez(path, **arrays)


def arrays_of(trace, path):
    save(trace, path)
    with np.load(path) as arrays:
        return dict(arrays)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"weights": None}, "no weights"),
        ({"kind": None}, "no array kind"),
        ({"kind": np.array("sideways")}, "no weights of an encoder"),
        ({"model": np.array(3)}, "array model is int64"),
        ({"query_spans": None}, "no array query_spans"),
        ({"query_words": np.array([0])}, "differ in length"),
        ({"weights": np.zeros((1, 1, 2, 2), np.float32)}, "would fit the tokens"),
        ({"weights": np.zeros((4, 4, 26, 26))}, "is float64"),
        ({"weights": np.zeros((26, 26), np.float32)}, "with 2 axes"),
        ({"model": np.array({"a": 1}, dtype=object)}, "cannot be read"),
    ],
)
def test_an_npz_of_another_kind_is_refused_by_what_is_wrong(trace, tmp_path, change, complaint):
    arrays = arrays_of(trace, tmp_path / "a.npz") | change
    write_npz(tmp_path / "a.npz", **{name: array for name, array in arrays.items() if array is not None})
    with pytest.raises(FileFormatError, match=complaint):
        load_trace(tmp_path / "a.npz")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_no_npz_is_refused(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(FileFormatError, match="cannot be read as NPZ"):
        load_trace(tmp_path / "a.npz")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(FileFormatError, match="There is no file"):
        load_trace(tmp_path / "a.npz")
    with pytest.raises(FileFormatError, match="cannot be read"):
        load_trace(tmp_path)


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000, 1000)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1180591620717411303424,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
        "{[]: 1}",
    ],
)
def test_an_array_that_lies_about_itself_is_refused(tmp_path, header):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("weights.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
    with pytest.raises(FileFormatError, match="cannot be read"):
        load_trace(tmp_path / "a.npz")


@given(st.data())
def test_a_damaged_file_is_refused_or_reads_as_it_was(damaged_source, data):
    small, good, path = damaged_source
    damaged = bytearray(good)
    if data.draw(st.booleans(), label="cut"):
        damaged = damaged[: data.draw(st.integers(0, len(good)))]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            damaged[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged)
    try:
        loaded = load_trace(path)
    except FileFormatError:
        return
    assert_same(loaded, small)


@pytest.fixture(scope="module")
def damaged_source(tmp_path_factory):
    path = tmp_path_factory.mktemp("damaged") / "a.npz"
    row = (Token("a", 0, 1, 0), Token("b", 2, 3, 1))
    small = Trace("m", "a b", encoder=StoredStack(row, row, torch.rand(1, 1, 2, 2)))
    save(small, path)
    return small, path.read_bytes(), path
