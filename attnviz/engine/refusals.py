"""What a model's own files say that attnviz cannot show, one sentence each with what to do.

Read before any weights are, so that nobody waits for a model that is refused.
"""

import re

# A path of a machine, down to its last part; the model's own name stands elsewhere in the sentence.
_PATH = re.compile(r"(?<![\w.])(?:/|[A-Za-z]:\\)(?:[^\s'\":,;()]+[/\\])+([^\s'\":,;()]*)")


def reason_of(error: BaseException) -> str:
    """Kind and first line of an error from somebody else's code, without the paths of this machine."""
    lines = str(error).strip().splitlines()
    return _PATH.sub(r"\1", f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__)
