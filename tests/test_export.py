"""A file of numbers gives back what was traced, or says in one sentence why it cannot."""

import csv
import json
import math
import re
import shutil
import struct
import zipfile
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import attnviz
from attnviz import export
from attnviz.analysis.regroup import hide_special
from attnviz.edits import read_edits
from attnviz.engine.untrained import load_untrained
from attnviz.errors import FileFormatError
from attnviz.export import cell, load_trace, n_bytes, save
from attnviz.survey import survey
from attnviz.tokens import Token, labels, special_token, word_tokens
from attnviz.trace import Stack, StoredStack, Trace
from tests.engine.tiny import save_tiny

FORMULA = re.compile(r"'+([\t\r\n]|[\s\x00-\x20\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]).*", re.DOTALL)
LARGEST_FLOAT = 0x7F7FFFFF  # the bits of the largest finite float32
SENTENCE = "The animal didn't cross the street because it was too tired"

# Recipes are plain values, made into traces by `build` inside a test: the shape checks use `random`.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
positions = st.integers(0, 10**6)
rows = st.lists(
    st.tuples(texts, positions, positions, st.none() | positions, st.booleans(), texts), min_size=1, max_size=4
)


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


@st.composite
def weight_recipes(draw):
    """A trace as a model makes it: rows of weights, masks, layers of a hybrid, and what it was told."""
    kinds = draw(st.sampled_from([("encoder",), ("decoder",), ("encoder", "decoder", "cross")]))
    stacks = {}
    for kind in kinds:
        queries, keys = draw(rows), draw(rows)
        layers = tuple(sorted(draw(st.sets(st.integers(0, 99), min_size=1, max_size=3))))
        heads = st.sampled_from(["none", "one", "each"])
        stacks[kind] = (queries, keys, layers, draw(st.integers(1, 3)), draw(heads), draw(st.integers(0, 99)))
    languages = draw(st.tuples(st.none() | texts, st.none() | texts))
    return draw(texts), draw(texts), draw(st.none() | texts), stacks, languages, draw(st.booleans())


def build_weights(recipe):
    model, text, pair, stacks, (source, target), has_types = recipe
    built = {}
    for kind, (queries, keys, layers, n_heads, masked, seed) in stacks.items():
        generator = torch.Generator().manual_seed(seed)
        shape = (len(layers), n_heads, len(queries), len(keys))
        scores, masks = torch.randn(shape, generator=generator), None
        if masked != "none":
            masks = torch.rand(shape, generator=generator)[:, : None if masked == "each" else 1] < 0.5
            masks[..., 0] = True
            scores = scores.masked_fill(~masks, float("-inf"))
            masks = tuple(None if mask.all() else mask for mask in masks)
        built[kind] = StoredStack(token_row(queries), token_row(keys), scores.softmax(dim=-1), masks, layers)
    types = tuple(range(len(next(iter(built.values())).query_tokens))) if has_types else None
    return Trace(model, text, pair, **built, source_language=source, target_language=target, token_types=types)


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


def without_guard(text):
    """A token as it was before it was kept from being a formula."""
    return text[1:] if FORMULA.fullmatch(text) else text


def bits(weights):
    return weights.view(torch.int32)


def assert_same(loaded, saved):
    for name in ("model", "text", "pair", "source_language", "target_language", "token_types"):
        assert getattr(loaded, name) == getattr(saved, name), name
    assert list(loaded.stacks) == list(saved.stacks)
    for kind, stack in saved.stacks.items():
        back = loaded.stacks[kind]
        assert back.query_tokens == stack.query_tokens
        assert back.key_tokens == stack.key_tokens
        assert (back.layers, back.n_heads) == (stack.layers, stack.n_heads)
        for layer in stack.layers:
            assert torch.equal(bits(back.weights(layer)), bits(stack.weights(layer)))
            mask = stack.mask(layer)
            assert (back.mask(layer) is None) == (mask is None)
            for head in range(stack.n_heads) if mask is not None else ():
                assert torch.equal(back.mask(layer, head), stack.mask(layer, head))


@given(weight_recipes())
def test_npz_gives_back_every_bit_and_every_token(tmp_path_factory, recipe):
    trace = build_weights(recipe)
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
            assert without_guard(line["query_token"]) == stack.query_tokens[place[2]].text
            assert without_guard(line["key_token"]) == stack.key_tokens[place[3]].text
            assert np.float32(line["weight"]) == stack.stored[place].item()
    assert next(lines, None) is None


def test_a_traced_sentence_comes_back_as_it_was(trace, tmp_path):
    save(trace, tmp_path / "a.npz")
    assert_same(load_trace(tmp_path / "a.npz"), trace)


def test_edits_come_back_with_what_they_made_of_the_weights(tmp_path):
    plain = attnviz.load("untrained").run("one two three")
    some = [attnviz.cut(layer=1, head=0, query=3, key=2), attnviz.patch(layer=2, text='"; c')]
    for edits in (some, [*some, attnviz.take_away(layer=0, head=1, query=2, key=0)]):
        trace = attnviz.load("untrained").run("one two three", edits=edits)
        save(trace, tmp_path / "a.npz")
        again = load_trace(tmp_path / "a.npz")
        assert again.edits == tuple(edits)
        for layer in range(4):
            assert torch.equal(again.encoder.weights(layer), trace.encoder.weights(layer))
        assert not again.encoder.mask(1, 0)[3, 2]
        save(trace, tmp_path / "a.json")
        written = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["edits"]
        assert read_edits(written) == tuple(edits)
    assert again.encoder.weights(0, 1)[2].sum() < 0.99
    save(plain, tmp_path / "b.json")
    assert "edits" not in json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    unmarked = replace(trace, edits=trace.edits[:2])
    with pytest.raises(FileFormatError, match="row 2 of layer 0, head 1 is no row of weights"):
        save(unmarked, tmp_path / "c.npz")


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


def test_a_target_that_equals_its_source_stays_another_text(tmp_path):
    tokens = word_tokens("one two")
    stored = StoredStack(tokens, tokens, torch.full((1, 1, 2, 2), 0.5))
    save(Trace("m", "t", "t", stored, stored, replace(stored, is_one_text=False)), tmp_path / "a.npz")
    read = load_trace(tmp_path / "a.npz").stacks
    assert [stack.is_one_text for stack in read.values()] == [True, True, False]


def test_of_a_file_of_an_earlier_version_the_kind_says_whether_it_is_one_text(tmp_path):
    tokens = word_tokens("one two")
    stored = StoredStack(tokens, tokens, torch.full((1, 1, 2, 2), 0.5))
    for trace in Trace("m", "t", encoder=stored), Trace("m", "t", cross=stored):
        save(trace, tmp_path / "a.npz")
        with np.load(tmp_path / "a.npz") as file:
            np.savez(tmp_path / "old.npz", **{name: file[name] for name in file.files if name != "is_one_text"})
        (stack,) = load_trace(tmp_path / "old.npz").stacks.values()
        assert stack.is_one_text is (trace.cross is None)


def test_a_failure_leaves_the_file_that_was_there(trace, tmp_path):
    class Failing(StoredStack):
        def weights(self, layer, head=None, *, rows=None):
            if layer == 1:
                raise OSError(28, "No space left on device")
            return super().weights(layer, head, rows=rows)

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


FAMILIES = (
    "bert",
    "roberta",
    "gpt2",
    "mistral",
    "gemma2",
    "llama",
    "t5",
    "marian",
    "lfm2",
    "zamba",
    "albert",
    "gpt_oss",
)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_trace_of_every_kind_of_model_is_the_same_from_its_file(tmp_path, family):
    engine = attnviz.load(str(save_tiny(family, tmp_path / family)))
    trace = engine.run(SENTENCE, pair="It was too tired" if engine.reads_pairs else None)
    save(trace, tmp_path / "a.npz")
    loaded = load_trace(tmp_path / "a.npz")
    assert_same(loaded, trace)
    for kind, stack in trace.stacks.items():
        assert survey(loaded.stacks[kind]).habits == survey(stack).habits


def test_habits_after_a_round_trip_count_the_rows_that_have_a_choice(tmp_path):
    """Closed form: of a causal map the first row looks at itself whatever happens, and does not count."""
    tokens = word_tokens("one two three")
    weights = torch.tensor([[1, 0, 0], [0.8, 0.2, 0], [0.3, 0.266, 0.434]])
    causal = torch.ones(3, 3, dtype=torch.bool).tril()
    stack = StoredStack(tokens, tokens, weights[None, None], (causal[None],))
    save(Trace("m", "one two three", decoder=stack), tmp_path / "a.npz")
    (habit,) = survey(load_trace(tmp_path / "a.npz").decoder).habits
    assert habit.itself == pytest.approx((0.2 + 0.434) / 2)


def test_what_is_read_cannot_be_written_into(trace, tmp_path):
    save(
        Trace(
            "m",
            SENTENCE,
            encoder=StoredStack(
                trace.encoder.query_tokens[:2],
                trace.encoder.key_tokens[:2],
                torch.eye(2)[None, None],
                (torch.eye(2, dtype=torch.bool)[None],),
            ),
        ),
        tmp_path / "a.npz",
    )
    maps = load_trace(tmp_path / "a.npz").encoder
    for read in (lambda: maps.weights(0), lambda: maps.weights(0, 0), lambda: maps.mask(0), lambda: maps.mask(0, 0)):
        before = read()
        read().zero_()
        assert torch.equal(read(), before)
        assert before.any()


def test_maps_whose_rows_lost_weight_are_not_saved_as_if_they_were_whole(trace, tmp_path):
    hidden = Trace("m", SENTENCE, encoder=hide_special(trace.encoder))
    with pytest.raises(FileFormatError, match="row 0 of layer 0, head 0 is no row of weights"):
        save(hidden, tmp_path / "a.npz")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "text", ["=HYPERLINK(1)", "+1", "-", "@SUM(A1)", "\tx", "\r=1", "\n=1", " =1", "\u200b=1", "＝1", "'=1"]
)
def test_no_token_is_a_formula(tmp_path, text):
    tokens = (Token(text, 0, 1, 0), special_token("'s"))
    save(Trace("m", "t", encoder=StoredStack(tokens, tokens, torch.eye(2)[None, None])), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert lines[0]["query_token"] == lines[0]["key_token"] == f"'{text}"
    assert lines[3]["query_token"] == "'s", "an apostrophe alone is no guard"
    assert cell("she = it") == "she = it"


def test_a_file_that_the_disk_cannot_hold_is_refused_with_its_size(trace, tmp_path, monkeypatch):
    long = word_tokens("word " * 2000)
    whole = trace.encoder
    stack = Stack(long, long, (whole.step(0),) * 48)
    assert n_bytes(Trace("m", "t", encoder=stack)) == 48 * 4 * 2000**2 * 4
    monkeypatch.setattr(export.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(2**40, 2**39, 2**30))
    with pytest.raises(FileFormatError, match=r"would have 3\.1 GB, and 1\.1 GB are free"):
        save(Trace("m", "t", encoder=stack), tmp_path / "a.npz")
    assert not list(tmp_path.iterdir())


def test_a_link_stays_a_link_and_a_long_name_is_written(trace, tmp_path):
    (tmp_path / "real.npz").write_text("before")
    (tmp_path / "link.npz").symlink_to(tmp_path / "real.npz")
    save(trace, tmp_path / "link.npz")
    assert (tmp_path / "link.npz").is_symlink()
    assert_same(load_trace(tmp_path / "real.npz"), trace)
    save(trace, tmp_path / f"{'x' * 250}.npz")
    assert len(list(tmp_path.iterdir())) == 3


def write_npz(path, **arrays):
    np.savez(path, **arrays)


def arrays_of(trace, path):
    save(trace, path)
    with np.load(path) as arrays:
        return dict(arrays)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"weights": np.full((4, 4, 24, 24), np.nan, np.float32)}, "row 0 of layer 0, head 0 is no row .* sum is nan"),
        ({"weights": np.full((4, 4, 24, 24), 1, np.float32)}, "its sum is 24"),
        (
            {"weights": np.eye(24, dtype=np.float32) * np.ones((4, 4, 1, 1), np.float32) * 1.5 - 0.02},
            "no row of weights",
        ),
        ({"mask": np.zeros((4, 1, 24, 24), bool)}, "has weight where its mask hides the key"),
        ({"mask": np.ones((4, 3, 24, 24), bool)}, "1 in the place of the heads"),
        ({"mask": np.ones((4, 1, 24, 24), np.int8)}, "array mask is int8"),
        ({"layers": np.array([0, 1])}, "4 layers cannot have the numbers"),
        ({"layers": np.array([0, 2, 1, 3])}, "ascending, from 0"),
        ({"layers": np.array([0.0, 1, 2, 3])}, "array layers is float64"),
        ({"token_types": np.array([0, 1])}, "2 token types for 24 tokens"),
        ({"weights": None}, "no weights"),
        ({"kind": None}, "no array kind"),
        ({"edits": np.array("drop 3")}, "'drop 3' is no edit"),
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
    small = Trace("m", "a b", encoder=StoredStack(row, row, torch.rand(1, 1, 2, 2).softmax(dim=-1)))
    save(small, path)
    return small, path.read_bytes(), path
