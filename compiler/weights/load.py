"""Weights into a net, by layer name (Net::CopyTrainedLayersFrom): all verified, then all copied."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from compiler.network import Network, blobs
from compiler.weights.caffemodel import read_caffemodel
from compiler.weights.hdf5 import read_hdf5
from compiler.weights.match import mismatches
from compiler.weights.report import LoadReport
from compiler.weights.stored import Malformed, StoredLayer
from compiler.weights.tensors import read_safetensors
from netspec.diagnostics import Diagnostic, Report, nearest
from netspec.graph import Graph
from netspec.records.wire import WireError

Place = tuple[str, int]
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
OTHER_FILES = {
    b"PK\x03\x04": "it is a zip file: PyTorch's own load with torch.load and load_state_dict",
    b"version https://git-lfs": "it is a Git LFS pointer: `git lfs pull` fetches the file",
    b"<!DOCTYPE": "it is a web page: fetch the file itself",
    b"<html": "it is a web page: fetch the file itself",
}


def load_weights(net: Network, path: str | os.PathLike[str]) -> LoadReport:
    """Copy the weights of a `.caffemodel`, `.caffemodel.h5` or `.safetensors` file into a net.

    Several files have commas between, and the last wins. Layers are found by name; what a file has
    and the net has not is left out, and reported. The format is seen from the content.
    Raises SpecError, and then nothing is changed: C101 cannot be read, C102 no weights file or a
    damaged one, C104 and C105 blobs that do not fit, C106 nothing of it is in the net, C108 no
    floating point numbers.
    """
    report = Report()
    staged: dict[Place, Tensor] = {}
    unused: dict[str, None] = {}
    files = _files(path)
    for file in files:
        _stage(file, net.spec, staged, unused, report)
    report.stop()
    targets = blobs(net)
    with torch.no_grad():
        for (layer, i), values in staged.items():
            targets[layer][i].copy_(values.reshape(targets[layer][i].shape))
    loaded = {layer for layer, _ in staged}
    weighted = [n.name for n in net.spec.nodes if n.weights]
    return LoadReport(
        tuple(map(str, files)),
        tuple(name for name in weighted if name in loaded),
        tuple(name for name in weighted if name not in loaded),
        tuple(unused),
    )


def _files(path: str | os.PathLike[str]) -> list[Path]:
    text = os.fspath(path)
    whole = Path(text)
    return [whole] if whole.exists() else [Path(part.strip()) for part in text.split(",")]


def _stage(
    file: Path, graph: Graph, staged: dict[Place, Tensor], unused: dict[str, None], report: Report
) -> None:
    """Read what the net takes from one file; what does not fit goes to the report."""
    found = False
    strangers = []
    try:
        for stored in _layers(file, graph):
            if stored.name not in graph.by_name:
                strangers += [stored.name] if stored.blobs else []
                continue
            wrong = list(mismatches(stored, graph, str(file)))
            report.extend(wrong)
            found = found or bool(stored.blobs)
            if not wrong:
                staged.update(((stored.name, i), blob.read()) for i, blob in stored.blobs.items())
    except Malformed as wrong_file:
        report.add(wrong_file.code, f"{file}: {wrong_file}", None, wrong_file.help)
    except WireError as wrong_file:
        report.add(
            "C102", f"{file} cannot be read as a .caffemodel: {wrong_file}", None, _what_it_is(file)
        )
    except (OSError, RuntimeError, KeyError, ValueError) as wrong_file:  # h5py raises all of them
        reason = getattr(wrong_file, "strerror", None) or str(wrong_file)
        report.add("C101", f"cannot read {file}: {reason}", None, _near(file))
    else:
        unused.update(dict.fromkeys(strangers))
        if not found and any(n.weights for n in graph.nodes):
            report.extend([_nothing(file, graph, strangers)])


def _layers(file: Path, graph: Graph) -> Iterator[StoredLayer]:
    with file.open("rb") as opened:
        start = opened.read(16)
    if not start:
        raise Malformed("C102", "the file is empty")
    if start.startswith(HDF5_SIGNATURE):
        return read_hdf5(file)
    if start[8:9] == b"{":
        return read_safetensors(file, graph)
    return read_caffemodel(file)


def _what_it_is(file: Path) -> str:
    with file.open("rb") as opened:
        start = opened.read(32)
    known = (said for magic, said in OTHER_FILES.items() if start.startswith(magic))
    return next(known, "the file is damaged, or of another kind: fetch it again")


def _near(file: Path) -> str:
    if file.is_dir():
        return "give a file in that directory"
    if not file.parent.is_dir():
        return f"there is no directory {file.parent}"
    return nearest(file.name, (p.name for p in file.parent.iterdir()))


def _nothing(file: Path, graph: Graph, strangers: list[str]) -> Diagnostic:
    own = [n.name for n in graph.nodes if n.weights]
    if not strangers:
        return Diagnostic(
            "C106", f"{file} holds no weights", None, "give a file that was saved after training"
        )
    message = f"{file} has weights for none of the net's layers: it has {', '.join(strangers[:4])}"
    help = f"weights are found by layer name, and the net has {', '.join(own[:4])}"
    return Diagnostic("C106", message, None, help)
