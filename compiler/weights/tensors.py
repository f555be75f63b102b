"""`.safetensors`: one tensor for each parameter, named `layer.role` (conv1.weight, bn1.mean)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from compiler.weights.blobproto import octets
from compiler.weights.pytorch import COUNTER
from compiler.weights.roles import by_layer
from compiler.weights.stored import NET, Malformed, StoredBlob, StoredLayer
from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Graph

REALS = {"F64", "F32", "F16", "BF16"}
ALIGNED = 8  # bytes: where the numbers begin


def read_safetensors(path: Path, graph: Graph | None) -> Iterator[StoredLayer]:
    """The layers in the order of their names. The file stays open while a blob of it is held.

    Raises Malformed or OSError.
    """
    from safetensors import SafetensorError, safe_open

    try:
        file = safe_open(path, framework="pt")
        names = [name for name in sorted(file.keys()) if not name.endswith(COUNTER)]
        yield from by_layer({name: _blob(file, name) for name in names}, graph)
    except SafetensorError as wrong:
        raise Malformed("C102", f"the file cannot be read as safetensors ({wrong})") from None


def _blob(file: object, name: str) -> StoredBlob:
    part = file.get_slice(name)  # type: ignore[attr-defined]
    if part.get_dtype() not in REALS:
        message = f"{name} holds {part.get_dtype()}, not floating point numbers"
        raise Malformed("C106", message, "weights are floating point numbers")
    return StoredBlob(tuple(part.get_shape()), lambda: file.get_tensor(name))  # type: ignore[attr-defined]


def write_safetensors(path: Path, layers: Iterable[StoredLayer], net: str) -> None:
    """Write every parameter under its own name; a shared one is kept by its owner only.

    The header comes first, then the numbers of one blob after another: safetensors' own writer
    would hold them all. Raises SpecError C109 where the parameters have no names.
    """
    blobs = {
        _name(layer, blob): blob
        for layer in layers
        for blob in layer.blobs.values()
        if not blob.shared
    }
    header: dict[str, object] = {"__metadata__": {"format": "pt", "net": net}}
    at = 0
    for name, blob in blobs.items():
        after = at + 4 * blob.count
        header[name] = {"dtype": "F32", "shape": blob.shape, "data_offsets": [at, after]}
        at = after
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % ALIGNED)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for blob in blobs.values():
            file.write(octets(blob.values()))


def _name(layer: StoredLayer, blob: StoredBlob) -> str:
    if not blob.role:
        reason = f"the parameters of {layer.name} have numbers, and safetensors wants names"
        raise SpecError(Diagnostic("C109", reason, None, f"{NET} what they are"))
    return f"{layer.name}.{blob.role}"
