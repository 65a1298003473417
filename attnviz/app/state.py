"""The view: everything that decides what is on screen, and its form in the address.

The address holds what differs from the default, so that a link reproduces a view and the plain address stays plain.
Nothing from an address is trusted: what cannot be read is named in a sentence, and the default stands in for it.
Whether a layer or a head exists is known only with the model, and is checked where the model is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from urllib.parse import quote_plus

from attnviz import DEFAULT_MODEL

DEFAULT_TEXT = "The animal didn't cross the street because it was too tired"
EXAMPLES = {  # each with the name that its chip has
    DEFAULT_TEXT: "… it was too tired",
    "The animal didn't cross the street because it was too wide": "… it was too wide",
    "She ate the apple.": "She ate the apple.",
    "The cat sat on the mat because it was soft.": "The cat sat on the mat …",
    "The trophy didn't fit in the suitcase because it was too big.": "The trophy didn't fit …",
    "She sat by the river bank": "… by the river bank",
}
MAX_ADDRESS = 6000  # characters that a text may take up in an address; proxies cut addresses at 8 kB


@dataclass(frozen=True)
class View:
    """What is on screen.

    stack: "encoder", "decoder" or "cross"; "" for the first one that the model has.
    rows, columns: first token of the window, where a text is too long to be drawn at once.
    """

    text: str = DEFAULT_TEXT
    pair: str = ""
    model: str = DEFAULT_MODEL
    from_scratch: bool = False
    stack: str = ""
    layer: int = 0
    head: int = 0
    rows: int = 0
    columns: int = 0


_DEFAULTS = {field.name: field.default for field in fields(View)}


def read_address(address: Mapping[str, str]) -> tuple[View, tuple[str, ...]]:
    """The view that an address asks for, and a sentence for everything in it that cannot be read."""
    values: dict[str, str | int | bool] = {}
    complaints = []
    for name in _DEFAULTS.keys() & address.keys():
        value = _read(name, address[name])
        if value is None:
            complaints.append(f"The address has {name}={address[name]}, which is no number from 0; 0 is taken instead.")
        else:
            values[name] = value
    return View(**values), tuple(complaints)  # type: ignore[arg-type]  # _read gives each field its type


def write_address(view: View) -> dict[str, str]:
    """The view as the parameters of an address; without the texts where they are too long for one."""
    address = {
        name: str(int(value)) if isinstance(value, int) else value
        for name, default in _DEFAULTS.items()
        if (value := getattr(view, name)) != default
    }
    return {name: value for name, value in address.items() if fits_address(value)}


def fits_address(text: str) -> bool:
    """Whether a text is short enough for an address."""
    return len(quote_plus(text, errors="replace")) <= MAX_ADDRESS


def _read(name: str, value: str) -> str | int | bool | None:
    """The value of a field, None where it cannot be one."""
    default = _DEFAULTS[name]
    if isinstance(default, bool):
        return value == "1"
    if not isinstance(default, int):
        return value
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= 9 else None
