"""The view, what a person asked for, and its form in an address.

The address holds what differs from the default, so that a link reproduces a view and the plain address stays plain.
Nothing from an address is trusted: what cannot be read is named in a sentence, and is as if nobody had asked for it.
Whether a layer, a head or a word exists is known only with the model, and is decided where the model is: in `resolve`.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import quote, quote_plus, unquote

from attnviz.engine import DEFAULT_MODEL, OWN_MODELS

DEFAULT_TEXT = "The animal didn't cross the street because it was too tired"
OTHER_TEXT = "The animal didn't cross the street because it was too wide"
CHOICES = {
    "stack": ("encoder", "decoder", "cross"),
    "direction": ("to", "from"),
    "face": ("text", "columns"),
    "between": ("ab", "ba", "aa", "bb"),
    "special": ("keep", "hide", "renormalise"),
    "scale": ("head", "unit", "log"),
}
TEXTS = ("text", "pair", "other", "other_pair")
MAX_ADDRESS = 6000  # characters that all texts may take up in an address; proxies cut addresses at 8 kB
MAX_NUMBER = 999_999_999
MAX_PINS = 512
MAX_WORD = 64  # characters by which a chosen word is known again
MAX_PINNED = 1500  # characters that the pinned words may take up in an address
MAX_NAMED = 5  # parameters that a sentence lists
BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


@dataclass(frozen=True)
class Place:
    """A token that was chosen, by its place among those of the model, and how it read.

    text: of the token, or of the word that it is a piece of; at most `MAX_WORD` characters. "" where an old link gives
        the place alone.
    """

    token: int
    text: str = ""


@dataclass(frozen=True)
class View:
    """What a person asked for; None is what nobody asked for.

    text, pair; other, other_pair: the texts, and those to compare with. model, other_model: their models.
    from_scratch: whether the model's weights run in our own code.
    source_language, target_language: of a translator's texts.
    stack: which attention, "encoder", "decoder" or "cross".
    query, key: the two words whose weight is worked out. pins: words that are looked at together.
    direction: "to", what a word attends to, or "from", what attends to it.
    face: the sentence as "text" or as two "columns".
    between: texts of a pair that are looked at, "ab" from the first to the second.
    average: heads whose mean is shown: "layer", "all", or some as "0.1-2.3".
    rows, columns: first token of the window, where a text is too long to be drawn at once.
    words: pieces merged to words. special: what is done with special tokens. scale: how weights become colours.
    """

    text: str | None = None
    pair: str | None = None
    model: str | None = None
    from_scratch: bool | None = None
    source_language: str | None = None
    target_language: str | None = None
    stack: str | None = None
    layer: int | None = None
    head: int | None = None
    query: Place | None = None
    key: Place | None = None
    pins: tuple[Place, ...] = ()
    direction: str | None = None
    face: str | None = None
    between: str | None = None
    average: str | None = None
    rows: int | None = None
    columns: int | None = None
    words: bool | None = None
    special: str | None = None
    scale: str | None = None
    other: str | None = None
    other_pair: str | None = None
    other_model: str | None = None

    def value(self, name: str) -> Any:
        """The value of a field, its default where nobody asked for one; None where the model decides."""
        asked = getattr(self, name)
        return DEFAULTS.get(name) if asked is None else asked


DEFAULTS: Mapping[str, str | int | bool] = {
    "text": DEFAULT_TEXT,
    "model": DEFAULT_MODEL,
    "from_scratch": False,
    "direction": "to",
    "face": "text",
    "rows": 0,
    "columns": 0,
    "words": False,
    "special": "keep",
    "scale": "head",
    "other": OTHER_TEXT,
}
FIELDS = tuple(field.name for field in fields(View))
NUMBERS = ("layer", "head", "rows", "columns")
SWITCHES = ("from_scratch", "words")
_NAME = re.compile(r"\S([^\0]{0,4094}\S)?")  # of a model; a path has at most 4,096 bytes
_LANGUAGE = re.compile(r"[A-Za-z]\w{0,31}", re.ASCII)  # as tokenizers name one: eng_Latn
_FORMS = {
    "model": _NAME,
    "other_model": _NAME,
    "source_language": _LANGUAGE,
    "target_language": _LANGUAGE,
    "average": re.compile(r"layer|all|\d{1,4}\.\d{1,4}(-\d{1,4}\.\d{1,4}){0,511}", re.ASCII),
}
# Without these there is nothing to show; of the others, an empty one is as good as none.
_NEVER_EMPTY = ("model", "direction", "face", "special", "scale", *NUMBERS, *SWITCHES)
_PLACE = re.compile(r"(\d{1,9})(?:~(.*))?", re.ASCII | re.DOTALL)
_OLD_PINS = re.compile(r"\d{1,9}(-\d{1,9})+", re.ASCII)
_UNSPELLED = re.compile(r"[%\s]")  # in the word of a place: blanks part places
_NO_LETTER = re.compile("[\0\ud800-\udfff]")


def is_value(name: str, value: object) -> bool:
    """Whether somebody can ask for this in a field: of its type and form, nothing that no text or model has.

    Every value from an address, a widget or a picture goes through here.
    """
    if name in SWITCHES:
        return isinstance(value, bool)
    if name in NUMBERS:
        return is_number(value)
    if name in ("query", "key"):
        return isinstance(value, Place)
    if name == "pins":
        return isinstance(value, tuple) and len(value) <= MAX_PINS and all(isinstance(each, Place) for each in value)
    if not isinstance(value, str):
        return False
    return _FORMS[name].fullmatch(value) is not None if name in _FORMS else value in CHOICES.get(name, (value,))


def may_be_unset(name: str, value: object) -> bool:
    """Whether a value takes back what was asked for: None or an empty text, where the page can do without it."""
    return name not in _NEVER_EMPTY and (value is None or (value == "" and name not in ("text", "other")))


def is_number(value: object) -> bool:
    """Whether it is a whole number that can be one of a layer or a token; `True` is none, though Python counts it."""
    return type(value) is int and 0 <= value <= MAX_NUMBER


def place(token: object, text: object) -> Place | None:
    """A chosen token, None where these two cannot be one."""
    if not is_number(token) or not isinstance(text, str):
        return None
    word = text[:MAX_WORD]
    return None if _NO_LETTER.search(word) else Place(int(str(token)), word)


def read_address(address: Mapping[str, str], *, repeated: Collection[str] = ()) -> tuple[View, tuple[str, ...]]:
    """The view that an address asks for, and a sentence for everything in it that cannot be read.

    repeated: parameters that it has more than once; the last one is in the mapping.
    """
    values: dict[str, Any] = {}
    complaints = []
    for name in FIELDS:
        if name not in address or may_be_unset(name, address[name]):
            continue
        value = _read(name, address[name])
        if is_value(name, value):
            values[name] = value
            if name in repeated:
                complaints.append(f"The address has {name} more than once; the last one is taken.")
        else:
            complaints.append(_complaint(name, shortened(address[name])))
    if unknown := [name for name in address if name not in FIELDS]:
        more = f" and {len(unknown) - MAX_NAMED} more" if len(unknown) > MAX_NAMED else ""
        named = ", ".join(shortened(name) for name in unknown[:MAX_NAMED])
        complaints.append(f"The address has parameters that attnviz does not know, and leaves out: {named}{more}.")
    if values.get("from_scratch") and values.get("model", DEFAULT_MODEL) in OWN_MODELS:
        del values["from_scratch"]
        complaints.append("The address asks for our own code, which this model is anyway.")
    return View(**values), tuple(complaints)


def write_address(view: View) -> dict[str, str]:
    """The view as the parameters of an address; without its texts where they are too long for one."""
    left_out = () if fits_address(view) else TEXTS
    asked = {name: getattr(view, name) for name in FIELDS if name not in left_out}
    return {
        name: _written(value)
        for name, value in asked.items()
        if value is not None and value != () and value != DEFAULTS.get(name)
    }


def fits_address(view: View) -> bool:
    """Whether the texts of a view are together short enough for an address: one without the other is another view."""
    texts = (view.value(name) or "" for name in TEXTS)
    return sum(len(quote_plus(text, errors="replace")) for text in texts) <= MAX_ADDRESS


def read_heads(average: str) -> tuple[tuple[int, int], ...]:
    """The heads, each as (layer, head), that a view names one by one: `"0.1-2.3"` is ((0, 1), (2, 3))."""
    pairs = (pair.split(".") for pair in average.split("-") if "." in pair)
    return tuple((int(layer), int(head)) for layer, head in pairs)


def write_heads(heads: Collection[tuple[int, int]]) -> str:
    """Heads as a view holds them."""
    return "-".join(f"{layer}.{head}" for layer, head in heads)


def shortened(text: str, *, letters: int = 60) -> str:
    """The text, or its beginning where it is longer than one reads in a sentence."""
    return text if len(text) <= letters else f"{text[:letters]}…"


def _read(name: str, text: str) -> object:
    """The value of a field as an address writes it; None, which nobody can ask for, where it is none."""
    if name in SWITCHES:
        return BOOLEANS.get(text.lower())
    if name in NUMBERS:
        return _number(text)
    if name in ("query", "key"):
        return _read_place(text)
    if name == "pins":
        return _read_pins(text)
    return text


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_NUMBER)) else None


def _read_place(text: str) -> Place | None:
    """A place from `8~it`; of an old link, from `8`."""
    found = _PLACE.fullmatch(text)
    return None if found is None else place(int(found[1]), unquote(found[2] or ""))


def _read_pins(text: str) -> tuple[Place | None, ...]:
    """Places from `2~animal 8~it`; of an old link, from `2-8`."""
    listed = text.split("-") if _OLD_PINS.fullmatch(text) else text.split()
    return tuple(dict.fromkeys(map(_read_place, listed[: MAX_PINS + 1])))


def _written(value: str | int | bool | Place | tuple[Place, ...]) -> str:
    """A value of a field as an address writes it."""
    if isinstance(value, Place):
        return _spelled(value)
    if not isinstance(value, tuple):
        return str(int(value)) if isinstance(value, int) else value
    written = " ".join(map(_spelled, value))
    if len(quote_plus(written)) <= MAX_PINNED:
        return written
    return " ".join(str(each.token) for each in value)  # the same view for as long as the text is the same


def _spelled(chosen: Place) -> str:
    word = _UNSPELLED.sub(lambda found: quote(found[0]), chosen.text)
    return f"{chosen.token}~{word}" if word else str(chosen.token)


def _complaint(name: str, value: str) -> str:
    """The sentence for a value that cannot be read."""
    if name in SWITCHES:
        return f"The address has {name}={value}, which is neither true nor false, and is left out."
    if name in CHOICES:
        wrong = f"which is none of {', '.join(CHOICES[name])}"
        return f"The address has {name}={value}, {wrong}, and is left out."
    if name in NUMBERS:
        return f"The address has {name}={value}, which is no number from 0, and is left out."
    if name in ("query", "key", "pins"):
        example = "as in 2~animal 8~it" if name == "pins" else "as in 8~it"
        return f"The address has {name}={value}, which names no word ({example}), and is left out."
    return f"The address has {name}={value}, which cannot be read, and is left out."
