"""attnviz shows what every attention head of a transformer does with a sentence, and how each number came about.

engine = attnviz.load("builtin")
trace = engine.run("The animal didn't cross the street because it was too tired")
trace.encoder.weights(layer=0, head=1)  # (query, key)
"""

from attnviz.attention import Step
from attnviz.engine import DEFAULT_MODEL, load
from attnviz.errors import AttnVizError
from attnviz.protocols import Engine, Progress
from attnviz.tokens import Token
from attnviz.trace import Stack, Trace

__all__ = ["DEFAULT_MODEL", "AttnVizError", "Engine", "Progress", "Stack", "Step", "Token", "Trace", "load"]
