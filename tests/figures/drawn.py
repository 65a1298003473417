"""What a figure draws, read back from the JSON that goes to the browser."""

import base64
import html
import json
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray


def spec(figure: go.Figure | dict[str, Any]) -> dict[str, Any]:
    """The figure as JSON; of one that is a dictionary Plotly's own classes check every property."""
    return json.loads(go.Figure(figure).to_json())


def cells(trace: dict[str, Any]) -> NDArray[np.float32]:
    """The values of a heat map's cells, which must travel as float32."""
    z = trace["z"]
    assert z["dtype"] == "f4", "the weights do not travel as float32"
    rows, columns = (int(size) for size in z["shape"].split(","))
    return np.frombuffer(base64.b64decode(z["bdata"]), dtype="<f4").reshape(rows, columns)


def axis_texts(axis: dict[str, Any]) -> list[str]:
    """The labels of an axis as Plotly shows them: its entities decoded, the marks around right-to-left text dropped."""
    assert axis.get("tickmode", "array") == "array"  # which Plotly takes for the mode of an axis with `tickvals`
    assert all(float(value) == int(value) for value in axis["tickvals"]), "axes are numeric"
    return [html.unescape(text).strip("\u2068\u2069") for text in axis["ticktext"]]
