"""Damaged and hostile files: every reader succeeds or raises SpecError, in bounded memory."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import compiler
import netspec
from compiler.training.solverstate import SolverState, read_solverstate, write_solverstate
from compiler.verify import read_expected
from compiler.weights.change import stored_layers
from compiler.weights.faults import refusing
from compiler.weights.figures import figures
from compiler.weights.means import read_mean
from netspec.records.blob import write_blob
from netspec.records.database import write_database
from netspec.records.datum import Datum, write_datum
from netspec.records.lmdb_file import MAGIC, META, PAGE, VERSION
from netspec.records.wire import write_field, write_varint

NET = """layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 6] } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param {
  num_output: 2 weight_filler { type: "xavier" } } }"""
YAML = """inputs: {data: [1, 3, 8, 8]}
blocks:
  conv: {with: {out: , kernel: 3}, layers: [Convolution: {num_output: =out, kernel_size: =kernel}]}
layers:
  - conv: {name: a, out: =2 + 3}
  - Pooling: {pool: MAX, kernel_size: 2}
"""
DATA = """layer { name: "data" type: "Data" top: "data" top: "label"
  data_param { source: "%s" batch_size: 2 backend: LMDB prefetch: 0 } }"""
MOST = 96 * 2**20  # bytes: what no file below 100 KB may make us take


def weights(path: Path) -> None:
    """Both ways in: into a net that takes some of it, and all that is there."""
    with refusing(path):
        list(figures(stored_layers(path)))
    compiler.load_weights(compiler.compile(netspec.loads(NET)), path)


def history(path: Path) -> None:
    for blob in read_solverstate(path).history:
        blob.read()


def batch(path: Path) -> None:
    compiler.compile(netspec.loads(DATA % path.parent))()


READERS: dict[str, Callable[[Path], object]] = {
    "net.caffemodel": weights,
    "net.caffemodel.h5": weights,
    "net.safetensors": weights,
    "net.pth": weights,
    "net.solverstate": history,
    "net.solverstate.h5": history,
    "mean.binaryproto": read_mean,
    "mean.npy": read_mean,
    "expected.npz": read_expected,
    "net.prototxt": netspec.load,
    "net.yaml": netspec.load,
    "data.mdb": batch,
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small file of each kind, as it should be."""
    folder = tmp_path_factory.mktemp("whole")
    net = compiler.compile(netspec.loads(NET))
    for name in ("net.caffemodel", "net.caffemodel.h5", "net.safetensors"):
        compiler.save_weights(net, folder / name)
    torch.save(net.state_dict(), folder / "net.pth")
    for name in ("net.solverstate", "net.solverstate.h5"):
        write_solverstate(
            folder / name, SolverState(3, "net.caffemodel"), compiler.blobs(net)["ip"]
        )
    image = np.arange(48, dtype=np.float32).reshape(1, 3, 4, 4)
    (folder / "mean.binaryproto").write_bytes(write_blob(image))
    np.save(folder / "mean.npy", image[0])
    np.savez(folder / "expected.npz", ip=image[0], **{"in/data": image[0]})
    (folder / "net.prototxt").write_text(NET)
    (folder / "net.yaml").write_text(YAML)
    items = [Datum(1, 2, 3, bytes(range(6)), i) for i in range(3)]
    write_database(folder / "db", [(b"%d" % i, write_datum(d)) for i, d in enumerate(items)])
    (folder / "data.mdb").write_bytes((folder / "db" / "data.mdb").read_bytes())
    return folder


@pytest.mark.parametrize("name", READERS)
def test_the_files_are_whole(name: str, whole: Path, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes((whole / name).read_bytes())
    READERS[name](tmp_path / name)


@st.composite
def damage(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """Bytes changed, cut out, put in or repeated; or the end is missing."""
    kind = draw(st.sampled_from(("change", "cut", "insert", "repeat", "end")))
    places = draw(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=4))
    patch = draw(st.one_of(st.binary(min_size=1, max_size=9), st.just(b"\xff" * 8)))
    length = draw(st.integers(1, 64))

    def apply(content: bytes) -> bytes:
        for place in places:
            at = int(place * len(content))
            head, tail = content[:at], content[at:]
            content = {
                "change": head + patch + tail[len(patch) :],
                "cut": head + tail[length:],
                "insert": head + patch + tail,
                "repeat": head + tail[:length] * 50 + tail,
                "end": head,
            }[kind]
        return content

    return apply


@pytest.mark.parametrize("name", READERS)
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(harm=damage())
def test_damage_never_ends_in_a_traceback(
    name: str, harm: Callable[[bytes], bytes], whole: Path, tmp_path: Path
) -> None:
    read(READERS[name], tmp_path / name, harm((whole / name).read_bytes()))


def read(reader: Callable[[Path], object], path: Path, content: bytes) -> list[str]:
    """The codes of what a reader says of a file, of which there are none where it can be used."""
    path.write_bytes(content)
    try:
        reader(path)
    except netspec.SpecError as refused:
        return [d.code for d in refused.diagnostics]
    return []


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
    "2^17 blobs": ("net.caffemodel", model(write_field(7, b"") * 2**17), "C102"),
    "2^17 layers": ("net.caffemodel", write_field(100, b"") * 2**17, "C102"),
    "an endless number": ("net.caffemodel", b"\xff" * 1000, "C102"),
    "layers within layers": ("net.caffemodel", b"\xa2\x06\x80\x08" * 20_000, "C102"),
    "data sets of nothing": ("net.caffemodel.h5", hdf5("data/ip/0", "data/ip/1"), "C102"),
    "a tensor of 2^40": ("net.safetensors", safetensors({"ip.weight": CLAIM}), "C102"),
    "a header of 2^62": ("net.safetensors", struct.pack("<Q", 2**62) + b"{" + bytes(50), "C102"),
    "nested JSON": ("net.safetensors", struct.pack("<Q", 50_000) + b'{"a":' * 10_000, "C102"),
    "history of 2^40": ("net.solverstate", write_field(3, blob(2**20, 2**20)), "C209"),
    "history of nothing": ("net.solverstate.h5", hdf5("history/0"), "C209"),
    "history of one": ("net.solverstate.h5", many_names(), "C209"),
    "a mean of 2^40": ("mean.binaryproto", blob(1, 3, 2**20, 2**20), "C309"),
    "an array of 2^40": ("mean.npy", npy(3, 2**20, 2**20), "C309"),
    "an expected 2^40": ("expected.npz", npz(ip=npy(2**20, 2**20)), "C111"),
    "a million braces": ("net.prototxt", b"a{" * 1_000_000, "N111"),
    "a million brackets": ("net.yaml", b"[" * 1_000_000, "N1"),
    "aliases of aliases": ("net.yaml", BOMB.encode(), "N1"),
    "2^64 - 1 items": ("data.mdb", lmdb(2**64 - 1), "N410"),
    "a page that says all": ("data.mdb", b"\xff" * 8192, "N410"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_are_refused_in_bounded_memory(kind: str, tmp_path: Path) -> None:
    name, content, code = HOSTILE[kind]
    tracemalloc.start()
    try:
        codes = read(READERS[name], tmp_path / name, content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert codes
    assert codes[0].startswith(code), codes
    assert peak < MOST + 40 * len(content)


@pytest.mark.parametrize("size", [2**31 + 2**20, 5 * 2**30])
def test_a_large_caffemodel_is_not_copied(size: int, tmp_path: Path) -> None:
    """A layer of gigabytes, which the file system need not even store, before a small one."""
    path = tmp_path / "net.caffemodel"
    small = compiler.compile(netspec.loads(NET))
    compiler.save_weights(small, path)
    ending = path.read_bytes()
    count = size // 4
    data = write_varint(5 << 3 | 2) + write_varint(4 * count)
    shape = write_field(7, write_field(1, write_varint(count)))
    within = len(shape) + len(data) + 4 * count
    named = write_field(1, "huge") + write_varint(7 << 3 | 2) + write_varint(within)
    head = write_varint(100 << 3 | 2) + write_varint(len(named) + within) + named + shape + data
    with path.open("wb") as file:
        file.write(head)
        file.seek(4 * count, io.SEEK_CUR)
        file.write(ending)
    net = compiler.compile(netspec.loads(NET))
    tracemalloc.start()
    try:
        layers = {layer.name: layer for layer in stored_layers(path)}
        report = compiler.load_weights(net, path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert layers["huge"].blobs[0].shape == (count,)
    assert (report.loaded, report.unused) == (("ip",), ("huge",))
    for mine, theirs in zip(compiler.blobs(net)["ip"], compiler.blobs(small)["ip"]):
        assert torch.equal(mine, theirs)
    assert peak < 2**20
