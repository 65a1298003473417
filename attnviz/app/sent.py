"""What a part of the page sends: it comes from a browser, so it is read as an address is, by one function.

What is wrong in any way (another type, out of range, no number, too long, a name that no part sends) is nothing that a
person chose: it is left as a whole, and what was chosen before stands.
"""

from collections.abc import Callable, Container, Mapping
from typing import Any, TypeAlias

Check: TypeAlias = Callable[[object], bool]

MIN_ROOM, MAX_ROOM = 100.0, 100_000.0  # pixels; what is narrower holds no chart, and no screen is wider
MAX_LISTED = 512  # words that can be pinned, as in an address


def read(sent: object, checks: Mapping[str, Check]) -> dict[str, Any]:
    """What was sent, if every part of it has a name that is known and passes its check; else nothing."""
    if not isinstance(sent, Mapping) or len(sent) > len(checks):
        return {}
    if not all(name in checks and checks[name](value) for name, value in sent.items()):
        return {}
    return dict(sent)


def whole(among: Container[int]) -> Check:
    """Whether something is one of these whole numbers; `True` is none, though Python counts it as 1."""
    return lambda sent: type(sent) is int and sent in among


def wholes(among: Container[int], *, count: int | None = None) -> Check:
    """Whether something is a list of these whole numbers, of so many where `count` says so."""
    of = whole(among)

    def check(sent: object) -> bool:
        if not isinstance(sent, list) or (len(sent) > MAX_LISTED if count is None else len(sent) != count):
            return False
        return all(map(of, sent))

    return check


def is_width(sent: object) -> bool:
    """Whether something is a width in pixels that a chart can have."""
    return type(sent) in {int, float} and MIN_ROOM <= sent <= MAX_ROOM  # type: ignore[operator]


def anything(_: object) -> bool:
    """Whether it is there: what it is, is read on its own."""
    return True
