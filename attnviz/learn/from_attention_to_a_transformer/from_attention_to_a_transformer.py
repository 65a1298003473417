"""Lesson 9: residual connections, layer norm, feed-forward, and how much attention contributes."""

from attnviz.learn.frame import Drawings, show_lesson


def drawings() -> Drawings:
    """What draws where the text names it."""
    from attnviz.learn.from_attention_to_a_transformer import blocks

    return {"play": blocks.play}


show_lesson(__file__, drawings)
