"""The models that the page offers, and which of them an address may start without a click."""

from attnviz import DEFAULT_MODEL
from attnviz.app.shared.words import megabytes
from attnviz.engine import minilm
from attnviz.engine.catalogue import CATALOGUE, MINILM, CatalogueEntry, is_cached
from attnviz.engine.files import folder_of, without_download

OWN = {
    "builtin": "Built-in: small, trained from scratch",
    "untrained": "Untrained: random weights",
}
_ENTRIES = {entry.id: entry for entry in (MINILM, *CATALOGUE)}


def offered(current: str) -> tuple[str, ...]:
    """The names in the list of models: our own, the catalogue, and the one that was typed."""
    real = (minilm.NAME,) if minilm.folder() else ()
    return tuple(dict.fromkeys((DEFAULT_MODEL, *real, "untrained", *(entry.id for entry in CATALOGUE), current)))


def described(name: str) -> str:
    """A model as the list shows it, with its size and whether it has to be downloaded."""
    entry = _ENTRIES.get(name)
    return OWN.get(name, name) if entry is None else _described(entry)


def title(name: str) -> str:
    """A model in a sentence; of a folder, the end of its path."""
    if name in _ENTRIES:
        return _ENTRIES[name].title
    return OWN[name].partition(":")[0] if name in OWN else "/".join(name.rstrip("/").split("/")[-2:])


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
        else (f"Loading it downloads {megabytes(entry.download_bytes)}.")
    )


def _described(entry: CatalogueEntry) -> str:
    is_here = entry is MINILM or is_cached(entry.id)
    place = "on this machine" if is_here else f"{megabytes(entry.download_bytes)} to download"
    return f"{entry.title} · {entry.n_layers} × {entry.n_heads} · {place} · {entry.licence}"
