"""Every reader of files that others wrote, and a small whole file of each kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import torch

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
ROWS = """layer { name: "data" type: "HDF5Data" top: "data" top: "label"
  hdf5_data_param { source: "%s" batch_size: 2 } }"""


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


def rows(path: Path) -> None:
    path.with_suffix(".txt").write_text(f"{path}\n")
    compiler.compile(netspec.loads(ROWS % path.with_suffix(".txt")))()


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
    "rows.h5": rows,
}


def write_whole(folder: Path) -> None:
    """A small file of each kind, as it should be."""
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
    with h5py.File(folder / "rows.h5", "w") as file:
        file["data"], file["label"] = np.ones((4, 3, 2, 2), "f4"), np.arange(4, dtype="f4")
    items = [Datum(1, 2, 3, bytes(range(6)), i) for i in range(3)]
    write_database(folder / "db", [(b"%d" % i, write_datum(d)) for i, d in enumerate(items)])
    (folder / "data.mdb").write_bytes((folder / "db" / "data.mdb").read_bytes())
