"""The languages of tokenizers that write one beside the text: NLLB, M2M100, mBART, PLBart, SeamlessM4T.

Such a tokenizer holds both languages, and the side that it reads just now, in itself. Many sessions share it, so it
speaks for one thread at a time (`speaking`), and is left as it was found.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from threading import RLock
from typing import Any, NamedTuple

from attnviz.errors import NotTraceableError, TextError

N_NAMED = 3  # languages that a message names
# How tokenizers spell the token of a language: eng_Latn, en_XX, __en__, __cmn_Hant__, __java__.
_CODE = re.compile(r"[a-z]{2,3}_[A-Z][A-Za-z]+|__[a-z]{2,}(_[A-Za-z]+)?__")
_SPEAKING = RLock()  # one for all tokenizers: to read a text takes them milliseconds


class Languages(NamedTuple):
    """Of the text, and of the target; None where nobody said."""

    source: str | None = None
    target: str | None = None


def languages_of(tokenizer: Any) -> tuple[str, ...]:
    """The languages that a tokenizer has a token for, by the names that it takes; () for all others."""
    if not _names_languages(tokenizer):
        return ()
    ids: dict[str, int] = getattr(tokenizer, "lang_code_to_id", None) or {
        token: tokenizer.convert_tokens_to_ids(token)
        for token in tokenizer.all_special_tokens
        if _CODE.fullmatch(token)
    }
    return tuple(sorted({code.strip("_") for code, token_id in ids.items() if token_id != tokenizer.unk_token_id}))


def file_languages(tokenizer: Any) -> Languages:
    """The languages that the tokenizer's own files, or its class where these are silent, name for text and target."""
    if not _names_languages(tokenizer):
        return Languages()
    with _SPEAKING:
        named = tokenizer.src_lang, tokenizer.tgt_lang
    return Languages(*(code if code is None else code.strip("_") for code in named))


def chosen_languages(name: str, known: tuple[str, ...], asked: Languages, files: Languages) -> Languages:
    """The languages that a text and its target are read in: those asked for, else those of the tokenizer's files.

    Raises TextError for one that the tokenizer does not know, and for any where the model knows none.
    """
    if not known:
        check_no_language(name, *asked)
    return Languages(
        *(
            _known(name, known, side, own if code is None else code)
            for side, code, own in zip(("source", "target"), asked, files, strict=True)
        )
    )


def check_no_language(name: str, source: str | None, target: str | None) -> None:
    """Raise TextError if a language is named for a model that knows none."""
    for side, code in (("source", source), ("target", target)):
        if code is not None:
            raise TextError(f"{name} has no languages to choose from. Leave the {side} language {code!r} out.")


def language_needed(name: str, known: tuple[str, ...], side: str) -> TextError:
    """The error for a language that nobody named: what it may be, and how to give it."""
    some = ", ".join(known[:: max(1, len(known) // N_NAMED)][:N_NAMED])
    return TextError(
        f"The files of {name} name no {side} language. Give one of its {len(known)} as {side}_language "
        f"(--{side}-language on the command line), for instance {some}."
    )


@contextmanager
def speaking(tokenizer: Any, languages: Languages) -> Iterator[None]:
    """The tokenizer for this thread alone, in these languages; as it was afterwards."""
    if not hasattr(tokenizer, "_switch_to_target_mode"):
        yield
        return
    with _SPEAKING:
        if not _names_languages(tokenizer):
            yield
            return
        before = tokenizer.src_lang, tokenizer.tgt_lang
        _set(tokenizer, *languages)
        try:
            yield
        finally:
            _set(tokenizer, *before)


def is_language(token: str) -> bool:
    """Whether a special token is that of a language."""
    return bool(_CODE.fullmatch(token))


def has_target_language(tokenizer: Any) -> bool:
    """Whether a target can be read: its language is set, or the tokenizer needs none."""
    return not _names_languages(tokenizer) or tokenizer.tgt_lang is not None


def trial_languages(tokenizer: Any) -> Languages:
    """Languages to try a model in, where its files name none."""
    known = languages_of(tokenizer)
    return Languages(*((code if code in known else known[0]) if known else None for code in file_languages(tokenizer)))


def check_speaks(tokenizer: Any) -> None:
    """Raise NotTraceableError, what is wrong, for a tokenizer that cannot write the languages of its model."""
    if _names_languages(tokenizer):
        if not languages_of(tokenizer):
            raise NotTraceableError("has a tokenizer that is made for languages but has a token for none of them")
        return
    named = [tokenizer.init_kwargs.get(key) for key in ("src_lang", "tgt_lang")]
    written = tokenizer.convert_ids_to_tokens(tokenizer("")["input_ids"])
    code = next(filter(None, (*named, *filter(is_language, written))), None)
    if code is not None:
        raise NotTraceableError(
            f"has languages, such as {code}, but a tokenizer of the class {type(tokenizer).__name__}, which reads text "
            "and target alike; its tokenizer_config.json has to name the model's own, such as NllbTokenizer"
        )


def _names_languages(tokenizer: Any) -> bool:
    return all(hasattr(tokenizer, name) for name in ("_switch_to_target_mode", "src_lang", "tgt_lang"))


def _set(tokenizer: Any, source: str | None, target: str | None) -> None:
    tokenizer.tgt_lang = target
    tokenizer.src_lang = source  # last, because it sets what is read next: a text


def _known(name: str, known: tuple[str, ...], side: str, code: str | None) -> str | None:
    if code is None:
        return None
    plain = code.strip("_")
    if plain in known:
        return plain
    spelled = {other.casefold(): other for other in known}
    near = get_close_matches(plain.casefold(), spelled, N_NAMED, cutoff=0)
    raise TextError(
        f"{name} does not know the {side} language {code!r}. "
        f"The nearest of its {len(known)} are {', '.join(spelled[other] for other in near)}."
    )
