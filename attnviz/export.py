"""Numbers to files, and back: NPZ for programs, JSON for other languages, CSV for spreadsheets.

NPZ     `weights` float32 (layer, head, query, key), `query_tokens`, `key_tokens`, `model`, `text`, and `pair` where
        there is one. `kind` says which attention it is: "encoder", "decoder" or "cross". For each side, such as
        `query`: `query_spans` (token, 2) start and end in the typed text, `query_words` (token,) index of the word or
        -1, `query_special` (token,) bool. A model with several kinds of attention has all of these once for each, as
        `encoder_weights`, `encoder_query_tokens`, ..., `decoder_weights`, ..., `cross_weights`, ..., and no `kind`.
JSON    {"model", "text", "pair", "stacks": {kind: {"query_tokens", "key_tokens", "weights"}}}; a token is
        {"text", "start", "end", "word", "is_special"}, the weights are lists [layer][head][query][key].
CSV     one line for each weight, below the header
        stack,layer,head,query_index,query_token,key_index,key_token,weight

Every weight reads back as the same float32; JSON and CSV spell it as the double that is equal to it. Files are written
layer by layer, so that a long text needs memory for one layer only, and beside their place first, so that a failure
leaves what was there before.
"""

import csv
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import torch
from numpy.typing import NDArray

from attnviz.errors import FileFormatError
from attnviz.tokens import Token, labels
from attnviz.trace import AttentionMaps, StoredStack, Trace

KINDS = ("encoder", "decoder", "cross")
CSV_HEADER = ("stack", "layer", "head", "query_index", "query_token", "key_index", "key_token", "weight")

Arrays = Mapping[str, NDArray[Any]]


def save(trace: Trace[AttentionMaps], path: str | os.PathLike[str]) -> None:
    """Write the weights and tokens of a trace; the ending of `path` chooses the format: .npz, .json or .csv.

    Raises FileFormatError for another ending, a place that cannot be written and text that no file can hold.
    """
    target = Path(path)
    write = _writer(target)
    _check_text(trace)
    with _replacing(target) as temporary:
        write(trace, temporary)


def load_trace(path: str | os.PathLike[str]) -> Trace[StoredStack]:
    """The trace in an NPZ file that `save` wrote: weights equal to the bit, tokens complete.

    Raises FileFormatError where the file is missing, damaged or something else.
    """
    source = Path(path)
    arrays = _arrays(source)
    try:
        return _trace(arrays)
    except FileFormatError as error:
        raise FileFormatError(f"{source} is not a trace that attnviz wrote: {error}") from error


def check_target(path: str | os.PathLike[str]) -> None:
    """Raise FileFormatError where `save` could not write, as far as that shows before there is a trace."""
    target = Path(path)
    _writer(target)
    if not target.parent.is_dir():
        raise FileFormatError(f"{target} cannot be written: there is no folder {target.parent}.")


def _writer(path: Path) -> Callable[[Trace[AttentionMaps], Path], None]:
    writers = {".npz": _write_npz, ".json": _write_json, ".csv": _write_csv}
    if path.suffix.lower() not in writers:
        ending = f"the ending '{path.suffix}'" if path.suffix else "no ending"
        raise FileFormatError(f"{path} has {ending}, which names no format; use .npz, .json or .csv.")
    return writers[path.suffix.lower()]


# Writing


def _write_npz(trace: Trace[AttentionMaps], path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        _write_array(archive, "model", np.array(trace.model))
        _write_array(archive, "text", np.array(trace.text))
        if trace.pair is not None:
            _write_array(archive, "pair", np.array(trace.pair))
        if len(trace.stacks) == 1:
            _write_array(archive, "kind", np.array(*trace.stacks))
        for kind, stack in trace.stacks.items():
            prefix = f"{kind}_" if len(trace.stacks) > 1 else ""
            _write_tokens(archive, f"{prefix}query", stack.query_tokens)
            _write_tokens(archive, f"{prefix}key", stack.key_tokens)
            _write_weights(archive, f"{prefix}weights", stack)


def _write_tokens(archive: zipfile.ZipFile, side: str, tokens: tuple[Token, ...]) -> None:
    _write_array(archive, f"{side}_tokens", np.array(labels(tokens)))
    _write_array(archive, f"{side}_spans", np.array([(token.start, token.end) for token in tokens], dtype=np.int64))
    words = [-1 if token.word is None else token.word for token in tokens]
    _write_array(archive, f"{side}_words", np.array(words, dtype=np.int64))
    _write_array(archive, f"{side}_special", np.array([token.is_special for token in tokens]))


def _write_array(archive: zipfile.ZipFile, name: str, array: NDArray[Any]) -> None:
    with archive.open(f"{name}.npy", "w") as member:
        np.lib.format.write_array(member, array, allow_pickle=False)


def _write_weights(archive: zipfile.ZipFile, name: str, stack: AttentionMaps) -> None:
    """The array (layer, head, query, key), one layer in memory at a time."""
    shape = (stack.n_layers, stack.n_heads, len(stack.query_tokens), len(stack.key_tokens))
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array_header_1_0(member, header)
        for weights in _layers(stack):
            member.write(weights.astype("<f4", copy=False).tobytes())


def _write_json(trace: Trace[AttentionMaps], path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        head = {"model": trace.model, "text": trace.text, "pair": trace.pair}
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "stacks": {')
        for index, (kind, stack) in enumerate(trace.stacks.items()):
            tokens = {
                "query_tokens": [asdict(token) for token in stack.query_tokens],
                "key_tokens": [asdict(token) for token in stack.key_tokens],
            }
            file.write((",\n" if index else "\n") + f'"{kind}": ')
            file.write(json.dumps(tokens, ensure_ascii=False)[:-1] + ', "weights": [')
            for layer, weights in enumerate(_layers(stack)):
                file.write((",\n" if layer else "\n") + json.dumps(weights.tolist(), separators=(",", ":")))
            file.write("]}")
        file.write("}}\n")


def _write_csv(trace: Trace[AttentionMaps], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(CSV_HEADER)
        for kind, stack in trace.stacks.items():
            for layer, weights in enumerate(_layers(stack)):
                _write_csv_layer(file, (kind, layer), stack, weights)


def _write_csv_layer(file: TextIO, place: tuple[str, int], stack: AttentionMaps, weights: NDArray[np.float32]) -> None:
    rows = csv.writer(file)
    keys = labels(stack.key_tokens)
    for head, of_head in enumerate(weights):
        for query, query_token in enumerate(labels(stack.query_tokens)):
            rows.writerows(
                (*place, head, query, query_token, key, key_token, weight)
                for key, (key_token, weight) in enumerate(zip(keys, of_head[query].tolist(), strict=True))
            )


def _layers(stack: AttentionMaps) -> Iterator[NDArray[np.float32]]:
    """The weights of each layer, (head, query, key), computed when their turn comes."""
    for layer in range(stack.n_layers):
        yield stack.weights(layer).to(torch.float32).numpy(force=True)


def _check_text(trace: Trace[AttentionMaps]) -> None:
    """Raise FileFormatError for a text that would not come back from a file as it went in."""
    tokens = (labels(side) for stack in trace.stacks.values() for side in (stack.query_tokens, stack.key_tokens))
    for text in (trace.model, trace.text, trace.pair or "", *(text for texts in tokens for text in texts)):
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise FileFormatError(f"{text!r} has a NUL or half of a surrogate pair, which no file of text can hold.")


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A path beside `target` to write to; it takes the place of `target` when all went well, else it disappears."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(target)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise FileFormatError(f"{target} cannot be written: {error.strerror or error}.") from error
        raise


# Reading


def _arrays(source: Path) -> Arrays:
    """All arrays of an NPZ file by name; nothing is unpickled."""
    arrays = {}
    try:
        with zipfile.ZipFile(source) as archive:
            for member in archive.namelist():
                with archive.open(member) as file:
                    arrays[member.removesuffix(".npy")] = np.lib.format.read_array(file, allow_pickle=False)
    except FileNotFoundError as error:
        raise FileFormatError(f"There is no file {source}.") from error
    # Everything: zipfile and NumPy let through whatever their parsers stumble over in a damaged file, such as
    # RuntimeError (a flipped bit that means "encrypted"), TokenError, OverflowError and zlib.error.
    except Exception as error:
        raise FileFormatError(f"{source} cannot be read as NPZ; it is damaged or something else ({error}).") from error
    return arrays


def _trace(arrays: Arrays) -> Trace[StoredStack]:
    single = "weights" in arrays
    kinds = [_string(arrays, "kind")] if single else [kind for kind in KINDS if f"{kind}_weights" in arrays]
    if not kinds or kinds[0] not in KINDS:
        raise FileFormatError("it has no weights of an encoder, a decoder or between them.")
    stacks = {kind: _stack(arrays, "" if single else f"{kind}_") for kind in kinds}
    return Trace(
        _string(arrays, "model"),
        _string(arrays, "text"),
        _string(arrays, "pair") if "pair" in arrays else None,
        *(stacks.get(kind) for kind in KINDS),
    )


def _stack(arrays: Arrays, prefix: str) -> StoredStack:
    queries = _tokens(arrays, f"{prefix}query")
    keys = _tokens(arrays, f"{prefix}key")
    weights = _array(arrays, f"{prefix}weights", kind="f", ndim=4)
    if weights.dtype != np.float32 or weights.shape[2:] != (len(queries), len(keys)) or not weights.size:
        raise FileFormatError(
            f"{prefix}weights is {weights.dtype} {weights.shape}; float32 (layer, head, {len(queries)}, {len(keys)}) "
            "would fit the tokens."
        )
    return StoredStack(queries, keys, torch.from_numpy(np.ascontiguousarray(weights)))


def _tokens(arrays: Arrays, side: str) -> tuple[Token, ...]:
    texts = _array(arrays, f"{side}_tokens", kind="U", ndim=1)
    spans = _array(arrays, f"{side}_spans", kind="i", ndim=2)
    words = _array(arrays, f"{side}_words", kind="i", ndim=1)
    special = _array(arrays, f"{side}_special", kind="b", ndim=1)
    if spans.shape != (len(texts), 2) or not len(texts) == len(words) == len(special):
        raise FileFormatError(f"the arrays of its {side} tokens differ in length.")
    return tuple(
        Token(text, start, end, None if word < 0 else word, is_special)
        for text, (start, end), word, is_special in zip(
            texts.tolist(), spans.tolist(), words.tolist(), special.tolist(), strict=True
        )
    )


def _string(arrays: Arrays, name: str) -> str:
    return str(_array(arrays, name, kind="U", ndim=0))


def _array(arrays: Arrays, name: str, *, kind: str, ndim: int) -> NDArray[Any]:
    array = arrays.get(name)
    if array is None:
        raise FileFormatError(f"it has no array {name}.")
    if array.dtype.kind != kind or array.ndim != ndim:
        raise FileFormatError(f"its array {name} is {array.dtype} with {array.ndim} axes.")
    return array
