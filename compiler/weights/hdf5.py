"""`.caffemodel.h5`: Caffe's HDF5 layout, /data/<layer>/<i> (caffe/src/caffe/net.cpp, Net::ToHDF5).

A '/' in a layer's name makes groups within groups, as the HDF5 library takes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from compiler.weights.stored import NET, Malformed, StoredBlob, StoredLayer, require_numbers
from netspec.diagnostics import Diagnostic, SpecError

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
    """The numbers of a dataset. Raises Malformed where it holds something else, where they are in
    other files, or where it claims far more than there is room for: what was never written would
    be made of nothing.
    """
    if dataset.dtype.kind != "f" or dataset.shape is None:
        message = f"{dataset.name} holds {dataset.dtype}, not floating point numbers"
        raise Malformed("C106", message, "weights are floating point numbers")
    if dataset.is_virtual or dataset.external:
        message = f"the numbers of {dataset.name} are in other files"
        raise Malformed("C102", message, "write them into this one: h5repack does so")
    held = dataset.id.get_storage_size()
    if dataset.nbytes > INFLATION * held:
        message = f"{dataset.name} claims {dataset.size:,} numbers and holds {held:,} bytes"
        raise Malformed("C102", message, "fetch the file again")
    return torch.from_numpy(dataset.astype("f4")[...])


def write_hdf5(path: Path, layers: Iterable[StoredLayer], net: str) -> None:
    """Write a group for each layer; a shared parameter is kept by its owner, its diff by each.

    Raises SpecError C109 where the blobs have no numbers, or shapes of the time when all had four
    axes.
    """
    import h5py

    with h5py.File(path, "w") as file:
        for layer in layers:
            require_numbers(layer)
            group = file.require_group(f"data/{layer.name}")
            for i, blob in layer.blobs.items():
                if blob.legacy:
                    reason = f"the shapes of {layer.name} are of the time when all had four axes"
                    raise SpecError(Diagnostic("C109", reason, None, f"{NET} how many it has"))
                if not blob.shared:
                    group.create_dataset(str(i), data=blob.values().numpy(), dtype="<f4")
                if blob.diff is not None:
                    diff = blob.diff().reshape(blob.shape).numpy()
                    file.create_dataset(f"diff/{layer.name}/{i}", data=diff, dtype="<f4")
