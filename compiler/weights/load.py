"""Weights into a net, by layer name (Net::CopyTrainedLayersFrom): all verified, then all copied."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import torch

from compiler.network import Network, blobs
from compiler.weights.faults import faults, refusing
from compiler.weights.formats import read_layers
from compiler.weights.match import in_order, mismatches
from compiler.weights.renamed import likely_renames, nothing_in_common
from compiler.weights.report import LoadReport
from compiler.weights.stored import StoredBlob, StoredLayer
from netspec.diagnostics import Report, some
from netspec.graph import Graph, Node
from netspec.variants import variants


def load_weights(net: Network, path: str | os.PathLike[str]) -> LoadReport:
    """Copy the weights of a file into a net: `.caffemodel`, `.caffemodel.h5`, `.safetensors`, or a
    state_dict that torch.save wrote.

    Several files have commas between, and the last wins. Layers are found by name; what a file has
    and the net has not is left out, and reported. The format is seen from the content. One blob at
    a time is in memory: each is read once to see that it can be, and once to copy it.
    Raises SpecError, and then nothing is changed: C101 cannot be read, C102 no weights file or a
    damaged one, C103 and C104 blobs that do not fit, C105 nothing of it is in the net, C106 no
    floating point numbers.
    """
    files = _files(path)
    staged = _Staged(net.spec)
    for file in files:
        staged.verify(file)
    staged.report.stop()
    targets = blobs(net)
    with torch.no_grad():
        for (layer, i), (file, blob) in staged.blobs.items():
            with refusing(file):
                targets[layer][i].copy_(blob.read().reshape(targets[layer][i].shape))
    return staged.told(files)


def _files(path: str | os.PathLike[str]) -> list[Path]:
    text = os.fspath(path)
    whole = Path(text)
    return [whole] if whole.exists() else [Path(part.strip()) for part in text.split(",")]


class _Staged:
    """What a net takes from files: each blob with the file that has it, read when it is copied."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.report = Report()
        self.blobs: dict[tuple[str, int], tuple[Path, StoredBlob]] = {}
        self.strangers: dict[str, StoredLayer] = {}
        self.orders: dict[str, list[str]] = {}  # whose order of blobs, and the layers in it

    def verify(self, file: Path) -> None:
        """Stage the layers of one file; what does not fit goes to the report."""
        found = False
        strangers: dict[str, StoredLayer] = {}
        with faults(file, self.report):
            for stored in read_layers(file, self.graph):
                node = self.graph.by_name.get(stored.name)
                if node is not None:
                    self._stage(stored, node, file)
                    found = found or bool(stored.blobs)
                elif stored.blobs:
                    strangers[stored.name] = stored
            self.strangers |= strangers
            if not found and any(node.weights for node in self.graph.nodes):
                self.report.extend([nothing_in_common(file, self.graph, strangers)])

    def _stage(self, stored: StoredLayer, node: Node, file: Path) -> None:
        ordered, whose = in_order(stored, node)
        wrong = list(mismatches(ordered, node, self.graph, str(file)))
        self.report.extend(wrong)
        if wrong:
            return
        for i, blob in ordered.blobs.items():
            blob.read()
            self.blobs[node.name, i] = file, blob
        if whose and node.name not in self.orders.setdefault(whose, []):
            self.orders[whose].append(node.name)

    def told(self, files: list[Path]) -> LoadReport:
        weighted = [node for node in self.graph.nodes if node.weights]
        loaded = [node for node in weighted if self._has(node)]
        kept = [node for node in weighted if not self._has(node)]
        return LoadReport(
            tuple(map(str, files)),
            tuple(node.name for node in loaded),
            tuple(node.name for node in kept),
            tuple(self.strangers),
            likely_renames(self.strangers.values(), kept),
            tuple(self._notes(loaded)),
        )

    def _has(self, node: Node) -> bool:
        """Whether a layer's parameters, or those that it shares, are in a file."""
        places = [(node.name, i) for i in range(len(node.weights))]
        return all({p, self.graph.owners.get(p, p)} & self.blobs.keys() for p in places)

    def _notes(self, loaded: list[Node]) -> Iterator[str]:
        for whose, names in self.orders.items():
            yield f"in the order of {whose}, and put in the net's: the blobs of {some(names)}"
        yield from variants(loaded)
