"""The arrays of an NPZ file of numbers, written layer by layer and checked when they are read.

`weights` float32 (layer, head, query, key), `layers` the model's own numbers of the layers, `query_tokens`,
`key_tokens`, `is_one_text` bool, whether both are of one text, `model`, `text`, and, where there is one, `pair`,
`source_language`, `target_language`, `edits` in their text form, `token_types` (token,) and `mask` bool (layer, head
or 1, query, key), True where a query may attend.
`kind` says which attention it is: "encoder", "decoder" or "cross". For each side, such as
`query`: `query_spans` (token, 2) start and end in the typed text, `query_words` (token,) index of the word or
-1, `query_special` (token,) bool, and `query_dropped` (token,), characters typed behind it that the tokenizer dropped,
where there are any. A model with several kinds of attention has all of these once for each, as `encoder_weights`,
`encoder_query_tokens`, ..., `decoder_weights`, ..., `cross_weights`, ..., and no `kind`.
"""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from attnviz.edits import Edit, TakeAway, read_edits, write_edits
from attnviz.errors import EditError, FileFormatError, SelectionError
from attnviz.tokens import Token, labels
from attnviz.trace import AttentionMaps, StoredStack, Trace

KINDS = ("encoder", "decoder", "cross")
SAID = ("pair", "source_language", "target_language")  # of a trace, where they are known
# Rows sum to 1 within the rounding of float32, 1e-6; those of float16 or bfloat16 that somebody stored, within this.
ROW_TOLERANCE = 0.01

Arrays = Mapping[str, NDArray[Any]]


def write_npz(trace: Trace[AttentionMaps], path: Path) -> None:
    """Write the arrays; FileFormatError for weights that could not be read again, since they are none."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        _write_array(archive, "model", np.array(trace.model))
        _write_array(archive, "text", np.array(trace.text))
        for name in SAID:
            if (said := getattr(trace, name)) is not None:
                _write_array(archive, name, np.array(said))
        if trace.edits:
            _write_array(archive, "edits", np.array(write_edits(trace.edits)))
        if trace.token_types is not None:
            _write_array(archive, "token_types", np.array(trace.token_types, dtype=np.int64))
        if len(trace.stacks) == 1:
            _write_array(archive, "kind", np.array(*trace.stacks))
        for kind, stack in trace.stacks.items():
            prefix = f"{kind}_" if len(trace.stacks) > 1 else ""
            _write_tokens(archive, f"{prefix}query", stack.query_tokens)
            _write_tokens(archive, f"{prefix}key", stack.key_tokens)
            _write_array(archive, f"{prefix}layers", np.array(stack.layers, dtype=np.int64))
            _write_array(archive, f"{prefix}is_one_text", np.array(stack.is_one_text))
            _write_mask(archive, f"{prefix}mask", stack)
            _write_weights(archive, f"{prefix}weights", stack, least=_least(trace.edits))


def _write_tokens(archive: zipfile.ZipFile, side: str, tokens: tuple[Token, ...]) -> None:
    _write_array(archive, f"{side}_tokens", np.array(labels(tokens)))
    _write_array(archive, f"{side}_spans", np.array([(token.start, token.end) for token in tokens], dtype=np.int64))
    words = [-1 if token.word is None else token.word for token in tokens]
    _write_array(archive, f"{side}_words", np.array(words, dtype=np.int64))
    _write_array(archive, f"{side}_special", np.array([token.is_special for token in tokens]))
    if any(token.dropped for token in tokens):
        _write_array(archive, f"{side}_dropped", np.array([token.dropped for token in tokens]))


def _write_array(archive: zipfile.ZipFile, name: str, array: NDArray[Any]) -> None:
    with archive.open(f"{name}.npy", "w") as member:
        np.lib.format.write_array(member, array, allow_pickle=False)


def _write_weights(archive: zipfile.ZipFile, name: str, stack: AttentionMaps, *, least: int) -> None:
    """The array (layer, head, query, key), one layer in memory at a time."""
    shape = (stack.n_layers, stack.n_heads, len(stack.query_tokens), len(stack.key_tokens))
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array_header_1_0(member, header)
        for layer, weights in zip(stack.layers, layers_of(stack), strict=True):
            _check_weights(weights, stack.mask(layer), layer, least=least)
            member.write(weights.astype("<f4", copy=False).tobytes())


def _write_mask(archive: zipfile.ZipFile, name: str, stack: AttentionMaps) -> None:
    """The array (layer, head or 1, query, key), packed: a mask is mostly runs; nothing where no layer hides a cell."""
    n_heads = max((len(mask) for layer in stack.layers if (mask := stack.mask(layer)) is not None), default=None)
    if n_heads is None:
        return
    shape = (n_heads, len(stack.query_tokens), len(stack.key_tokens))
    header = {"descr": "|b1", "fortran_order": False, "shape": (stack.n_layers, *shape)}
    member = zipfile.ZipInfo(f"{name}.npy")
    member.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(member, "w", force_zip64=True) as file:
        np.lib.format.write_array_header_1_0(file, header)
        for layer in stack.layers:
            mask = stack.mask(layer)
            whole = torch.ones(1, dtype=torch.bool) if mask is None else mask
            file.write(whole.expand(shape).contiguous().numpy(force=True).tobytes())


def layers_of(stack: AttentionMaps) -> Iterator[NDArray[np.float32]]:
    """The weights of each layer, (head, query, key), computed when their turn comes."""
    for layer in stack.layers:
        yield stack.weights(layer).to(torch.float32).numpy(force=True)


def _least(edits: Sequence[Edit]) -> int:
    """The least that a row may sum to: weights that were taken away are missing."""
    return 0 if any(isinstance(edit, TakeAway) for edit in edits) else 1


def _check_weights(weights: NDArray[np.float32], mask: Tensor | None, layer: int, *, least: int) -> None:
    """Raise FileFormatError unless these (head, query, key) can be the weights of a layer."""
    sums = weights.sum(axis=-1, dtype=np.float64)
    may_be = (sums >= least - ROW_TOLERANCE) & (sums <= 1 + ROW_TOLERANCE)  # (head, query); not NaN
    wrong = ~may_be | (weights < 0).any(axis=-1)
    hidden = np.zeros_like(wrong) if mask is None else ((weights > 0) & ~mask.numpy(force=True)).any(axis=-1)
    if (wrong | hidden).any():
        head, query = np.argwhere(wrong | hidden)[0].tolist()
        row = f"row {query} of layer {layer}, head {head}"
        if wrong[head, query]:
            raise FileFormatError(
                f"{row} is no row of weights: from 0 up, with the sum 1; its sum is {sums[head, query]:.4g}."
            )
        raise FileFormatError(f"{row} has weight where its mask hides the key.")


def read_npz(path: Path) -> Trace[StoredStack]:
    """The trace in a file that `write_npz` wrote; FileFormatError where it is missing, damaged or something else."""
    arrays = _arrays(path)
    try:
        return _trace(arrays)
    except FileFormatError as error:
        raise FileFormatError(f"{path} is not a trace that attnviz wrote: {error}") from error


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
    edits = _edits(arrays)
    stacks = {kind: _stack(arrays, kind, "" if single else f"{kind}_", least=_least(edits)) for kind in kinds}
    said: dict[str, Any] = {name: _string(arrays, name) for name in SAID if name in arrays}
    return Trace(
        _string(arrays, "model"),
        _string(arrays, "text"),
        encoder=stacks.get("encoder"),
        decoder=stacks.get("decoder"),
        cross=stacks.get("cross"),
        token_types=_token_types(arrays, next(iter(stacks.values()))),
        edits=edits,
        **said,
    )


def _edits(arrays: Arrays) -> tuple[Edit, ...]:
    try:
        return read_edits(_string(arrays, "edits")) if "edits" in arrays else ()
    except EditError as error:
        raise FileFormatError(str(error)) from error


def _token_types(arrays: Arrays, stack: StoredStack) -> tuple[int, ...] | None:
    if "token_types" not in arrays:
        return None
    types = _array(arrays, "token_types", kind="i", ndim=1)
    if len(types) != len(stack.query_tokens):
        raise FileFormatError(f"it has {len(types)} token types for {len(stack.query_tokens)} tokens.")
    return tuple(types.tolist())


def _stack(arrays: Arrays, kind: str, prefix: str, *, least: int) -> StoredStack:
    queries = _tokens(arrays, f"{prefix}query")
    keys = _tokens(arrays, f"{prefix}key")
    weights = _array(arrays, f"{prefix}weights", kind="f", ndim=4)
    if weights.dtype != np.float32 or weights.shape[2:] != (len(queries), len(keys)) or not weights.size:
        raise FileFormatError(
            f"{prefix}weights is {weights.dtype} {weights.shape}; float32 (layer, head, {len(queries)}, {len(keys)}) "
            "would fit the tokens."
        )
    layers: Sequence[int] = range(len(weights))  # of a file of an earlier version, which has no numbers
    if f"{prefix}layers" in arrays:
        layers = _array(arrays, f"{prefix}layers", kind="i", ndim=1).tolist()
    is_one_text = kind != "cross" and queries == keys[: len(queries)]  # of a file of an earlier version
    if f"{prefix}is_one_text" in arrays:
        is_one_text = bool(_array(arrays, f"{prefix}is_one_text", kind="b", ndim=0))
    masks = _masks(arrays, f"{prefix}mask", weights.shape)
    stored = torch.from_numpy(np.ascontiguousarray(weights))
    try:
        stack = StoredStack(queries, keys, stored, masks, tuple(layers), is_one_text=is_one_text)
    except SelectionError as error:
        raise FileFormatError(f"{prefix}layers: {error}") from error
    for layer, of_layer, mask in zip(stack.layers, weights, masks, strict=True):
        _check_weights(of_layer, mask, layer, least=least)
    return stack


def _masks(arrays: Arrays, name: str, shape: tuple[int, ...]) -> tuple[Tensor | None, ...]:
    """The mask of every layer, None for one that hides nothing."""
    if name not in arrays:
        return (None,) * shape[0]
    array = _array(arrays, name, kind="b", ndim=4)
    if array.shape not in (shape, (shape[0], 1, *shape[2:])):
        raise FileFormatError(
            f"{name} is {array.shape}; {shape}, or 1 in the place of the heads, would fit the weights."
        )
    masks = torch.from_numpy(np.ascontiguousarray(array))
    return tuple(None if mask.all() else mask for mask in masks)


def _tokens(arrays: Arrays, side: str) -> tuple[Token, ...]:
    texts = _array(arrays, f"{side}_tokens", kind="U", ndim=1)
    spans = _array(arrays, f"{side}_spans", kind="i", ndim=2)
    words = _array(arrays, f"{side}_words", kind="i", ndim=1)
    special = _array(arrays, f"{side}_special", kind="b", ndim=1)
    dropped = np.full(len(texts), "")
    if f"{side}_dropped" in arrays:
        dropped = _array(arrays, f"{side}_dropped", kind="U", ndim=1)
    if spans.shape != (len(texts), 2) or not len(texts) == len(words) == len(special) == len(dropped):
        raise FileFormatError(f"the arrays of its {side} tokens differ in length.")
    return tuple(
        Token(text, start, end, None if word < 0 else word, is_special, lost)
        for text, (start, end), word, is_special, lost in zip(
            texts.tolist(), spans.tolist(), words.tolist(), special.tolist(), dropped.tolist(), strict=True
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
