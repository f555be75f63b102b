"""Whose layers they are, where forks of Caffe give one type's name to several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netspec.diagnostics import some
from netspec.graph import Node


def variants(nodes: Iterable[Node]) -> Iterator[str]:
    """What was decided: `Normalize is SSD's, with a learned scale: conv4_3_norm`."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for node in nodes:
        if variant := node.layer.variant(len(node.bottoms), len(node.tops)):
            found.setdefault((node.type, variant), {})[node.name] = None
    for (kind, variant), names in found.items():
        yield f"{kind} is {variant}: {some(names)}"
