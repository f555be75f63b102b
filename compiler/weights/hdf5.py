"""`.caffemodel.h5`: Caffe's HDF5 layout, /data/<layer>/<i> (caffe/src/caffe/net.cpp, Net::ToHDF5).

A '/' in a layer's name makes groups within groups, as the HDF5 library takes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from compiler.weights.hdf5_writing import hdf5_writing
from compiler.weights.stored import NET, Malformed, StoredBlob, StoredLayer, require_numbers
from netspec.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    import h5py

INFLATION = 1100  # zlib makes at most 1032 bytes of one
MAX_DEPTH, MAX_LAYERS = 32, 100_000  # far past any net
ELSEWHERE = "write all of it into one file"


def read_hdf5(path: Path) -> Iterator[StoredLayer]:
    """The layers in the order of their names. The file stays open while a blob of it is held.

    Raises Malformed or OSError.
    """
    import h5py

    file = h5py.File(path, "r")
    data = file.get("data")
    if not isinstance(data, h5py.Group):
        raise Malformed("C102", "the HDF5 file has no group /data", "it is no .caffemodel.h5")
    yield from _layers(data, "", set())


def _layers(group: h5py.Group, path: str, seen: set[int]) -> Iterator[StoredLayer]:
    """The layers at a path and below it; `seen` are groups by their places in the file.

    Each group has one name: links in circles, or many to one, would make a small file endless.
    """
    import h5py

    place = h5py.h5o.get_info(group.id).addr
    if place in seen or path.count("/") == MAX_DEPTH:
        raise Malformed("C102", f"its groups lie within one another: {group.name[:80]}")
    if len(seen) == MAX_LAYERS:
        raise Malformed("C102", f"it has more than {MAX_LAYERS:,} groups")
    seen.add(place)
    blobs: dict[int, StoredBlob] = {}
    inner: list[StoredLayer] = []
    for name in group:
        if isinstance(group.get(name, getlink=True), h5py.ExternalLink):
            raise Malformed("C102", f"{group.name}/{name} is in another file", ELSEWHERE)
        item = group[name]
        if isinstance(item, h5py.Group):
            inner += _layers(item, f"{path}/{name}" if path else name, seen)
        elif isinstance(item, h5py.Dataset) and name.isdecimal():
            blobs[int(name)] = StoredBlob(item.shape, partial(read_dataset, item))
    if path:
        yield StoredLayer(path, blobs)
    yield from inner


def read_dataset(dataset: h5py.Dataset) -> Tensor:
    """The numbers of a dataset. Raises Malformed where it holds something else, where they are in
    other files, or where it claims far more than it holds: what was never written would be made of
    nothing, and a chunk is unpacked whole.
    """
    if dataset.dtype.kind != "f" or dataset.shape is None:
        message = f"{dataset.name} holds {dataset.dtype}, not floating point numbers"
        raise Malformed("C106", message, "weights are floating point numbers")
    if dataset.is_virtual or dataset.external:
        raise Malformed("C102", f"the numbers of {dataset.name} are in other files", ELSEWHERE)
    held = dataset.id.get_storage_size()
    chunk = math.prod(dataset.chunks or ()) * dataset.dtype.itemsize
    needed = max(dataset.nbytes, chunk)
    if needed > INFLATION * held:
        message = f"{dataset.name} takes {needed:,} bytes to read, and holds {held:,}"
        raise Malformed("C102", message, "fetch the file again")
    return torch.from_numpy(dataset.astype("f4")[...])


def write_hdf5(path: Path, layers: Iterable[StoredLayer], net: str) -> None:
    """Write a group for each layer; a shared parameter is kept by its owner, its diff by each.

    Raises SpecError C109 where the blobs have no numbers, or shapes of the time when all had four
    axes.
    """
    with hdf5_writing(path) as file:
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
