"""What a model reads of a text."""

from attnviz.engine.encoding import encode
from tests.engine.tiny import byte_level, wordpiece


def test_segments_only_where_the_tokenizer_gives_them():
    assert encode(wordpiece(), "The", "cat").segments == (0, 0, 0, 1, 1)
    assert encode(byte_level(), "The cat").segments is None
