"""What a shell gives and shows: texts typed or read from standard input, one line of progress, one line for each word.

What takes long to import is imported where it is needed.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from attnviz.errors import TextError
from attnviz.numbers import size_text

if TYPE_CHECKING:
    from attnviz.protocols import Progress

STDIN = "-"


class CommandError(Exception):
    """The command line itself asks for something that cannot be done; the message says what to do."""


def explained(error: Exception) -> str:
    """What went wrong, and of what this machine refused, where."""
    if not isinstance(error, OSError):
        return str(error)
    place = "" if error.filename is None else f"{error.filename}: "
    return f"This machine refused to read or write: {place}{error.strerror or error}."


def typed(text: str, pair: str | None) -> tuple[str, str | None]:
    """Text and second text, the one that is "-" read from standard input without the line break at its end."""
    from attnviz.tokens import MAX_CHARACTERS

    if STDIN not in (text, pair):
        return text, pair
    if text == pair:
        raise CommandError("Standard input is one text: only one of TEXT and --pair can be -.")
    if sys.stdin is None:
        raise CommandError("Standard input is closed. Give the text in quotes.")
    most = 4 * MAX_CHARACTERS  # bytes in UTF-8, a line break beside them
    given = sys.stdin.buffer.read(most + 3)
    if len(given) > most + 2:
        raise TextError(f"Standard input has more than {most:,} bytes, which no text here has. Shorten it.")
    # A byte that is no UTF-8 is carried along as the shell would, and named with its position.
    read = given.decode("utf-8", "surrogateescape").removesuffix("\n").removesuffix("\r")
    return (read, pair) if text == STDIN else (text, read)


@contextmanager
def progress_line() -> Iterator[Callable[["Progress"], None]]:
    """What draws, anew each time, a line on stderr that tells how far a model has come; silent without a terminal."""
    is_seen = sys.stderr.isatty()

    def show(progress: "Progress") -> None:
        doing = "Downloading" if progress.stage == "download" else "Loading"
        of = "" if progress.total is None else f" of {size_text(progress.total)}"
        if is_seen:
            print(f"\r\033[K{doing} {size_text(progress.done)}{of}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        if is_seen:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def check_decoded(name: str, value: str) -> None:
    """Raise TextError for bytes that the shell passed on and that are no UTF-8."""
    for position, character in enumerate(value):
        if "\udc80" <= character <= "\udcff":  # how Python carries such a byte (PEP 383)
            byte = ord(character) - 0xDC00
            raise TextError(f"The {name} has the byte 0x{byte:02X} at position {position}, which is not UTF-8.")


def one_line(message: str) -> str:
    """The message with line breaks, escapes and other unprintable characters spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in message)
