"""Labels against the classes of the layers that read them."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics import Diagnostic, Note
from netspec.graph import Graph, Node, Value
from netspec.schema.layer import Family
from netspec.schema.traits import Survey


def labels(graph: Graph) -> Iterator[Diagnostic]:
    """N527: the data has labels that are no class of the layer that compares them."""
    surveys: dict[Node, Survey | None] = {}
    for node in graph.nodes:
        if len(node.bottoms) < 2 or (classes := node.layer.classes(node.bottoms[0].shape)) is None:
            continue
        source = _source(node.bottoms[1])
        if source is None:
            continue
        if source not in surveys:
            surveys[source] = source.layer.survey()
        found = surveys[source]
        if found is None:
            continue
        low, high = found.labels
        if low < 0 or high >= classes:
            message = f"{node.name} compares classes 0 to {classes - 1}, and {source.name} "
            message += f"has labels from {low} to {high}"
            help = f"give the layer above {high + 1} outputs" if low >= 0 else "labels begin at 0"
            note = (Note(f"{found.looked:,} of {found.items:,} items were looked at"),)
            yield Diagnostic("N527", message, node.span, help, note)


def _source(value: Value) -> Node | None:
    """The data layer whose second top a value is, as it came."""
    while value.node.layer.family is Family.SHAPE and len(value.node.bottoms) == 1:
        value = value.node.bottoms[0]
    return value.node if value.node.layer.makes_data and value.index == 1 else None
