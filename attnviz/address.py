"""The view, what a person asked for, and its form in an address.

The address holds what differs from the default, so that a link reproduces a view and the plain address stays plain.
Nothing from an address is trusted: what cannot be read is named in a sentence, and is as if nobody had asked for it.
Whether a layer, a head or a word exists is known only with the model, and is decided where the model is: in `resolve`.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeGuard
from urllib.parse import quote, quote_plus, unquote

from attnviz.edits import read_edits, write_edits
from attnviz.engine import DEFAULT_MODEL, OWN_MODELS
from attnviz.errors import EditError
from attnviz.tokens import listed

DEFAULT_TEXT = "The animal didn't cross the street because it was too tired"
OTHER_TEXT = "The animal didn't cross the street because it was too wide"
TEXTS = ("text", "pair", "other", "other_pair")
MAX_ADDRESS = 6000  # characters that all texts may take up in an address; proxies cut addresses at 8 kB
MAX_NUMBER = 999_999_999
MAX_PINS = 512
MAX_WORD = 64  # characters by which a chosen word is known again
MAX_PINNED = 1500  # characters that the pinned words may take up in an address
MAX_EDITED = 1500  # characters of all edits
MAX_NAMED = 5  # parameters that a sentence lists
MAX_LETTERS = 60  # of each
BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_PLACE = re.compile(r"(\d{1,9})(?:~(.*))?", re.ASCII | re.DOTALL)
_OLD_PINS = re.compile(r"\d{1,9}(-\d{1,9})+", re.ASCII)
_UNSPELLED = re.compile(r"[%\s]")  # in the word of a place: blanks part places
_NO_LETTER = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Place:
    """A token that was chosen, by its place among those of the model, and how it read.

    text: of the token, or of the word that it is a piece of; at most `MAX_WORD` characters. "" where an old link gives
        the place alone.
    """

    token: int
    text: str = ""


@dataclass(frozen=True)
class Form:
    """What can be asked for in a field, and how an address writes it.

    is_value: whether something is of the field's type and form, and nothing that no text or model has. Every value from
        an address, a widget or a picture goes through here.
    read, write: from an address and into it; None, which nobody can ask for, where it cannot be read.
    wrong: what the sentence says of what cannot be read. unset: what takes back what was asked for.
    """

    is_value: Callable[[object], bool]
    read: Callable[[str], object] = str
    write: Callable[[Any], str] = str
    wrong: str = "cannot be read"
    unset: tuple[object, ...] = (None, "")

    def takes(self, value: object) -> bool:
        """Whether somebody can ask for this, or take back what was asked for with it."""
        return value in self.unset or self.is_value(value)


def is_number(value: object) -> TypeGuard[int]:
    """Whether it is a whole number that can be one of a layer or a token; `True` is none, though Python counts it."""
    return type(value) is int and 0 <= value <= MAX_NUMBER


def is_word(value: object) -> TypeGuard[str]:
    """Whether it can be how a token reads."""
    return isinstance(value, str) and not _NO_LETTER.search(value[:MAX_WORD])


def _is_place(value: object) -> bool:
    return isinstance(value, Place)


def _are_places(value: object) -> bool:
    return isinstance(value, tuple) and len(value) <= MAX_PINS and all(map(_is_place, value))


def _read_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_NUMBER)) else None


def _read_place(text: str) -> Place | None:
    """A place from `8~it`; of an old link, from `8`."""
    found = _PLACE.fullmatch(text)
    word = unquote(found[2] or "") if found else None
    return Place(int(found[1]), word[:MAX_WORD]) if found and is_word(word) else None


def _read_places(text: str) -> tuple[Place | None, ...]:
    """Places from `2~animal 8~it`; of an old link, from `2-8`."""
    listed = text.split("-") if _OLD_PINS.fullmatch(text) else text.split()
    return tuple(dict.fromkeys(map(_read_place, listed[: MAX_PINS + 1])))


def _write_place(chosen: Place) -> str:
    word = _UNSPELLED.sub(lambda found: quote(found[0]), chosen.text)
    return f"{chosen.token}~{word}" if word else str(chosen.token)


def _write_places(places: tuple[Place, ...]) -> str:
    written = " ".join(map(_write_place, places))
    if len(quote_plus(written)) <= MAX_PINNED:
        return written
    return " ".join(str(each.token) for each in places)  # the same view for as long as the text is the same


def _are_edits(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_EDITED and _read_edits(value) == value


def _read_edits(text: str) -> str | None:
    """Edits in the one way in which they are written."""
    try:
        return write_edits(read_edits(text))
    except EditError:
        return None


def _one_of(*choices: str, unset: tuple[object, ...] = ()) -> Form:
    return Form(lambda value: value in choices, wrong=f"is none of {', '.join(choices)}", unset=unset)


def _like(pattern: str, *, unset: tuple[object, ...] = (None, "")) -> Form:
    form = re.compile(pattern)
    return Form(lambda value: isinstance(value, str) and form.fullmatch(value) is not None, unset=unset)


_TEXT = Form(lambda value: isinstance(value, str), unset=(None,))  # an empty one is what somebody typed
_SECOND_TEXT = Form(_TEXT.is_value)
_NAME = r"\S([^\0]{0,4094}\S)?"  # of a model; a path has at most 4,096 bytes
_LANGUAGE = _like(r"(?a)[A-Za-z]\w{0,31}")  # as tokenizers name one: eng_Latn
_NUMBER = Form(is_number, _read_number, wrong="is no number from 0", unset=())
_SWITCH = Form(
    lambda value: isinstance(value, bool), lambda text: BOOLEANS.get(text.lower()), lambda on: str(int(on)),
    wrong="is neither true nor false", unset=(),
)  # fmt: skip
_CHOSEN = Form(_is_place, _read_place, _write_place, "names no word (as in 8~it)")
_EDITED = Form(_are_edits, _read_edits, wrong="holds no edits (as in cut 3.0 8 2; mute 3)")
_PINNED = Form(_are_places, _read_places, _write_places, "names no word (as in 2~animal 8~it)")


def _asked(form: Form, default: str | int | bool | None = None, *, unset: Any = None) -> Any:
    """A field of this form. default: what is shown where nobody asked; None where the model decides."""
    return field(default=unset, metadata={"form": form, "default": default})


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
    edits: changes of the model's attention, as `write_edits` writes them. edited: the maps as "changed" or as "before".
    words: pieces merged to words. special: what is done with special tokens. scale: how weights become colours.
    """

    text: str | None = _asked(_TEXT, DEFAULT_TEXT)
    pair: str | None = _asked(_SECOND_TEXT)
    model: str | None = _asked(_like(_NAME, unset=()), DEFAULT_MODEL)
    from_scratch: bool | None = _asked(_SWITCH, False)
    source_language: str | None = _asked(_LANGUAGE)
    target_language: str | None = _asked(_LANGUAGE)
    stack: str | None = _asked(_one_of("encoder", "decoder", "cross", unset=(None, "")))
    layer: int | None = _asked(_NUMBER)
    head: int | None = _asked(_NUMBER)
    query: Place | None = _asked(_CHOSEN)
    key: Place | None = _asked(_CHOSEN)
    pins: tuple[Place, ...] = _asked(_PINNED, unset=())
    direction: str | None = _asked(_one_of("to", "from"), "to")
    face: str | None = _asked(_one_of("text", "columns"), "text")
    between: str | None = _asked(_one_of("ab", "ba", "aa", "bb", unset=(None, "")))
    average: str | None = _asked(_like(r"(?a)layer|all|\d{1,4}\.\d{1,4}(-\d{1,4}\.\d{1,4}){0,511}"))
    rows: int | None = _asked(_NUMBER, 0)
    columns: int | None = _asked(_NUMBER, 0)
    words: bool | None = _asked(_SWITCH, False)
    special: str | None = _asked(_one_of("keep", "hide", "renormalise"), "keep")
    scale: str | None = _asked(_one_of("head", "unit", "log"), "head")
    edits: str | None = _asked(_EDITED)
    edited: str | None = _asked(_one_of("changed", "before"), "changed")
    other: str | None = _asked(_TEXT, OTHER_TEXT)
    other_pair: str | None = _asked(_SECOND_TEXT)
    other_model: str | None = _asked(_like(_NAME))

    def value(self, name: str) -> Any:
        """The value of a field, its default where nobody asked for one; None where the model decides."""
        asked = getattr(self, name)
        return DEFAULTS[name] if asked is None else asked


FORMS: Mapping[str, Form] = {each.name: each.metadata["form"] for each in fields(View)}
DEFAULTS: Mapping[str, Any] = {each.name: each.metadata["default"] for each in fields(View)}


def read_address(address: Mapping[str, str], *, repeated: Collection[str] = ()) -> tuple[View, tuple[str, ...]]:
    """The view that an address asks for, and a sentence for everything in it that cannot be read.

    repeated: parameters that it has more than once; the last one is in the mapping.
    """
    values: dict[str, Any] = {}
    complaints = []
    for name, form in FORMS.items():
        if name not in address or address[name] in form.unset:
            continue
        value = form.read(address[name])
        if not form.is_value(value):
            given = shortened(address[name])
            complaints.append(f"The address has {name}={given}, which {form.wrong}, and is left out.")
            continue
        values[name] = value
        if name in repeated:
            complaints.append(f"The address has {name} more than once; the last one is taken.")
    if unknown := [name for name in address if name not in FORMS]:
        named = listed(map(shortened, unknown), most=MAX_NAMED)
        complaints.append(f"The address has parameters that attnviz does not know, and leaves out: {named}.")
    if values.get("from_scratch") and values.get("model", DEFAULT_MODEL) in OWN_MODELS:
        del values["from_scratch"]
        complaints.append("The address asks for our own code, which this model is anyway.")
    return View(**values), tuple(complaints)


def write_address(view: View) -> dict[str, str]:
    """The view as the parameters of an address; without its texts where they are too long for one."""
    left_out = () if fits_address(view) else TEXTS
    asked = {name: getattr(view, name) for name in FORMS if name not in left_out}
    return {name: FORMS[name].write(value) for name, value in asked.items() if value not in (None, (), DEFAULTS[name])}


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


def shortened(text: str) -> str:
    """The text, or its beginning where it is longer than one reads in a sentence."""
    return text if len(text) <= MAX_LETTERS else f"{text[:MAX_LETTERS]}…"
