"""Messages of pictures whose words and weights a test sets by hand, so that it knows what must be seen."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attnviz.packing import message

VIEW = ("text", "layer", "head", "query", "key", "direction", "face", "between", "average", "words", "special", "scale")
NOBODY = dict.fromkeys(VIEW) | {"pins": []}
SENTENCE = ("[CLS]", "The", "animal", "did", "n't", "cross", "it", "[SEP]")
STARTS = (1, 1, 1, 1, 0, 1, 1, 1)


def rows(queries: int, keys: int, **given: Sequence[float]) -> NDArray[np.float32]:
    """A map where every row is even, but those that are given: `r6=(.1, .2, …)`."""
    cells = np.full((queries, keys), 1 / keys, np.float32)
    for name, weights in given.items():
        cells[int(name[1:])] = weights
    return cells


IT = (0.04, 0.01, 0.6, 0, 0.003, 0.25, 0.096, 0.001)
CROSS = (0, 0.02, 0.08, 0.1, 0.1, 0.3, 0.4, 0)
HEADS = np.stack(
    [np.stack([rows(8, 8), rows(8, 8, r6=IT, r5=CROSS)]), np.stack([rows(8, 8, r2=IT, r6=CROSS), np.eye(8)])]
).astype(np.float32)  # (layer, head, query, key)


def words(
    text: Sequence[str], *, starts: Sequence[int] = (), second: int | None = None, **places: Any
) -> dict[str, Any]:
    return {
        "text": list(text),
        "tokens": [[place, place] for place in range(len(text))],
        "special": [place for place, each in enumerate(text) if each in {"[CLS]", "[SEP]"}],
        "unknown": [],
        "starts": list(starts or [1] * len(text)),
        "second": second,
        **places,
    }


def picture(
    query: dict[str, Any] | None = None,
    key: dict[str, Any] | None = None,
    weights: ArrayLike = HEADS,
    *,
    chosen: dict[str, Any] | None = None,
    said: dict[str, Any] | None = None,
    digest: str = "planted",
) -> list[bytes]:
    """The messages text, map and view.

    weights: (layer, head, query, key), NaN where masked. chosen: what differs from layer 0, head 1, it → animal.
    said: fields of the view's message.
    """
    weights = np.asarray(weights, np.float32)
    layers, heads, n_rows, n_columns = weights.shape
    flat = weights.reshape(layers * heads, n_rows, n_columns)
    scale = np.nanmax(flat, axis=(1, 2))
    codes = np.where(np.isnan(flat), 255, np.rint(254 * np.sqrt(np.nan_to_num(flat) / scale[:, None, None])))
    shown = {"layer": 0, "head": 1, "query": 6, "key": 2, "pins": [], "average": "", "direction": "to", "face": "text"}
    shown |= {
        "kinds": ["encoder"],
        "kind": "encoder",
        "between": "",
        "words": False,
        "special": "keep",
        "scale": "head",
    }
    shown |= chosen or {}
    shown |= {"heads": [[shown["layer"], shown["head"]]], "name": f"{shown['layer']}.{shown['head']}"}
    text = {"kind": "text", "group": "test", "digest": digest, "layers": list(range(layers)), "heads": heads}
    text |= {"tokens": [n_rows, n_columns], "cells": [n_rows, n_columns], "block": [1, 1], "first": [0, 0]}
    text |= {"total": [n_rows, n_columns], "query": query or words(SENTENCE, starts=STARTS), "key": key}
    text |= {"names": ["looks", "is looked at"], "is_one_text": key is None}
    text |= {"about": [{"title": "", "does": "", "right": ""}] * (layers * heads)}
    text |= {
        "source": {"model": "planted", "text": "", "pair": None},
        "opening": {name: shown[name] for name in ("layer", "head", "query", "key")},
    }
    view = {"kind": "view", "digest": digest, "sequence": 0, "view": NOBODY, "shown": shown, "why": None}
    view |= {"sentences": [], "note": "", "badge": None, "examples": [], "first": None, "dimmed": None}
    places = flat.reshape(len(flat), -1)
    links = np.nan_to_num(places).argmax(axis=1)
    arrays = (scale, places[np.arange(len(flat)), links], links // n_columns, links % n_columns, codes)
    types = (np.float32, np.float32, np.uint16, np.uint16, np.uint8)
    return [
        message(text, *(array.astype(each) for array, each in zip(arrays, types, strict=True))),
        message({"kind": "map", "digest": digest, "name": shown["name"]}, weights[shown["layer"], shown["head"]]),
        message(view | (said or {})),
    ]
