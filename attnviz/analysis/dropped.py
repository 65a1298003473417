"""What a tokenizer dropped: characters of the typed text that no token stands for, so that the model never saw them."""

import unicodedata

from attnviz.tokens import dropped_from, second_text
from attnviz.trace import AttentionMaps, Trace

MOST = 12  # that are listed


def dropped(trace: Trace[AttentionMaps]) -> tuple[str, ...]:
    """The runs of characters that no token stands for, blanks aside: those of the text, then those of the second."""
    stacks = trace.stacks
    tokens = next(iter(stacks.values())).query_tokens
    if "cross" in stacks:
        second = len(tokens)
        tokens += stacks["decoder"].query_tokens
    else:
        second = (second_text(tokens) if trace.pair is not None else None) or len(tokens)
    found = dropped_from(trace.text, tokens[:second])
    return found if trace.pair is None else (*found, *dropped_from(trace.pair, tokens[second:]))


def told(found: tuple[str, ...]) -> str:
    """The sentence that tells what was dropped; "" where nothing was."""
    if not found:
        return ""
    runs = list(dict.fromkeys(found))
    listed = ", ".join("".join(map(_named, run)) for run in runs[:MOST]) + (", …" if len(runs) > MOST else "")
    return f"The tokenizer dropped what the model therefore does not read: {listed}."


def _named(character: str) -> str:
    """A character as it can be seen by itself: an accent on a circle, an invisible one by its number."""
    category = unicodedata.category(character)
    return f"◌{character}" if category[0] == "M" else f"U+{ord(character):04X}" if category[0] == "C" else character
