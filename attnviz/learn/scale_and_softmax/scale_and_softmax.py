"""Lesson 3: what the division by √d_k is for, measured on random vectors."""

from attnviz.learn.frame import Drawings, show_lesson


def drawings() -> Drawings:
    """What draws where the text names it."""
    from attnviz.learn.scale_and_softmax import sizes

    return {
        "play": sizes.play,
        "what_the_derivatives_show": sizes.what_the_derivatives_show,
        "on_paper": sizes.on_paper,
    }


show_lesson(__file__, drawings)
