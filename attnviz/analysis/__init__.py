"""Analyses: pure functions of attention maps, whatever model they came from.

regroup   pieces as words, special tokens hidden: maps again
habits    where a head looks whatever the words are: neighbours, itself, special tokens
strongest, notable    the strongest link of a map, and the one to look at first
arithmetic, written   how one weight came about, and its numbers as text that can be computed again
differences   the same head for two texts or two models: aligned tokens, differences, divergences
effects   what one head or one link is worth: an answer with it and without it
"""

from typing import Any

__all__ = ["knockout"]


def __getattr__(name: str) -> Any:
    """What is asked for by `attnviz.analysis.knockout`, imported when it is: torch takes a second."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from attnviz.analysis.effects import knockout

    return knockout
