"""The messages of some scenes, for the tests of the picture in JavaScript and in a bare page.

    python -m tests.canvas.fixtures FOLDER      # FOLDER/default.text.bin, default.map.bin, default.view.bin, …

Traces of random weights stand for the kinds of models that are not at hand; whatever is drawn of them is theirs.
"""

import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch

import attnviz
from attnviz.address import DEFAULT_TEXT, OTHER_TEXT, Place, View
from attnviz.attention import Step
from attnviz.engine import minilm
from attnviz.first import first_visit, opening
from attnviz.masks import causal_mask
from attnviz.scene import Scene, scene
from attnviz.survey import survey
from attnviz.tokens import Token, special_token, word_tokens
from attnviz.trace import Stack, Trace
from attnviz.view import resolve

CLS, SEP = special_token("[CLS]"), special_token("[SEP]")
ENGLISH, GERMAN = "The cat sat on the mat because it was soft.", "Die Katze saß auf der Matte, weil sie weich war."
LONG = " ".join(["The animal didn't cross the street because it was too tired."] * 10)
HEBREW = "שלום עולם, זה חתול"


def stack(
    queries: tuple[Token, ...],
    keys: tuple[Token, ...],
    *,
    seed: int = 0,
    is_causal: bool = False,
    is_one_text: bool | None = None,
    n_layers: int = 3,
    n_heads: int = 4,
) -> Stack:
    """Random attention that is far from even."""
    generator = torch.Generator().manual_seed(seed)

    def step() -> Step:
        query, key, value = (
            1.6 * torch.randn(n_heads, len(side), 8, generator=generator) for side in (queries, keys, keys)
        )
        mask = causal_mask(len(queries), len(keys))[None] if is_causal else None
        return Step(query, key, value, scale=8**-0.5, mask=mask)

    sides: dict[str, Any] = {} if is_one_text is None else {"is_one_text": is_one_text}
    return Stack(queries, keys, tuple(step() for _ in range(n_layers)), **sides)


def pieces(text: str, *, size: int = 4) -> tuple[Token, ...]:
    """The words of a text in pieces of so many letters."""
    return tuple(
        Token(text[at : min(at + size, word.end)], at, min(at + size, word.end), word.word)
        for word in word_tokens(text)
        for at in range(word.start, word.end, size)
    )


def picture(trace: Trace[Stack], view: View | None = None, **options: Any) -> Scene:
    """What is on screen of a trace, decided, derived and packed as a page does it."""
    resolved = resolve(view or View(), trace, survey, opening=opening(trace))
    return scene(resolved, **options)


def built_in(text: str = DEFAULT_TEXT, view: View | None = None, **options: Any) -> Scene:
    """A text read by the built-in model."""
    return picture(attnviz.load("builtin").run(text), view, **options)


def pair() -> Trace[Stack]:
    """Two sentences that an encoder reads together."""
    tokens = (CLS, *word_tokens("The cat sat on the mat"), SEP, *word_tokens("It was soft there"), SEP)
    return Trace("random pair", "The cat sat on the mat", "It was soft there", encoder=stack(tokens, tokens))


def translation() -> Trace[Stack]:
    """A text and its translation: three kinds of attention."""
    source, target = (word_tokens(ENGLISH), SEP), (SEP, word_tokens(GERMAN))
    queries, keys = (target[0], *target[1]), (*source[0], source[1])
    return Trace(
        "random translator",
        ENGLISH,
        GERMAN,
        encoder=stack(keys, keys, seed=1),
        decoder=stack(queries, queries, seed=2, is_causal=True),
        cross=stack(queries, keys, seed=3, is_one_text=False),
    )


def decoder(text: str = DEFAULT_TEXT) -> Trace[Stack]:
    """A text that is read from left to right, in pieces."""
    tokens = pieces(text)
    return Trace("random decoder", text, decoder=stack(tokens, tokens, seed=4, is_causal=True))


def real() -> Scene | None:
    """The default sentence read by MiniLM, where it is installed."""
    return None if minilm.folder() is None else picture(attnviz.load(minilm.NAME).run(DEFAULT_TEXT))


SCENES: Mapping[str, Callable[[], Scene | None]] = {
    "default": built_in,
    "wide": lambda: built_in(OTHER_TEXT),
    "first": lambda: built_in(first=first_visit(attnviz.load("builtin"))),
    "mean": lambda: built_in(view=View(average="layer")),
    "pins": lambda: built_in(view=View(pins=(Place(2, "animal"), Place(8, "it")))),
    "from": lambda: built_in(view=View(key=Place(2, "animal"), direction="from")),
    "unknown": lambda: built_in("My zorp flibbered the unbelievably internationalisation"),
    "hebrew": lambda: built_in(HEBREW),
    "long": lambda: built_in(LONG),
    "pair": lambda: picture(pair()),
    "between": lambda: picture(pair(), View(between="ab")),
    "cross": lambda: picture(translation(), View(stack="cross")),
    "decoder": lambda: picture(decoder()),
    "words": lambda: picture(decoder(), View(words=True, special="renormalise")),
    "large": lambda: picture(decoder(" ".join([DEFAULT_TEXT] * 14))),
    "minilm": real,
}


@cache
def messages(name: str) -> tuple[bytes, bytes, bytes] | None:
    """The messages text, map and view of a scene; None where its model is not installed."""
    made = SCENES[name]()
    return None if made is None else (made.text, made.map, made.view)


def write(folder: Path) -> None:
    """Write the messages of all scenes into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SCENES:
        for kind, body in zip(("text", "map", "view"), messages(name) or (), strict=False):
            (folder / f"{name}.{kind}.bin").write_bytes(body)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
