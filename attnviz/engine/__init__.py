"""Engines: what runs a text through a model and records its attention.

`load` is the door. It imports what a model needs when the model is asked for: the built-in models run without
transformers, whose import alone takes longer than they do, and this module without torch.
"""

from os import PathLike, fspath
from pathlib import Path
from reprlib import repr as brief

from attnviz.errors import ModelError
from attnviz.protocols import Engine, OnProgress

DEFAULT_MODEL = "builtin"
OWN_MODELS = (DEFAULT_MODEL, "untrained")  # they come along, and are written in attnviz's own code


def load(
    name: str | PathLike[str] = DEFAULT_MODEL,
    *,
    from_scratch: bool = False,
    fetch_again: bool = False,
    progress: OnProgress | None = None,
) -> Engine:
    """The engine of this name, ready to run.

    name: "builtin", trained for this package; "untrained", random weights; "minilm", a real BERT, where the package
        that carries its weights is installed; a Hugging Face id such as "bert-base-uncased", with a revision as in
        "bert-base-uncased@main"; or a local folder with the same files, as str or Path; a Path is always a folder.
    from_scratch: run a BERT-shaped model's weights in the transformer of this package instead of its own code.
    fetch_again: get the files of a Hugging Face id anew, because one in the local cache is wrong.
    progress: called with a `Progress` while files are downloaded and loaded.

    Raises a ModelError that says which file, id or network failed, and what can be loaded instead.
    """
    name = _named(name)
    if from_scratch and name in OWN_MODELS:
        raise ModelError(
            f"{name} is attnviz's own code already. Ask for it without 'from scratch', or name a BERT-shaped model."
        )
    if name == "builtin":
        from attnviz.engine.builtin import load_builtin

        return load_builtin()
    if name == "untrained":
        from attnviz.engine.untrained import load_untrained

        return load_untrained()
    from attnviz.engine.huggingface import load_huggingface

    return load_huggingface(name, from_scratch=from_scratch, fetch_again=fetch_again, progress=progress)


def _named(name: object) -> str:
    """The name that `load` was given; a Path is that of a folder, whatever models are called like it."""
    if isinstance(name, str):
        return name
    if not isinstance(name, PathLike):
        raise ModelError(
            f"load(name) takes the name of a model or a folder, a str or a Path, and was given {type(name).__name__}: "
            f"{brief(name)}."
        )
    path = Path(fspath(name))
    return str(path) if path.is_absolute() else f"./{path}"
