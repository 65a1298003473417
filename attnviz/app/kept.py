"""What is kept for later, never more of it than fits."""

import os
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")
GROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_UNKNOWN_MEMORY = 4_000_000_000


class Kept(Generic[Value]):
    """Values by key. Those that were used longest ago go, while all together take more than `max_bytes`.

    size: bytes of a value. in_use: whether it has to stay all the same.
    """

    def __init__(
        self, max_bytes: int, size: Callable[[Value], int], *, in_use: Callable[[Value], bool] = lambda value: False
    ) -> None:
        self._max_bytes, self._size, self._in_use = max_bytes, size, in_use
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of a key, made where there is none; two who come at once may both make one, and get the same."""
        value = self.peek(key)
        if value is None:
            made = make()
            with self._lock:
                value = self._values.setdefault(key, made)
        self.trim()
        return value

    def peek(self, key: Hashable) -> Value | None:
        """The value of a key, which is used now, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Hashable, value: Value) -> None:
        """Keep a value in the place of the one before."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)

    def drop(self, key: Hashable) -> None:
        """Forget the value of a key, if there is one."""
        with self._lock:
            self._values.pop(key, None)

    def trim(self) -> None:
        """Let go what does not fit; the value that was used last stays in any case."""
        with self._lock:
            sizes = {key: self._size(value) for key, value in self._values.items()}
            too_many = sum(sizes.values()) - self._max_bytes
            for key in list(self._values)[:-1]:
                if too_many > 0 and sizes[key] and not self._in_use(self._values[key]):
                    too_many -= sizes[key]
                    del self._values[key]


def memory(group_limits: Iterable[Path] = GROUP_LIMITS) -> int:
    """Bytes of memory that this process may use: those of the machine, or of the container where it has fewer."""
    try:
        limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    except (AttributeError, ValueError, OSError):  # Windows
        limits = [_UNKNOWN_MEMORY]
    for path in group_limits:
        try:
            limits.append(int(path.read_text()))
        except (OSError, ValueError):  # no such file, or "max"
            continue
    return min(limits)
