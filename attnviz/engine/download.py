"""Fetching a model from the hub into its local cache: files of one commit, one progress, a sentence when it fails.

The cache learns which commit a revision stands for only when everything has come, so that half a model is never taken
for one.
"""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub
from huggingface_hub import constants, errors
from huggingface_hub.utils import tqdm  # type: ignore[attr-defined]

from attnviz.errors import HubUnreachableError, ModelError, ModelNotFoundError
from attnviz.protocols import OnProgress, Progress

# What the system says where a folder cannot be written to; a full disk is told apart.
_FULL = {errno.ENOSPC, errno.EDQUOT}
_NOT_WRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR}


def fetch(
    model_id: str,
    revision: str | None,
    *,
    choose: Callable[[dict[str, int]], list[str]],
    again: bool,
    progress: OnProgress | None,
) -> Path:
    """Folder of the snapshot, once the chosen files are in it.

    choose: from the names and sizes in bytes of all files, those to fetch.
    again: also those that are there already, because one of them is wrong.

    Raises a ModelError that says what can be done.
    """
    try:
        info = huggingface_hub.HfApi().model_info(model_id, revision=revision, files_metadata=True, timeout=10)
        sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
        names = choose(sizes)
        storage = Path(constants.HF_HUB_CACHE, f"models--{model_id.replace('/', '--')}")
        folder = storage / "snapshots" / str(info.sha)
        there = 0 if again else sum(sizes[name] for name in names if (folder / name).is_file())
        total = sum(sizes[name] for name in names)
        _check_space(model_id, total - there)
        bar = _bar(there, total, progress)
        weights = [name for name in names if name.endswith(".safetensors")]
        for part in ([name for name in names if name not in weights], weights):  # the large ones last
            huggingface_hub.snapshot_download(
                model_id,
                revision=info.sha,
                allow_patterns=part,
                cache_dir=constants.HF_HUB_CACHE,
                force_download=again,
                tqdm_class=bar,
            )
        if missing := [name for name in names if not (folder / name).is_file()]:
            raise HubUnreachableError(f"The hub did not deliver {missing[0]} of {model_id}.")
        _remember(storage, revision or constants.DEFAULT_REVISION, str(info.sha))
        if progress is not None:
            progress(Progress("download", total, total))
    except Exception as error:
        raise _explained(error, model_id, revision) from error
    return folder


def _remember(storage: Path, revision: str, commit: str) -> None:
    """Note in the cache, as the hub's client does, which commit a branch or a tag stands for."""
    if revision != commit:
        reference = storage / "refs" / revision
        reference.parent.mkdir(parents=True, exist_ok=True)
        reference.write_text(commit, encoding="utf-8")


def _check_space(model_id: str, n_bytes: int) -> None:
    """Raise ModelError where what is to come does not fit on the disk."""
    cache = Path(constants.HF_HUB_CACHE).absolute()
    there = next(folder for folder in (cache, *cache.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if free < n_bytes:
        raise ModelError(
            f"The disk is full: {model_id} needs {n_bytes / 1e6:.0f} MB, and {free / 1e6:.0f} MB are free in {cache}. "
            "Make room, or set HF_HOME to a folder on another disk."
        )


def _bar(there: int, total: int, progress: OnProgress | None) -> type[Any]:
    """A progress bar that draws nothing and tells `progress` how many bytes of all files have come.

    The hub's client makes several: one counts files, one what travels, one what is written; the last is listened to.
    """
    done = there

    class Bar(tqdm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            name = kwargs.pop("name", None)
            self._counts = kwargs.get("unit") == "B" and not str(name).endswith(".transfer")
            super().__init__(*args, **{**kwargs, "disable": True})  # type: ignore[no-untyped-call]

        def update(self, n: Any = 1) -> None:
            nonlocal done
            if self._counts and progress is not None:
                done += int(n or 0)
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
    if isinstance(error, OSError) and error.errno in _FULL:
        return ModelError(
            f"The disk is full: {model_id} could not be written to {constants.HF_HUB_CACHE}. "
            "Make room, or set HF_HOME to a folder on another disk."
        )
    if isinstance(error, OSError) and error.errno in _NOT_WRITABLE:
        return ModelError(
            f"{model_id} could not be written to {constants.HF_HUB_CACHE} ({error.strerror}). "
            "Set HF_HOME to a folder that can be written to."
        )
    if isinstance(error, (OSError, errors.HfHubHTTPError)) or _is_transport(error):
        return HubUnreachableError(f"The hub did not deliver {model_id} ({_first_line(error)}).")
    return error


def _is_transport(error: Exception) -> bool:
    """Whether the error came from the HTTP library, whichever one the hub's client uses."""
    return type(error).__module__.split(".")[0] in {"httpx", "httpx2", "httpcore", "httpcore2", "requests"}


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
