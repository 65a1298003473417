"""Lesson 5: what attention may see, what it knows of order, and how it reads another text."""

from attnviz.learn.frame import Drawings, show_lesson


def drawings() -> Drawings:
    """What draws where the text names it."""
    from attnviz.learn.masks_and_positions import hiding

    return {"masks_and_order": hiding.masks_and_order, "cross_attention": hiding.cross_attention}


show_lesson(__file__, drawings)
