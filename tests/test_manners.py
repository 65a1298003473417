"""What Python says of itself in one line, and of an argument that is none, in one sentence that names the call.

The sentences are asked of a process of its own: in this one, types are checked before a function is reached.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import attnviz
from attnviz.analysis.regroup import merge_words
from attnviz.errors import ModelNotFoundError
from attnviz.export import load_trace, save
from attnviz.survey import survey
from attnviz.trace import Stack
from tests.engine.tiny import save_tiny

ROOT = Path(__file__).parent.parent
CALLS = {
    "engine.run(['a', 'b'])": "run(text) takes one text, a str, and was given list: ['a', 'b']. Run it once for each",
    "engine.run(None)": "run(text) takes one text, a str, and was given NoneType: None.",
    "engine.run(b'abc')": "run(text) takes one text, a str, and was given bytes: b'abc'.",
    "pairs.run('a', pair=3)": "run(text, pair=…) takes one text, a str, and was given int: 3.",
    "pairs.run(['a' * 900] * 900)": "run(text) takes one text, a str, and was given list: ['aaa",
    "engine.run('a', edits=attnviz.mute(layer=0))": "edits=… takes a list, such as [attnviz.mute(layer=0, head=1)]",
    "engine.run('a', edits=['mute 0'])": "An edit is made by attnviz.cut, attnviz.mute and their like, and this is",
    "engine.run('a', edits=3)": "edits=… takes a list, such as [attnviz.mute(layer=0, head=1)], and was given 3.",
    "attnviz.cut(layer='3', query=0, key=0)": "cut takes a layer that is counted from 0, not '3'.",
    "attnviz.look(layer=0, at=['first'])": "look knows no at ['first']. Write it as in “look 3.0 uniform”.",
    "stack.weights([0, 1])": "weights and step take one layer, a whole number, and were given list: [0, 1].",
    "stack.weights(None)": "take one layer, a whole number, and were given NoneType: None.",
    "stack.weights(True)": "take one layer, a whole number, and were given bool: True.",
    "stack.weights(0.0)": "take one layer, a whole number, and were given float: 0.0.",
    "stack.weights(slice(0, 2))": "take one layer, a whole number, and were given slice: slice(0, 2, None).",
    "stack.weights(0, 'a')": "take one head, a whole number, and were given str: 'a'.",
    "stack.step('0')": "take one layer, a whole number, and were given str: '0'.",
    "stack.mask(0, [1])": "take one head, a whole number, and were given list: [1].",
    "stack.step(0).weights([0])": "take one head, a whole number, and were given list: [0].",
    "stack.step(0).head_output('a')": "take one head, a whole number, and were given str: 'a'.",
    "stored.weights([0, 1])": "take one layer, a whole number, and were given list: [0, 1].",
    "stored.weights(0, 1.5)": "take one head, a whole number, and were given float: 1.5.",
    "merge_words(stack).weights('a')": "take one layer, a whole number, and were given str: 'a'.",
    "attnviz.load(3)": "load(name) takes the name of a model or a folder, a str or a Path, and was given int: 3.",
    "attnviz.load(None)": "load(name) takes the name of a model or a folder, a str or a Path, and was given NoneType",
    "attnviz.load(['builtin'])": "a str or a Path, and was given list: ['builtin'].",
    "attnviz.load(Path('no') / 'such')": "There is no folder './no/such'.",
    "attnviz.load(Path('builtin'))": "There is no folder './builtin'.",
}
ASK = """
import json, sys
from pathlib import Path
import attnviz
from attnviz.analysis.regroup import merge_words
from attnviz.trace import StoredStack
engine, pairs = attnviz.load("builtin"), attnviz.load("untrained")
stack = engine.run("the cat sat").encoder
stored = StoredStack(stack.query_tokens, stack.key_tokens, stack.weights(0)[None])
said = {}
for call in json.loads(sys.argv[1]):
    try:
        said[call] = f"no error: {eval(call)!r}"
    except attnviz.AttnVizError as error:
        said[call] = str(error)
    except Exception as error:
        said[call] = f"raw: {error!r}"
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    command = [sys.executable, "-c", ASK, json.dumps(list(CALLS))]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    folder = tmp_path_factory.mktemp("empty")
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=folder)
    return json.loads(done.stdout)


@pytest.mark.parametrize("call", CALLS)
def test_an_argument_that_is_none_is_one_sentence_that_names_the_call(said, call):
    assert CALLS[call] in said[call]
    assert len(said[call]) < 300
    assert "\n" not in said[call]


def test_a_path_is_a_folder_and_gives_what_its_name_gives(tmp_path, monkeypatch):
    folder = save_tiny("bert", tmp_path / "builtin")
    by_path = attnviz.load(folder).run("the cat").encoder
    assert torch.equal(by_path.weights(1), attnviz.load(str(folder)).run("the cat").encoder.weights(1))
    monkeypatch.chdir(tmp_path)
    assert attnviz.load(Path("builtin")).n_layers == 2, "a folder, not the built-in model"
    with pytest.raises(ModelNotFoundError, match=r"There is no folder '\./untrained'"):
        attnviz.load(Path("untrained"))


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    bert = save_tiny("bert", tmp_path_factory.mktemp("bert"))
    return [
        attnviz.load("builtin"),
        attnviz.load("untrained"),
        attnviz.load(bert),
        attnviz.load(bert, from_scratch=True),
    ]


def test_everything_a_person_prints_is_one_short_line(engines, tmp_path):
    text = "the cat " * 200
    for engine in engines[:2]:
        trace = engine.run(text[:2000])
        save(trace, tmp_path / "a.npz")
        maps = [trace.encoder, load_trace(tmp_path / "a.npz").encoder, merge_words(trace.encoder)]
        window = range(4)
        found = survey(trace.encoder, rows=window, columns=window)
        for thing in (trace, load_trace(tmp_path / "a.npz"), *maps, trace.encoder.step(0), found):
            assert "\n" not in repr(thing)
            assert len(repr(thing)) < 160, repr(thing)
    for engine in engines:
        assert "\n" not in repr(engine)
        assert len(repr(engine)) < 160 + len(engine.name)
        assert repr(engine).startswith(type(engine).__name__)


def test_what_is_printed_says_what_it_is(engines):
    engine = engines[0]
    trace = engine.run("the cat sat")
    stack = trace.encoder
    assert repr(engine) == "BuiltinEngine('builtin', layers × heads: 4 × 6, reads texts of at most 512 tokens)"
    assert repr(trace) == "Trace('builtin', 'the cat sat', encoder: layers × heads: 4 × 6, tokens: 5 × 5)"
    assert repr(stack) == "Stack(layers × heads: 4 × 6, tokens: 5 × 5)"
    assert repr(stack.step(0)) == "Step(query (6, 5, 16), key (6, 5, 16), value (6, 5, 16), scale 0.25)"
    hybrid = Stack(stack.query_tokens, stack.key_tokens, stack.steps[:2], (2, 4))
    assert repr(hybrid) == "Stack(layers (2, 4) × heads: 2 × 6, tokens: 5 × 5)"
