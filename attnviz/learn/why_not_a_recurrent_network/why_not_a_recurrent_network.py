"""Lesson 6: how far a word reaches in a recurrent network, and with attention."""

from attnviz.learn.frame import Drawings, show_lesson


def drawings() -> Drawings:
    """What draws where the text names it."""
    from attnviz.learn.why_not_a_recurrent_network import recurrent

    return {"play": recurrent.play}


show_lesson(__file__, drawings)
