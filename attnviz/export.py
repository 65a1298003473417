"""Numbers to files, and back: NPZ for programs, JSON for other languages, CSV for spreadsheets.

NPZ     arrays, as `attnviz.npz` says
JSON    {"model", "text", "pair", "source_language", "target_language", "token_types",
        "stacks": {kind: {"layers", "query_tokens", "key_tokens", "weights", "mask"}}}; a token is
        {"text", "start", "end", "word", "is_special", "dropped"}, the weights are lists [layer][head][query][key], the
        mask of a layer is null where it hides nothing.
CSV     one line for each weight, below the header
        stack,layer,head,query_index,query_token,key_index,key_token,weight
        A token that a spreadsheet would take for a formula has ' in front, and one more where it began with ' before.

Every weight reads back as the same float32; JSON and CSV spell it as the double that is equal to it. Files are written
layer by layer, so that a long text needs memory for one layer only, and beside their place first, so that a failure
leaves what was there before.
"""

import csv
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import uuid4

import torch
from torch import Tensor

from attnviz.edits import write_edits
from attnviz.errors import FileFormatError
from attnviz.npz import SAID, layers_of, read_npz, write_npz
from attnviz.numbers import size_text
from attnviz.tokens import labels
from attnviz.trace import AttentionMaps, StoredStack, Trace

CSV_HEADER = ("stack", "layer", "head", "query_index", "query_token", "key_index", "key_token", "weight")
# Bytes that one weight takes up; in JSON and CSV about so many, measured on a sentence of 14 tokens.
BYTES = {".npz": 4, ".json": 20, ".csv": 45}
# What a spreadsheet takes for the beginning of a formula, behind blanks and what cannot be seen, and as wide letters.
_FORMULA = re.compile(r"'*(?=[\t\r\n]|[\s\x00-\x20\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠])")


def save(trace: Trace[AttentionMaps], path: str | os.PathLike[str]) -> None:
    """Write the weights and tokens of a trace; the ending of `path` chooses the format: .npz, .json or .csv.

    Raises FileFormatError for another ending, a place that cannot be written or is too small, text that no file can
    hold, and for NPZ weights that are none, such as those with special tokens hidden: they could not be read again.
    """
    target = Path(path)
    check_target(target)
    _check_text(trace)
    _check_room(trace, target)
    with replacing(target) as temporary:
        _WRITERS[target.suffix.lower()](trace, temporary)


def load_trace(path: str | os.PathLike[str]) -> Trace[StoredStack]:
    """The trace in an NPZ file that `save` wrote: weights equal to the bit, masks, tokens and numbers of layers.

    Raises FileFormatError where the file is missing, damaged, something else, or holds what cannot be weights.
    """
    return read_npz(Path(path))


def check_target(path: str | os.PathLike[str]) -> None:
    """Raise FileFormatError where `save` could not write, as far as that shows before there is a trace."""
    check_place(Path(path), tuple(_WRITERS), what="format")


def check_place(target: Path, endings: Sequence[str], *, what: str) -> None:
    """Raise FileFormatError where a file's ending is none of these, which name each a `what`, or it has no folder."""
    if target.suffix.lower() not in endings:
        ending = f"the ending '{target.suffix}'" if target.suffix else "no ending"
        known = f"{', '.join(endings[:-1])} or {endings[-1]}"
        raise FileFormatError(f"{target} has {ending}, which names no {what}; use {known}.")
    if not target.parent.is_dir():
        raise FileFormatError(f"{target} cannot be written: there is no folder {target.parent}.")


def n_bytes(trace: Trace[AttentionMaps], ending: str = ".npz") -> int:
    """About how large the file of a trace is."""
    counts = (s.n_layers * s.n_heads * len(s.query_tokens) * len(s.key_tokens) for s in trace.stacks.values())
    return BYTES[ending] * sum(counts)


def cell(text: str) -> str:
    """The text such that no spreadsheet takes it for a formula: with ' in front where it might."""
    return f"'{text}" if _FORMULA.match(text) else text


def lines_of_head(
    place: tuple[str, int, int], maps: AttentionMaps, weights: Tensor, *, rows: range, columns: range
) -> Iterator[tuple[Any, ...]]:
    """The lines of a CSV file for a window of one head: `place` is its stack, layer and head, `weights` all of it."""
    keys = [(key, cell(maps.key_tokens[key].text)) for key in columns]
    for query in rows:
        start = (*place, query, cell(maps.query_tokens[query].text))
        row = weights[query, columns.start : columns.stop].tolist()
        yield from ((*start, *key, weight) for key, weight in zip(keys, row, strict=True))


def _write_json(trace: Trace[AttentionMaps], path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        head = {name: getattr(trace, name) for name in ("model", "text", *SAID, "token_types")}
        head |= {"edits": write_edits(trace.edits)} if trace.edits else {}
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "stacks": {')
        for index, (kind, stack) in enumerate(trace.stacks.items()):
            about = {
                "layers": stack.layers,
                "query_tokens": [asdict(token) for token in stack.query_tokens],
                "key_tokens": [asdict(token) for token in stack.key_tokens],
            }
            file.write((",\n" if index else "\n") + f'"{kind}": ')
            file.write(json.dumps(about, ensure_ascii=False)[:-1] + ', "weights": [')
            for layer, weights in enumerate(layers_of(stack)):
                file.write((",\n" if layer else "\n") + json.dumps(weights.tolist(), separators=(",", ":")))
            file.write('],\n"mask": [')
            for place, layer in enumerate(stack.layers):
                mask = stack.mask(layer)
                file.write((",\n" if place else "\n") + json.dumps(None if mask is None else mask.tolist()))
            file.write("]}")
        file.write("}}\n")


def _write_csv(trace: Trace[AttentionMaps], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(CSV_HEADER)
        for kind, stack in trace.stacks.items():
            whole = {"rows": range(len(stack.query_tokens)), "columns": range(len(stack.key_tokens))}
            for layer in stack.layers:
                for head, weights in enumerate(stack.weights(layer).to(torch.float32)):
                    lines.writerows(lines_of_head((kind, layer, head), stack, weights, **whole))


_WRITERS = {".npz": write_npz, ".json": _write_json, ".csv": _write_csv}


def _check_text(trace: Trace[AttentionMaps]) -> None:
    """Raise FileFormatError for a text that would not come back from a file as it went in."""
    sides = [side for stack in trace.stacks.values() for side in (stack.query_tokens, stack.key_tokens)]
    said = (getattr(trace, name) or "" for name in ("model", "text", *SAID))
    for text in chain(said, *map(labels, sides)):
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise FileFormatError(f"{text!r} has a NUL or half of a surrogate pair, which no file of text can hold.")


def _check_room(trace: Trace[AttentionMaps], target: Path) -> None:
    """Raise FileFormatError where the disk has less room than the file needs."""
    needed = n_bytes(trace, target.suffix.lower())
    with suppress(OSError):  # a folder that is not there is named when it is written to
        free = shutil.disk_usage(target.parent).free
        if needed > free:
            raise FileFormatError(
                f"{target} would have {size_text(needed)}, and {size_text(free)} are free there. "
                "Make room, choose another place, or a shorter text."
            )


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A path beside `path` to write to; it takes the place of `path` when all went well, else it disappears.

    Raises FileFormatError where nothing can be written there.
    """
    target = Path(path)
    temporary = Path(os.path.realpath(target)).with_name(f".attnviz-{uuid4().hex}.tmp")
    try:
        yield temporary
        temporary.replace(os.path.realpath(target))
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise FileFormatError(f"{target} cannot be written: {error.strerror or error}.") from error
        raise
