"""The models that the page offers, and which of them an address may start without a click."""

from pathlib import PurePath

from attnviz import DEFAULT_MODEL
from attnviz.engine import minilm
from attnviz.engine.catalogue import CATALOGUE, MINILM, CatalogueEntry, is_cached
from attnviz.engine.files import folder_of, without_download
from attnviz.numbers import size_text

OWN = {
    "builtin": "built-in, 4 layers × 6 heads",
    "untrained": "untrained, random weights",
}
_ENTRIES = {entry.id: entry for entry in (MINILM, *CATALOGUE)}


def offered(current: str) -> tuple[str, ...]:
    """The names in the list of models: our own, the catalogue, and the one that was typed."""
    real = (minilm.NAME,) if minilm.folder() else ()
    return tuple(dict.fromkeys((DEFAULT_MODEL, *real, "untrained", *(entry.id for entry in CATALOGUE), current)))


def described(name: str) -> str:
    """A model as the list shows it, with its size and whether it has to be downloaded."""
    entry = _ENTRIES.get(name)
    return OWN.get(name, _own_name(name)) if entry is None else _described(entry)


def title(name: str) -> str:
    """A model in a sentence."""
    if name in _ENTRIES:
        return _ENTRIES[name].title
    return OWN[name].partition(",")[0].capitalize() if name in OWN else _own_name(name)


def needs_click(name: str) -> bool:
    """Whether a model that an address asks for would open a folder or start a download."""
    return name not in {*OWN, minilm.NAME} and not (name in _ENTRIES and is_cached(name))


def is_on_the_hub(name: str) -> bool:
    """Whether the files of a model can be fetched; only for a model that a person asked for."""
    return name not in without_download() and folder_of(name) is None


def download(name: str) -> str:
    """What it takes to get a model, as the end of a sentence."""
    entry = _ENTRIES.get(name)
    return (
        "Loading it reads a folder or downloads files."
        if entry is None
        else (f"Loading it downloads {size_text(entry.download_bytes)}.")
    )


def _described(entry: CatalogueEntry) -> str:
    is_here = entry is MINILM or is_cached(entry.id)
    size = f"{entry.title}, {entry.n_layers} layers × {entry.n_heads} heads"
    return size if is_here else f"{size} · {size_text(entry.download_bytes)} to download · {entry.licence}"


def _own_name(name: str) -> str:
    """An id as it is; of a folder its own name, without the way to it. Nothing is looked up."""
    parts = PurePath(name).parts
    is_folder = len(parts) > 2 or name[:1] in ("/", "~", ".") or "\\" in name
    return parts[-1] if is_folder and parts[-1] not in (".", "..") else name
