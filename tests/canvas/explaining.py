"""Messages of a picture with the arithmetic of its link, and the same numbers computed by NumPy."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import attnviz
from attnviz.packing import message
from attnviz.trace import Trace
from attnviz.view import Place, View
from tests.canvas.conftest import header
from tests.canvas.fixtures import built_in

TEXT = "The animal didn't cross the street because it was too tired"
Vectors = NDArray[np.float64]


@cache
def trace(text: str = TEXT) -> Trace[Any]:
    return attnviz.load("builtin").run(text)


def with_why(
    text: str = TEXT, *, query: int = 8, key: int = 2, layer: int = 3, head: int = 0, **more: Any
) -> list[bytes]:
    """The messages of a link; `more` goes into the header of the view."""
    view = View(layer=layer, head=head, query=Place(query), key=Place(key))
    drawn = built_in(text, view)
    return [drawn.text, drawn.map, message(header(drawn.view) | more)]


def why_of(sent: list[bytes]) -> dict[str, Any]:
    return dict(header(sent[-1])["why"])


def vectors(layer: int = 3, head: int = 0, text: str = TEXT) -> tuple[Vectors, Vectors, Vectors, float]:
    """Queries, keys, values and the scale of a head, in double precision."""
    step = trace(text).encoder.step(layer).of_head(head)
    q, k, v = (tensor[0].double().numpy() for tensor in (step.query, step.key, step.value))
    return q, k, v, float(step.scale)


def row_of(query: int, **head: Any) -> tuple[Vectors, Vectors, Vectors]:
    """Scores, exponentials and weights of a row."""
    q, k, _, scale = vectors(**head)
    scores = q[query] @ k.T * scale
    exps = np.exp(scores - scores.max())
    return scores, exps, exps / exps.sum()


def number(text: str) -> float:
    """A number as a page writes it."""
    return float(text.replace("−", "-"))
