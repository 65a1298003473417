"""Where a model's files are: a local folder, the local cache of the hub, or the hub itself.

Only safetensors are opened: weights in pickle files can run code. No code that comes with a model is run.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import huggingface_hub
from huggingface_hub import constants, errors
from huggingface_hub.utils import tqdm, validate_repo_id  # type: ignore[attr-defined]

from attnviz.errors import BrokenModelError, HubUnreachableError, ModelError, ModelNotFoundError
from attnviz.protocols import OnProgress, Progress

WEIGHTS, INDEX, CONFIG = "model.safetensors", "model.safetensors.index.json", "config.json"
TOKENIZER_FILES = ("*.json", "*.txt", "*.model", "*.spm", "*.tiktoken", "*.bpe")
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
WITHOUT_DOWNLOAD = ("builtin", "untrained")


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
        except (OSError, ValueError) as error:
            raise BrokenModelError(f"The {CONFIG} of {self.name} cannot be read: {error}.") from error
        if not isinstance(config, dict):
            raise BrokenModelError(f"The {CONFIG} of {self.name} is not an object with settings.")
        return config

    @property
    def weights(self) -> tuple[Path, ...]:
        """The safetensors that the model is read from: one file, or the shards of an index. A backup beside is none."""
        whole = self.folder / WEIGHTS
        return (whole,) if whole.is_file() else shards(self.folder)


def find_files(name: str, *, progress: OnProgress | None = None) -> ModelFiles:
    """The files of a local folder, of a model in the local cache, or of one that is downloaded now.

    name: a folder, or a hub id with or without a revision (`id@revision`). What is in the cache is used as it is,
    without asking the hub. Raises a ModelError that says what is missing.
    """
    folder = Path(name).expanduser()
    if name.strip() and "\0" not in name and folder.is_dir():
        return _checked(ModelFiles(name, folder))
    model_id, revision = split_revision(name)
    if looks_like_folder(name):
        raise ModelNotFoundError(f"There is no folder '{name}'. Give a folder that exists, or a model's id on the hub.")
    try:
        validate_repo_id(model_id)
    except errors.HFValidationError as error:
        raise ModelNotFoundError(
            f"'{name}' is neither a folder nor a model id such as 'google-bert/bert-base-uncased'."
        ) from error
    snapshot = cached_snapshot(model_id, revision)
    if snapshot is None:
        snapshot = _download(model_id, revision, progress)
    return _checked(ModelFiles(name, snapshot))


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
    return folder if has_weights(folder) else None


def cached_models() -> tuple[str, ...]:
    """Ids of the models that lie complete in the local cache, in alphabetical order."""
    try:
        repositories = huggingface_hub.scan_cache_dir(constants.HF_HUB_CACHE).repos
    except errors.CacheNotFound:
        return ()
    models = sorted(repository.repo_id for repository in repositories if repository.repo_type == "model")
    return tuple(model_id for model_id in models if cached_snapshot(model_id) is not None)


def available() -> tuple[str, ...]:
    """What can be loaded here and now, without a network."""
    return (*WITHOUT_DOWNLOAD, *cached_models())


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


def _checked(files: ModelFiles) -> ModelFiles:
    """The files, if a model can be read from them."""
    names = [path.name for path in files.folder.iterdir()]
    if CONFIG not in names:
        raise BrokenModelError(f"{files.name} has no {CONFIG}. Choose the folder that a model was saved to.")
    if not has_weights(files.folder):
        _refuse_missing_weights(files.name, names)
    if not any(fnmatch(name, "*token*") or fnmatch(name, "vocab*") or fnmatch(name, "*.model") for name in names):
        raise BrokenModelError(
            f"{files.name} has no tokenizer (tokenizer.json or a vocabulary). Save the model's tokenizer there too."
        )
    return files


def _refuse_missing_weights(name: str, file_names: Sequence[str]) -> None:
    pickles = [file for file in file_names if any(fnmatch(file, pattern) for pattern in PICKLES)]
    if INDEX in file_names:
        raise BrokenModelError(f"Some weight files that {INDEX} names are missing from {name}. Get them again.")
    if pickles:
        raise BrokenModelError(
            f"{name} has its weights only as pickle files ({pickles[0]}), which can run code when opened. "
            "attnviz opens safetensors only: save the model with safetensors, or choose another."
        )
    raise BrokenModelError(f"{name} has no {WEIGHTS}. Choose a model whose weights are saved as safetensors.")


def _download(model_id: str, revision: str | None, progress: OnProgress | None) -> Path:
    """Folder of the snapshot, all files fetched: the small ones first, so that weights mean a complete model."""
    try:
        info = huggingface_hub.HfApi().model_info(model_id, revision=revision, files_metadata=True, timeout=10)
        sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
        wanted = _wanted(sizes)
        if not any(name.endswith(".safetensors") for name in wanted):
            _refuse_missing_weights(model_id, list(sizes))
        bar = _bar(sum(sizes[name] for name in wanted), progress)
        for name in wanted:
            path = huggingface_hub.hf_hub_download(
                model_id,
                name,
                revision=revision,
                cache_dir=constants.HF_HUB_CACHE,
                tqdm_class=bar,
            )
    except Exception as error:
        raise _explained(error, model_id, revision) from error
    return Path(path).parent


def _wanted(sizes: dict[str, int]) -> list[str]:
    """Names of the files to fetch from the top folder: configuration and tokenizer, then the weights."""
    top = [name for name in sizes if "/" not in name]
    small = [name for name in top if any(fnmatch(name, pattern) for pattern in TOKENIZER_FILES) and name != INDEX]
    if WEIGHTS in top:
        return [*small, WEIGHTS]
    shards = [name for name in top if fnmatch(name, "model-*.safetensors")]
    return [*small, *shards, *([INDEX] if INDEX in top else [])]


def _bar(total: int, progress: OnProgress | None) -> type[Any]:
    """A progress bar that draws nothing and tells `progress` how many bytes of all files have come."""
    done = 0

    class Bar(tqdm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs.pop("name", None)
            super().__init__(*args, **{**kwargs, "disable": True})  # type: ignore[no-untyped-call]
            self._tell(int(kwargs.get("initial") or 0))

        def update(self, n: Any = 1) -> None:
            self._tell(int(n or 0))

        def _tell(self, n: int) -> None:
            nonlocal done
            done += n
            if progress is not None:
                progress(Progress("download", min(done, total), total))

    return Bar


def _explained(error: Exception, model_id: str, revision: str | None) -> Exception:
    """The error that a person can act on, or the error itself where it is a bug."""
    if isinstance(error, ModelError):
        return error
    if isinstance(error, errors.GatedRepoError):
        return ModelNotFoundError(
            f"{model_id} is gated: accept its terms on its page and log in with 'hf auth login', or choose another."
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return ModelNotFoundError(f"{model_id} has no revision '{revision}'. Leave it out or name one that exists.")
    if isinstance(error, errors.RepositoryNotFoundError):
        return ModelNotFoundError(f"The hub has no model '{model_id}'. Check the spelling (owner/name).")
    if isinstance(error, (OSError, errors.HfHubHTTPError)) or _is_transport(error):
        return HubUnreachableError(
            f"The hub did not deliver {model_id} ({_first_line(error)}). "
            f"Try again when it can be reached; available here and now: {', '.join(available())}."
        )
    return error


def _is_transport(error: Exception) -> bool:
    """Whether the error came from the HTTP library, whichever one the hub's client uses."""
    return type(error).__module__.split(".")[0] in {"httpx", "httpx2", "httpcore", "httpcore2", "requests"}


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
