"""Weights out of a net; the ending of the file's name says the format."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from torch import Tensor

from compiler.network import Network, blobs
from compiler.weights.caffemodel import rest
from compiler.weights.stored import StoredBlob, StoredLayer
from compiler.weights.write import write_layers
from netspec.graph import Graph

Tensors = Mapping[str, Sequence[Tensor]]


def save_weights(net: Network, path: str | os.PathLike[str]) -> None:
    """Write `.caffemodel`, `.h5` (Caffe's layout) or `.safetensors`, whole or not at all.

    Raises SpecError: C107 cannot be written, C108 another ending.
    """
    save_blobs(Path(path), net.spec, blobs(net))


def save_blobs(
    path: Path, graph: Graph, values: Tensors, diffs: Tensors | None = None, ending: str = ""
) -> None:
    """The same for any tensors by layer, in the shapes that `blobs` has them.

    `diffs`, where given, are written beside them in Caffe's formats (snapshot_diff). `ending` says
    the format whatever the name's ending is.
    """
    write_layers(path, _layers(graph, values, diffs or {}), graph.name, ending)


def _layers(graph: Graph, values: Tensors, diffs: Tensors) -> Iterator[StoredLayer]:
    for node in graph.nodes:
        kept = {
            i: StoredBlob(
                tuple(blob.shape),
                partial(_still, blob),
                role=weight.role,
                shared=(node.name, i) in graph.owners,
                diff=partial(_still, diffs[node.name][i]) if node.name in diffs else None,
            )
            for i, (weight, blob) in enumerate(zip(node.weights, values.get(node.name, ())))
        }
        yield StoredLayer(node.name, kept, node.type, rest(node))


def _still(values: Tensor) -> Tensor:
    return values.detach().cpu()
