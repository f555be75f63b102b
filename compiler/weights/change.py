"""Stored layers made to be what a net, or the user, wants: selected, renamed, reshaped."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from compiler.weights.caffemodel import rest
from compiler.weights.faults import refusing
from compiler.weights.formats import read_layers
from compiler.weights.match import in_order, mismatches
from compiler.weights.pytorch import from_pytorch
from compiler.weights.renamed import nothing_in_common
from compiler.weights.stored import StoredBlob, StoredLayer
from netspec.diagnostics import Report, nearest
from netspec.graph import Graph, Node
from netspec.schema.layer import Shape


def stored_layers(file: Path, graph: Graph | None = None) -> list[StoredLayer]:
    """The layers of a weights file; their values stay there until they are read.

    Raises SpecError: C101 cannot be read, C102 no weights file or a damaged one, C106 no floats.
    """
    with refusing(file):
        return list(read_layers(file, graph))


@dataclass(frozen=True)
class Selection:
    """The layers of a net that a file has; names that only the net has, and only the file."""

    layers: list[StoredLayer]
    missing: tuple[str, ...]
    unused: tuple[str, ...]


def select(layers: Sequence[StoredLayer], graph: Graph, file: Path) -> Selection:
    """What a net takes from a file, in its order and shapes, with its roles and wiring.

    Raises SpecError: C103 and C104 where blobs do not fit, C105 where none is left.
    """
    nodes = {n.name: n for n in graph.nodes if n.weights}
    stored = {layer.name: layer for layer in layers if layer.blobs}
    stored |= {name: in_order(stored[name], nodes[name])[0] for name in nodes if name in stored}
    report = Report()
    for name in nodes:
        if name in stored:
            report.extend(mismatches(stored[name], nodes[name], graph, str(file)))
    if not nodes.keys() & stored.keys():
        report.extend([nothing_in_common(file, graph, stored)])
    report.stop()
    made = [_of_node(n, stored, graph) for n in nodes.values() if n.name in stored]
    missing = tuple(n for n in nodes if n not in stored)
    return Selection(made, missing, tuple(n for n in stored if n not in nodes))


def _of_node(node: Node, stored: Mapping[str, StoredLayer], graph: Graph) -> StoredLayer:
    blobs = {}
    for i, weight in enumerate(node.weights):
        owner, j = graph.owners.get((node.name, i), (node.name, i))
        blob = stored[node.name].blobs.get(i)
        if blob is None and owner in stored:
            blob = stored[owner].blobs.get(j)
        if blob is not None:
            shared = (owner, j) != (node.name, i)
            blobs[i] = StoredBlob(weight.shape, blob.read, role=weight.role, shared=shared)
    return StoredLayer(node.name, blobs, node.type, rest(node))


def rename(layers: Sequence[StoredLayer], names: Mapping[str, str]) -> list[StoredLayer]:
    """Layers under new names; two may change places. A `*` in the old name and the new one stands
    for any text. Raises SpecError C110.
    """
    report = Report()
    have = [layer.name for layer in layers]
    meant: dict[str, str] = {}
    for old, new in names.items():
        pairs = _pairs(old, new, have)
        meant |= pairs
        if not pairs:
            report.add("C110", f"the file has no layer {old}", None, nearest(old, have))
    became = Counter(meant.get(name, name) for name in have)
    for new in dict.fromkeys(meant.values()):
        if became[new] > 1:
            message = f"two layers would have the name {new}"
            report.add("C110", message, None, "give each layer a name of its own")
    report.stop()
    return [replace(layer, name=meant.get(layer.name, layer.name)) for layer in layers]


def _pairs(old: str, new: str, have: Collection[str]) -> dict[str, str]:
    """What is renamed to what."""
    if old.count("*") != 1 or new.count("*") != 1:
        return {old: new} if old in have else {}
    start, end = old.split("*")
    length = len(start) + len(end)
    fitting = [n for n in have if len(n) >= length and n.startswith(start) and n.endswith(end)]
    return {n: new.replace("*", n[len(start) : len(n) - len(end)]) for n in fitting}


def fit(layers: Sequence[StoredLayer], graph: Graph) -> tuple[list[StoredLayer], list[str]]:
    """Fully connected matrices as the kernels of the net's convolutions, and back; transposed
    matrices turned; PyTorch's BatchNorm as the net's. The numbers stay the same. Also gives the
    names of what was changed.
    """
    wanted = {(n.name, i): w.shape for n in graph.nodes for i, w in enumerate(n.weights)}
    layers, changed = from_pytorch(layers, graph)
    fitted = []
    for layer in layers:
        blobs = dict(layer.blobs)
        for i, blob in blobs.items():
            shape = wanted.get((layer.name, i), blob.shape)
            if not blob.fits(shape) and (read := _refit(blob, shape)):
                blobs[i] = StoredBlob(shape, read, role=blob.role)
                changed.append(layer.name)
        fitted.append(replace(layer, blobs=blobs))
    return fitted, changed


def _refit(blob: StoredBlob, shape: Shape) -> Callable[[], Tensor] | None:
    """How a blob is read in another shape, where a matrix and a kernel hold the same numbers."""
    found = blob.shape[-2:] if blob.legacy and blob.shape[:2] == (1, 1) else blob.shape
    matrix_and_kernel = min(len(found), len(shape)) == 2 < max(len(found), len(shape))
    if matrix_and_kernel and found[0] == shape[0] and math.prod(found) == math.prod(shape):
        return lambda: blob.read().reshape(shape)
    if len(found) == 2 and found == shape[::-1]:
        return lambda: blob.read().reshape(found).T.contiguous()
    return None
