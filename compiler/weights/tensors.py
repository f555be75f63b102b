"""`.safetensors`: one tensor for each parameter, named `layer.role` (conv1.weight, bn1.mean)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from compiler.weights.caffemodel import Tensors
from compiler.weights.stored import Malformed, StoredBlob, StoredLayer
from netspec.atomic import replacing
from netspec.graph import Graph

REALS = {"F64", "F32", "F16", "BF16"}


def read_safetensors(path: Path, graph: Graph) -> Iterator[StoredLayer]:
    """The layers in the order of their names; roles that the net lacks are numbered after its own.

    Raises Malformed or OSError.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            found: dict[str, dict[int, StoredBlob]] = {}
            for name in sorted(file.keys()):
                layer, _, role = name.rpartition(".")
                slot = found.setdefault(layer, {})
                slot[_number(graph, layer, role, slot)] = _blob(file, name)
            for layer, blobs in found.items():
                yield StoredLayer(layer, blobs)
    except SafetensorError as wrong:
        raise Malformed("C102", f"the file cannot be read as safetensors ({wrong})") from None


def _blob(file: object, name: str) -> StoredBlob:
    part = file.get_slice(name)  # type: ignore[attr-defined]
    if part.get_dtype() not in REALS:
        message = f"{name} holds {part.get_dtype()}, not floating point numbers"
        raise Malformed("C106", message, "weights are floating point numbers")
    return StoredBlob(tuple(part.get_shape()), lambda: file.get_tensor(name))  # type: ignore[attr-defined]


def _number(graph: Graph, layer: str, role: str, taken: dict[int, StoredBlob]) -> int:
    roles = [w.role for w in graph.by_name[layer].weights] if layer in graph.by_name else []
    return roles.index(role) if role in roles else max([len(roles) - 1, *taken]) + 1


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
