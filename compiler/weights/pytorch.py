"""PyTorch's BatchNorm in Caffe's layers: statistics in one, scale and bias in the one that follows.

PyTorch keeps averages, which are sums that are divided by 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from compiler.weights.stored import StoredBlob, StoredLayer
from netspec.graph import Graph, Node

STATISTICS = {"running_mean": "mean", "running_var": "variance"}
COUNTER = ".num_batches_tracked"  # of PyTorch's BatchNorm; no layer of Caffe's has it


def from_pytorch(
    layers: Sequence[StoredLayer], graph: Graph
) -> tuple[list[StoredLayer], list[str]]:
    """The layers with each BatchNorm of PyTorch's in the form of the net's layer of that name and,
    where that has no scale of its own, of the layer that alone reads it. Also names them.
    """
    made, changed = [], []
    for layer in layers:
        parts = {STATISTICS.get(b.role, b.role): b for b in layer.blobs.values()}
        node = graph.by_name.get(layer.name)
        if node is None or not STATISTICS.keys() <= _roles(layer):
            made.append(layer)
            continue
        parts["factor"] = StoredBlob((1,), lambda: torch.ones(1))
        made += [_part(taker, parts) for taker in _takers(node, parts, graph)]
        changed.append(layer.name)
    return made, changed


def _roles(layer: StoredLayer) -> set[str]:
    return {blob.role for blob in layer.blobs.values()}


def _takers(node: Node, parts: dict[str, StoredBlob], graph: Graph) -> Iterator[Node]:
    yield node
    readers = {reader for value in node.values for reader, _ in graph.uses[value]}
    if len(readers) == 1 and "weight" not in [w.role for w in node.weights]:
        (reader,) = readers
        if {w.role for w in reader.weights} <= parts.keys() and reader.weights:
            yield reader


def _part(node: Node, parts: dict[str, StoredBlob]) -> StoredLayer:
    wanted = enumerate(w.role for w in node.weights)
    return StoredLayer(node.name, {i: parts[role] for i, role in wanted if role in parts})
