"""Reading a pretrained model and its tokenizer from files, safely and without noise."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import AutoConfig, AutoModel, AutoTokenizer
from transformers.utils import logging

from attnviz.engine import seam
from attnviz.engine.files import INDEX, WEIGHTS, ModelFiles
from attnviz.errors import BrokenModelError


def load_tokenizer(files: ModelFiles) -> Any:
    """The tokenizer in these files; raises BrokenModelError where it cannot be read."""
    try:
        with _quiet():
            return AutoTokenizer.from_pretrained(files.folder, trust_remote_code=False)
    except Exception as error:  # files of any origin
        raise BrokenModelError(_unreadable("tokenizer", files, error)) from error


def load_model(files: ModelFiles) -> Any:
    """The model with its own code, in float32, ready to run; raises BrokenModelError where it cannot be read."""
    seam.register()
    try:
        with _quiet():
            config = AutoConfig.from_pretrained(files.folder, trust_remote_code=False)
            model, found = AutoModel.from_pretrained(
                files.folder,
                config=config,
                dtype=torch.float32,
                use_safetensors=True,
                trust_remote_code=False,
                output_loading_info=True,
                local_files_only=True,
            )
    except Exception as error:  # files of any origin
        raise BrokenModelError(_unreadable(f"model ({WEIGHTS} or {INDEX})", files, error)) from error
    # A pooler reads the last layer and changes no attention; anything else missing would be random numbers.
    missing = sorted(key for key in found["missing_keys"] if "pooler" not in key)
    if missing:
        raise BrokenModelError(
            f"The weights of {files.name} lack {len(missing)} of the model's tensors, {missing[0]} among them. "
            "Get the files again."
        )
    return model.eval()


def _unreadable(what: str, files: ModelFiles, error: Exception) -> str:
    reason = f"{type(error).__name__}: {error}".splitlines()[0]
    if "trust_remote_code" in str(error):
        reason = "it needs code of its own, which attnviz does not run"
    return f"The {what} of {files.name} cannot be read: {reason}. Get the files again or choose another model."


@contextmanager
def _quiet() -> Iterator[None]:
    """transformers without its progress bars and advice, which belong to a program and not to a library."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
