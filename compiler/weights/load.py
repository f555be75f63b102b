"""Weights into a net, by layer name (Net::CopyTrainedLayersFrom): all verified, then all copied."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor

from compiler.network import Network, blobs
from compiler.weights.faults import faults
from compiler.weights.formats import read_layers
from compiler.weights.match import mismatches
from compiler.weights.report import LoadReport
from netspec.diagnostics import Diagnostic, Report
from netspec.graph import Graph

Place = tuple[str, int]


def load_weights(net: Network, path: str | os.PathLike[str]) -> LoadReport:
    """Copy the weights of a file into a net: `.caffemodel`, `.caffemodel.h5`, `.safetensors`, or a
    state_dict that torch.save wrote.

    Several files have commas between, and the last wins. Layers are found by name; what a file has
    and the net has not is left out, and reported. The format is seen from the content.
    Raises SpecError, and then nothing is changed: C101 cannot be read, C102 no weights file or a
    damaged one, C103 and C104 blobs that do not fit, C105 nothing of it is in the net, C106 no
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
    nodes = {n.name: n for n in graph.nodes} | {n.name: n for n in graph.nodes if n.weights}
    with faults(file, report):
        for stored in read_layers(file, graph):
            if stored.name not in nodes:
                strangers += [stored.name] if stored.blobs else []
                continue
            wrong = list(mismatches(stored, nodes[stored.name], graph, str(file)))
            report.extend(wrong)
            found = found or bool(stored.blobs)
            if not wrong:
                staged.update(((stored.name, i), blob.read()) for i, blob in stored.blobs.items())
        unused.update(dict.fromkeys(strangers))
        if not found and any(n.weights for n in graph.nodes):
            report.extend([_nothing(file, graph, strangers)])


def _nothing(file: Path, graph: Graph, strangers: list[str]) -> Diagnostic:
    own = [n.name for n in graph.nodes if n.weights]
    if not strangers:
        return Diagnostic(
            "C105", f"{file} holds no weights", None, "give a file that was saved after training"
        )
    message = f"{file} has weights for none of the net's layers: it has {', '.join(strangers[:4])}"
    help = f"weights are found by layer name, and the net has {', '.join(own[:4])}"
    return Diagnostic("C105", message, None, help)
