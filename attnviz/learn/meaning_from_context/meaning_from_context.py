"""Lesson 7: the vector of one word in two sentences."""

from attnviz.learn.frame import Drawings, show_lesson


def drawings() -> Drawings:
    """What draws where the text names it."""
    from attnviz.learn.meaning_from_context import context

    return {"play": context.play}


show_lesson(__file__, drawings)
