"""Parameters that a file names by `layer.role` (conv1.weight, bn1.mean), grouped into layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from compiler.weights.stored import StoredBlob, StoredLayer
from netspec.graph import Graph


def by_layer(named: Mapping[str, StoredBlob], graph: Graph | None) -> Iterator[StoredLayer]:
    """The layers in the order of their names, their blobs numbered as the graph's layers do.

    Roles that the graph lacks come after its own; without a graph the numbers mean nothing, and
    blobs are told apart by role.
    """
    found: dict[str, dict[int, StoredBlob]] = {}
    for name in sorted(named):
        layer, _, role = name.rpartition(".")
        slot = found.setdefault(layer, {})
        slot[_number(graph, layer, role, slot)] = replace(named[name], role=role)
    for layer, blobs in found.items():
        yield StoredLayer(layer, blobs, numbered=graph is not None)


def _number(graph: Graph | None, layer: str, role: str, taken: dict[int, StoredBlob]) -> int:
    known = graph is not None and layer in graph.by_name
    roles = [w.role for w in graph.by_name[layer].weights] if graph and known else []
    return roles.index(role) if role in roles else max([len(roles) - 1, *taken]) + 1
