"""Lesson 4: split, attend, concatenate, project; our module beside torch's; what heads do."""

from attnviz.learn.frame import Drawings, show_lesson


def drawings() -> Drawings:
    """What draws where the text names it."""
    from attnviz.learn.many_heads import side_by_side

    return {
        "side_by_side": side_by_side.side_by_side,
        "heads_of_the_model": side_by_side.heads_of_the_model,
    }


show_lesson(__file__, drawings)
