"""One way to write a weight: by hand, and against decimal arithmetic; `TABLE` is what the browser's twin is held to."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from attnviz.numbers import percent_text, size_text, weight_text

# Weights and both their texts; NARROW is the blank before the sign of a percentage.
NARROW = "\u202f"
TABLE = (
    (0.0, "0", "0 %"),
    (1e-30, "<.01", "< 1 %"),
    (0.0049999, "<.01", "< 1 %"),
    (0.005, ".01", "1 %"),
    (0.0091, ".01", "1 %"),
    (0.0149999, ".01", "1 %"),
    (0.016, ".02", "2 %"),
    (0.1, ".10", "10 %"),
    (0.125, ".13", "13 %"),  # exactly between two
    (0.285, ".28", "28 %"),  # stored as a little less than it reads
    (0.375, ".38", "38 %"),
    (0.5, ".50", "50 %"),
    (0.545, ".55", "55 %"),
    (0.625, ".63", "63 %"),
    (0.913, ".91", "91 %"),
    (0.9949, ".99", "99 %"),
    (0.995, ">.99", "> 99 %"),
    (0.99999, ">.99", "> 99 %"),
    (1.0, "1", "100 %"),
    (1.0000001, "1.00", "100 %"),  # a column of two words added up
    (1.375, "1.38", "138 %"),
    (12.5, "12.50", "1250 %"),
)


@pytest.mark.parametrize(("weight", "text", "percent"), TABLE)
def test_a_weight_is_written_in_one_way(weight, text, percent):
    assert weight_text(weight) == text
    assert percent_text(weight) == percent.replace(" ", NARROW)


@given(some.floats(0.005, 0.995, exclude_max=True))
def test_two_decimals_are_the_nearest_ones_of_the_number_that_is_stored(weight):
    text = weight_text(weight)
    assert len(text) == 3
    assert text.startswith(".")
    off = Fraction(int(text[1:]), 100) - Fraction(weight)
    assert -Fraction(1, 200) < off <= Fraction(1, 200), "a half goes up"


def test_sizes_are_said_as_people_say_them():
    assert (size_text(440_000_000), size_text(1_503_000_000)) == ("440 MB", "1.5 GB")
