"""Reading a pretrained model and its tokenizer from files, safely and without noise."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModel, AutoTokenizer
from transformers.utils import logging

from attnviz.engine import seam
from attnviz.engine.checkpoint import WRAPPERS, check_complete, check_options, check_tensors
from attnviz.engine.files import INDEX, WEIGHTS, ModelFiles
from attnviz.engine.refusals import model_class, reason_of
from attnviz.engine.tokenizer_file import cut_by_file
from attnviz.errors import BrokenModelError


def load_tokenizer(files: ModelFiles) -> Any:
    """The tokenizer in these files; raises BrokenModelError where it cannot be read."""
    try:
        with _quiet():
            return cut_by_file(AutoTokenizer.from_pretrained(files.folder, trust_remote_code=False), files)
    except BrokenModelError:
        raise
    except Exception as error:  # files of any origin
        raise _unreadable("tokenizer", files, error) from error


def load_model(files: ModelFiles) -> tuple[Any, frozenset[str]]:
    """The model with the head that `architectures` names, in float32, ready to run, and the tensors that it lacks.

    Raises BrokenModelError where it cannot be read, NotTraceableError where the files say more than the code computes.
    """
    seam.register()
    named = model_class(files.config) or AutoModel
    try:
        with _quiet():
            config = _plain(AutoConfig.from_pretrained(files.folder, trust_remote_code=False))
            model, found = named.from_pretrained(
                files.folder,
                config=config,
                dtype=torch.float32,
                use_safetensors=True,
                trust_remote_code=False,
                output_loading_info=True,
                local_files_only=True,
                key_mapping=WRAPPERS,
            )
    except Exception as error:  # files of any origin
        raise _unreadable(f"model ({WEIGHTS} or {INDEX})", files, error) from error
    body = model.base_model
    check_options(files.name, files.config, config, body)
    check_tensors(files.name, model, found["unexpected_keys"])
    check_complete(files.name, model, body, found["missing_keys"])
    return model.eval(), frozenset(found["missing_keys"])


def _plain(config: Any) -> Any:
    """The configuration without what it asks of a machine: the fast attention that it was trained with, tuples."""
    config._attn_implementation = "eager"
    config.return_dict = True
    return config


def _unreadable(what: str, files: ModelFiles, error: Exception) -> BrokenModelError:
    """The sentence about files that cannot be read; new files help only where these are damaged."""
    message = str(error)
    damaged = isinstance(error, (SafetensorError, JSONDecodeError, UnicodeDecodeError)) or "JSON" in message
    advice = "Get the files again, or choose another model." if damaged else "Choose another model."
    return BrokenModelError(f"The {what} of {files.name} cannot be read: {reason_of(error)}. {advice}")


@contextmanager
def _quiet() -> Iterator[None]:
    """transformers without its progress bars and advice, which belong to a program and not to a library."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
