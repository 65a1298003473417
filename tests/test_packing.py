import json

import numpy as np
import pytest

from attnviz.packing import message


@pytest.mark.parametrize("length", range(1, 9))
def test_arrays_begin_at_a_multiple_of_four_bytes(length):
    body = message({"a": "x" * length}, np.uint16([1, 2]), np.float32([0.5]).astype(">f4"))
    header = int.from_bytes(body[:4], "little")
    assert header % 4 == 0
    assert header < len('{"a":""}') + length + 4
    assert json.loads(body[4 : 4 + header]) == {"a": "x" * length}
    assert body[4 + header :] == b"\1\0\2\0" + np.float32(0.5).astype("<f4").tobytes()


def test_a_header_keeps_every_word():
    words = ["<b>", "שלום", "👩‍👩‍👧", '"', "\\", "\n"]
    body = message({"words": words}, np.arange(3, dtype=np.float32))
    length = int.from_bytes(body[:4], "little")
    assert json.loads(body[4 : 4 + length]) == {"words": words}
    assert "שלום".encode() in body, "two bytes a letter, not six"
    np.testing.assert_array_equal(np.frombuffer(body, "<f4", 3, 4 + length), [0, 1, 2])
