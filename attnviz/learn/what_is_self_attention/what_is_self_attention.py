"""Lesson 1: self-attention without parameters, on four vectors of four numbers."""

from attnviz.learn.frame import Drawings, show_lesson


def drawings() -> Drawings:
    """What draws where the text names it."""
    from attnviz.learn.what_is_self_attention import self_attention

    return {"play": self_attention.play}


show_lesson(__file__, drawings)
