"""Files that lie: each with the reader's name of it, its content and the code that refuses it."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable

import h5py
import numpy as np
import torch

from netspec.records.lmdb_file import MAGIC, META, PAGE, VERSION
from netspec.records.wire import write_field, write_varint


def blob(*dims: int, numbers: int = 1) -> bytes:
    """A BlobProto of a shape, with so many numbers."""
    shape = write_field(7, write_field(1, b"".join(write_varint(d) for d in dims)))
    return shape + write_field(5, bytes(4 * numbers))


def model(*fields: bytes) -> bytes:
    """A NetParameter with one layer, ip."""
    return write_field(100, write_field(1, "ip") + b"".join(fields))


def hdf5(*names: str) -> bytes:
    """An HDF5 file whose data sets claim 2^40 numbers and hold none."""
    made = io.BytesIO()
    with h5py.File(made, "w") as file:
        for name in names:
            file.create_dataset(name, (2**20, 2**20), "f4", chunks=(64, 64))
        file["iter"], file["current_step"] = [3], [0]
    return made.getvalue()


def changed_hdf5(change: Callable[[h5py.File], object]) -> bytes:
    """The weights of the net, and what else is made of the file."""
    made = io.BytesIO()
    with h5py.File(made, "w") as file:
        file["data/ip/0"], file["data/ip/1"] = np.zeros((2, 6), "f4"), np.zeros(2, "f4")
        change(file)
    return made.getvalue()


def within_itself(file: h5py.File) -> None:
    file["data/ip/again"] = file["data"]


def deep(file: h5py.File) -> None:
    group = file["data"]
    for _ in range(500):
        group = group.create_group("in")


def twice_as_many(file: h5py.File) -> None:
    """Thirty groups, each of which has the next one twice."""
    groups = [file.create_group(f"other/{i}") for i in range(30)]
    for one, next_one in zip([file["data"], *groups], groups):
        one["a"] = one["b"] = next_one


def elsewhere(group: h5py.Group, name: str) -> None:
    place = [("/etc/passwd", 0, 48)]
    group.create_dataset(name, (2, 6), "f4", external=place)


def virtual(group: h5py.Group, name: str) -> None:
    layout = h5py.VirtualLayout((2, 6), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (2, 6))
    group.create_virtual_dataset(name, layout)


def linked(file: h5py.File) -> None:
    file["data/fc"] = h5py.ExternalLink("/etc/passwd", "/data")


def packed_twice(group: h5py.Group, name: str) -> None:
    """One chunk of a gigabyte, of which twelve numbers are wanted."""
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((2**14, 2**14))
    plist.set_deflate(9)
    plist.set_deflate(9)
    space = h5py.h5s.create_simple((2, 6), (h5py.h5s.UNLIMITED, h5py.h5s.UNLIMITED))
    made = h5py.h5d.create(group.id, name.encode(), h5py.h5t.IEEE_F32LE, space, plist)
    packed = zlib.compressobj()
    once = b"".join(packed.compress(bytes(2**20)) for _ in range(2**10)) + packed.flush()
    made.write_direct_chunk((0, 0), zlib.compress(once))


Dishonest = Callable[[h5py.Group, str], None]


def weights_with(make: Dishonest) -> bytes:
    """Weights of which one data set is dishonest."""

    def change(file: h5py.File) -> None:
        del file["data/ip/0"]
        make(file["data/ip"], "0")

    return changed_hdf5(change)


def rows_with(make: Dishonest) -> bytes:
    """What an HDF5Data layer reads, with a dishonest data set."""

    def change(file: h5py.File) -> None:
        del file["data"]
        file["label"] = np.zeros(2, "f4")
        make(file, "data")

    return changed_hdf5(change)


def many_names() -> bytes:
    """A solver state whose history is a small data set, a million numbers when read, many times."""
    made = io.BytesIO()
    with h5py.File(made, "w") as file:
        zeros = file.create_dataset("zeros", data=np.zeros(2**20, "f4"), compression="gzip")
        for i in range(1000):
            file[f"history/{i}"] = zeros
        file["iter"], file["current_step"] = [3], [0]
    return made.getvalue()


def safetensors(header: dict[str, object]) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(16)


def npy(*shape: int) -> bytes:
    made = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        made, {"descr": "<f4", "fortran_order": False, "shape": shape}
    )
    return made.getvalue()


def state_dict() -> bytes:
    """A state_dict of PyTorch's whose pickle gives a tensor of 2 x 6 another shape."""
    made, changed = io.BytesIO(), io.BytesIO()
    torch.save({"ip.weight": torch.zeros(2, 6), "ip.bias": torch.zeros(2)}, made)
    larger = b"J" + (2**20).to_bytes(4, "little")
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(changed, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            new.writestr(entry, content.replace(b"K\x02K\x06\x86", larger * 2 + b"\x86"))
    return changed.getvalue()


def npz(**entries: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(f"{name}.npy", content)
    return made.getvalue()


def lmdb(entries: int) -> bytes:
    """The first pages of an LMDB file that says how many items it has."""
    meta = META.pack(MAGIC, VERSION, 4096, 0, 0, 1, 0, 1, 0, entries, 2, 2, 1)
    return (bytes(PAGE.size) + meta).ljust(4096, b"\0") * 2


CLAIM = {"dtype": "F32", "shape": [2**20, 2**20], "data_offsets": [0, 2**42]}
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
HOSTILE: dict[str, tuple[str, bytes, str]] = {
    "a length that lies": ("net.caffemodel", b"\xa2\x06" + write_varint(2**40) + b"x", "C102"),
    "a blob of 2^40": ("net.caffemodel", model(write_field(7, blob(2**20, 2**20))), "C102"),
    "a blob of 2^126": (
        "net.caffemodel",
        model(write_field(7, blob(2**63 - 1, 2**63 - 1))),
        "C102",
    ),
    "2^17 blobs": ("net.caffemodel", model(write_field(7, blob()) * 2**17), "C102"),
    "2^17 layers": ("net.caffemodel", write_field(100, b"") * 2**17, "C102"),
    "an endless number": ("net.caffemodel", b"\xff" * 1000, "C102"),
    "layers within layers": ("net.caffemodel", b"\xa2\x06\x80\x08" * 20_000, "C102"),
    "a shape of 2^16 axes": (
        "net.caffemodel",
        model(write_field(7, write_field(7, write_field(1, b"\1")) * 2**16)),
        "C102",
    ),
    "half precision in long numbers": (
        "net.caffemodel",
        model(write_field(7, write_field(7, b"\n\1\1") + write_field(10, b"\xff" * 9 + b"\1"))),
        "C102",
    ),
    "groups in circles": ("net.caffemodel.h5", changed_hdf5(within_itself), "C102"),
    "groups in groups": ("net.caffemodel.h5", changed_hdf5(deep), "C102"),
    "2^30 names": ("net.caffemodel.h5", changed_hdf5(twice_as_many), "C102"),
    "the system's file": ("net.caffemodel.h5", weights_with(elsewhere), "C102"),
    "a virtual data set": ("net.caffemodel.h5", weights_with(virtual), "C102"),
    "a link to a file": ("net.caffemodel.h5", changed_hdf5(linked), "C102"),
    "a chunk of a gigabyte": ("net.caffemodel.h5", weights_with(packed_twice), "C102"),
    "a state_dict of 2^40": ("net.pth", state_dict(), "C102"),
    "data sets of nothing": ("net.caffemodel.h5", hdf5("data/ip/0", "data/ip/1"), "C102"),
    "a tensor of 2^40": ("net.safetensors", safetensors({"ip.weight": CLAIM}), "C102"),
    "a header of 2^62": ("net.safetensors", struct.pack("<Q", 2**62) + b"{" + bytes(50), "C102"),
    "nested JSON": ("net.safetensors", struct.pack("<Q", 50_000) + b'{"a":' * 10_000, "C102"),
    "history of 2^40": ("net.solverstate", write_field(3, blob(2**20, 2**20)), "C209"),
    "history of nothing": ("net.solverstate.h5", hdf5("history/0"), "C209"),
    "history of one": ("net.solverstate.h5", many_names(), "C209"),
    "a mean of 2^40": ("mean.binaryproto", blob(1, 3, 2**20, 2**20), "C309"),
    "a mean of no images": ("mean.binaryproto", write_field(1, 0), "C309"),
    "an array of 2^40": ("mean.npy", npy(3, 2**20, 2**20), "C309"),
    "an expected 2^40": ("expected.npz", npz(ip=npy(2**20, 2**20)), "C111"),
    "a million braces": ("net.prototxt", b"a{" * 1_000_000, "N111"),
    "a million brackets": ("net.yaml", b"[" * 1_000_000, "N1"),
    "aliases of aliases": ("net.yaml", BOMB.encode(), "N1"),
    "rows of nothing": ("rows.h5", hdf5("data", "label"), "N410"),
    "rows of the system's file": ("rows.h5", rows_with(elsewhere), "N410"),
    "rows of another file": ("rows.h5", rows_with(virtual), "N410"),
    "rows of a gigabyte": ("rows.h5", rows_with(packed_twice), "N410"),
    "2^64 - 1 items": ("data.mdb", lmdb(2**64 - 1), "N410"),
    "a page that says all": ("data.mdb", b"\xff" * 8192, "N410"),
}
