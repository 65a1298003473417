"""What is asked for by number is checked before anything is computed."""

import pytest

from attnviz.errors import SelectionError
from attnviz.selection import check_number


@pytest.mark.parametrize("head", [True, 1.0, "1"])
def test_a_head_that_is_no_whole_number_is_refused_with_its_kind(head):
    with pytest.raises(SelectionError, match=f"one head, a whole number, and were given {type(head).__name__}: "):
        check_number("head", head)
