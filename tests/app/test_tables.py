from attnviz.app.shared.tables import map_columns, named
from attnviz.tokens import Token


def test_no_name_in_a_table_is_a_formula():
    assert named(Token("=HYPERLINK(1)", 0, 13, 0), 3) == "“=HYPERLINK(1)” (3)"
    assert named(Token("it's", 0, 4, 0), 3) == "it's (3)"


def test_equal_tokens_are_told_apart_by_their_places():
    the, cat = Token("the", 0, 3, 0), Token("cat", 4, 7, 1)
    table = map_columns([[0.5, 0.25, 0.25]], [cat], [the, cat, the], first=(4, 7))
    assert table == {"attends": ["cat (4)"], "the (7)": (0.5,), "cat (8)": (0.25,), "the (9)": (0.25,)}
