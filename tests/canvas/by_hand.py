"""Messages of a small picture, until there is a scene."""

from typing import Any

import numpy as np

import attnviz
from attnviz.packing import exact_map, message, pack_maps
from attnviz.tokens import reading


def words(tokens: Any, unknown: tuple[int, ...] = ()) -> dict[str, Any]:
    return {
        "text": [reading(token) for token in tokens],
        "tokens": [[place, place] for place in range(len(tokens))],
        "special": [place for place, token in enumerate(tokens) if token.is_special],
        "unknown": list(unknown),
        "starts": [
            int(place == 0 or token.is_special or token.word != tokens[place - 1].word)
            for place, token in enumerate(tokens)
        ],
        "second": None,
    }


def messages(text: str, *, layer: int = 3, head: int = 0, query: int = 8, key: int = 2, **shown: Any) -> list[bytes]:
    stack = attnviz.load("builtin").run(text).encoder
    n = len(stack.query_tokens)
    packed = pack_maps(stack, rows=range(n), columns=range(n), group="explore")
    length = int.from_bytes(packed.message[:4], "little")
    about = [
        {"title": "All links.", "does": "Every word looks at the word it hangs on.", "right": ""}
        for _ in range(stack.n_layers * stack.n_heads)
    ]
    text_header = {
        "kind": "text",
        "group": "explore",
        "digest": packed.digest,
        "layers": list(stack.layers),
        "heads": stack.n_heads,
        "tokens": [n, n],
        "cells": [n, n],
        "block": [1, 1],
        "first": [0, 0],
        "total": [n, n],
        "query": words(stack.query_tokens),
        "key": None,
        "names": ["looks", "is looked at"],
        "about": about,
    }
    view = {
        "kind": "view",
        "digest": packed.digest,
        "sequence": 0,
        "view": dict.fromkeys(
            ("layer", "head", "query", "key", "direction", "face", "between", "average", "words", "special", "scale")
        )
        | {"pins": []},
        "shown": {
            "kinds": ["encoder"],
            "kind": "encoder",
            "layer": layer,
            "head": head,
            "query": query,
            "key": key,
            "pins": [],
            "average": "",
            "heads": [[layer, head]],
            "name": f"{layer}.{head}",
            "direction": "to",
            "face": "text",
            "between": "",
            "words": False,
            "special": "keep",
            "scale": "head",
        }
        | shown,
        "why": None,
        "sentences": [],
        "note": "",
        "badge": {"state": "known", "text": "knows 11 of 11 words · sentence of a kind it was trained on"},
        "examples": [
            {"label": "… it was too tired", "text": text},
            {"label": "… it was too wide", "text": "The animal didn't cross the street because it was too wide"},
            {"label": "She ate the apple", "text": "She ate the apple"},
        ],
        "first": None,
    }
    maps = exact_map(stack, ((layer, head),), rows=range(n), columns=range(n))
    raw = packed.message[4 + length :]
    return [
        message(text_header, np.frombuffer(raw, np.uint8)),
        message({"kind": "map", "digest": packed.digest, "name": f"{layer}.{head}"}, maps),
        message(view),
    ]
