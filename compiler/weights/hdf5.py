"""`.caffemodel.h5`: Caffe's HDF5 layout, /data/<layer>/<i> (caffe/src/caffe/net.cpp, Net::ToHDF5).

A '/' in a layer's name makes groups within groups, as the HDF5 library takes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from compiler.weights.caffemodel import Tensors
from compiler.weights.stored import Malformed, StoredBlob, StoredLayer
from netspec.atomic import replacing
from netspec.graph import Graph

if TYPE_CHECKING:
    import h5py

INFLATION = 1100  # zlib makes at most 1032 bytes of one


def read_hdf5(path: Path) -> Iterator[StoredLayer]:
    """The layers in the order of their names. The file stays open while a blob of it is held.

    Raises Malformed or OSError.
    """
    import h5py

    file = h5py.File(path, "r")
    data = file.get("data")
    if not isinstance(data, h5py.Group):
        raise Malformed("C102", "the HDF5 file has no group /data", "it is no .caffemodel.h5")
    found: dict[str, dict[int, StoredBlob]] = {}

    def visit(name: str, item: object) -> None:
        layer, _, number = name.rpartition("/")
        if isinstance(item, h5py.Dataset) and number.isdecimal() and layer:
            blob = StoredBlob(item.shape, lambda: read_dataset(item))
            found.setdefault(layer, {})[int(number)] = blob
        elif isinstance(item, h5py.Group):
            found.setdefault(name, {})

    data.visititems(visit)
    for layer, blobs in found.items():
        yield StoredLayer(layer, blobs)


def read_dataset(dataset: h5py.Dataset) -> Tensor:
    """The numbers of a dataset. Raises Malformed where it holds something else, or claims far more
    than the file has room for: what was never written would be made of nothing.
    """
    if dataset.dtype.kind != "f" or dataset.shape is None:
        message = f"{dataset.name} holds {dataset.dtype}, not floating point numbers"
        raise Malformed("C106", message, "weights are floating point numbers")
    if dataset.nbytes > INFLATION * dataset.id.get_storage_size():
        held = f"{dataset.id.get_storage_size():,} bytes"
        message = f"{dataset.name} claims {dataset.size:,} numbers and holds {held}"
        raise Malformed("C102", message, "fetch the file again")
    return torch.from_numpy(dataset.astype("f4")[...])


def write_hdf5(path: Path, graph: Graph, blobs: Tensors, diffs: Tensors | None = None) -> None:
    """Write a group for each layer; a shared parameter is kept by its owner, its diff by each."""
    import h5py

    with replacing(path, "C107") as temporary, h5py.File(temporary, "w") as file:
        for node in graph.nodes:
            group = file.require_group(f"data/{node.name}")
            for i, values in enumerate(blobs.get(node.name, [])):
                if (node.name, i) not in graph.owners:
                    group.create_dataset(str(i), data=values.detach().cpu().numpy(), dtype="<f4")
            for i, diff in enumerate((diffs or {}).get(node.name, [])):
                name = f"diff/{node.name}/{i}"
                file.create_dataset(name, data=diff.detach().cpu().numpy(), dtype="<f4")
