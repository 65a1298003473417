"""Lesson 8: what "it" attends to, whether the link flips, and what happens when it is cut."""

from attnviz.learn.frame import Drawings, show_lesson


def drawings() -> Drawings:
    """What draws where the text names it."""
    from attnviz.learn.what_does_it_mean import pairs, reference

    return {"play": reference.play, "table": pairs.table}


show_lesson(__file__, drawings)
