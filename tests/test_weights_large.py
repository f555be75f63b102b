"""Weights files of any size: read, written and converted with about one blob in memory."""

from __future__ import annotations

import gc
from pathlib import Path

import h5py  # noqa: F401  not first imported where memory is little
import pytest
import safetensors.torch  # noqa: F401
import torch
from little_memory import at_most

import compiler
import netspec
from tools.__main__ import main

SIDE, LAYERS = 1024, 8
BLOB = 4 * SIDE * SIDE  # 4 MiB
DENSE = """layer { name: "ip%d" type: "InnerProduct" bottom: "%s" top: "ip%d" inner_product_param {
  num_output: 1024 bias_term: false weight_filler { type: "constant" value: %d } } }"""
NET = "\n".join(
    ['layer { name: "in" type: "Input" top: "ip0" input_param { shape { dim: [1, 1024] } } }']
    + [DENSE % (i, f"ip{i - 1}", i, i) for i in range(1, LAYERS + 1)]
)
FORMATS = ("caffemodel", "caffemodel.h5", "safetensors")
MAPPED = ("safetensors", "pth")  # as memory of one's own, which counts, though it is never written


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A net, and its weights in every format."""
    folder = tmp_path_factory.mktemp("large")
    (folder / "net.prototxt").write_text(NET)
    net = compiler.compile(netspec.loads(NET))
    for ending in FORMATS:
        with at_most(2 * BLOB):
            compiler.save_weights(net, folder / f"net.{ending}")
    torch.save(net.state_dict(), folder / "net.pth")
    return folder


def room(ending: str) -> int:
    """What reading may take: two blobs, and what the library maps."""
    gc.collect()
    return 3 * BLOB + LAYERS * BLOB * (ending in MAPPED)


@pytest.mark.parametrize("ending", [*FORMATS, "pth"])
def test_loads_blob_by_blob(ending: str, folder: Path) -> None:
    net = compiler.compile(netspec.loads(NET.replace("constant", "uniform")))
    with at_most(room(ending)):
        compiler.load_weights(net, folder / f"net.{ending}")
    for i in range(1, LAYERS + 1):
        (weight,) = compiler.blobs(net)[f"ip{i}"]
        assert (weight == i).all()


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("source", [*FORMATS, "pth"])
def test_converts_blob_by_blob(source: str, target: str, folder: Path, tmp_path: Path) -> None:
    made = tmp_path / f"new.{target}"
    words = ["weights", "convert", str(folder / f"net.{source}"), str(made)]
    with at_most(room(source)):
        assert main([*words, "--spec", str(folder / "net.prototxt")]) == 0
    assert abs(made.stat().st_size - LAYERS * BLOB) < 2**16
