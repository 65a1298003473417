"""The pieces of `tokenizer.json`: where a model has this file, it was trained on what the file makes of a text.

transformers builds many tokenizers anew, from the vocabulary of the file and from rules of its own; where these are
not the rules of the file, words become blanks and numbers digits. Therefore the file itself cuts every text, and says
which special tokens stand beside it; like transformers 5, nothing heeds `add_bos_token` where there is such a file.
"""

import json
from collections.abc import Iterator
from typing import Any

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from attnviz.engine.files import ModelFiles
from attnviz.errors import BrokenModelError

FILE, OPTIONS = "tokenizer.json", "tokenizer_config.json"
# Words, case, numbers, accents, blanks, scripts, emoji.
_TEXTS = (
    "The Cat didn't see 3,141 mats in 1999.",
    " two  blanks, a\ttab and a\nline ",
    "naïve CAFÉ Übermut ﬁne",
    "今日は 한국 हिन्दी ไทย مرحبا 😀",
)
# Options of a tokenizer's class that change pieces, and what the file calls them.
_CHANGES = {
    "do_lower_case": "lowercase",
    "strip_accents": "strip_accents",
    "tokenize_chinese_chars": "handle_chinese_chars",
    "add_prefix_space": "add_prefix_space",
}


def cut_by_file(tokenizer: Any, files: ModelFiles) -> Any:
    """The tokenizer, its texts cut by the `tokenizer.json` of these files; as it is where they have none.

    Raises BrokenModelError where the files contradict each other.
    """
    path = files.folder / FILE
    is_fast = isinstance(getattr(tokenizer, "_tokenizer", None), Tokenizer)
    # A translator's class of Python (Marian, M2M100) reads both languages, a file beside it the source's pieces alone.
    if not path.is_file() or (not is_fast and hasattr(tokenizer, "_switch_to_target_mode")):
        return tokenizer
    file = Tokenizer.from_file(str(path))
    file.no_truncation()  # as training needed it
    file.no_padding()
    if not is_fast:  # a class of Python, which reads other files
        tokenizer = PreTrainedTokenizerFast.from_pretrained(files.folder)
    if any(_pieces(tokenizer._tokenizer, text) != _pieces(file, text) for text in _TEXTS):
        _refuse_contradiction(files.name, _options(files), json.loads(file.to_str()))
    if hasattr(tokenizer, "src_lang"):  # puts the token of a language beside a text, which the file knows of one only
        file.post_processor = tokenizer._tokenizer.post_processor
    _forget_lacking(tokenizer, file)
    tokenizer._tokenizer = file
    return tokenizer


def _forget_lacking(tokenizer: Any, file: Tokenizer) -> None:
    """Take the names away from special tokens that a class has by habit and the file lacks: they have no number."""
    for role in tokenizer.SPECIAL_TOKENS_ATTRIBUTES:
        token = getattr(tokenizer, role)
        if token is not None and file.token_to_id(str(token)) is None:
            setattr(tokenizer, role, None)
    kept = [token for token in tokenizer.extra_special_tokens if file.token_to_id(str(token)) is not None]
    tokenizer.extra_special_tokens = kept


def _options(files: ModelFiles) -> dict[str, Any]:
    """What the files say of the tokenizer's class; nothing where they do not."""
    path = files.folder / OPTIONS
    said = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {name: value for name, value in said.items() if value is not None}


def _pieces(cutter: Tokenizer, text: str) -> list[int] | None:
    """The numbers of the pieces of a text alone; None where it cannot be read."""
    try:
        return cutter.encode(text, add_special_tokens=False).ids
    except Exception:  # a character without a token, in a tokenizer without one for unknown characters
        return None


def _refuse_contradiction(name: str, said: dict[str, Any], rules: dict[str, Any]) -> None:
    """Raise BrokenModelError if an option says of the pieces what the rules of the file do not."""
    for option, rule in _CHANGES.items():
        found = [value for part in ("normalizer", "pre_tokenizer") for value in _values(rules[part], rule)]
        if option in said and any(value is not None and value != said[option] for value in found):
            raise BrokenModelError(
                f"The files of {name} contradict each other: {OPTIONS} says {option} = {json.dumps(said[option])}, "
                f"{FILE} cuts texts with {rule} = {json.dumps(not said[option])}. "
                "Correct one of them, or choose another model."
            )


def _values(rules: Any, name: str) -> Iterator[Any]:
    """What the rules of a file, and those inside them, say under a name."""
    if isinstance(rules, dict):
        yield from (rules[name],) if name in rules else ()
        rules = list(rules.values())
    for inside in rules if isinstance(rules, list) else ():
        yield from _values(inside, name)
