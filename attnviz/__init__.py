"""attnviz shows what every attention head of a transformer does with a sentence, and how each number came about.

engine = attnviz.load("builtin")
trace = engine.run("The animal didn't cross the street because it was too tired")
trace.encoder.weights(layer=0, head=1)  # (query, key)

The names below are imported when they are first asked for: torch takes a second, and who wants `--help` or the title of
a page needs none of it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from attnviz import analysis as analysis
from attnviz.edits import cut, look, mute, patch, set_row, take_away
from attnviz.errors import AttnVizError
from attnviz.tokens import Token

if TYPE_CHECKING:
    from attnviz.attention import Step
    from attnviz.engine import DEFAULT_MODEL, load
    from attnviz.prediction import Prediction
    from attnviz.protocols import Engine, Progress
    from attnviz.trace import Stack, Trace

__all__ = [
    "DEFAULT_MODEL",
    "AttnVizError",
    "Engine",
    "Prediction",
    "Progress",
    "Stack",
    "Step",
    "Token",
    "Trace",
    "cut",
    "load",
    "look",
    "mute",
    "patch",
    "set_row",
    "take_away",
]
__version__ = "0.1.0"

_HOMES = {
    "DEFAULT_MODEL": "engine",
    "Engine": "protocols",
    "Prediction": "prediction",
    "Progress": "protocols",
    "Stack": "trace",
    "Step": "attention",
    "Trace": "trace",
    "load": "engine",
}


def __getattr__(name: str) -> Any:
    """A public name that was not asked for before."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """All names, those that were not asked for yet among them."""
    return sorted({*globals(), *_HOMES})
