"""Models from folders, from the cache and from a hub of our own; and every way in which that fails."""

import json
import pickle
import shutil

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

import attnviz
from attnviz.engine import catalogue, files
from attnviz.errors import BrokenModelError, HubUnreachableError, ModelError, ModelNotFoundError
from attnviz.protocols import Progress
from tests.engine.hub import COMMIT, Hub
from tests.engine.tiny import save_tiny


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return save_tiny("bert", tmp_path_factory.mktemp("bert"))


@pytest.fixture
def copy(bert, tmp_path):
    return shutil.copytree(bert, tmp_path / "copy")


@pytest.fixture
def cache(monkeypatch, tmp_path):
    folder = tmp_path / "cache"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    return folder


@pytest.fixture
def hub(monkeypatch, cache, bert):
    with Hub(models={"someone/tiny-bert": bert}) as hub:
        point_at(hub.url, monkeypatch)
        yield hub


@pytest.fixture
def no_hub(monkeypatch, cache):
    with Hub() as gone:
        url = gone.url
    point_at(url, monkeypatch)  # nobody listens there any more


def point_at(url, monkeypatch):
    """What the environment variable HF_ENDPOINT does when the process starts."""
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")


def one_line(caught) -> str:
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_model_comes_from_the_hub_with_progress_in_bytes(hub, bert):
    seen: list[Progress] = []
    engine = attnviz.load("someone/tiny-bert", progress=seen.append)
    expected = attnviz.load(str(bert)).run("The cat").encoder.weights(1)
    assert torch.equal(engine.run("The cat").encoder.weights(1), expected)
    downloads = [step for step in seen if step.stage == "download"]
    total = sum(path.stat().st_size for path in bert.iterdir())
    assert {step.total for step in downloads} == {total}
    assert [step.done for step in downloads] == sorted(step.done for step in downloads)
    assert downloads[-1].done == total
    size = (bert / "model.safetensors").stat().st_size
    assert seen[-2:] == [Progress("load", 0, size), Progress("load", size, size)]


def test_what_is_in_the_cache_needs_no_hub(hub):
    assert not catalogue.is_cached("someone/tiny-bert")
    attnviz.load("someone/tiny-bert")
    hub.requests.clear()
    hub.status = 500
    assert attnviz.load("someone/tiny-bert").run("The cat").encoder.n_layers == 2
    assert hub.requests == []
    assert catalogue.is_cached("someone/tiny-bert")
    assert catalogue.available() == (*files.WITHOUT_DOWNLOAD, "someone/tiny-bert")
    assert catalogue.can_run_from_scratch("someone/tiny-bert")


def test_a_revision_can_be_pinned(hub):
    engine = attnviz.load(f"someone/tiny-bert@{COMMIT}")
    assert engine.name == f"someone/tiny-bert@{COMMIT}"
    assert engine.run("The cat").model == f"someone/tiny-bert@{COMMIT}"
    assert any(f"/resolve/{COMMIT}/" in request for request in hub.requests)
    with pytest.raises(ModelNotFoundError) as caught:
        attnviz.load("someone/tiny-bert@nosuch")
    assert "no revision 'nosuch'" in one_line(caught)


def test_weights_come_last_and_other_formats_not_at_all(hub, copy):
    (copy / "pytorch_model.bin").write_bytes(b"never fetched")
    (copy / "onnx").mkdir()
    (copy / "onnx" / "model.safetensors").write_bytes(b"never fetched")
    hub.models["someone/many-formats"] = copy
    attnviz.load("someone/many-formats")
    fetched = [request.rsplit("/", 1)[1] for request in hub.requests if request.startswith("GET /someone")]
    assert fetched[-1] == "model.safetensors"
    assert not any("onnx" in request or ".bin" in request for request in hub.requests)


def test_shards_are_fetched_and_read(hub, copy):
    tensors = load_file(copy / "model.safetensors")
    (copy / "model.safetensors").unlink()
    names = sorted(tensors)
    shards = {f"model-0000{index + 1}-of-00002.safetensors": names[index::2] for index in range(2)}
    for shard, members in shards.items():
        save_file({name: tensors[name] for name in members}, copy / shard, metadata={"format": "pt"})
    weight_map = {name: shard for shard, members in shards.items() for name in members}
    (copy / files.INDEX).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    hub.models["someone/sharded"] = copy
    assert not catalogue.is_cached("someone/sharded")
    for from_scratch in (False, True):
        assert attnviz.load("someone/sharded", from_scratch=from_scratch).n_layers == 2
    assert catalogue.is_cached("someone/sharded")


def test_a_download_that_breaks_off_says_so_and_goes_on_later(hub, bert):
    hub.breaks_off = True
    with pytest.raises(HubUnreachableError) as caught:
        attnviz.load("someone/tiny-bert")
    message = one_line(caught)
    assert "did not deliver someone/tiny-bert" in message
    assert "available here and now: " + ", ".join(files.WITHOUT_DOWNLOAD) in message
    assert not catalogue.is_cached("someone/tiny-bert"), "half a model must not pass for one"
    hub.breaks_off = False
    assert attnviz.load("someone/tiny-bert").n_layers == 2


def test_an_unreachable_hub_says_what_is_here(no_hub):
    with pytest.raises(HubUnreachableError) as caught:
        attnviz.load("google-bert/bert-base-uncased")
    assert "available here and now: " + ", ".join(files.WITHOUT_DOWNLOAD) in one_line(caught)


@pytest.mark.parametrize(
    ("status", "code", "error", "words"),
    [
        (404, "RepoNotFound", ModelNotFoundError, "The hub has no model 'someone/else'"),
        (401, "RepoNotFound", ModelNotFoundError, "The hub has no model 'someone/else'"),
        (403, "GatedRepo", ModelNotFoundError, "is gated"),
        (500, "", HubUnreachableError, "did not deliver"),
        (503, "", HubUnreachableError, "did not deliver"),
    ],
)
def test_what_the_hub_refuses_is_said_in_one_sentence(hub, status, code, error, words):
    hub.status, hub.code = status, code
    with pytest.raises(error) as caught:
        attnviz.load("someone/else")
    assert words in one_line(caught)


@pytest.mark.parametrize(
    "name", ["", "not an id", "a/b/c", "a..b/c", "-x/y", "/nowhere/at/all", "./nowhere", "a\0b", "é/x"]
)
def test_a_name_that_means_nothing_is_refused_without_asking_anybody(hub, name):
    with pytest.raises(ModelNotFoundError) as caught:
        attnviz.load(name)
    one_line(caught)
    assert hub.requests == []


def test_pickles_are_neither_opened_nor_fetched(hub, copy):
    class Harmful:
        def __reduce__(self):
            return (open, (str(copy / "harm"), "w"))

    (copy / "model.safetensors").unlink()
    (copy / "pytorch_model.bin").write_bytes(pickle.dumps(Harmful()))
    hub.models["someone/pickled"] = copy
    for name in (str(copy), "someone/pickled"):
        with pytest.raises(BrokenModelError) as caught:
            attnviz.load(name)
        assert "only as pickle files (pytorch_model.bin)" in one_line(caught)
    assert not (copy / "harm").exists()
    assert not any("pytorch_model.bin" in request for request in hub.requests)


def broken(copy, what):
    if what == "no config":
        (copy / "config.json").unlink()
    elif what == "config is not JSON":
        (copy / "config.json").write_text("{")
    elif what == "config of an unknown family":
        (copy / "config.json").write_text('{"model_type": "nosuch"}')
    elif what == "code of its own":
        config = json.loads((copy / "config.json").read_text())
        config |= {"model_type": "nosuch", "auto_map": {"AutoConfig": "code.Config", "AutoModel": "code.Model"}}
        (copy / "config.json").write_text(json.dumps(config))
        (copy / "code.py").write_text("raise SystemExit('code of a model was run')")
    elif what == "no tokenizer":
        for path in copy.glob("*token*"):
            path.unlink()
    elif what == "tokenizer is not JSON":
        (copy / "tokenizer.json").write_text("{")
    elif what == "no weights":
        (copy / "model.safetensors").unlink()
    elif what == "truncated weights":
        content = (copy / "model.safetensors").read_bytes()
        (copy / "model.safetensors").write_bytes(content[: len(content) // 2])
    elif what == "weights of another size":
        tensors = load_file(copy / "model.safetensors")
        tensors["embeddings.word_embeddings.weight"] = torch.zeros(7, 5)
        save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("no config", "has no config.json"),
        ("config is not JSON", "cannot be read"),
        ("config of an unknown family", "cannot be read"),
        ("code of its own", "cannot be read"),
        ("no tokenizer", "has no tokenizer"),
        ("tokenizer is not JSON", "cannot be read"),
        ("no weights", "has no model.safetensors"),
        ("truncated weights", "cannot be read"),
        ("weights of another size", "cannot be read"),
    ],
)
def test_a_broken_folder_says_what_is_wrong_with_it(copy, what, words):
    broken(copy, what)
    with pytest.raises(ModelError) as caught:
        attnviz.load(str(copy))
    message = one_line(caught)
    assert words in message
    assert str(copy) in message


def test_truncated_weights_are_an_error_from_scratch_too(copy):
    broken(copy, "truncated weights")
    with pytest.raises(BrokenModelError, match=r"model.safetensors .* cannot be read"):
        attnviz.load(str(copy), from_scratch=True)


def test_the_catalogue_names_each_model_once_and_bert_first():
    ids = [entry.id for entry in catalogue.CATALOGUE]
    assert len(ids) == len(set(ids)) >= 12
    assert ids[0] == "google-bert/bert-base-uncased"
    assert {entry.kind for entry in catalogue.CATALOGUE} == {"encoder", "decoder", "encoder-decoder"}
    for entry in catalogue.CATALOGUE:
        assert entry.n_layers > 0
        assert entry.n_heads > 0
        assert entry.download_bytes > 1_000_000
        assert entry.licence in {"Apache-2.0", "MIT"}


def test_only_bert_shaped_models_run_from_scratch(cache, bert, tmp_path):
    assert catalogue.can_run_from_scratch(str(bert))
    assert catalogue.can_run_from_scratch("google-bert/bert-base-uncased")
    assert not catalogue.can_run_from_scratch("openai-community/gpt2")
    assert not catalogue.can_run_from_scratch(str(save_tiny("roberta", tmp_path / "roberta")))
    assert not catalogue.can_run_from_scratch(str(tmp_path / "nowhere"))
    assert not catalogue.can_run_from_scratch("untrained")
