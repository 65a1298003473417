"""A weight, a share and a size as text: the one way in which each stands on a page, in a file and in a sentence.

The browser's twin is `canvas/numbers.js`; a test holds the two together.
"""

from decimal import ROUND_HALF_UP, Decimal
from math import floor

_HUNDREDTH = Decimal("0.01")
_NARROW_BLANK = "\u202f"


def weight_text(weight: float) -> str:
    """Two decimals without the zero (`.91`); `<.01` where they would be .00, `>.99` where 1.00; exactly 0 and 1 so.

    Rounded from the number that is stored, halves up, as a browser's `toFixed` does.
    """
    if weight in (0, 1):
        return str(int(weight))
    if weight < 0.005:
        return "<.01"
    if 0.995 <= weight < 1:
        return ">.99"
    return str(Decimal(weight).quantize(_HUNDREDTH, ROUND_HALF_UP)).removeprefix("0")


def percent_text(share: float) -> str:
    """A share of a hundred, for sentences (`91 %`), with a blank that keeps number and sign on one line."""
    sign = f"{_NARROW_BLANK}%"
    if 0 < share < 0.005:
        return f"<{_NARROW_BLANK}1{sign}"
    if 0.995 <= share < 1:
        return f">{_NARROW_BLANK}99{sign}"
    return f"{floor(100 * share + 0.5)}{sign}"


def size_text(n_bytes: int) -> str:
    """A size as people say it: `440 MB`, `1.5 GB`."""
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.0f} MB"
