"""`.safetensors`: one tensor for each parameter, named `layer.role` (conv1.weight, bn1.mean)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from compiler.weights.caffemodel import Tensors
from compiler.weights.roles import by_layer
from compiler.weights.stored import Malformed, StoredBlob, StoredLayer
from netspec.atomic import replacing
from netspec.graph import Graph

REALS = {"F64", "F32", "F16", "BF16"}


def read_safetensors(path: Path, graph: Graph | None) -> Iterator[StoredLayer]:
    """The layers in the order of their names. The file stays open while a blob of it is held.

    Raises Malformed or OSError.
    """
    from safetensors import SafetensorError, safe_open

    try:
        file = safe_open(path, framework="pt")
        yield from by_layer({name: _blob(file, name) for name in sorted(file.keys())}, graph)
    except SafetensorError as wrong:
        raise Malformed("C102", f"the file cannot be read as safetensors ({wrong})") from None


def _blob(file: object, name: str) -> StoredBlob:
    part = file.get_slice(name)  # type: ignore[attr-defined]
    if part.get_dtype() not in REALS:
        message = f"{name} holds {part.get_dtype()}, not floating point numbers"
        raise Malformed("C106", message, "weights are floating point numbers")
    return StoredBlob(tuple(part.get_shape()), lambda: file.get_tensor(name))  # type: ignore[attr-defined]


def write_safetensors(path: Path, graph: Graph, blobs: Tensors) -> None:
    """Write every parameter under its own name; a shared one is kept by its owner only."""
    from safetensors.torch import save_file

    kept = {
        f"{node.name}.{weight.role}": values.detach().cpu().contiguous()
        for node in graph.nodes
        for i, (weight, values) in enumerate(zip(node.weights, blobs.get(node.name, [])))
        if (node.name, i) not in graph.owners
    }
    with replacing(path, "C107") as temporary:
        save_file(kept, temporary, {"format": "pt", "net": graph.name})
