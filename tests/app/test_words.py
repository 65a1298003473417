import pytest

from attnviz.app.shared.words import counted, plain


@pytest.mark.parametrize(
    "text", ["**bold**", "$x$", ":red[x]", "<script>", "[a](b)", "`code`", "# head", "a_b_c", "~~x~~"]
)
def test_every_character_that_markdown_reads_is_escaped(text):
    escaped = plain(text)
    assert escaped.replace("\\", "").replace("\u2060", "") == text
    for character in "*$:<[`#_~":
        assert escaped.count(character) == escaped.count("\\" + character)


def test_names_of_emoji_are_kept_apart():
    assert ":smile:" not in plain(":smile:").replace("\\", "")
    assert "->" not in plain("a -> b").replace("\\", "")


def test_a_line_break_does_not_begin_a_list_or_a_heading():
    assert plain("a\n# b\n- c").count("\n") == 0


def test_counts_are_said_as_people_say_them():
    assert (counted(1, "token"), counted(14, "token")) == ("1 token", "14 tokens")
