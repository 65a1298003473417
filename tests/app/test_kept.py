import os

import pytest

from attnviz.app.kept import Kept, memory


def test_what_was_used_longest_ago_goes_first_and_only_as_much_as_it_must():
    values: Kept[int] = Kept(10, lambda size: size)
    for size in (4, 3, 2):
        values.get(size, lambda size=size: size)
    values.peek(4)
    values.get(5, lambda: 5)
    assert [values.peek(size) for size in (4, 3, 2, 5)] == [4, None, None, 5]


def test_what_is_in_use_stays_and_so_does_the_newest():
    values: Kept[int] = Kept(1, lambda size: size, in_use=lambda size: size == 8)
    for size in (8, 3, 9):
        values.get(size, lambda size=size: size)
    assert [values.peek(size) for size in (8, 3, 9)] == [8, None, 9]


def test_a_value_is_made_once_and_can_be_dropped_and_replaced():
    values: Kept[list[int]] = Kept(10, len)
    first = values.get("a", lambda: [1])
    assert values.get("a", lambda: [2]) is first
    values.put("a", [3])
    assert values.get("a", lambda: [4]) == [3]
    values.drop("a")
    values.drop("a")
    assert values.get("a", lambda: [4]) == [4]


@pytest.mark.parametrize(("limit", "expected"), [("1000000\n", 1_000_000), ("max\n", None)])
def test_the_memory_of_a_container_counts(limit, expected, tmp_path):
    of_container, machine = tmp_path / "memory.max", memory([])
    of_container.write_text(limit)
    assert machine == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert memory([tmp_path / "nowhere", of_container]) == (expected or machine)


def test_where_a_system_does_not_tell_its_memory_four_gigabytes_are_counted_on(monkeypatch):
    monkeypatch.delattr(os, "sysconf")  # as on Windows
    assert memory([]) == 4_000_000_000
