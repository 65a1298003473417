"""The view: everything that decides what is on screen, and its form in the address.

The address holds what differs from the default, so that a link reproduces a view and the plain address stays plain.
Nothing from an address is trusted: what cannot be read is named in a sentence, and the default stands in for it.
Whether a layer or a head exists is known only with the model, and is checked where the model is.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from urllib.parse import quote_plus

from attnviz.app.shared.words import shortened
from attnviz.engine import DEFAULT_MODEL, OWN_MODELS
from attnviz.figures.scales import SCALES

DEFAULT_TEXT = "The animal didn't cross the street because it was too tired"
OTHER_TEXT = "The animal didn't cross the street because it was too wide"
EXAMPLES = {  # each with the name that its chip has
    DEFAULT_TEXT: "… it was too tired",
    OTHER_TEXT: "… it was too wide",
    "She ate the apple.": "She ate the apple.",
    "The cat sat on the mat because it was soft.": "The cat sat on …",
    "The trophy didn't fit in the suitcase because it was too big.": "The trophy …",
    "She sat by the river bank": "… river bank",
}
NOT_CHOSEN = -1  # the page chooses
CHOICES = {"special": ("keep", "hide", "renormalise"), "scale": SCALES}
MAX_ADDRESS = 6000  # characters that all texts may take up in an address; proxies cut addresses at 8 kB
MAX_NUMBER = 999_999_999
MAX_NAMED = 5  # parameters that a sentence lists
TEXTS = ("text", "pair", "other", "other_pair")
BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


@dataclass(frozen=True)
class View:
    """What is on screen.

    layer, head: those to look at first, unless one is chosen.
    stack: "encoder", "decoder" or "cross"; "" for the first one that the model has.
    rows, columns: first token of the window, where a text is too long to be drawn at once.
    pins: places of the pinned words, as "3-10"; in the text that attends, or in the other where direction is "from".
    direction: "to", what a word attends to, or "from", what attends to it.
    face: the sentence as "text" or as two "columns".
    between: texts of a pair that are looked at, "ab" from the first to the second; "" for both.
    average: heads whose mean the sentence shows: "layer", "all", or some as "0.1-2.3"; "" for the chosen one.
    words: pieces merged to words. special: what is done with special tokens. scale: how weights become colours.
    query, key: the two tokens whose weight is worked out.
    other, other_pair, other_model: the texts and the model to compare with; no second text is the same one, and no
        model is the same one.
    source_language, target_language: of a translator's texts; "" for those that its files name.
    """

    text: str = DEFAULT_TEXT
    pair: str = ""
    model: str = DEFAULT_MODEL
    from_scratch: bool = False
    stack: str = ""
    layer: int = NOT_CHOSEN
    head: int = NOT_CHOSEN
    rows: int = 0
    columns: int = 0
    pins: str = ""
    direction: str = "to"
    face: str = "text"
    between: str = ""
    average: str = ""
    words: bool = False
    special: str = "keep"
    scale: str = "head"
    query: int = NOT_CHOSEN
    key: int = NOT_CHOSEN
    other: str = OTHER_TEXT
    other_pair: str = ""
    other_model: str = ""
    source_language: str = ""
    target_language: str = ""


_NAME = r"\S([^\0]{0,4094}\S)?"  # of a model; a path has at most 4,096 bytes
_LANGUAGE = r"([A-Za-z]\w{0,31})?"  # as tokenizers name one: eng_Latn
_FORMS = {  # of the fields that are not any text
    "model": re.compile(_NAME),
    "other_model": re.compile(f"({_NAME})?"),
    "stack": re.compile("(encoder|decoder|cross)?"),
    "source_language": re.compile(_LANGUAGE, re.ASCII),
    "target_language": re.compile(_LANGUAGE, re.ASCII),
    "pins": re.compile(r"(\d{1,5}(-\d{1,5}){0,511})?", re.ASCII),
    "direction": re.compile("to|from"),
    "face": re.compile("text|columns"),
    "between": re.compile("([ab][ab])?"),
    "average": re.compile(r"(layer|all|\d{1,4}\.\d{1,4}(-\d{1,4}\.\d{1,4}){0,511})?", re.ASCII),
}
_DEFAULTS = {field.name: field.default for field in fields(View)}


def read_address(address: Mapping[str, str], *, repeated: Collection[str] = ()) -> tuple[View, tuple[str, ...]]:
    """The view that an address asks for, and a sentence for everything in it that cannot be read.

    repeated: parameters that it has more than once; the last one is in the mapping.
    """
    values: dict[str, str | int | bool] = {}
    complaints = []
    for name in _DEFAULTS:
        if name not in address:
            continue
        value = _read(name, address[name])
        if value is None:
            complaints.append(_complaint(name, shortened(address[name])))
        else:
            values[name] = value
            if name in repeated:
                complaints.append(f"The address has {name} more than once; the last one is taken.")
    if unknown := [name for name in address if name not in _DEFAULTS]:
        more = f" and {len(unknown) - MAX_NAMED} more" if len(unknown) > MAX_NAMED else ""
        named = ", ".join(shortened(name) for name in unknown[:MAX_NAMED])
        complaints.append(f"The address has parameters that attnviz does not know, and leaves out: {named}{more}.")
    if values.get("from_scratch") and values.get("model", DEFAULT_MODEL) in OWN_MODELS:
        del values["from_scratch"]
        complaints.append("The address asks for our own code, which this model is anyway.")
    return View(**values), tuple(complaints)  # type: ignore[arg-type]  # _read gives each field its type


def write_address(view: View) -> dict[str, str]:
    """The view as the parameters of an address; without its texts where they are too long for one."""
    left_out = () if fits_address(view) else TEXTS
    return {
        name: str(int(value)) if isinstance(value, int) else value
        for name, default in _DEFAULTS.items()
        if (value := getattr(view, name)) != default and name not in left_out
    }


def fits_address(view: View) -> bool:
    """Whether the texts of a view are together short enough for an address: one without the other is another view."""
    texts = (getattr(view, name) for name in TEXTS)
    return sum(len(quote_plus(text, errors="replace")) for text in texts) <= MAX_ADDRESS


def is_value(name: str, value: object) -> bool:
    """Whether a value can stand in this field: of its type, in its form, none that no model has.

    Every value from an address, a widget or a picture goes through here.
    """
    default = _DEFAULTS[name]
    if isinstance(default, bool):
        return isinstance(value, bool)
    if isinstance(default, int):
        return type(value) is int and 0 <= value <= MAX_NUMBER
    if not isinstance(value, str):
        return False
    return _FORMS[name].fullmatch(value) is not None if name in _FORMS else value in CHOICES.get(name, (value,))


def read_places(pins: str) -> tuple[int, ...]:
    """The places that a view pins: `"3-10"` is (3, 10)."""
    return tuple(sorted({int(place) for place in pins.split("-") if place}))


def write_places(places: Sequence[object]) -> str:
    """Places as a view holds them."""
    return "-".join(map(str, places))


def read_heads(average: str) -> tuple[tuple[int, int], ...]:
    """The heads, each as (layer, head), that a view names one by one: `"0.1-2.3"` is ((0, 1), (2, 3))."""
    pairs = (pair.split(".") for pair in average.split("-") if "." in pair)
    return tuple((int(layer), int(head)) for layer, head in pairs)


def write_heads(heads: Sequence[tuple[int, int]]) -> str:
    """Heads as a view holds them."""
    return "-".join(f"{layer}.{head}" for layer, head in heads)


def _complaint(name: str, value: str) -> str:
    """The sentence for a value that cannot be read."""
    if name in _FORMS:
        return f"The address has {name}={value}, which cannot be read, and is left out."
    default = _DEFAULTS[name]
    if isinstance(default, bool):
        return f"The address has {name}={value}, which is neither true nor false, and is left out."
    wrong = f"which is none of {', '.join(CHOICES[name])}" if name in CHOICES else "which is no number from 0"
    chosen_by_page = "the strongest link" if name in {"query", "key"} else f"the {name} to look at first"
    instead = chosen_by_page if default == NOT_CHOSEN else default
    return f"The address has {name}={value}, {wrong}; {instead} is taken instead."


def _read(name: str, text: str) -> str | int | bool | None:
    """The value of a field as an address writes it, None where it cannot be one."""
    default = _DEFAULTS[name]
    value: str | int | bool | None = text
    if isinstance(default, bool):
        value = BOOLEANS.get(text.lower())
    elif isinstance(default, int):
        value = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_NUMBER)) else None
    return value if is_value(name, value) else None
