"""Lesson 2: the three projections, and the way from embedding to output."""

from attnviz.learn.frame import Drawings, show_lesson


def drawings() -> Drawings:
    """What draws where the text names it."""
    from attnviz.learn.query_key_value import projections

    return {"play": projections.play}


show_lesson(__file__, drawings)
